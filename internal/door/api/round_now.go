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

// waitingTube is a tube of a round that waits, or is positive.
type waitingTube struct {
	Tube  outbreak.TubeCode `json:"tube"`
	Area  outbreak.Path     `json:"area"`
	Flow  screening.Flow    `json:"flow"`
	Since outbreak.Instant  `json:"since"`
	Due   outbreak.Instant  `json:"due"`
}

// nowRoutes tell how a round moves, and what holds it up.
func nowRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/now", Summary: "How a round moves: rates, expected end with its bottleneck, what the pools say, what does not fit", Tags: screeningTag},
		func(ctx context.Context, in *RoundPath) (*reply[screening.RoundNow], error) {
			n, err := p.house.Screening.FindRoundNow(ctx, door.ActorOf(ctx), in.Round.ID)
			n.Anomalies, n.Finish.Stages, n.Finish.Missing = some(n.Anomalies), some(n.Finish.Stages), some(n.Finish.Missing)
			return &reply[screening.RoundNow]{n}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/areas", Summary: "Where the people of a round stand, area by area one level below another", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Below
		}) (*page[screening.AreaStatus], error) {
			list, err := p.house.Screening.ListAreas(ctx, door.ActorOf(ctx), in.Round.ID, in.Below.Below)
			return whole(list), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/anomalies", Summary: "What of a round does not fit and nobody has settled, the oldest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Limit
			What  string                  `query:"what" maxLength:"40"`
			After Ref[outbreak.AnomalyID] `query:"after"`
		}) (*page[screening.Anomaly], error) {
			list, err := p.house.Screening.ListRoundAnomalies(ctx, door.ActorOf(ctx), in.Round.ID, in.What, in.After.ID, in.Most)
			return paged(list, in.Most, func(a screening.Anomaly) string { return a.ID.String() }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/waiting", Summary: "The tubes of a round that wait, the longest first; or the positive ones", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Limit
			Flow  string                `query:"flow" enum:"transit,testing,positive" doc:"Empty: all that wait"`
			Past  bool                  `query:"past" doc:"Past their time alone"`
			Since Ref[outbreak.Instant] `query:"since" doc:"With after: behind this one"`
			After outbreak.TubeCode     `query:"after" maxLength:"40"`
		}) (*page[waitingTube], error) {
			by, flow := door.ActorOf(ctx), screening.Flow(in.Flow)
			list, err := []screening.WaitingTube(nil), error(nil)
			if flow == screening.SaidPositive {
				list, err = p.house.Screening.ListRoundPositive(ctx, by, in.Round.ID, in.Since.ID, in.After, in.Most)
			} else {
				list, err = p.house.Screening.ListRoundWaiting(ctx, by, in.Round.ID, screening.TubeFilter{Flow: flow, Past: in.Past, Since: in.Since.ID, After: in.After, Most: in.Most})
			}
			rows := make([]waitingTube, len(list))
			for i, w := range list {
				rows[i] = waitingTube{Tube: w.Tube, Area: w.Area, Flow: w.Flow, Since: w.Since, Due: w.Due}
			}
			return paged(rows, in.Most, func(w waitingTube) string { return string(w.Tube) }), err
		})
}

// qualityRoute tells how well swabs were taken.
func qualityRoute(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/quality", Summary: "How well the swabs of a round were taken, by sampling points, devices or samplers, the poor ones first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Devices bool   `query:"devices" doc:"The same as by=device"`
			By      string `query:"by" enum:"device,sampler" doc:"Left out: sampling points. Devices and samplers are for those who run the round"`
		}) (*reply[screening.RoundQuality], error) {
			if in.Devices && in.By == "" {
				in.By = screening.QualityByDevice
			}
			q, err := p.house.Screening.ListSwabQuality(ctx, door.ActorOf(ctx), in.Round.ID, in.By)
			q.Rows = some(q.Rows)
			return &reply[screening.RoundQuality]{q}, err
		})
}

// SearchPath is embedded in the input of a route about one search.
type SearchPath struct {
	Search Ref[outbreak.SearchID] `path:"search"`
}

// searchRoutes are the searches into positive pools without a positive member.
func searchRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/searches", Summary: "Searches into positive pools without a positive member, the oldest first", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			Round Ref[outbreak.RoundID] `query:"round"`
			Over  bool                  `query:"over" doc:"Those that are over instead of the open ones"`
			Since Ref[outbreak.Instant] `query:"since" doc:"With after: behind this one"`
			After outbreak.TubeCode     `query:"after" maxLength:"40"`
		}) (*page[screening.Search], error) {
			list, err := p.house.Screening.ListSearches(ctx, door.ActorOf(ctx), in.Round.ID, in.Over, screening.Mark{At: in.Since.ID, Tube: in.After}, in.Most)
			return paged(list, in.Most, func(s screening.Search) string { return string(s.Tube) }), err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/searches/{search}", Summary: "A search: its steps, and what lies around its pool", Tags: screeningTag},
		func(ctx context.Context, in *SearchPath) (*reply[screening.SearchRead], error) {
			x, err := p.house.Screening.FindSearch(ctx, door.ActorOf(ctx), in.Search.ID)
			x.Steps, x.Open, x.Members, x.Before, x.After = some(x.Steps), some(x.Open), some(x.Members), some(x.Before), some(x.After)
			x.Doubles, x.Oddities, x.Pool.Members = some(x.Doubles), some(x.Oddities), some(x.Pool.Members)
			return &reply[screening.SearchRead]{x}, err
		})
	route(p, access.PoolSearch, huma.Operation{Method: http.MethodPost, Path: "/searches/{search}/steps", Summary: "Say what was looked at in a search, and what came out", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			SearchPath
			Body struct {
				Step    string           `json:"step" enum:"retained_fluid,neighbours,double_scans,swab_count"`
				Outcome string           `json:"outcome" enum:"positive,negative,indeterminate,found,nothing,more,equal,fewer,not_possible"`
				Note    string           `json:"note,omitempty" maxLength:"2000" doc:"Without names"`
				At      outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[screening.SearchStep], error) {
			st, err := p.house.Screening.TakeSearchStep(ctx, door.ActorOf(ctx), screening.TakeSearchStep{Key: in.Key, Search: in.Search.ID, Step: in.Body.Step, Outcome: in.Body.Outcome, Note: in.Body.Note, At: in.Body.At})
			return &reply[screening.SearchStep]{st}, err
		})
	route(p, access.PoolSearch, huma.Operation{Method: http.MethodPost, Path: "/searches/{search}/conclude", Summary: "Conclude a search, once every step was taken or said to be impossible", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			SearchPath
			Body struct {
				Finding string `json:"finding" enum:"swap,contamination,missing_member,late_infection,not_reproduced,unexplained"`
				Words   string `json:"words" maxLength:"2000" doc:"Without names"`
			}
		}) (*reply[screening.Search], error) {
			x, err := p.house.Screening.ConcludeSearch(ctx, door.ActorOf(ctx), screening.ConcludeSearch{Key: in.Key, Search: in.Search.ID, Finding: in.Body.Finding, Words: in.Body.Words})
			return &reply[screening.Search]{x}, err
		})
}
