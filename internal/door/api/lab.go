package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// LabPath is embedded in the input of a route about one laboratory.
type LabPath struct {
	Lab Ref[outbreak.LabID] `path:"lab"`
}

// TubePath is embedded in the input of a route about one tube.
type TubePath struct {
	Tube outbreak.TubeCode `path:"tube" maxLength:"64" doc:"What its barcode says"`
}

// report is a result in a batch. Its words are judged row by row, so that one wrong row does not hold up the rest.
type report struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Result  outbreak.Result   `json:"result" doc:"positive, negative, indeterminate or invalid"`
	RanAt   outbreak.Instant  `json:"ran_at,omitempty" doc:"When the instrument read it; empty: now"`
	Message string            `json:"message,omitempty" doc:"The sender's own number of this statement; the same one again is no second result"`
}

func labRoutes(p *plan) {
	tags := []string{"lab"}
	route(p, access.AreaRead, huma.Operation{Method: http.MethodGet, Path: "/labs", Summary: "The laboratories", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[lab.Lab], error) {
			list, err := p.house.Lab.ListLabs(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.LabManage, huma.Operation{Method: http.MethodPost, Path: "/labs", Summary: "Make a laboratory known", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Name   string `json:"name" maxLength:"200"`
				Area   string `json:"area" maxLength:"40" doc:"Its code"`
				PerDay int    `json:"per_day,omitempty" doc:"Tubes it can test in a day"`
			}
		}) (*reply[lab.Lab], error) {
			l, err := p.house.Lab.AddLab(ctx, door.ActorOf(ctx), lab.AddLab{Key: in.Key, Name: in.Body.Name, Area: in.Body.Area, PerDay: in.Body.PerDay})
			return &reply[lab.Lab]{l}, err
		})
	route(p, access.LabReceive, huma.Operation{Method: http.MethodPost, Path: "/labs/{lab}/received", Summary: "Book tubes in at a laboratory", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			LabPath
			Body struct {
				At    outbreak.Instant    `json:"at,omitempty" doc:"Empty: now"`
				Tubes []outbreak.TubeCode `json:"tubes" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[lab.Taken], error) {
			t, err := p.house.Lab.ReceiveTubes(ctx, door.ActorOf(ctx), lab.ReceiveTubes{Key: in.Key, Lab: in.Lab.ID, At: in.Body.At, Tubes: in.Body.Tubes})
			return &reply[lab.Taken]{t}, err
		})
	route(p, access.LabReport, huma.Operation{Method: http.MethodPost, Path: "/labs/{lab}/results", Summary: "Report results; a wrong row comes back with its reason, the rest is kept", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			LabPath
			Body struct {
				Results []report `json:"results" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[lab.Taken], error) {
			c := lab.ReportResults{Key: in.Key, Lab: in.Lab.ID}
			for _, r := range in.Body.Results {
				c.Results = append(c.Results, lab.Report(r))
			}
			t, err := p.house.Lab.ReportResults(ctx, door.ActorOf(ctx), c)
			return &reply[lab.Taken]{t}, err
		})
	route(p, access.LabReport, huma.Operation{Method: http.MethodPost, Path: "/tubes/{tube}/result", Summary: "Report the result of one tube", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TubePath
			Body struct {
				Lab     outbreak.LabID   `json:"lab"`
				Result  outbreak.Result  `json:"result" enum:"positive,negative,indeterminate,invalid"`
				RanAt   outbreak.Instant `json:"ran_at,omitempty" doc:"When the instrument read it; empty: now"`
				Message string           `json:"message,omitempty" maxLength:"200" doc:"The sender's own number of this statement"`
			}
		}) (*reply[lab.Taken], error) {
			b := in.Body
			t, err := p.house.Lab.ReportResult(ctx, door.ActorOf(ctx), lab.ReportResult{Key: in.Key, Lab: b.Lab,
				Report: lab.Report{Tube: in.Tube, Result: b.Result, RanAt: b.RanAt, Message: b.Message}})
			return &reply[lab.Taken]{t}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/tubes/{tube}/results", Summary: "What laboratories recorded of a tube", Tags: tags},
		func(ctx context.Context, in *TubePath) (*reply[lab.History], error) {
			h, err := p.house.Lab.FindTube(ctx, door.ActorOf(ctx), in.Tube)
			h.Seen, h.Results, h.Runs = some(h.Seen), some(h.Results), some(h.Runs)
			return &reply[lab.History]{h}, err
		})
}
