package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
	"breakwater/internal/view/linelist"
)

// lineQueryDoc says how a list is asked for, once for all its routes.
const lineQueryDoc = "Which cases: outbreak, below, known (as known at a date or time) and seen (the journal entry the answer must have seen); " +
	"any field by its name (severity=mild&severity=severe), with .not for all others, .from and .to for days and ages, .is=missing or .is=known, .has for a part of a text. " +
	"GET /linelist/fields lists the fields. A name is searched for by POST /linelist/search."

// lineParameters are the parameters every route of the list takes, with some more.
func lineParameters(more ...*huma.Param) []*huma.Param {
	return append([]*huma.Param{query("outbreak", huma.TypeString, "Empty: every one one may see"), query("below", huma.TypeString, "The path of an area; empty: all one may see"),
		query("known", huma.TypeString, "A date or time: the cases as they were known then"), query("seen", huma.TypeInteger, "The journal entry the answer must have seen")}, more...)
}

func lineListRoutes(p *plan) {
	tags := []string{"line list"}
	lineRoute(p, access.CaseRead, "/linelist", "One page of the cases one may see, filtered and sorted, and how many there are. "+lineQueryDoc,
		lineParameters(query("sort", huma.TypeString, "At most two fields, a minus before one for the greatest first: -onset,age"), query("after", huma.TypeString, "next or back of another page"),
			query("jump", huma.TypeInteger, "Begin at this row, counted from 1"), query("most", huma.TypeInteger, "Rows of the page, at most 1000; left out: 100")),
		nil, func(ctx context.Context, by outbreak.Actor, q linelist.Query, _ url.Values) (any, error) {
			return p.house.LineList.List(ctx, by, q)
		})
	lineRoute(p, access.CaseRead, "/linelist/counts", "How many cases have each value of a field, whatever the query asks of that field. "+lineQueryDoc,
		lineParameters(query("field", huma.TypeString, "The field; days are counted by month, areas by the next below")), []string{"field"},
		func(ctx context.Context, by outbreak.Actor, q linelist.Query, v url.Values) (any, error) {
			counts, err := p.house.LineList.Facets(ctx, by, q, v.Get("field"))
			return pageOf[linelist.Count]{Items: some(counts)}, err
		})
	lineRoute(p, access.CaseRead, "/linelist/table", "Cases by two fields, with rates for 100,000 people of an area, and for a two-by-two table attack rates, risk ratio and odds ratio with 95% intervals. "+lineQueryDoc,
		lineParameters(query("rows", huma.TypeString, "A field"), query("columns", huma.TypeString, "A field; empty: counts alone"), query("step", huma.TypeString, "Of days: day, week or month"),
			query("exposed", huma.TypeString, "Values of rows that count as exposed; may be repeated"), query("with_outcome", huma.TypeString, "Values of columns that count as the outcome; may be repeated")),
		[]string{"rows", "columns", "step", "exposed", "with_outcome"},
		func(ctx context.Context, by outbreak.Actor, q linelist.Query, v url.Values) (any, error) {
			return p.house.LineList.Cross(ctx, by, linelist.Cross{Query: q, Rows: v.Get("rows"), Columns: v.Get("columns"), Step: v.Get("step"), Exposed: v["exposed"], Outcome: v["with_outcome"]})
		})
	lineRoute(p, access.CaseRead, "/linelist/curve", "The epidemic curve: cases by onset, or else by sampling or positive, with the share that is expected to be known of the latest days. "+lineQueryDoc,
		lineParameters(query("by", huma.TypeString, "A field of days; empty: the onset, else the sampling, else the positive"), query("step", huma.TypeString, "day, week or month; empty: day"),
			query("stack", huma.TypeString, "A field the bars are divided by; empty: none")), []string{"by", "step", "stack"},
		func(ctx context.Context, by outbreak.Actor, q linelist.Query, v url.Values) (any, error) {
			return p.house.LineList.Curve(ctx, by, linelist.CurveQuery{Query: q, By: v.Get("by"), Step: v.Get("step"), Stack: v.Get("stack")})
		})
	lineRoute(p, access.CaseRead, "/linelist/quality", "What cannot be, or is missing, in the cases one may see, by area and by how they were found; each figure with the query of its list. "+lineQueryDoc,
		lineParameters(), nil, func(ctx context.Context, by outbreak.Actor, q linelist.Query, _ url.Values) (any, error) {
			return p.house.LineList.Quality(ctx, by, q)
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/linelist/fields", Summary: "The fields of the line list, and the extra fields that came with files", Tags: tags},
		func(context.Context, *struct{}) (*reply[lineFields], error) {
			f := p.house.LineList.Memory().Figures()
			return &reply[lineFields]{lineFields{Fields: linelist.Columns(), Extra: some(f.Extra), Beyond: some(f.Beyond)}}, nil
		})
	lineSearchRoute(p, tags)
	viewRoutes(p, tags)
	lineExportRoute(p)
}

// lineFields are what can be asked for.
type lineFields struct {
	Fields []linelist.Column `json:"fields"`
	Extra  []string          `json:"extra" doc:"Fields that came with files; ask for one as x: and its name"`
	Beyond []string          `json:"beyond" doc:"Extra fields that cannot be asked for: there are too many of them, or of their texts"`
}

// lineRoute adds a route that answers a query of the list. beside are the parameters that are not the query's own.
func lineRoute(p *plan, may access.Permission, path, summary string, parameters []*huma.Param, beside []string, answer func(context.Context, outbreak.Actor, linelist.Query, url.Values) (any, error)) {
	op := huma.Operation{Method: http.MethodGet, Path: path, OperationID: "get" + operationOf(path), Tags: []string{"line list"}, Summary: summary, Parameters: parameters,
		Responses: map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"application/json": {}}}}}
	plainRoute(p, may, op, func(w http.ResponseWriter, r *http.Request) error {
		v := r.URL.Query()
		q, err := linelist.ParseQuery(v, append(slices.Clone(beside), "lang")...)
		if err != nil {
			return err
		}
		body, err := answer(r.Context(), door.ActorOf(r.Context()), q, v)
		if err != nil {
			return err
		}
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write(text)
		return err
	})
}

func operationOf(path string) string {
	name := []byte(path)
	for i, b := range name {
		if b == '/' {
			name[i] = '-'
		}
	}
	return string(name)
}

func lineSearchRoute(p *plan, tags []string) {
	route(p, access.PersonIdentity, huma.Operation{Method: http.MethodPost, Path: "/linelist/search", Tags: tags,
		Summary: "Look a name up and get the query of the cases it leads to; for a purpose, journalled as every search for people; what was typed is kept nowhere"},
		func(ctx context.Context, in *struct {
			Body struct {
				Name  string        `json:"name" maxLength:"100"`
				Below outbreak.Path `json:"below,omitempty" maxLength:"200"`
				Query string        `json:"query,omitempty" maxLength:"4000" doc:"As the parameters of GET /linelist: the name is looked for among its cases"`
			}
		}) (*reply[lineFound], error) {
			v, err := url.ParseQuery(in.Body.Query)
			if err != nil {
				return nil, outbreak.Refuse(outbreak.Invalid, "linelist.view_query")
			}
			q, err := linelist.ParseQuery(v)
			if err != nil {
				return nil, err
			}
			if q.Name = in.Body.Name; in.Body.Below != "" {
				q.Below = in.Body.Below
			}
			q, err = p.house.LineList.Named(ctx, door.ActorOf(ctx), q)
			return &reply[lineFound]{lineFound{q.Values().Encode()}}, err
		})
}

// lineFound is the list a name leads to.
type lineFound struct {
	Query string `json:"query" doc:"The parameters of GET /linelist"`
}

func viewRoutes(p *plan, tags []string) {
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/linelist/views", Summary: "The views one keeps, and those shared with one", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[linelist.View], error) {
			list, err := p.house.LineList.ListViews(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodPost, Path: "/linelist/views", Summary: "Keep a view of the list", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Name    string        `json:"name" maxLength:"80"`
				Query   string        `json:"query,omitempty" maxLength:"8000" doc:"As the parameters of GET /linelist"`
				Columns []string      `json:"columns,omitempty" maxItems:"200"`
				Role    access.Role   `json:"role,omitempty" doc:"Shared with those who hold this role in the area; empty: with nobody"`
				Area    outbreak.Path `json:"area,omitempty" maxLength:"200"`
			}
		}) (*reply[linelist.View], error) {
			b := in.Body
			v, err := p.house.LineList.SaveView(ctx, door.ActorOf(ctx), linelist.SaveView{Key: in.Key, Name: b.Name, Query: b.Query, Columns: b.Columns, Role: b.Role, Area: b.Area})
			return &reply[linelist.View]{v}, err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodDelete, Path: "/linelist/views/{view}", Summary: "Drop a view of one's own", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			View Ref[outbreak.ViewID] `path:"view"`
		}) (*reply[Done], error) {
			return &reply[Done]{}, p.house.LineList.DropView(ctx, door.ActorOf(ctx), in.View.ID, in.Key)
		})
}

func lineExportRoute(p *plan) {
	plainRoute(p, access.ExportRows, huma.Operation{Method: http.MethodGet, Path: "/export/linelist", OperationID: "get-export-linelist", Tags: []string{"files"},
		Summary:    "A list of cases as CSV or a workbook, the same cases in the same order as GET /linelist shows; needs case.read as well; journalled. With the column name it needs person.identity and a purpose, and each row leaves its reader. " + lineQueryDoc,
		Responses:  map[string]*huma.Response{"200": {Description: totalsDoc, Content: map[string]*huma.MediaType{"text/csv": {}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}}},
		Parameters: lineParameters(query("sort", huma.TypeString, "As of GET /linelist"), query("columns", huma.TypeString, "A field; repeated for each column; none: the usual ones"), query("format", huma.TypeString, "csv or xlsx; empty: csv"))},
		func(w http.ResponseWriter, r *http.Request) error {
			v := r.URL.Query()
			q, err := linelist.ParseQuery(v, "columns", "format", "lang")
			if err != nil {
				return err
			}
			e := linelist.Export{Query: q, Columns: v["columns"], Format: v.Get("format")}
			name := "linelist.csv"
			if e.Format == linelist.XLSX {
				name = "linelist.xlsx"
			}
			return p.give(w, r, name, func(ctx context.Context, w io.Writer) (exchange.Exported, error) {
				done, err := p.house.LineList.Export(ctx, door.ActorOf(ctx), e, w)
				return exchange.Exported{What: "linelist", Rows: done.Rows, Things: done.Named, Digest: done.Digest, Seq: done.Seq}, err
			})
		})
}
