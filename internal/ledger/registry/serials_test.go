package registry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestSerialsAreMadeOnce(t *testing.T) {
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		ctx := context.Background()
		make := func(prefix string, n int) registry.Box {
			t.Helper()
			b, err := s.MakeBox(ctx, by, registry.MakeBox{Prefix: prefix, Count: n, Area: "2201"})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		one, two, other := make("ab", 100), make("AB", 1), make("C", 3)
		if one.First[:10] != "AB00000000" || one.Last[:10] != "AB00000099" || two.First[:10] != "AB00000100" || two.Last != two.First || other.First[:9] != "C00000000" || !one.Checked || one.Area != "/22/2201/" {
			t.Errorf("%+v %+v %+v", one, two, other)
		}
		list, err := s.Serials(ctx, by, one.First, one.Last)
		if err != nil || len(list) != 100 || list[0] != one.First || list[99] != one.Last {
			t.Fatal(len(list), err)
		}
		for _, code := range list {
			if !code.Checked() || !one.Sound(code) {
				t.Errorf("%s does not check", code)
			}
		}
		if one.Sound("AB000000010") && one.Sound("AB000000011") {
			t.Error("any character checks")
		}
		for what, c := range map[string]registry.MakeBox{"no letter": {Prefix: "12", Count: 1, Area: "2201"}, "no prefix": {Count: 1, Area: "2201"}, "none": {Prefix: "X", Area: "2201"},
			"too many": {Prefix: "X", Count: 1 << 20, Area: "2201"}, "a hyphen": {Prefix: "A-B", Count: 1, Area: "2201"}} {
			if _, err := s.MakeBox(ctx, by, c); outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.IssueBox(ctx, by, registry.IssueBox{First: one.First, Last: one.Last, Area: "2202"}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("serials that were made are issued again:", err)
		}
		west := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Sampler), Area: "/22/2202/"}}}
		if _, err := s.Serials(ctx, west, one.First, one.Last); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("serials of another area are listed:", err)
		}
		if _, err := s.Serials(ctx, by, one.First, two.First); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("serials of two boxes are listed as one run:", err)
		}
		if boxes, err := s.ListBoxes(ctx, west, 10); err != nil || len(boxes) != 0 {
			t.Error(boxes, err)
		}
		if boxes, err := s.ListBoxes(ctx, by, 10); err != nil || len(boxes) != 3 {
			t.Error(boxes, err)
		}
	})
}

// TestTheDeskForgetsWhatNeverHappened asks it within a transaction that fails.
func TestTheDeskForgetsWhatNeverHappened(t *testing.T) {
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		ctx := context.Background()
		desk := &registry.Desk{}
		asks := func(issue bool) (box registry.Box, unrolled int) {
			t.Helper()
			fails := errors.New("no")
			err := db.Write(ctx, func(tx *store.Tx) error {
				if issue {
					if err := tx.Must("insert into tube_box (first, last, length, area_id, area, outbreak, issued_at) values ('T1', 'T9', 2, 1, '/22/', 0, 0)"); err != nil {
						return err
					}
					if err := tx.Must("insert into roll_range (first, last, area_id, area, next) values (900000, 900009, 1, '/22/', 900009)"); err != nil {
						return err
					}
				}
				boxes, err := desk.Boxes(tx, []outbreak.TubeCode{"T5"})
				if err != nil {
					return err
				}
				other, err := desk.Unrolled(tx, []int64{900001})
				box, unrolled = boxes["T5"], len(other)
				if err == nil {
					err = fails
				}
				return err
			})
			if !errors.Is(err, fails) {
				t.Fatal(err)
			}
			return box, unrolled
		}
		if box, unrolled := asks(true); box.First == "" || unrolled != 0 {
			t.Errorf("within the transaction: %+v, %d", box, unrolled)
		}
		if box, unrolled := asks(false); box.First != "" || unrolled != 1 {
			t.Errorf("after it failed: %+v, %d", box, unrolled)
		}
		if _, err := s.IssueBox(ctx, by, registry.IssueBox{First: "T1", Last: "T9", Area: "22"}); err != nil {
			t.Fatal(err)
		}
		if box, _ := asks(false); box.First != "T1" {
			t.Errorf("a box that was issued: %+v", box)
		}
	})
}

func TestPersonalCodesAreGivenForAPurpose(t *testing.T) {
	testkit.Engines(t, rosterOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := rosterSite(t, db, clock)
		ctx := context.Background()
		var people []registry.NewPerson
		for i, at := range [][2]string{{"1", "101"}, {"1", "101"}, {"1", "102"}, {"2", "101"}} {
			people = append(people, registry.NewPerson{Area: "2201", Building: at[0], Door: at[1], BirthYear: 1990, Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
		}
		if _, err := s.LoadPeople(ctx, by, registry.LoadPeople{People: append(people, registry.NewPerson{Area: "2202", Identity: registry.Identity{Name: "西"}})}); err != nil {
			t.Fatal(err)
		}
		entries := func() int64 {
			t.Helper()
			var n int64
			if err := db.Read(ctx, func(tx *store.Tx) (err error) {
				n, err = store.Count(tx, "select count(*) from journal where kind = 'PersonalCodesGiven'")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		give := func(c registry.GiveCodes) []registry.PersonalCode {
			t.Helper()
			before := entries()
			list, err := s.GiveCodes(ctx, by, c)
			if err != nil {
				t.Fatal(err)
			}
			if wrote := entries() - before; wrote != int64(min(len(list), 1)) {
				t.Errorf("%d codes wrote %d entries", len(list), wrote)
			}
			return list
		}
		all := give(registry.GiveCodes{Below: "/22/", Most: 10})
		if len(all) != 5 || len(give(registry.GiveCodes{Below: "/22/2201/", Building: "1", Most: 10})) != 3 || len(give(registry.GiveCodes{Below: "/22/2201/", Building: "1", Door: "102", Most: 10})) != 1 ||
			len(give(registry.GiveCodes{Below: "/22/", After: all[1].No, Most: 2})) != 2 || len(give(registry.GiveCodes{Below: "/99/", Most: 2})) != 0 {
			t.Errorf("%+v", all)
		}
		for _, c := range all {
			if no, proven := s.ReadCode([]byte(c.Code)); no != c.No || !proven {
				t.Errorf("%+v reads as %d, %v", c, no, proven)
			}
		}
		one, err := s.GiveCode(ctx, by, all[0].Person)
		if err != nil || one != all[0] {
			t.Errorf("%+v %v", one, err)
		}
		plain := by
		plain.Purpose = outbreak.PurposeNone
		west := outbreak.Actor{User: 2, Purpose: outbreak.PurposeSampling, Grants: []outbreak.Grant{{Role: string(access.Sampler), Area: "/22/2202/"}}}
		before := entries()
		for what, err := range map[string]error{
			"no purpose, many": second(s.GiveCodes(ctx, plain, registry.GiveCodes{Below: "/22/", Most: 1})), "no purpose": second(s.GiveCode(ctx, plain, all[0].Person)),
			"another area": second(s.GiveCodes(ctx, west, registry.GiveCodes{Below: "/22/2201/", Most: 1})),
		} {
			if outbreak.KindOf(err) != outbreak.Forbidden {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.GiveCode(ctx, west, all[0].Person); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("somebody of another area:", err)
		}
		if entries() != before {
			t.Error("what was refused is in the journal")
		}
	})
}

func second[A any](_ A, err error) error { return err }
