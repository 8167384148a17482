package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// DoorPath is embedded in the input of a route about one door sheet.
type DoorPath struct {
	Sheet screening.DoorNumber `path:"sheet" maxLength:"24" doc:"Its number with the check digit"`
}

// missingRoutes are about those a round still looks for, and the door sheets with them on.
func missingRoutes(p *plan) {
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/missing", Summary: "Who is missing in a round, with the door, by roll number, without names", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Below
			Limit
			Building  string                    `query:"building" maxLength:"200"`
			Unhoused  bool                      `query:"unhoused" doc:"Those whose building nobody said"`
			Household Ref[outbreak.HouseholdID] `query:"household"`
			Outcome   outbreak.Outcome          `query:"outcome" enum:"unknown,sample_again,away,unreachable"`
			After     int64                     `query:"after" minimum:"0"`
		}) (*page[screening.Missing], error) {
			list, err := p.house.Screening.ListMissing(ctx, door.ActorOf(ctx), in.Round.ID, screening.MissingFilter{Below: in.Below.Below, Building: in.Building, Unhoused: in.Unhoused,
				Household: in.Household.ID, Outcome: in.Outcome, After: in.After, Most: in.Most})
			return paged(list, in.Most, func(m screening.Missing) string { return itoa(m.No) }), err
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/missing/buildings", Summary: "How many are missing in each building below an area", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Below
		}) (*page[screening.MissingBuilding], error) {
			list, err := p.house.Screening.ListMissingBuildings(ctx, door.ActorOf(ctx), in.Round.ID, in.Below.Below)
			return whole(list), err
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodGet, Path: "/rounds/{round}/door-sheets", Summary: "The door sheets of a round in the order of their numbers, and how many are out, back and lost", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			RoundPath
			Limit
			State string               `query:"state" enum:"out,back,lost"`
			After screening.DoorNumber `query:"after" maxLength:"24"`
		}) (*reply[doorList], error) {
			list, n, err := p.house.Screening.ListDoorSheets(ctx, door.ActorOf(ctx), screening.DoorFilter{Round: in.Round.ID, State: in.State, After: in.After, Most: in.Most})
			part := paged(list, in.Most, func(d screening.DoorSheet) string { return string(d.Number) }).Body
			return &reply[doorList]{doorList{n, part.Items, part.Next}}, err
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodPost, Path: "/rounds/{round}/door-sheets", Summary: "Make numbered door sheets of those who are missing and are on none that is out", Tags: screeningTag, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			RoundPath
			Body struct {
				Below    outbreak.Path `json:"below,omitempty" maxLength:"200" doc:"The path of an area; left out: all one may see"`
				Building string        `json:"building,omitempty" maxLength:"200"`
				Unhoused bool          `json:"unhoused,omitempty"`
			}
		}) (*reply[screening.PrintedSheets], error) {
			out, err := p.house.Screening.PrintDoorSheets(ctx, door.ActorOf(ctx), screening.PrintDoorSheets{Key: in.Key, Round: in.Round.ID, Below: in.Body.Below, Building: in.Body.Building, Unhoused: in.Body.Unhoused})
			return &reply[screening.PrintedSheets]{out}, err
		})
	doorRoutes(p)
	callBackRoutes(p)
}

// doorList is a page of door sheets and the balance of all of them.
type doorList struct {
	Counts screening.DoorCounts  `json:"counts"`
	Items  []screening.DoorSheet `json:"items"`
	Next   string                `json:"next" doc:"Give it as after to read on; empty at the end"`
}

// doorSaid is what one line of a door sheet says.
type doorSaid struct {
	Line   int              `json:"line" minimum:"1"`
	Said   string           `json:"said" enum:"sampled,away,unreachable,refused,excused"`
	Reason string           `json:"reason,omitempty" maxLength:"300"`
	At     outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
}

func doorRoutes(p *plan) {
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodGet, Path: "/door-sheets/{sheet}", Summary: "A door sheet: who is on it, what it says, and where everybody stands now", Tags: screeningTag},
		func(ctx context.Context, in *DoorPath) (*reply[screening.DoorSheet], error) {
			list, err := p.house.Screening.FindDoorSheets(ctx, door.ActorOf(ctx), []screening.DoorNumber{in.Sheet})
			if err != nil {
				return nil, err
			}
			return &reply[screening.DoorSheet]{list[0]}, nil
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodPost, Path: "/door-sheets/{sheet}/fill", Summary: "Record what a door sheet says of its people, and that it is back", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			DoorPath
			Body struct {
				Items []doorSaid `json:"items,omitempty" maxItems:"100"`
				Back  bool       `json:"back,omitempty" doc:"The paper is here"`
			}
		}) (*reply[screening.DoorSheet], error) {
			c := screening.FillDoorSheet{Key: in.Key, Sheet: in.Sheet, Back: in.Body.Back}
			for _, x := range in.Body.Items {
				c.Items = append(c.Items, screening.DoorSaid(x))
			}
			d, err := p.house.Screening.FillDoorSheet(ctx, door.ActorOf(ctx), c)
			return &reply[screening.DoorSheet]{d}, err
		})
	route(p, access.OutcomeRecord, huma.Operation{Method: http.MethodPost, Path: "/door-sheets/{sheet}/lose", Summary: "Say that a door sheet will not come back; its people go on another", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			DoorPath
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"300" doc:"Names nobody"`
			}
		}) (*reply[screening.DoorSheet], error) {
			d, err := p.house.Screening.LoseDoorSheet(ctx, door.ActorOf(ctx), screening.LoseDoorSheet{Key: in.Key, Sheet: in.Sheet, Reason: in.Body.Reason})
			return &reply[screening.DoorSheet]{d}, err
		})
}

func callBackRoutes(p *plan) {
	route(p, access.CallBackRecord, huma.Operation{Method: http.MethodGet, Path: "/call-backs", Summary: "People whose excusal is checked by a call", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Limit
			Anomaly Ref[outbreak.AnomalyID]   `query:"anomaly"`
			Done    bool                      `query:"done"`
			After   Ref[screening.CallBackID] `query:"after"`
		}) (*page[screening.CallBack], error) {
			list, err := p.house.Screening.ListCallBacks(ctx, door.ActorOf(ctx), in.Anomaly.ID, in.Done, in.After.ID, in.Most)
			return paged(list, in.Most, func(c screening.CallBack) string { return c.ID.String() }), err
		})
	route(p, access.CallBackRecord, huma.Operation{Method: http.MethodPost, Path: "/call-backs/{call}", Summary: "Say what a call-back found; whoever recorded the excusal cannot", Tags: screeningTag},
		func(ctx context.Context, in *struct {
			Keyed
			Call Ref[screening.CallBackID] `path:"call"`
			Body struct {
				Found string `json:"found" enum:"confirmed,contradicted,not_reached"`
			}
		}) (*reply[screening.CallBack], error) {
			c, err := p.house.Screening.RecordCallBack(ctx, door.ActorOf(ctx), screening.RecordCallBack{Key: in.Key, CallBack: in.Call.ID, Found: in.Body.Found})
			return &reply[screening.CallBack]{c}, err
		})
}
