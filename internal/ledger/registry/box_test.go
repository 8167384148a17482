package registry_test

import (
	"context"
	"fmt"
	"testing"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestASerialIsFoundInItsBoxToTheEdges(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, registry.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		ctx := context.Background()
		if _, err := s.LoadAreas(ctx, by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "B1", Name: "甲"}, {Code: "B2", Name: "乙"}}}); err != nil {
			t.Fatal(err)
		}
		issue := func(first, last outbreak.TubeCode, area string) error {
			_, err := s.IssueBox(ctx, by, registry.IssueBox{First: first, Last: last, Area: area})
			return err
		}
		for _, b := range []struct {
			first, last outbreak.TubeCode
			area        string
		}{{"T0100", "T0199", "B1"}, {"T0200", "T0299", "B2"}, {"T00100", "T00199", "B2"}, {"x500", "x500", "B1"}} {
			if err := issue(b.first, b.last, b.area); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			first, last outbreak.TubeCode
			kind        outbreak.Kind
		}{{"T0150", "T0160", outbreak.Conflict}, {"T0000", "T0100", outbreak.Conflict}, {"T0299", "T0400", outbreak.Conflict}, {"T0000", "T0999", outbreak.Conflict},
			{"T0400", "T0399", outbreak.Invalid}, {"T0400", "T04000", outbreak.Invalid}, {"", "", outbreak.Invalid}} {
			if err := issue(c.first, c.last, "B1"); outbreak.KindOf(err) != c.kind {
				t.Errorf("%s to %s: %v", c.first, c.last, err)
			}
		}
		want := map[outbreak.TubeCode]outbreak.Path{"T0099": "", "T0100": "/B1/", "T0150": "/B1/", "T0199": "/B1/", "T0200": "/B2/", "T0299": "/B2/", "T0300": "",
			"T00100": "/B2/", "T00199": "/B2/", "T00200": "", "X500": "/B1/", "X501": "", "X50": "", "T01": "", "T015000": "", "Z": "", "0": ""}
		var codes []outbreak.TubeCode
		if err := db.Read(ctx, func(tx *store.Tx) error {
			for code, area := range want {
				codes = append(codes, code)
				b, err := registry.BoxOf(tx, code)
				if err != nil {
					return err
				}
				if b.Area != area || (b.AreaID == 0) != (area == "") {
					t.Errorf("%s is of %q, want %q", code, b.Area, area)
				}
			}
			boxes, err := registry.BoxesOf(tx, codes)
			for code, area := range want {
				if boxes[code].Area != area {
					t.Errorf("%s among others is of %q, want %q", code, boxes[code].Area, area)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTheRollIsDenseOrderedAndForEver loads communities in changing order and portions: numbers are given once, lie in the
// ranges of their area in ascending order, and never change.
func TestTheRollIsDenseOrderedAndForEver(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, registry.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		ctx := context.Background()
		var areas []registry.NewArea
		counts := map[string]int{}
		for i := range 5 {
			code := fmt.Sprintf("C%d", i)
			areas = append(areas, registry.NewArea{Code: code, Name: "社区 " + code})
			counts[code] = 30 * i
		}
		if _, err := s.LoadAreas(ctx, by, registry.LoadAreas{Areas: areas}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.PlanRoll(ctx, by, registry.PlanRoll{Counts: counts}); err != nil || n < 300 {
			t.Fatal(n, err)
		}
		if n, err := s.PlanRoll(ctx, by, registry.PlanRoll{Counts: counts}); err != nil || n != 0 {
			t.Errorf("planned again: %d %v", n, err)
		}
		given := map[string]int64{} // who -> number
		person := func(area string, n int) registry.NewPerson {
			return registry.NewPerson{Area: area, Door: fmt.Sprint(n / 3), Identity: registry.Identity{Name: fmt.Sprint("人", n)}}
		}
		load := func(area string, from, to int) registry.Loaded {
			t.Helper()
			var people []registry.NewPerson
			for n := from; n < to; n++ {
				people = append(people, person(area, n))
			}
			l, err := s.LoadPeople(ctx, by, registry.LoadPeople{People: people})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		for _, part := range []struct {
			area     string
			from, to int
		}{{"C3", 0, 40}, {"C1", 0, 30}, {"C3", 40, 95}, {"C0", 0, 5}, {"C4", 0, 140}, {"C1", 30, 90}} { // more than was planned, too
			if l := load(part.area, part.from, part.to); l.Added != part.to-part.from {
				t.Fatalf("%+v: %+v", part, l)
			}
			if l := load(part.area, part.from, part.to); l.Added != 0 || l.Changed != 0 || l.Repeated != part.to-part.from {
				t.Fatalf("%+v again: %+v", part, l)
			}
			check := map[int64]bool{}
			if err := db.Read(ctx, func(tx *store.Tx) error {
				for _, a := range areas {
					last, path := int64(0), outbreak.Path("").Child(a.Code)
					if err := testkit.RollBelow(tx, path, func(no int64) error {
						if no <= last || check[no] {
							t.Errorf("number %d comes after %d in %s", no, last, a.Code)
						}
						last, check[no] = no, true
						return nil
					}); err != nil {
						return err
					}
					ranges, err := registry.RangesBelow(tx, path)
					if err != nil {
						return err
					}
					n := 0
					for _, r := range ranges {
						n += int(r.Next - r.First)
					}
					if roll, err := registry.CountRoll(tx, path); err != nil || n != roll {
						t.Errorf("%s has %d numbers given and %d people: %v", a.Code, n, roll, err)
					}
				}
				if n, err := registry.CheckRoll(tx); err != nil || n != 0 {
					t.Errorf("%d people stand outside the ranges of their area: %v", n, err)
				}
				people, err := store.List(tx, func(r store.Row) (x struct {
					ukey string
					no   int64
				}, err error) {
					err = r.Scan(&x.ukey, &x.no)
					return x, err
				}, "select ukey, no from person")
				for _, p := range people {
					if was, known := given[p.ukey]; known && was != p.no {
						t.Errorf("somebody's number changed from %d to %d", was, p.no)
					}
					given[p.ukey] = p.no
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if len(given) != 330 {
			t.Errorf("%d people", len(given))
		}
	})
}
