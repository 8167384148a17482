package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/label"
)

var labelTag = []string{"labels"}

// labelRoutes are what is printed and where serials are.
func labelRoutes(p *plan) {
	route(p, access.CodePrint, huma.Operation{Method: http.MethodPost, Path: "/personal-codes", Summary: "Personal codes of an area's people, for the purpose in the header " + door.PurposeHeader + "; journalled", Tags: labelTag},
		func(ctx context.Context, in *struct {
			Body struct {
				Area     outbreak.Path `json:"area" maxLength:"200" pattern:"^((/[0-9A-Za-z._-]+)+/)?$" doc:"Its path, with what lies below it"`
				Building string        `json:"building,omitempty" maxLength:"200"`
				Door     string        `json:"door,omitempty" maxLength:"200"`
				After    int64         `json:"after,omitempty" minimum:"0" doc:"Numbers after this one"`
				Most     int           `json:"most,omitempty" minimum:"0" maximum:"1000" doc:"Left out: 100"`
			}
		}) (*page[registry.PersonalCode], error) {
			b := in.Body
			if b.Most == 0 {
				b.Most = 100
			}
			list, err := p.house.Registry.GiveCodes(ctx, door.ActorOf(ctx), registry.GiveCodes{Below: b.Area, Building: b.Building, Door: b.Door, After: b.After, Most: b.Most})
			return paged(list, b.Most, func(c registry.PersonalCode) string { return strconv.FormatInt(c.No, 10) }), err
		})
	route(p, access.CodePrint, huma.Operation{Method: http.MethodPost, Path: "/people/{person}/code", Summary: "One person's personal code, for the purpose in the header " + door.PurposeHeader + "; journalled", Tags: labelTag},
		func(ctx context.Context, in *PersonPath) (*reply[registry.PersonalCode], error) {
			c, err := p.house.Registry.GiveCode(ctx, door.ActorOf(ctx), in.Person.ID)
			return &reply[registry.PersonalCode]{c}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/labels/formats", Summary: "The sizes of sheets and rolls that labels are printed on, in millimetres", Tags: labelTag},
		func(context.Context, *struct{}) (*page[label.Format], error) { return whole(label.Formats), nil })
	html := map[string]*huma.Response{"200": {Description: "A page of labels, to be printed", Content: map[string]*huma.MediaType{"text/html": {}}}}
	plainRoute(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/labels/serials", OperationID: "get-labels-serials", Tags: labelTag,
		Summary: "Labels of a run of serials as Code 128, ready to be printed", Responses: html,
		Parameters: []*huma.Param{query("first", huma.TypeString, ""), query("last", huma.TypeString, ""), query("format", huma.TypeString, "Of /labels/formats; empty: A4"), query("kind", huma.TypeString, "tube, or box for one label of the box; empty: tube")}},
		p.serialLabels)
	serialRoutes(p)
}

func (p *plan) serialLabels(w http.ResponseWriter, r *http.Request) error {
	if err := knownQuery(r, "first", "last", "format", "kind"); err != nil {
		return err
	}
	q := r.URL.Query()
	kind := q.Get("kind")
	if kind == "" {
		kind = label.Tube
	}
	d, err := p.house.SerialLabels(r.Context(), door.ActorOf(r.Context()), kind, outbreak.TubeCode(q.Get("first")), outbreak.TubeCode(q.Get("last")), q.Get("format"), door.LangOf(r.Context()))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="labels.html"`)
	w.Header().Set("Cache-Control", "no-store")
	return d.Write(w)
}

// serialRoutes are boxes and runs of serials.
func serialRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/boxes", Summary: "Runs of serials that were issued to areas, the newest first", Tags: labelTag},
		func(ctx context.Context, in *Limit) (*page[registry.Box], error) {
			list, err := p.house.Registry.ListBoxes(ctx, door.ActorOf(ctx), in.Most)
			return whole(list), err
		})
	route(p, access.AreaManage, huma.Operation{Method: http.MethodPost, Path: "/boxes/made", Summary: "Make serials nobody has, with a check character, and issue them to an area", Tags: labelTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Prefix   string              `json:"prefix" maxLength:"7" doc:"Letters and digits before the number; the last is a letter"`
				Count    int                 `json:"count"`
				Area     string              `json:"area" maxLength:"40" doc:"Its code"`
				Outbreak outbreak.OutbreakID `json:"outbreak"`
			}
		}) (*reply[registry.Box], error) {
			b := in.Body
			box, err := p.house.Registry.MakeBox(ctx, door.ActorOf(ctx), registry.MakeBox{Key: in.Key, Prefix: b.Prefix, Count: b.Count, Area: b.Area, Outbreak: b.Outbreak})
			return &reply[registry.Box]{box}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/serials", Summary: "Runs of serials at sampling points, the newest first, with what of each was used", Tags: labelTag},
		func(ctx context.Context, in *struct {
			Limit
			Booth    Ref[outbreak.BoothID] `query:"booth"`
			Standing bool                  `query:"standing" doc:"Those alone that have not ended"`
			After    int64                 `query:"after" minimum:"0"`
		}) (*page[screening.SerialRun], error) {
			list, err := p.house.Screening.ListSerials(ctx, door.ActorOf(ctx), screening.SerialFilter{Booth: in.Booth.ID, Standing: in.Standing, Before: in.After, Most: in.Most})
			return paged(list, in.Most, func(r screening.SerialRun) string { return strconv.FormatInt(r.ID, 10) }), err
		})
	route(p, access.SerialIssue, huma.Operation{Method: http.MethodPost, Path: "/serials", Summary: "Hand a run of serials to a sampling point, or to one of its devices", Tags: labelTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Booth  outbreak.BoothID  `json:"booth"`
				Device int64             `json:"device,omitempty" minimum:"0" doc:"0: to the point"`
				First  outbreak.TubeCode `json:"first" maxLength:"40"`
				Count  int               `json:"count,omitempty" minimum:"0" maximum:"100000" doc:"How many; left out: up to last"`
				Last   outbreak.TubeCode `json:"last,omitempty" maxLength:"40"`
			}
		}) (*reply[screening.SerialRun], error) {
			b := in.Body
			r, err := p.house.Screening.IssueSerials(ctx, door.ActorOf(ctx), screening.IssueSerials{Key: in.Key, Booth: b.Booth, Device: b.Device, First: b.First, Count: b.Count, Last: b.Last})
			return &reply[screening.SerialRun]{r}, err
		})
	route(p, access.SerialIssue, huma.Operation{Method: http.MethodPost, Path: "/serials/{run}/end", Summary: "Say that the rest of a run was returned or lost", Tags: labelTag},
		func(ctx context.Context, in *struct {
			Keyed
			Run  int64 `path:"run" minimum:"1"`
			Body struct {
				How  string            `json:"how" enum:"returned,lost"`
				From outbreak.TubeCode `json:"from,omitempty" maxLength:"40" doc:"The first serial that is left; empty: the one behind the last that was used"`
			}
		}) (*reply[screening.SerialRun], error) {
			r, err := p.house.Screening.EndSerials(ctx, door.ActorOf(ctx), screening.EndSerials{Key: in.Key, Run: in.Run, How: in.Body.How, From: in.Body.From})
			return &reply[screening.SerialRun]{r}, err
		})
}
