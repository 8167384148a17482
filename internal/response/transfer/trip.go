package transfer

import (
	"breakwater/internal/outbreak"
)

// State of a trip.
type State string

const (
	Requested State = "requested"
	Assigned  State = "vehicle_assigned"
	Riding    State = "picked_up"
	Arrived   State = "arrived"
	Cancelled State = "cancelled"
	Died      State = "died"
)

// VehicleKinds are the words of a vehicle's kind (glossary: 负压救护车).
var VehicleKinds = []string{"ambulance_np", "ambulance", "bus", "van"}

// Vehicle of the closed loop.
type Vehicle struct {
	ID     outbreak.VehicleID `json:"id"`
	Area   outbreak.Path      `json:"area"`
	AreaID outbreak.AreaID    `json:"area_id"`
	Kind   string             `json:"kind"`
	Name   string             `json:"name"` // plate or call sign
	Seats  int                `json:"seats"`
}

// Trip is one person's way to one reserved bed.
type Trip struct {
	ID          outbreak.TripID     `json:"id"`
	Outbreak    outbreak.OutbreakID `json:"outbreak"`
	Edition     string              `json:"edition"`
	Person      outbreak.PersonID   `json:"person"`
	Need        outbreak.NeedID     `json:"need"`
	Stay        outbreak.StayID     `json:"stay"`
	Area        outbreak.Path       `json:"area"` // where the person is fetched
	Site        outbreak.SiteID     `json:"site"`
	Vehicle     outbreak.VehicleID  `json:"vehicle"`
	State       State               `json:"state"`
	RequestedAt outbreak.Instant    `json:"requested_at"`
	Due         outbreak.Instant    `json:"due"`
	AssignedAt  outbreak.Instant    `json:"assigned_at"`
	PickedUpAt  outbreak.Instant    `json:"picked_up_at"`
	EndedAt     outbreak.Instant    `json:"ended_at"`
	Reason      string              `json:"reason,omitempty"`
}

// Scope is where the trip belongs.
func (t Trip) Scope() outbreak.Scope { return outbreak.Scope{Area: t.Area, Outbreak: t.Outbreak} }

func (t Trip) ref() outbreak.Ref { return outbreak.Ref{Kind: "trip", ID: t.ID.String()} }

// live tells that the trip has not ended.
func (t Trip) live() bool { return t.State == Requested || t.State == Assigned || t.State == Riding }

// assign gives the trip a vehicle that has a seat left; aboard counts the live trips it has.
func (t Trip) assign(v Vehicle, aboard int, now outbreak.Instant) (Trip, error) {
	if t.State != Requested && t.State != Assigned {
		return t, outbreak.Refuse(outbreak.Conflict, "transfer.not_waiting")
	}
	if t.Vehicle == v.ID {
		return t, nil
	}
	if aboard >= v.Seats {
		return t, outbreak.Refuse(outbreak.Conflict, "transfer.vehicle_full", "seats", v.Seats)
	}
	t.State, t.Vehicle, t.AssignedAt = Assigned, v.ID, now
	return t, nil
}

// pickUp notes that the person is in the vehicle.
func (t Trip) pickUp(at, now outbreak.Instant) (Trip, error) {
	if t.State != Assigned {
		return t, outbreak.Refuse(outbreak.Conflict, "transfer.no_vehicle")
	}
	if at == 0 {
		at = now
	}
	if at > now.Add(outbreak.Drift) || at < t.RequestedAt {
		return t, outbreak.Refuse(outbreak.Invalid, "transfer.at_wrong")
	}
	t.State, t.PickedUpAt = Riding, at
	return t, nil
}

// end notes how the trip ended. Arrivals and deaths are facts and end a trip in any state; a cancelled one must still wait.
func (t Trip) end(how State, reason string, at, now outbreak.Instant) (Trip, error) {
	if !t.live() {
		return t, outbreak.Refuse(outbreak.Conflict, "transfer.ended")
	}
	if how == Cancelled && t.State == Riding {
		return t, outbreak.Refuse(outbreak.Conflict, "transfer.on_the_way")
	}
	if how == Cancelled && reason == "" {
		return t, outbreak.Refuse(outbreak.Invalid, "transfer.reason_missing")
	}
	if at == 0 {
		at = now
	}
	if at > now.Add(outbreak.Drift) || at < t.PickedUpAt {
		return t, outbreak.Refuse(outbreak.Invalid, "transfer.at_wrong")
	}
	t.State, t.EndedAt, t.Reason = how, at, reason
	return t, nil
}
