package registry_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// rosterSite is a registry with two communities and somebody who may load both.
func rosterSite(t *testing.T, db *store.DB, clock *outbreak.HandClock) (*registry.Service, outbreak.Actor) {
	t.Helper()
	vault, err := registry.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	set, err := protocols.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s := registry.New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), set, vault)
	by := outbreak.Actor{User: 1, Purpose: outbreak.PurposeSampling, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	areas := []registry.NewArea{{Code: "22", Name: "province"}, {Code: "2201", Parent: "22", Name: "east"}, {Code: "2202", Parent: "22", Name: "west"}}
	if _, err := s.LoadAreas(context.Background(), by, registry.LoadAreas{Areas: areas}); err != nil {
		t.Fatal(err)
	}
	return s, by
}

var rosterOwners = []store.Migrations{journal.Migrations, registry.Migrations}

// TestBatchMeansWhatItsRowsMean loads the same rows in one batch and one by one: the people, numbers and totals are the same.
func TestBatchMeansWhatItsRowsMean(t *testing.T) {
	other := func(n string) registry.Identity {
		return registry.Identity{Name: "n" + n, DocumentKind: registry.OtherID, Document: n}
	}
	phone := other("1")
	phone.Phone = "139"
	rows := []registry.NewPerson{
		{Area: "2201", Door: "1", Identity: other("1")},
		{Area: "2202", Door: "1", Identity: other("2")},
		{Area: "2201", Door: "1", Identity: other("1")}, // again
		{Area: "2201", Door: "1", Identity: phone},      // changed in the same batch
		{Area: "2299", Identity: other("3")},            // no such area
		{Area: "2201", Household: "H", Sex: "male"},
		{Area: "2201", Household: "H", Sex: "male"},                    // the same row again
		{Area: "2201", Household: "H", Sex: "male", BirthYear: 1990},   // somebody else: the age tells
		{Area: "2201", Household: "H", Sex: "male", BirthYear: 12},     // no year
		{Area: "2202", Door: "1", Sex: "female", Identity: other("2")}, // changed
		{Area: "2201", Identity: registry.Identity{Birth: "yesterday"}},
		{Area: "2202"}, // nothing known but the area
	}
	type view struct {
		No    int64
		Area  outbreak.Path
		Sex   string
		Born  int
		Phone string
		Flat  bool
	}
	type outcome struct {
		Added, Changed, Repeated int
		Rejected                 []string
		People                   []view
	}
	run := func(t *testing.T, db *store.DB, clock *outbreak.HandClock, per int) outcome {
		s, by := rosterSite(t, db, clock)
		if _, err := s.PlanRoll(context.Background(), by, registry.PlanRoll{Counts: map[string]int{"2201": 4, "2202": 2}}); err != nil {
			t.Fatal(err)
		}
		var o outcome
		at := 0
		for part := range slices.Chunk(rows, per) {
			l, err := s.LoadPeople(context.Background(), by, registry.LoadPeople{People: part})
			if err != nil {
				t.Fatal(err)
			}
			o.Added, o.Changed, o.Repeated = o.Added+l.Added, o.Changed+l.Changed, o.Repeated+l.Repeated
			for _, r := range l.Rejected {
				o.Rejected = append(o.Rejected, fmt.Sprint(at+r.Row, " ", r.Reason))
			}
			at += len(part)
		}
		var people []registry.Person
		if err := db.Read(context.Background(), func(tx *store.Tx) error {
			nos, err := store.List(tx, store.Value[int64], "select no from person order by no")
			if err != nil {
				return err
			}
			found, err := registry.PeopleByNo(tx, nos)
			for _, no := range nos {
				people = append(people, found[no])
			}
			if bad, err := registry.CheckRoll(tx); bad != 0 || err != nil {
				t.Errorf("%d numbers outside their ranges, %v", bad, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			i, err := s.ReadIdentity(context.Background(), by, p.ID, "")
			if err != nil {
				t.Fatal(err)
			}
			o.People = append(o.People, view{p.No, p.Area, p.Sex, p.BirthYear, i.Phone, p.Household != 0})
		}
		return o
	}
	var whole, single []outcome
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		whole = append(whole, run(t, db, clock, len(rows)))
	})
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		single = append(single, run(t, db, clock, 1))
	})
	if !reflect.DeepEqual(whole, single) {
		t.Errorf("in one batch %+v\none by one %+v", whole, single)
	}
	for _, o := range whole {
		if o.Added != 5 || o.Changed != 2 || o.Repeated != 2 || len(o.Rejected) != 3 || len(o.People) != 5 || o.People[0].Phone != "139" {
			t.Errorf("%+v", o)
		}
	}
}

// TestLoadIsAudited looks for one entry an area that got anybody, and none for a batch that brought nothing.
func TestLoadIsAudited(t *testing.T) {
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		people := make([]registry.NewPerson, 900)
		for i := range people {
			people[i] = registry.NewPerson{Area: []string{"2201", "2202"}[i%2], Door: fmt.Sprint(i / 3)}
		}
		load := func() registry.Loaded {
			l, err := s.LoadPeople(context.Background(), by, registry.LoadPeople{People: people})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if l := load(); l.Added+l.Repeated != 900 {
			t.Errorf("%+v", l)
		}
		if l := load(); l.Repeated != 900 {
			t.Errorf("%+v", l)
		}
		if err := db.Read(context.Background(), func(tx *store.Tx) error {
			entries, err := journal.List(tx, 0, 1<<40, []string{outbreak.PeopleLoaded{}.Kind()}, 100)
			if len(entries) != 2 || entries[0].Scope.Area != "/22/2201/" || entries[1].Scope.Area != "/22/2202/" {
				t.Errorf("%+v", entries)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOutbreakNeedsAnAreaThatExists(t *testing.T) {
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		for area, kind := range map[outbreak.Path]outbreak.Kind{"": 0, "/22/2201/": 0, "/22/2299/": outbreak.NotFound} {
			_, err := s.DeclareOutbreak(context.Background(), by, registry.DeclareOutbreak{Name: "spring", Protocol: "cn-covid-2021", Area: area})
			if err == nil && kind != 0 || err != nil && outbreak.KindOf(err) != kind {
				t.Errorf("%q: %v", area, err)
			}
		}
	})
}
