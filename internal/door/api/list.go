package api

import (
	"net/http"
	"reflect"
	"strconv"

	"context"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/contacts"
	"breakwater/internal/view/exchange"
)

// lists are the kinds of lists whose columns are mapped.
var lists = []struct {
	kind exchange.Kind
	may  access.Permission
	what string
}{
	{exchange.LineList, access.CaseLoad, "a line list"},
	{exchange.Contacts, access.ContactLoad, "a list of contacts: who exposed whom"},
}

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// listRoutes take lists in and keep how they are read.
func listRoutes(p *plan) {
	queries := []*huma.Param{
		query("dry_run", huma.TypeBoolean, "Say what would become of the list; nothing is written"),
		query("report", huma.TypeString, "xlsx or csv: the answer is the rejected rows, the totals stand in the headers Breakwater-Received, -Accepted, -Repeated and -Rejected"),
		query("outbreak", huma.TypeString, "The outbreak: name or id; empty: the only one"),
		query("party", huma.TypeString, "Whose list it is: its numbers are this party's; empty: our own"),
		query("area", huma.TypeString, "Code of the area of rows whose own is not named or not known; empty: that of the outbreak"),
		query("map", huma.TypeString, "Name of a saved mapping; empty: the one saved last for the list's headers, or as they suggest themselves"),
		query("followed", huma.TypeBoolean, "Reports, investigations and beds are still owed here for the cases of the list; left out: they are for the record"),
	}
	answer := p.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[exchange.Report](), true, "")
	for _, l := range lists {
		op := huma.Operation{Method: http.MethodPost, Path: "/import/" + string(l.kind), OperationID: "post-import-" + string(l.kind), Tags: []string{"files"},
			Summary: "Take in " + l.what + ", as CSV or workbook; the body is the file itself", MaxBodyBytes: mostFile, Parameters: queries,
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {}, workbookType: {}}},
			Responses: map[string]*huma.Response{"200": {Description: "What became of the rows", Content: map[string]*huma.MediaType{
				"application/json": {Schema: answer}, "text/csv": {}, workbookType: {}}}}}
		plainRoute(p, l.may, op, func(w http.ResponseWriter, r *http.Request) error { return p.takeList(w, r, l.kind) })
		mappingRoutes(p, l.kind, l.may)
	}
	contactRoutes(p)
}

// takeList receives a list, hands it on and answers with what became of it.
func (p *plan) takeList(w http.ResponseWriter, r *http.Request, kind exchange.Kind) error {
	if err := knownQuery(r, "dry_run", "report", "outbreak", "party", "area", "map", "followed"); err != nil {
		return err
	}
	ctx, cancel := atLength(w, r)
	defer cancel()
	by, q := door.ActorOf(ctx), r.URL.Query()
	o := exchange.ListOptions{Lang: door.LangOf(r.Context()), Now: p.house.Clock.Now(), Party: q.Get("party"), AsCSV: q.Get("report") == "csv"}
	dry, err := truth(q.Get("dry_run"))
	if err != nil {
		return err
	}
	if o.Followed, err = truth(q.Get("followed")); err != nil {
		return err
	}
	switch q.Get("report") {
	case "", "json", "csv", "xlsx":
	default:
		return outbreak.Refuse(outbreak.Invalid, "api.not_listed", "list", "json, csv, xlsx")
	}
	if o.Outbreak, err = p.house.Exchange.OutbreakCalled(ctx, by, q.Get("outbreak")); err != nil {
		return err
	}
	if o.Plan, err = p.mapping(ctx, kind, q.Get("map"), q.Get("area")); err != nil {
		return err
	}
	file, err := received(w, r)
	if err != nil {
		return err
	}
	defer file.done()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	source, err := exchange.OpenSource(file, info.Size())
	if err != nil {
		return err
	}
	return p.answerList(ctx, w, kind, source, o, dry, q.Get("report"))
}

func (p *plan) answerList(ctx context.Context, w http.ResponseWriter, kind exchange.Kind, source *exchange.Source, o exchange.ListOptions, dry bool, as string) error {
	rows, err := newScratch()
	if err != nil {
		return err
	}
	defer rows.done()
	if as == "csv" || as == "xlsx" {
		o.Rejected = rows
	}
	take := p.house.Exchange.ImportList
	if dry {
		take = p.house.Exchange.TryList
	}
	report, err := take(ctx, door.ActorOf(ctx), kind, source, o)
	if err != nil {
		return err
	}
	if err := rows.rewind(); err != nil {
		return err
	}
	switch as {
	case "csv":
		return rejectedFile(w, report, rows)
	case "xlsx":
		for name, n := range map[string]int{"Received": report.Received, "Accepted": report.Accepted, "Repeated": report.Repeated, "Rejected": report.Rejected} {
			w.Header().Set("Breakwater-"+name, strconv.Itoa(n))
		}
		w.Header().Set("Content-Type", workbookType)
		w.Header().Set("Content-Disposition", `attachment; filename="rejected.xlsx"`)
		_, _ = rows.WriteTo(w) // who left needs no answer
		return nil
	}
	return writeJSON(w, report)
}

// mapping gives the plan a list is read by; nil when nothing was said.
func (p *plan) mapping(ctx context.Context, kind exchange.Kind, name, area string) (*exchange.Plan, error) {
	if name == "" && area == "" {
		return nil, nil
	}
	plan := exchange.Plan{}
	if name != "" {
		list, err := p.house.Exchange.ListPlans(ctx, door.ActorOf(ctx), kind, "")
		if err != nil {
			return nil, err
		}
		found := false
		for _, l := range list {
			if l.Name == name {
				plan, found = l.Plan, true
			}
		}
		if !found {
			return nil, outbreak.Refuse(outbreak.NotFound, "lists.no_plan")
		}
	}
	if area != "" {
		plan.Area = area
	}
	return &plan, nil
}

func truth(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	is, err := strconv.ParseBool(text)
	if err != nil {
		err = outbreak.Refuse(outbreak.Invalid, "api.wrong_type", "type", huma.TypeBoolean)
	}
	return is, err
}

// mappingRoutes keep how a kind of list is read.
func mappingRoutes(p *plan, kind exchange.Kind, may access.Permission) {
	tags := []string{"files"}
	route(p, may, huma.Operation{Method: http.MethodGet, Path: "/import/" + string(kind) + "/mappings", Summary: "How lists of this kind are read, the newest first", Tags: tags},
		func(ctx context.Context, in *struct {
			Digest string `query:"digest" maxLength:"64" doc:"Those for these headers alone: the digest stands in the report of a list"`
		}) (*page[exchange.SavedPlan], error) {
			list, err := p.house.Exchange.ListPlans(ctx, door.ActorOf(ctx), kind, in.Digest)
			return whole(list), err
		})
	route(p, may, huma.Operation{Method: http.MethodPost, Path: "/import/" + string(kind) + "/mappings", Summary: "Keep how lists with certain headers are read, for everybody", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Name   string        `json:"name" maxLength:"80"`
				Digest string        `json:"digest" maxLength:"64" doc:"Of the headers, as a report gives it"`
				Plan   exchange.Plan `json:"plan"`
			}
		}) (*reply[exchange.SavedPlan], error) {
			saved, err := p.house.Exchange.SavePlan(ctx, door.ActorOf(ctx), exchange.SavePlan{Key: in.Key, Kind: kind, Name: in.Body.Name, Digest: in.Body.Digest, Plan: in.Body.Plan})
			return &reply[exchange.SavedPlan]{saved}, err
		})
}

func contactRoutes(p *plan) {
	tags := []string{"contacts"}
	route(p, access.ContactRead, huma.Operation{Method: http.MethodGet, Path: "/contacts", Summary: "Who exposed whom, without names", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Below
			Person    Ref[outbreak.PersonID]   `query:"person" doc:"At either end"`
			Outbreak  Ref[outbreak.OutbreakID] `query:"outbreak"`
			Withdrawn bool                     `query:"withdrawn" doc:"Those that were taken back, too"`
			After     Ref[outbreak.LinkID]     `query:"after"`
		}) (*page[contacts.Link], error) {
			list, err := p.house.Contacts.ListLinks(ctx, door.ActorOf(ctx), contacts.Filter{Person: in.Person.ID, Outbreak: in.Outbreak.ID, Below: in.Below.Below, Withdrawn: in.Withdrawn, After: in.After.ID, Most: in.Most})
			return paged(list, in.Most, func(l contacts.Link) string { return l.ID.String() }), err
		})
	route(p, access.ContactRead, huma.Operation{Method: http.MethodGet, Path: "/contacts/waiting", Summary: "Links whose list names by a number who exposed somebody, and nobody of that number is known yet", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Below
			Person   Ref[outbreak.PersonID]   `query:"person" doc:"Who was exposed"`
			Outbreak Ref[outbreak.OutbreakID] `query:"outbreak"`
			After    Ref[outbreak.LinkID]     `query:"after"`
		}) (*page[contacts.Waiting], error) {
			list, err := p.house.Contacts.ListWaiting(ctx, door.ActorOf(ctx), contacts.Filter{Person: in.Person.ID, Outbreak: in.Outbreak.ID, Below: in.Below.Below, After: in.After.ID, Most: in.Most})
			return paged(list, in.Most, func(w contacts.Waiting) string { return w.ID.String() }), err
		})
	route(p, access.ContactRead, huma.Operation{Method: http.MethodGet, Path: "/contacts/{link}", Summary: "One link between people", Tags: tags},
		func(ctx context.Context, in *struct {
			Link Ref[outbreak.LinkID] `path:"link"`
		}) (*reply[contacts.Link], error) {
			l, err := p.house.Contacts.FindLink(ctx, door.ActorOf(ctx), in.Link.ID)
			return &reply[contacts.Link]{l}, err
		})
	route(p, access.ContactLoad, huma.Operation{Method: http.MethodPost, Path: "/contacts/{link}/withdraw", Summary: "Take back that somebody exposed somebody; the link stays, with the reason", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Link Ref[outbreak.LinkID] `path:"link"`
			Body struct {
				Reason string `json:"reason" maxLength:"500" doc:"In words; it is kept with the link and not in the journal"`
			}
		}) (*reply[contacts.Link], error) {
			l, err := p.house.Contacts.WithdrawLink(ctx, door.ActorOf(ctx), contacts.WithdrawLink{Key: in.Key, Link: in.Link.ID, Reason: in.Body.Reason})
			return &reply[contacts.Link]{l}, err
		})
}
