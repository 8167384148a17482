package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// sheetRoutes are for paper tube sheets, which two people key.
func sheetRoutes(p *plan) {
	route(p, access.TubeClose, huma.Operation{Method: http.MethodGet, Path: "/sheets", Summary: "The paper sheets, those that are not agreed first", Tags: screeningTag},
		func(ctx context.Context, in *Limit) (*page[screening.Sheet], error) {
			list, err := p.house.Screening.ListSheets(ctx, door.ActorOf(ctx), in.Most)
			return whole(list), err
		})
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/sheets", Summary: "Make a paper sheet known, to be keyed twice", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Round outbreak.RoundID `json:"round"`
				Booth outbreak.BoothID `json:"booth"`
				Name  string           `json:"name" maxLength:"60" doc:"What stands on the paper"`
				Badge int64            `json:"badge,omitempty" minimum:"0" doc:"Number of the sampler's badge, where it stands on the paper"`
			}
		}) (*reply[screening.Sheet], error) {
			x, err := p.house.Screening.OpenSheet(ctx, door.ActorOf(ctx), screening.OpenSheet{Key: in.Key, Round: in.Body.Round, Booth: in.Body.Booth, Name: in.Body.Name, Badge: in.Body.Badge})
			return &reply[screening.Sheet]{x}, err
		})
	route(p, access.TubeClose, huma.Operation{Method: http.MethodGet, Path: "/sheets/{sheet}", Summary: "A sheet: what the reader keyed, and where the two differ", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Sheet Ref[screening.SheetID] `path:"sheet"`
		}) (*reply[screening.Sheet], error) {
			x, err := p.house.Screening.FindSheet(ctx, door.ActorOf(ctx), in.Sheet.ID)
			return &reply[screening.Sheet]{x}, err
		})
	route(p, access.TubeClose, huma.Operation{Method: http.MethodPost, Path: "/sheets/{sheet}/key", Summary: "Key a sheet, all of its lines; when the second person agrees it is handed in", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Sheet Ref[screening.SheetID] `path:"sheet"`
			Body  struct {
				Tubes []screening.SheetTube `json:"tubes" minItems:"1" maxItems:"100"`
			}
		}) (*reply[screening.Sheet], error) {
			x, err := p.house.Screening.KeySheet(ctx, door.ActorOf(ctx), screening.KeySheet{Key: in.Key, Sheet: in.Sheet.ID, Tubes: in.Body.Tubes})
			return &reply[screening.Sheet]{x}, err
		})
}
