package transfer

import (
	"context"
	"embed"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of vehicles and trips.
var Migrations = store.Migrations{Owner: "transfer", FS: migrations}

// Beds is what a trip needs of placement, in the same transaction.
type Beds interface {
	ReserveWaiting(tx *store.Tx, by outbreak.Actor, most int) ([]outbreak.BedReserved, error)
	Release(tx *store.Tx, by outbreak.Actor, stay outbreak.StayID, reason string) error
}

// Service is transfer's door inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
	beds     Beds
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, t *task.Service, beds Beds) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, tasks: t, beds: beds}
}

// AddVehicle is the command that makes a vehicle known.
type AddVehicle struct {
	Key   string `json:"-"`
	Area  string `json:"area"` // code
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Seats int    `json:"seats"` // for patients
}

// AddVehicle makes a vehicle known; the same name again gives the one that is there.
func (s *Service) AddVehicle(ctx context.Context, by outbreak.Actor, c AddVehicle) (Vehicle, error) {
	if err := access.RequireAnywhere(by, access.TripPlan); err != nil {
		return Vehicle{}, err
	}
	if c.Name == "" || c.Seats < 1 || c.Seats > 100 || !slices.Contains(VehicleKinds, c.Kind) {
		return Vehicle{}, outbreak.Refuse(outbreak.Invalid, "transfer.vehicle_incomplete")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "transfer.AddVehicle", Key: c.Key}, c, func(tx *store.Tx) (Vehicle, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Vehicle{}, err
		}
		if !ok {
			return Vehicle{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err := access.Require(by, access.TripPlan, outbreak.Scope{Area: area.Path}); err != nil {
			return Vehicle{}, err
		}
		v := Vehicle{ID: outbreak.New[outbreak.VehicleID](s.ids), Area: area.Path, AreaID: area.ID, Kind: c.Kind, Name: c.Name, Seats: c.Seats}
		n, err := tx.Exec("insert into vehicle ("+vehicleColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing",
			v.ID, v.Area, v.AreaID, v.Kind, v.Name, v.Seats, tx.Now)
		if err != nil {
			return Vehicle{}, err
		}
		if n == 0 {
			v, _, err = store.One(tx, scanVehicle, "select "+vehicleColumns+" from vehicle where name = $1", c.Name)
			return v, err
		}
		_, err = s.journal.Append(tx, by, outbreak.VehicleAdded{Scope: outbreak.Scope{Area: v.Area}, Vehicle: v.ID, Seats: v.Seats})
		return v, err
	})
}

// AssignVehicle is the command that gives a trip a vehicle.
type AssignVehicle struct {
	Key     string             `json:"-"`
	Trip    outbreak.TripID    `json:"trip"`
	Vehicle outbreak.VehicleID `json:"vehicle"`
}

// AssignVehicle gives a waiting trip a vehicle with a seat left.
func (s *Service) AssignVehicle(ctx context.Context, by outbreak.Actor, c AssignVehicle) (Trip, error) {
	if err := access.RequireAnywhere(by, access.TripPlan); err != nil {
		return Trip{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "transfer.AssignVehicle", Key: c.Key}, c, func(tx *store.Tx) (Trip, error) {
		t, err := s.find(tx, by, access.TripPlan, c.Trip)
		if err != nil {
			return t, err
		}
		v, ok, err := store.One(tx, scanVehicle, "select "+vehicleColumns+" from vehicle where id = $1", c.Vehicle)
		if err != nil {
			return t, err
		}
		if !ok {
			return t, outbreak.Refuse(outbreak.NotFound, "transfer.no_such_vehicle")
		}
		n, err := aboard(tx, v.ID)
		if err != nil {
			return t, err
		}
		if t, err = t.assign(v, n, tx.Now); err != nil {
			return t, err
		}
		if err := saveTrip(tx, t); err != nil {
			return t, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.VehicleAssigned{Scope: t.Scope(), Trip: t.ID, Person: t.Person, Vehicle: v.ID, At: t.AssignedAt, Due: t.Due}); err != nil {
			return t, err
		}
		return t, s.turn(tx, by, t, task.AssignVehicle, task.PickUp, t.AssignedAt)
	})
}

// PickUp is the command that says the person is in the vehicle.
type PickUp struct {
	Key  string           `json:"-"`
	Trip outbreak.TripID  `json:"trip"`
	At   outbreak.Instant `json:"at"` // 0: now
}

// PickUp notes that the person is in the vehicle.
func (s *Service) PickUp(ctx context.Context, by outbreak.Actor, c PickUp) (Trip, error) {
	if err := access.RequireAnywhere(by, access.TripDrive); err != nil {
		return Trip{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "transfer.PickUp", Key: c.Key}, c, func(tx *store.Tx) (Trip, error) {
		t, err := s.find(tx, by, access.TripDrive, c.Trip)
		if err != nil {
			return t, err
		}
		if t, err = t.pickUp(c.At, tx.Now); err != nil {
			return t, err
		}
		if err := saveTrip(tx, t); err != nil {
			return t, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.PickedUp{Scope: t.Scope(), Trip: t.ID, Person: t.Person, Vehicle: t.Vehicle, At: t.PickedUpAt, Due: t.Due}); err != nil {
			return t, err
		}
		return t, s.turn(tx, by, t, task.PickUp, task.HandOver, t.PickedUpAt)
	})
}

// EndTrip is the command that says how a trip ended.
type EndTrip struct {
	Key    string           `json:"-"`
	Trip   outbreak.TripID  `json:"trip"`
	How    State            `json:"how"` // arrived, cancelled or died
	Reason string           `json:"reason"`
	At     outbreak.Instant `json:"at"` // 0: now
}

// EndTrip ends a trip. A cancelled one gives the bed back in the same transaction.
func (s *Service) EndTrip(ctx context.Context, by outbreak.Actor, c EndTrip) (Trip, error) {
	if err := access.RequireAnywhere(by, access.TripDrive); err != nil {
		return Trip{}, err
	}
	if c.How != Arrived && c.How != Cancelled && c.How != Died {
		return Trip{}, outbreak.Refuse(outbreak.Invalid, "transfer.how")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "transfer.EndTrip", Key: c.Key}, c, func(tx *store.Tx) (Trip, error) {
		t, err := s.find(tx, by, access.TripDrive, c.Trip)
		if err != nil {
			return t, err
		}
		return s.end(tx, by, t, c.How, c.Reason, c.At)
	})
}

func (s *Service) end(tx *store.Tx, by outbreak.Actor, t Trip, how State, reason string, at outbreak.Instant) (Trip, error) {
	t, err := t.end(how, reason, at, tx.Now)
	if err != nil {
		return t, err
	}
	if err := saveTrip(tx, t); err != nil {
		return t, err
	}
	if _, err := s.journal.Append(tx, by, outbreak.TripEnded{Scope: t.Scope(), Trip: t.ID, Person: t.Person, Stay: t.Stay, Site: t.Site, Vehicle: t.Vehicle, How: string(how), At: t.EndedAt}); err != nil {
		return t, err
	}
	state := task.Removed
	if how == Arrived {
		state = task.Done
	}
	for _, w := range []task.What{task.AssignVehicle, task.PickUp, task.HandOver} {
		if err := s.tasks.End(tx, by, w, t.ref(), state, t.EndedAt); err != nil {
			return t, err
		}
	}
	if how == Arrived {
		return t, nil
	}
	return t, s.beds.Release(tx, by, t.Stay, string(how))
}

// turn ends one piece of work on a trip and opens the next.
func (s *Service) turn(tx *store.Tx, by outbreak.Actor, t Trip, done, next task.What, at outbreak.Instant) error {
	if err := s.tasks.End(tx, by, done, t.ref(), task.Done, at); err != nil {
		return err
	}
	open, err := task.OpenAbout(tx, next, t.ref())
	if err != nil || len(open) > 0 {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: next, Subject: t.ref(), Scope: t.Scope(), Clock: outbreak.Deadline{From: at, Due: t.Due}})
}

func (s *Service) find(tx *store.Tx, by outbreak.Actor, p access.Permission, id outbreak.TripID) (Trip, error) {
	t, ok, err := tripByID(tx, id)
	if err != nil {
		return t, err
	}
	if !ok || !access.Can(by, access.TripRead, t.Scope()) {
		return Trip{}, outbreak.Refuse(outbreak.NotFound, "transfer.none")
	}
	return t, access.Require(by, p, t.Scope())
}

// Filter cuts the list of trips.
type Filter struct {
	State  State
	Person outbreak.PersonID
	After  outbreak.TripID
	Most   int
}

// ListTrips lists the trips the actor may see, the longest waiting first.
func (s *Service) ListTrips(ctx context.Context, by outbreak.Actor, f Filter) (list []Trip, err error) {
	if err := access.RequireAnywhere(by, access.TripRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.TripRead, "", []any{f.After})
		if f.State != "" {
			args = append(args, f.State)
			cond += fmt.Sprintf(" and state = $%d", len(args))
		}
		if f.Person != 0 {
			codes, err := registry.CodesOf(tx, f.Person)
			if err != nil {
				return err
			}
			var in string
			in, args = store.In(args, codes)
			cond += " and person in (" + in + ")"
		}
		limit, args := store.In(args, []int{max(f.Most, 1)})
		list, err = store.List(tx, scanTrip, "select "+tripColumns+" from trip where id > $1 and "+cond+" order by id limit "+limit, args...)
		return err
	})
	return list, err
}

// VehicleStatus is a vehicle and how many people are to ride in it.
type VehicleStatus struct {
	Vehicle
	Aboard int `json:"aboard"`
}

// ListVehicles lists the vehicles the actor may see.
func (s *Service) ListVehicles(ctx context.Context, by outbreak.Actor) (list []VehicleStatus, err error) {
	if err := access.RequireAnywhere(by, access.TripRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanVehicle, "select "+vehicleColumns+" from vehicle order by name")
		if err != nil {
			return err
		}
		for _, v := range all {
			if !access.Can(by, access.TripRead, outbreak.Scope{Area: v.Area}) {
				continue
			}
			n, err := aboard(tx, v.ID)
			if err != nil {
				return err
			}
			list = append(list, VehicleStatus{v, n})
		}
		return nil
	})
	return list, err
}
