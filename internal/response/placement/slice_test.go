package placement_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("30") // each is an outbreak on a real database; ask for more by the flag
	}
	testkit.Main(m)
}

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// house is placement on one database, with its consumer as the only follower, moved by hand.
type house struct {
	*testing.T
	ctx      context.Context
	db       *store.DB
	clock    *outbreak.HandClock
	journal  *journal.Journal
	registry *registry.Service
	places   *placement.Service
	ids      *outbreak.IDs
	outbreak outbreak.OutbreakID
	followed int64
}

// engines runs do in a fresh house on each database.
func engines(t *testing.T, do func(*house)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, placement.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		h := &house{T: t, ctx: t.Context(), db: db, clock: clock, journal: journal.New(db, testkit.Quiet(), nil), ids: outbreak.NewIDs(clock)}
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Embedded()
		h.ok(err)
		h.registry = registry.New(db, h.journal, h.ids, rules, vault)
		h.places = placement.New(db, h.journal, h.ids, h.registry, task.New(db, h.journal, h.ids))
		_, err = h.registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "2201", Parent: "22", Name: "市"}, {Code: "2202", Parent: "22", Name: "市"}}})
		h.ok(err)
		h.declare()
		do(h)
	})
}

// declare begins an outbreak; what comes after belongs to it.
func (h *house) declare() {
	h.Helper()
	var err error
	h.outbreak, err = h.registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: fmt.Sprint("March ", h.clock.Now(), h.outbreak), Protocol: "cn-covid-2021"})
	h.ok(err)
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

// site opens a site with beds for this outbreak alone.
func (h *house) site(name, area string, beds int) placement.Site {
	h.Helper()
	s, err := h.places.OpenSite(h.ctx, root, placement.OpenSite{Outbreak: h.outbreak, Area: area, Kind: "isolation_site", Name: name, Wards: []placement.NewWard{{Name: "1", Kind: "single_room", Beds: beds}}})
	h.ok(err)
	return s
}

func (h *house) person() outbreak.PersonID {
	h.Helper()
	p, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "2201"}})
	h.ok(err)
	return p.ID
}

// say puts events into the journal and lets placement follow everything it has not seen.
func (h *house) say(events ...outbreak.Event) {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		_, err := h.journal.Append(tx, root, events...)
		return err
	}))
	c := h.places.Consumer()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, h.followed, head, c.Kinds, 1000)
		for _, e := range list {
			if err == nil {
				err = c.Follow(tx, outbreak.Actor{System: c.Name, Cause: e.Seq}, e)
			}
		}
		h.followed = head
		return err
	}))
}

func (h *house) scope() outbreak.Scope {
	return outbreak.Scope{Area: "/22/2201/", Outbreak: h.outbreak}
}

// falls makes somebody a case, who then needs a bed.
func (h *house) falls(p outbreak.PersonID, sev outbreak.Severity) {
	h.Helper()
	h.say(outbreak.CaseOpened{Scope: h.scope(), Case: outbreak.CaseID(p), Person: p, Severity: sev, At: h.clock.Now()})
}

// reserve serves the queue as transfer does, and gives how many got a bed.
func (h *house) reserve(most int) (served []outbreak.BedReserved) {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) (err error) {
		served, err = h.places.ReserveWaiting(tx, root, most)
		return err
	}))
	return served
}

func (h *house) arrive(p outbreak.PersonID, s placement.Site) placement.Stay {
	h.Helper()
	st, err := h.places.RecordArrival(h.ctx, root, placement.RecordArrival{Outbreak: h.outbreak, Person: p, Site: s.ID})
	h.ok(err)
	return st
}

func (h *house) needs(state string) []placement.Need {
	h.Helper()
	list, err := h.places.ListNeeds(h.ctx, root, state, 0, 1000)
	h.ok(err)
	return slices.DeleteFunc(list, func(n placement.Need) bool { return n.Outbreak != h.outbreak })
}

func (h *house) beds(s placement.Site) placement.SiteStatus {
	h.Helper()
	list, err := h.places.ListSites(h.ctx, root)
	h.ok(err)
	return list[slices.IndexFunc(list, func(x placement.SiteStatus) bool { return x.ID == s.ID })]
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestABedIsReservedArrivedAtAndLeft(t *testing.T) {
	engines(t, func(h *house) {
		hotel, p := h.site("Hotel", "2201", 2), h.person()
		h.falls(p, outbreak.ScreenPositive)
		h.falls(p, outbreak.ScreenPositive) // heard twice: one need
		h.want("waiting", len(h.needs("waiting")), 1)
		due := h.needs("waiting")[0].Due
		h.want("due", due, h.clock.Now().Add(2*time.Hour))
		served := h.reserve(10)
		h.want("served", len(served), 1)
		h.want("reserved", h.beds(hotel).Reserved, 1)
		h.want("free", h.beds(hotel).Free, 1)

		h.clock.Move(time.Hour)
		st := h.arrive(p, hotel)
		h.want("bed", st.Bed, served[0].Bed)
		h.want("the same stay", st.ID, served[0].Stay)
		h.want("met", len(h.needs("met")), 1)
		h.want("said twice", h.arrive(p, hotel).ID, st.ID)
		h.want("occupied", h.beds(hotel).Occupied, 1)

		_, err := h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "cured"})
		h.refused(err, "placement.discharge_reason")
		_, err = h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "recovered", At: h.clock.Now().Add(-2 * time.Hour)})
		h.refused(err, "placement.at_wrong")
		left, err := h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "recovered"})
		h.ok(err)
		h.want("state", left.State, "discharged")
		h.want("free", h.beds(hotel).Free, 2)
		_, err = h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "recovered"})
		h.refused(err, "placement.not_there")
	})
}

func TestCapacityBindsReservationsAndNotArrivals(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", "2201", 2)
		people := []outbreak.PersonID{h.person(), h.person(), h.person()}
		for _, p := range people {
			h.falls(p, outbreak.ScreenPositive)
			h.clock.Move(time.Minute)
		}
		h.want("served", len(h.reserve(10)), 2)
		h.want("served again", len(h.reserve(10)), 0)
		h.want("still waiting", h.needs("waiting")[0].Person, people[2])

		h.want("over", h.arrive(people[2], hotel).Bed, outbreak.BedID(0))
		h.want("nobody waits", len(h.needs("waiting")), 0)
		first := h.arrive(people[0], hotel)
		if h.arrive(people[1], hotel); first.Bed == 0 {
			h.Error("a reservation was lost to somebody without one")
		}
		b := h.beds(hotel)
		h.want("occupied", b.Occupied, 3)
		h.want("over", b.Over, 1)

		// Who lies over the beds has the first that becomes free, before the queue.
		h.falls(h.person(), outbreak.ScreenPositive)
		_, err := h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: first.ID, Reason: "recovered"})
		h.ok(err)
		h.want("over", h.beds(hotel).Over, 0)
		h.want("served", len(h.reserve(10)), 0)
		h.want("still waiting", len(h.needs("waiting")), 1)
	})
}

func TestNewBedsGoToWhoLiesOverThemFirst(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", "2201", 0)
		h.arrive(h.person(), hotel)
		h.want("over", h.beds(hotel).Over, 1)
		h.site("Hotel", "2201", 2)
		b := h.beds(hotel)
		h.want("over", b.Over, 0)
		h.want("free", b.Free, 1)
	})
}

func TestTheGravestIsServedFirstAndThenTheLongest(t *testing.T) {
	engines(t, func(h *house) {
		var people []outbreak.PersonID
		for _, sev := range []outbreak.Severity{outbreak.Moderate, outbreak.Severe, outbreak.Moderate, outbreak.Critical} {
			p := h.person()
			h.falls(p, sev)
			h.clock.Move(time.Minute)
			people = append(people, p)
		}
		order := []outbreak.PersonID{people[3], people[1], people[0], people[2]}
		for i, n := range h.needs("waiting") {
			h.want(fmt.Sprint("place ", i), n.Person, order[i])
		}
		var paged []placement.Need // the same, read one by one
		for after := outbreak.NeedID(0); ; after = paged[len(paged)-1].ID {
			page, err := h.places.ListNeeds(h.ctx, root, "waiting", after, 1)
			if h.ok(err); len(page) == 0 {
				break
			}
			paged = append(paged, page...)
		}
		h.want("pages", len(paged), 4)
		for i, n := range paged {
			h.want(fmt.Sprint("page ", i), n.Person, order[i])
		}
		_, err := h.places.OpenSite(h.ctx, root, placement.OpenSite{Area: "2202", Kind: "hospital_designated", Name: "First", Wards: []placement.NewWard{{Name: "A", Kind: "ward_bed", Beds: 3}}})
		h.ok(err)
		for i, b := range h.reserve(10) {
			h.want(fmt.Sprint("served ", i), b.Person, order[i])
		}
		h.want("waits", h.needs("waiting")[0].Person, people[2])
	})
}

func TestAReservationIsGivenBack(t *testing.T) {
	engines(t, func(h *house) {
		near, p := h.site("Near", "2201", 1), h.person()
		far := h.site("Far", "2202", 1)
		h.falls(p, outbreak.ScreenPositive)
		since := h.needs("waiting")[0].Since
		served := h.reserve(10)
		h.want("near home", served[0].Site, near.ID)

		// A trip that will not take place: the bed is free, the place in the queue is the old one.
		h.clock.Move(time.Hour)
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error { return h.places.Release(tx, root, served[0].Stay, "cancelled") }))
		h.want("free", h.beds(near).Free, 1)
		h.want("since", h.needs("waiting")[0].Since, since)
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error { return h.places.Release(tx, root, served[0].Stay, "cancelled") })) // twice: nothing

		// Somebody who turns up elsewhere is there, and not expected here any more.
		h.want("reserved again", len(h.reserve(10)), 1)
		st := h.arrive(p, far)
		h.want("there", st.Site, far.ID)
		h.want("free", h.beds(near).Free, 1)
		h.want("reserved", h.beds(near).Reserved, 0)

		// Somebody who is no case keeps no bed.
		q := h.person()
		h.falls(q, outbreak.ScreenPositive)
		h.want("reserved", len(h.reserve(10)), 1)
		h.say(outbreak.CaseDiscarded{Scope: h.scope(), Case: outbreak.CaseID(q), Person: q, Reason: "contaminated", At: h.clock.Now()})
		h.want("free", h.beds(near).Free, 1)
		h.want("ended", h.needs("ended")[0].Person, q)
	})
}

func TestATripsEndIsToldOnce(t *testing.T) {
	engines(t, func(h *house) {
		hotel, p := h.site("Hotel", "2201", 1), h.person()
		h.falls(p, outbreak.ScreenPositive)
		served := h.reserve(10)
		end := outbreak.TripEnded{Scope: h.scope(), Trip: 7, Person: p, Stay: served[0].Stay, Site: hotel.ID, How: "arrived", At: h.clock.Now()}
		h.say(end)
		h.want("there", h.beds(hotel).Occupied, 1)
		list, err := h.places.ListStays(h.ctx, root, hotel.ID, "arrived", 0, 10)
		h.ok(err)
		_, err = h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: list[0].ID, Reason: "left"})
		h.ok(err)
		h.say(end) // late: the person has left
		h.want("there", h.beds(hotel).Occupied, 0)
		h.want("free", h.beds(hotel).Free, 1)
	})
}

func TestAChangedSeverityChangesTheBed(t *testing.T) {
	engines(t, func(h *house) {
		hotel, p := h.site("Hotel", "2201", 1), h.person()
		h.falls(p, outbreak.ScreenPositive)
		since := h.needs("waiting")[0].Since
		graver := func(sev outbreak.Severity) {
			h.Helper()
			h.clock.Move(time.Minute)
			h.say(outbreak.CaseClassified{Scope: h.scope(), Case: outbreak.CaseID(p), Person: p, Severity: sev, At: h.clock.Now()})
		}
		graver(outbreak.Moderate)
		h.want("a room is not for the moderate", len(h.reserve(10)), 0)
		n := h.needs("waiting")[0]
		h.want("kinds", fmt.Sprint(n.Kinds), "[ward_bed]")
		h.want("the place in the queue", n.Since, since)
		graver(outbreak.ScreenPositive)
		h.want("reserved", len(h.reserve(10)), 1)
		graver(outbreak.Severe) // on the way
		h.arrive(p, hotel)
		h.want("moves on", h.needs("waiting")[0].Severity, outbreak.Severe)
	})
}

func TestFiftyCallersForTenBeds(t *testing.T) {
	engines(t, func(h *house) {
		hotel := h.site("Hotel", "2201", 10)
		for range 50 {
			h.falls(h.person(), outbreak.ScreenPositive)
		}
		var (
			mu     sync.Mutex
			served []outbreak.BedReserved
			wait   sync.WaitGroup
		)
		for range 50 {
			wait.Go(func() {
				var mine []outbreak.BedReserved
				err := h.db.Write(h.ctx, func(tx *store.Tx) (err error) {
					mine, err = h.places.ReserveWaiting(tx, root, 1)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if served = append(served, mine...); err != nil {
					h.Error(err)
				}
			})
		}
		wait.Wait()
		beds, people := map[outbreak.BedID]bool{}, map[outbreak.PersonID]bool{}
		for _, b := range served {
			beds[b.Bed], people[b.Person] = true, true
		}
		h.want("reservations", len(served), 10)
		h.want("beds", len(beds), 10)
		h.want("people", len(people), 10)
		h.want("free", h.beds(hotel).Free, 0)
		h.want("reserved", h.beds(hotel).Reserved, 10)
		h.want("waiting", len(h.needs("waiting")), 40)
	})
}

// TestBedsAndStaysAgreeWhateverHappens lets people fall ill, be given beds, turn up anywhere and leave at random. After each
// step every held bed has its one stay, and nobody is left without a bed where one is free.
func TestBedsAndStaysAgreeWhateverHappens(t *testing.T) {
	engines(t, func(h *house) {
		rapid.Check(h.T, func(t *rapid.T) {
			h.clock.Move(time.Hour)
			h.declare()
			sites := []placement.Site{h.site("A "+h.outbreak.String(), "2201", rapid.IntRange(0, 2).Draw(t, "beds")), h.site("B "+h.outbreak.String(), "2202", 1)}
			people := []outbreak.PersonID{h.person(), h.person(), h.person(), h.person()}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				h.clock.Move(time.Minute)
				p, s := rapid.SampledFrom(people).Draw(t, "who"), rapid.SampledFrom(sites).Draw(t, "where")
				switch rapid.IntRange(0, 4).Draw(t, "act") {
				case 0:
					h.falls(p, outbreak.ScreenPositive)
				case 1:
					h.reserve(rapid.IntRange(1, 3).Draw(t, "most"))
				case 2:
					h.arrive(p, s)
				case 3:
					h.say(outbreak.CaseDiscarded{Scope: h.scope(), Case: outbreak.CaseID(p), Person: p, Reason: "drawn", At: h.clock.Now()})
				default:
					stays, err := h.places.ListStays(h.ctx, root, s.ID, "arrived", 0, 10)
					h.ok(err)
					for _, st := range stays {
						_, err := h.places.DischargePerson(h.ctx, root, placement.DischargePerson{Stay: st.ID, Reason: "left"})
						h.ok(err)
					}
				}
				h.agree(t, sites)
			}
		})
	})
}

func (h *house) agree(t *rapid.T, sites []placement.Site) {
	for _, s := range sites {
		b := h.beds(s)
		if b.Beds-b.Free != b.Reserved+b.Occupied-b.Over {
			t.Fatalf("%d beds, %d free, %d reserved, %d there, %d of them over", b.Beds, b.Free, b.Reserved, b.Occupied, b.Over)
		}
		if b.Over > 0 && b.Free > 0 {
			t.Fatalf("%d people lie over the beds while %d are free", b.Over, b.Free)
		}
	}
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		n, err := store.Count(tx, `select count(*) from bed b where b.stay <> 0 and not exists
			(select 1 from stay s where s.id = b.stay and s.bed = b.id and s.state in ('reserved', 'arrived'))`)
		if n != 0 {
			t.Fatalf("%d beds are held for nobody", n)
		}
		return err
	}))
}
