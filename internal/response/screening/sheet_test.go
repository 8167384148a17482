package screening_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

func TestSheets(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		var round outbreak.RoundID
		var people []registry.Person
		rapid.Check(t, func(t *rapid.T) {
			if round == 0 {
				round, people = h.community(t, 2, 0)
			}
		})
		one, other, third := root, root, root
		one.User, other.User, third.User = 1, 2, 3
		x, err := s.OpenSheet(h.ctx, one, screening.OpenSheet{Round: round, Booth: h.booth, Name: "No. 17"})
		must(t, err)
		line := func(no int64) []screening.SheetTube {
			return []screening.SheetTube{{Tube: " m800001", Taken: h.a.House.Clock.Now(), Counted: 2, Members: []string{fmt.Sprint("00", people[0].No), fmt.Sprint(no)}}}
		}
		key := func(by outbreak.Actor, no int64) screening.Sheet {
			t.Helper()
			x, err := s.KeySheet(h.ctx, by, screening.KeySheet{Sheet: x.ID, Tubes: line(no)})
			must(t, err)
			return x
		}
		key(one, people[1].No)
		if again := key(one, people[1].No); again.AgreedAt != 0 || again.Other {
			t.Fatal("one person agrees with himself:", again)
		}
		if seen, err := s.FindSheet(h.ctx, other, x.ID); err != nil || len(seen.Mine) != 0 || len(seen.Differences) != 0 {
			t.Errorf("the second sees what the first keyed: %+v %v", seen, err)
		}
		if differs := key(other, people[1].No+1); differs.AgreedAt != 0 || len(differs.Differences) != 1 || differs.Differences[0].Field != "members" {
			t.Errorf("the difference is not shown: %+v", differs)
		}
		if _, err := s.KeySheet(h.ctx, third, screening.KeySheet{Sheet: x.ID, Tubes: line(1)}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("a third keys it:", err)
		}
		if agreed := key(other, people[1].No); agreed.AgreedAt == 0 {
			t.Fatalf("they agree, and nothing happens: %+v", agreed)
		}
		tube, _, err := s.FindTube(h.ctx, root, "M800001")
		if must(t, err); tube.Ops != 1 || len(tube.Members) != 2 || tube.Members[0].No != people[0].No || s.Intake().Acked(x.Device) != 1 {
			t.Errorf("the house has %+v", tube)
		}
		if list, err := s.ListAnomalies(h.ctx, root, "", false, 0, 10); err != nil || len(list) != 0 {
			t.Error("a sheet raises", list, err)
		}
		if _, err := s.KeySheet(h.ctx, one, screening.KeySheet{Sheet: x.ID, Tubes: line(1)}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("it is keyed after it was handed in:", err)
		}
	})
}
