package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// partPool is how many swabs a tube takes in a part of a round.
type partPool struct {
	Area      string `json:"area" maxLength:"40" doc:"A code"`
	Pool      int    `json:"pool" minimum:"1" maximum:"255" doc:"Swabs per tube, as validated by the rule book, or 1"`
	Household bool   `json:"household,omitempty" doc:"One tube for each household, of at most that many"`
}

// roundPlanRoutes plan rounds ahead, end their sampling and tell what stands between them and their end.
func roundPlanRoutes(p *plan) {
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/begin", Summary: "Open a planned round now", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
			Body struct {
				Excuse string `json:"excuse,omitempty" maxLength:"300" doc:"Why it opens on a version that passed no rehearsal here"`
			}
		}) (*reply[screening.Round], error) {
			r, err := p.house.Screening.BeginRound(ctx, door.ActorOf(ctx), screening.BeginRound{Key: in.Key, Round: in.Round.ID, Excuse: in.Body.Excuse})
			return &reply[screening.Round]{r}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/cancel", Summary: "Drop a planned round", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
		}) (*reply[screening.Round], error) {
			r, err := p.house.Screening.CancelRound(ctx, door.ActorOf(ctx), screening.CancelRound{Key: in.Key, Round: in.Round.ID})
			return &reply[screening.Round]{r}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/end-sampling", Summary: "Plan no new sampling in an open round; what is on the way still comes in", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
		}) (*reply[screening.Round], error) {
			r, err := p.house.Screening.EndSampling(ctx, door.ActorOf(ctx), screening.EndSampling{Key: in.Key, Round: in.Round.ID})
			return &reply[screening.Round]{r}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/blockers", Summary: "What stands between a round and being closed complete", Tags: screeningTag},
		func(ctx context.Context, in *RoundPath) (*reply[screening.Blockers], error) {
			b, err := p.house.Screening.FindBlockers(ctx, door.ActorOf(ctx), in.Round.ID)
			return &reply[screening.Blockers]{b}, err
		})
	route(p, access.RoundManage, huma.Operation{Method: http.MethodPost, Path: "/devices/{device}/loss", Summary: "Give a device up, with what is known to have been on it, so that it blocks no round for ever", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Device int64 `path:"device" minimum:"1"`
			Body   struct {
				Reason string              `json:"reason" minLength:"1" maxLength:"300" doc:"Names nobody"`
				Tubes  []outbreak.TubeCode `json:"tubes,omitempty" maxItems:"1000" doc:"Serials known to have been on it"`
				Whole  bool                `json:"whole,omitempty" doc:"They are all it can have held"`
			}
		}) (*reply[screening.Loss], error) {
			l, err := p.house.Screening.DeclareLoss(ctx, door.ActorOf(ctx), screening.DeclareLoss{Key: in.Key, Device: in.Device, Reason: in.Body.Reason, Tubes: in.Body.Tubes, Whole: in.Body.Whole})
			return &reply[screening.Loss]{l}, err
		})
	compareRoutes(p)
	rehearsalRoutes(p)
}

// SetQuery is embedded in the input of a route that compares rounds.
type SetQuery struct {
	Rounds []string `query:"round,explode" required:"true" minItems:"2" maxItems:"8" doc:"Two rounds or more, in the order they are asked about"`
	Op     string   `query:"op" required:"true" enum:"first_only,second_only,all,any,none"`
	Valid  bool     `query:"valid" doc:"A valid result counts, not the swab"`
}

func (q SetQuery) question() (x screening.SetQuestion, err error) {
	x.Op, x.Valid = screening.SetOp(q.Op), q.Valid
	for _, text := range q.Rounds {
		id, err := outbreak.ParseID[outbreak.RoundID](text)
		if err != nil {
			return x, err
		}
		x.Rounds = append(x.Rounds, id)
	}
	return x, nil
}

func compareRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/round-sets", Summary: "Compare rounds: by community, who was sampled in which of them", Tags: screeningTag},
		func(ctx context.Context, in *SetQuery) (*reply[screening.SetAnswer], error) {
			q, err := in.question()
			if err != nil {
				return nil, err
			}
			a, err := p.house.Screening.CompareRounds(ctx, door.ActorOf(ctx), q)
			return &reply[screening.SetAnswer]{a}, err
		})
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/round-sets/people", Summary: "The people behind a comparison of rounds, by roll number, without names", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			SetQuery
			Below
			Limit
			After int64 `query:"after" minimum:"0"`
		}) (*page[registry.Person], error) {
			q, err := in.question()
			if err != nil {
				return nil, err
			}
			list, err := p.house.Screening.ListCompared(ctx, door.ActorOf(ctx), q, in.Below.Below, in.After, in.Most)
			return paged(list, in.Most, func(x registry.Person) string { return itoa(x.No) }), err
		})
}

func rehearsalRoutes(p *plan) {
	route(p, access.RoundRead, huma.Operation{Method: http.MethodGet, Path: "/rehearsals", Summary: "The rehearsals that were passed, the newest first, and which version runs here", Tags: screeningTag},
		func(ctx context.Context, in *Limit) (*reply[screening.Rehearsals], error) {
			x, err := p.house.Screening.ListRehearsals(ctx, door.ActorOf(ctx), in.Most)
			x.List = some(x.List)
			return &reply[screening.Rehearsals]{x}, err
		})
	route(p, access.RehearsalRecord, huma.Operation{Method: http.MethodPost, Path: "/rehearsals", Summary: "Keep the verdict of a rehearsal that was passed", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Version    string `json:"version" minLength:"1" maxLength:"200"`
				Engine     string `json:"engine" enum:"sqlite,postgres"`
				People     int    `json:"people" minimum:"1"`
				Tubes      int    `json:"tubes" minimum:"1"`
				Kills      int    `json:"kills" minimum:"0"`
				Seconds    int    `json:"seconds" minimum:"0"`
				Rate       int    `json:"rate" minimum:"0" doc:"People per second"`
				Lost       int    `json:"lost" minimum:"0"`
				Duplicated int    `json:"duplicated" minimum:"0"`
				Ghosts     int    `json:"ghosts" minimum:"0"`
			}
		}) (*reply[screening.Rehearsal], error) {
			b := in.Body
			h, err := p.house.Screening.RecordRehearsal(ctx, door.ActorOf(ctx), screening.RecordRehearsal{Key: in.Key, Version: b.Version, Engine: b.Engine, People: b.People, Tubes: b.Tubes,
				Kills: b.Kills, Seconds: b.Seconds, Rate: b.Rate, Lost: b.Lost, Duplicated: b.Duplicated, Ghosts: b.Ghosts})
			return &reply[screening.Rehearsal]{h}, err
		})
}
