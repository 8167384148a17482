package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// CasePath is embedded in the input of a route about one case.
type CasePath struct {
	Case Ref[outbreak.CaseID] `path:"case"`
}

// caseWithSteps is a case and what is owed for it.
type caseWithSteps struct {
	cases.Case
	Steps []cases.Step `json:"steps"`
}

func caseRoutes(p *plan) {
	tags := []string{"cases"}
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases", Summary: "The cases one may see, without names", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			Below
			Person Ref[outbreak.PersonID] `query:"person"`
			State  cases.State            `query:"state" enum:"open,in_question,discarded"`
			After  Ref[outbreak.CaseID]   `query:"after"`
		}) (*page[cases.Case], error) {
			f := cases.Filter{Person: in.Person.ID, State: in.State, Below: in.Below.Below, After: in.After.ID, Most: in.Most}
			list, err := p.house.Cases.ListCases(ctx, door.ActorOf(ctx), f)
			return paged(list, in.Most, func(c cases.Case) string { return c.ID.String() }), err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}", Summary: "One case and its clocks", Tags: tags},
		func(ctx context.Context, in *CasePath) (*reply[caseWithSteps], error) {
			c, owed, err := p.house.Cases.FindCase(ctx, door.ActorOf(ctx), in.Case.ID)
			return &reply[caseWithSteps]{caseWithSteps{c, some(owed)}}, err
		})
	route(p, access.CaseOpen, huma.Operation{Method: http.MethodPost, Path: "/cases", Summary: "Open a case", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Outbreak       outbreak.OutbreakID     `json:"outbreak"`
				Person         outbreak.PersonID       `json:"person"`
				Severity       outbreak.Severity       `json:"severity,omitempty" enum:"screen_positive,asymptomatic,mild,moderate,severe,critical"`
				Classification outbreak.Classification `json:"classification,omitempty" enum:"not_classified,suspected,probable,confirmed"`
				Via            outbreak.FoundVia       `json:"via,omitempty" doc:"How the infection was found; empty: unknown"`
				At             outbreak.Instant        `json:"at,omitempty" doc:"The positive or the diagnosis; empty: now"`
				OnsetAt        outbreak.Instant        `json:"onset_at,omitempty"`
			}
		}) (*reply[cases.Case], error) {
			b := in.Body
			c, err := p.house.Cases.OpenCase(ctx, door.ActorOf(ctx), cases.OpenCase{Key: in.Key, Outbreak: b.Outbreak, Person: b.Person,
				Severity: b.Severity, Classification: b.Classification, Via: b.Via, At: b.At, OnsetAt: b.OnsetAt})
			return &reply[cases.Case]{c}, err
		})
	route(p, access.CaseStep, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/steps/{step}", Summary: "Record a report or an investigation as done", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			CasePath
			Step string `path:"step" maxLength:"40"`
			Body struct {
				At outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[cases.Case], error) {
			c, err := p.house.Cases.CompleteStep(ctx, door.ActorOf(ctx), cases.CompleteStep{Key: in.Key, Case: in.Case.ID, Step: in.Step, At: in.Body.At})
			return &reply[cases.Case]{c}, err
		})
	route(p, access.CaseClassify, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/classify", Summary: "Classify a case and set its severity", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			CasePath
			Body struct {
				Classification outbreak.Classification `json:"classification,omitempty" enum:"not_classified,suspected,probable,confirmed,not_a_case"`
				Severity       outbreak.Severity       `json:"severity,omitempty" enum:"screen_positive,asymptomatic,mild,moderate,severe,critical"`
			}
		}) (*reply[cases.Case], error) {
			c, err := p.house.Cases.ClassifyCase(ctx, door.ActorOf(ctx), cases.ClassifyCase{Key: in.Key, Case: in.Case.ID, Classification: in.Body.Classification, Severity: in.Body.Severity})
			return &reply[cases.Case]{c}, err
		})
	route(p, access.CaseRead, huma.Operation{Method: http.MethodGet, Path: "/cases/{case}/decisions", Summary: "What was decided about a case, and why; the oldest first", Tags: tags},
		func(ctx context.Context, in *CasePath) (*page[cases.Decision], error) {
			list, err := p.house.Cases.ListDecisions(ctx, door.ActorOf(ctx), in.Case.ID)
			return whole(list), err
		})
	route(p, access.CaseClassify, huma.Operation{Method: http.MethodPost, Path: "/cases/{case}/decide", Summary: "Decide a case whose result the laboratory took back", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			CasePath
			Body struct {
				Uphold bool   `json:"uphold" doc:"false: not a case"`
				Ground string `json:"ground,omitempty" maxLength:"20" doc:"retested, contaminated, mixed_up, clinical, earlier, mistaken or other; left out: other"`
				Reason string `json:"reason" maxLength:"500" doc:"In words; the journal has the ground alone"`
			}
		}) (*reply[cases.Case], error) {
			c, err := p.house.Cases.DecideCase(ctx, door.ActorOf(ctx), cases.DecideCase{Key: in.Key, Case: in.Case.ID, Uphold: in.Body.Uphold, Ground: in.Body.Ground, Reason: in.Body.Reason})
			return &reply[cases.Case]{c}, err
		})
}
