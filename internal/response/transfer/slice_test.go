package transfer_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/transfer"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// house is transfer with the placement it takes beds from, on one database, both following the journal.
type house struct {
	*testing.T
	ctx      context.Context
	db       *store.DB
	clock    *outbreak.HandClock
	journal  *journal.Journal
	registry *registry.Service
	tasks    *task.Service
	places   *placement.Service
	trips    *transfer.Service
	outbreak outbreak.OutbreakID
}

// engines runs do in a fresh house on each database.
func engines(t *testing.T, do func(*house)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, placement.Migrations, transfer.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx, stop := context.WithCancel(context.Background())
		h := &house{T: t, ctx: ctx, db: db, clock: clock}
		h.journal = journal.New(db, testkit.Quiet(), nil)
		ids := outbreak.NewIDs(clock)
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Embedded()
		h.ok(err)
		h.registry = registry.New(db, h.journal, ids, rules, vault)
		h.tasks = task.New(db, h.journal, ids)
		h.places = placement.New(db, h.journal, ids, h.registry, h.tasks)
		h.trips = transfer.New(db, h.journal, ids, h.registry, h.tasks, h.places)
		_, err = h.registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "2201", Parent: "22", Name: "市"}}})
		h.ok(err)
		h.outbreak, err = h.registry.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		h.ok(err)
		over := make(chan struct{})
		go func() { h.journal.Run(ctx, h.places.Consumer(), h.trips.Consumer()); close(over) }() // ends with the test
		defer func() { stop(); <-over }()
		do(h)
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) refused(err error, key string) {
	h.Helper()
	if e, ok := err.(*outbreak.Error); !ok || e.Msg != key {
		h.Errorf("%v, want the refusal %s", err, key)
	}
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (h *house) site(name string, beds int) placement.Site {
	h.Helper()
	s, err := h.places.OpenSite(h.ctx, root, placement.OpenSite{Area: "2201", Kind: "isolation_site", Name: name, Wards: []placement.NewWard{{Name: "1", Kind: "single_room", Beds: beds}}})
	h.ok(err)
	return s
}

func (h *house) vehicle(seats int) transfer.Vehicle {
	h.Helper()
	v, err := h.trips.AddVehicle(h.ctx, root, transfer.AddVehicle{Area: "2201", Kind: "van", Name: fmt.Sprint("吉A ", seats), Seats: seats})
	h.ok(err)
	return v
}

// fall makes so many people cases, and lets everything follow.
func (h *house) fall(n int) (people []outbreak.PersonID) {
	h.Helper()
	for range n {
		p, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "2201"}})
		h.ok(err)
		people = append(people, p.ID)
		h.opened(p.ID)
	}
	h.settle()
	return people
}

func (h *house) opened(p outbreak.PersonID) {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		_, err := h.journal.Append(tx, root, outbreak.CaseOpened{Scope: outbreak.Scope{Area: "/22/2201/", Outbreak: h.outbreak}, Case: outbreak.CaseID(p), Person: p, Severity: outbreak.ScreenPositive, At: h.clock.Now()})
		return err
	}))
}

func (h *house) settle() {
	h.Helper()
	h.ok(h.journal.Settled(h.ctx))
}

func (h *house) list(s transfer.State) []transfer.Trip {
	h.Helper()
	list, err := h.trips.ListTrips(h.ctx, root, transfer.Filter{State: s, Most: 1000})
	h.ok(err)
	return list
}

func (h *house) needs(state string) []placement.Need {
	h.Helper()
	list, err := h.places.ListNeeds(h.ctx, root, state, 0, 1000)
	h.ok(err)
	return list
}

func (h *house) beds(s placement.Site) placement.SiteStatus {
	h.Helper()
	list, err := h.places.ListSites(h.ctx, root)
	h.ok(err)
	return list[slices.IndexFunc(list, func(x placement.SiteStatus) bool { return x.ID == s.ID })]
}

// work counts the open tasks of a kind.
func (h *house) work(what task.What) int {
	h.Helper()
	list, err := h.tasks.ListTasks(h.ctx, root, task.Filter{What: what, Most: 1000})
	h.ok(err)
	return len(list)
}

func TestATripTakesSomebodyToTheReservedBed(t *testing.T) {
	engines(t, func(h *house) {
		hotel, van := h.site("Hotel", 1), h.vehicle(1)
		p := h.fall(1)[0]
		trip := h.list(transfer.Requested)[0]
		h.want("person", trip.Person, p)
		h.want("due", trip.Due, h.clock.Now().Add(6*time.Hour))
		h.want("work", h.work(task.AssignVehicle), 1)

		_, err := h.trips.PickUp(h.ctx, root, transfer.PickUp{Trip: trip.ID})
		h.refused(err, "transfer.no_vehicle")
		for range 2 { // the same key twice: once
			_, err = h.trips.AssignVehicle(h.ctx, root, transfer.AssignVehicle{Key: "a", Trip: trip.ID, Vehicle: van.ID})
			h.ok(err)
		}
		h.want("work", h.work(task.PickUp), 1)
		h.clock.Move(time.Hour)
		_, err = h.trips.PickUp(h.ctx, root, transfer.PickUp{Trip: trip.ID})
		h.ok(err)
		_, err = h.trips.EndTrip(h.ctx, root, transfer.EndTrip{Trip: trip.ID, How: transfer.Cancelled, Reason: "refused"})
		h.refused(err, "transfer.on_the_way")
		h.clock.Move(time.Hour)
		_, err = h.trips.EndTrip(h.ctx, root, transfer.EndTrip{Trip: trip.ID, How: transfer.Arrived})
		h.ok(err)
		h.settle()
		h.want("there", h.beds(hotel).Occupied, 1)
		h.want("met", len(h.needs("met")), 1)
		h.want("work", h.work(task.AssignVehicle)+h.work(task.PickUp)+h.work(task.HandOver)+h.work(task.FindBed), 0)
		h.want("put aside", h.parked(), int64(0))
	})
}

// TestWithoutATripThereIsNoReservation makes the trip fail behind the reservation, in the same transaction: the person has
// a trip already that placement knows nothing of.
func TestWithoutATripThereIsNoReservation(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", 2)
		p, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "2201"}})
		h.ok(err)
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
			return tx.Must(`insert into trip (id, outbreak, edition, person, need, stay, area, site, vehicle, state, live, requested_at, due, assigned_at, picked_up_at, ended_at, reason, retention, recorded_at)
				values (1, $1, 'x', $2, 0, 0, '/22/2201/', 0, 0, 'requested', 1, 0, 0, 0, 0, 0, '', 'operation', 0)`, h.outbreak, p.ID)
		}))
		h.settle() // the site is known to everybody
		before := h.head()
		h.opened(p.ID)
		h.settle()
		h.want("put aside", h.parked(), int64(1))
		h.want("still waiting", len(h.needs("waiting")), 1)
		h.want("reserved", h.beds(hotel).Reserved, 0)
		h.want("free", h.beds(hotel).Free, 2)
		h.want("told", h.count("BedReserved", before), 0)

		// Once the obstacle is away the next event serves the same person.
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error { return tx.Must("delete from trip where id = 1") }))
		h.site("Inn", 1)
		h.settle()
		h.want("waiting", len(h.needs("waiting")), 0)
		h.want("trips", len(h.list(transfer.Requested)), 1)
		h.want("told", h.count("BedReserved", before), 1)
	})
}

// parked counts the entries that were put aside.
func (h *house) parked() (n int64) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		list, err := journal.ListParked(tx)
		n = int64(len(list))
		return err
	}))
	return n
}

func (h *house) head() (n int64) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) (err error) { n, err = journal.Head(tx); return err }))
	return n
}

// count counts the entries of a kind behind one.
func (h *house) count(kind string, after int64) (n int) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		list, err := journal.List(tx, after, 1<<62, []string{kind}, 1000)
		n = len(list)
		return err
	}))
	return n
}

func TestACancelledTripGivesTheBedToTheNext(t *testing.T) {
	engines(t, func(h *house) {
		h.site("Hotel", 1)
		people := h.fall(1)
		h.clock.Move(time.Minute)
		people = append(people, h.fall(1)...)
		trip := h.list(transfer.Requested)[0]
		h.want("the first", trip.Person, people[0])
		_, err := h.trips.EndTrip(h.ctx, root, transfer.EndTrip{Trip: trip.ID, How: transfer.Cancelled})
		h.refused(err, "transfer.reason_missing")
		_, err = h.trips.EndTrip(h.ctx, root, transfer.EndTrip{Trip: trip.ID, How: transfer.Cancelled, Reason: "not at home"})
		h.ok(err)
		h.settle()
		// The place in the queue is kept: the first is asked for again, with a new trip.
		again := h.list(transfer.Requested)
		h.want("trips", len(again), 1)
		h.want("the first again", again[0].Person, people[0])
		h.want("waiting", h.needs("waiting")[0].Person, people[1])

		_, err = h.trips.EndTrip(h.ctx, root, transfer.EndTrip{Trip: again[0].ID, How: transfer.Died})
		h.ok(err)
		h.settle()
		h.want("nobody waits", len(h.needs("waiting")), 0)
		h.want("the dead needs no bed", h.needs("ended")[0].Person, people[0])
		h.want("the next", h.list(transfer.Requested)[0].Person, people[1])
		h.want("put aside", h.parked(), int64(0))
	})
}

func TestWhoArrivesElsewhereIsThere(t *testing.T) {
	engines(t, func(h *house) {
		hotel, van := h.site("Hotel", 1), h.vehicle(1)
		p := h.fall(1)[0]
		inn := h.site("Inn", 1)
		trip := h.list(transfer.Requested)[0]
		_, err := h.trips.AssignVehicle(h.ctx, root, transfer.AssignVehicle{Trip: trip.ID, Vehicle: van.ID})
		h.ok(err)
		_, err = h.trips.PickUp(h.ctx, root, transfer.PickUp{Trip: trip.ID})
		h.ok(err)
		_, err = h.places.RecordArrival(h.ctx, root, placement.RecordArrival{Outbreak: h.outbreak, Person: p, Site: inn.ID})
		h.ok(err)
		h.settle()
		h.want("at the inn", h.beds(inn).Occupied, 1)
		h.want("at the hotel", h.beds(hotel).Occupied+h.beds(hotel).Reserved, 0)
		h.want("the trip is over", len(h.list(transfer.Arrived)), 1)
	})
}

func TestWhoLeftBeforeTheTripWasClosedStaysAway(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", 1)
		p := h.fall(1)[0]
		st, err := h.places.RecordArrival(h.ctx, root, placement.RecordArrival{Outbreak: h.outbreak, Person: p, Site: hotel.ID})
		h.ok(err)
		_, err = h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "moved"})
		h.ok(err)
		h.settle()
		h.want("there", h.beds(hotel).Occupied, 0)
		h.want("free", h.beds(hotel).Free, 1)
	})
}

func TestFiftyPeopleForTenBedsGetTenTrips(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", 10)
		h.fall(50)
		h.want("trips", len(h.list(transfer.Requested)), 10)
		h.want("reserved", h.beds(hotel).Reserved, 10)
		h.want("waiting", len(h.needs("waiting")), 40)
		h.want("put aside", h.parked(), int64(0))

		// Twenty dispatchers for a vehicle with three seats.
		van, trips := h.vehicle(3), h.list(transfer.Requested)
		var full, got atomic.Int64
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				switch _, err := h.trips.AssignVehicle(h.ctx, root, transfer.AssignVehicle{Trip: trips[i%10].ID, Vehicle: van.ID}); outbreak.KindOf(err) {
				case outbreak.Conflict:
					full.Add(1)
				default:
					if err != nil {
						h.Error(err)
					}
					got.Add(1)
				}
			})
		}
		wait.Wait()
		h.want("in the vehicle", len(h.list(transfer.Assigned)), 3)
		h.want("answers", full.Load()+got.Load(), int64(20))
		vehicles, err := h.trips.ListVehicles(h.ctx, root)
		h.ok(err)
		h.want("aboard", vehicles[0].Aboard, 3)
	})
}
