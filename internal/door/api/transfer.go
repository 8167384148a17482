package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/transfer"
)

// TripPath is embedded in the input of a route about one trip.
type TripPath struct {
	Trip Ref[outbreak.TripID] `path:"trip"`
}

func transferRoutes(p *plan) {
	tags := []string{"transfer"}
	route(p, access.TripRead, huma.Operation{Method: http.MethodGet, Path: "/trips", Summary: "The transfers one may see", Tags: tags},
		func(ctx context.Context, in *struct {
			Limit
			State  transfer.State         `query:"state" enum:"requested,vehicle_assigned,picked_up,arrived,cancelled,died"`
			Person Ref[outbreak.PersonID] `query:"person"`
			After  Ref[outbreak.TripID]   `query:"after"`
		}) (*page[transfer.Trip], error) {
			f := transfer.Filter{State: in.State, Person: in.Person.ID, After: in.After.ID, Most: in.Most}
			list, err := p.house.Transfer.ListTrips(ctx, door.ActorOf(ctx), f)
			return paged(list, in.Most, func(t transfer.Trip) string { return t.ID.String() }), err
		})
	route(p, access.TripRead, huma.Operation{Method: http.MethodGet, Path: "/vehicles", Summary: "The vehicles and who is aboard", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[transfer.VehicleStatus], error) {
			list, err := p.house.Transfer.ListVehicles(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.TripPlan, huma.Operation{Method: http.MethodPost, Path: "/vehicles", Summary: "Make a vehicle known", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Area  string `json:"area" maxLength:"40" doc:"Its code"`
				Kind  string `json:"kind" maxLength:"40"`
				Name  string `json:"name" maxLength:"100" doc:"Plate or call sign"`
				Seats int    `json:"seats" doc:"For patients"`
			}
		}) (*reply[transfer.Vehicle], error) {
			b := in.Body
			v, err := p.house.Transfer.AddVehicle(ctx, door.ActorOf(ctx), transfer.AddVehicle{Key: in.Key, Area: b.Area, Kind: b.Kind, Name: b.Name, Seats: b.Seats})
			return &reply[transfer.Vehicle]{v}, err
		})
	route(p, access.TripPlan, huma.Operation{Method: http.MethodPost, Path: "/trips/{trip}/vehicle", Summary: "Assign a vehicle", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TripPath
			Body struct {
				Vehicle outbreak.VehicleID `json:"vehicle"`
			}
		}) (*reply[transfer.Trip], error) {
			t, err := p.house.Transfer.AssignVehicle(ctx, door.ActorOf(ctx), transfer.AssignVehicle{Key: in.Key, Trip: in.Trip.ID, Vehicle: in.Body.Vehicle})
			return &reply[transfer.Trip]{t}, err
		})
	route(p, access.TripDrive, huma.Operation{Method: http.MethodPost, Path: "/trips/{trip}/pick-up", Summary: "Record that the person is in the vehicle", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TripPath
			Body struct {
				At outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[transfer.Trip], error) {
			t, err := p.house.Transfer.PickUp(ctx, door.ActorOf(ctx), transfer.PickUp{Key: in.Key, Trip: in.Trip.ID, At: in.Body.At})
			return &reply[transfer.Trip]{t}, err
		})
	route(p, access.TripDrive, huma.Operation{Method: http.MethodPost, Path: "/trips/{trip}/end", Summary: "Record how a trip ended", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			TripPath
			Body struct {
				How    transfer.State   `json:"how" enum:"arrived,cancelled,died"`
				Reason string           `json:"reason,omitempty" maxLength:"200"`
				At     outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[transfer.Trip], error) {
			t, err := p.house.Transfer.EndTrip(ctx, door.ActorOf(ctx), transfer.EndTrip{Key: in.Key, Trip: in.Trip.ID, How: in.Body.How, Reason: in.Body.Reason, At: in.Body.At})
			return &reply[transfer.Trip]{t}, err
		})
}
