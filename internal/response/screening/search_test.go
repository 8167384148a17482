package screening_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/view/board"
)

func (h *mergeHouse) report(t *testing.T, tube outbreak.TubeCode, r outbreak.Result) {
	t.Helper()
	_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: tube, Result: r}})
	must(t, err)
	must(t, h.a.House.Journal.Settled(h.ctx))
}

func (h *mergeHouse) boardRows(t *testing.T, step board.Step) []board.Row {
	t.Helper()
	rows, err := h.a.House.Board.ListWaiting(h.ctx, root, board.Filter{Step: step, Most: 50})
	must(t, err)
	return rows
}

func round(t *testing.T, h *mergeHouse, people int) (id outbreak.RoundID, list []registry.Person) {
	rapid.Check(t, func(t *rapid.T) {
		if id == 0 {
			id, list = h.community(t, people, 0)
		}
	})
	return id, list
}

func TestASearchStaysOpenUntilAPersonConcludesIt(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		clock := h.a.House.Clock.(*outbreak.HandClock)
		id, people := round(t, h, 8)
		d := h.enrol(t)
		member := func(i int) screening.Member { return screening.Member{No: people[i].No} }
		d.send(t, id, d.op("M600001", member(0), member(1)))
		clock.Move(time.Minute)
		d.send(t, id, d.op("M600002", member(2), member(3)))
		clock.Move(time.Minute)
		d.send(t, id, d.op("M600003", member(4), member(1))) // one person in two tubes
		must(t, h.a.House.Journal.Settled(h.ctx))
		clock.Move(time.Hour)
		h.report(t, "M600002", outbreak.Positive)
		h.report(t, "M600001", outbreak.Negative)
		if list, err := s.ListSearches(h.ctx, root, 0, false, screening.Mark{}, 10); err != nil || len(list) != 0 {
			t.Fatalf("a search before its members are known to be negative: %+v %v", list, err)
		}
		clock.Move(time.Minute)
		for i, own := range []outbreak.TubeCode{"M600004", "M600005"} {
			d.send(t, id, d.op(own, member(2+i)))
			must(t, h.a.House.Journal.Settled(h.ctx))
			clock.Move(time.Minute)
			h.report(t, own, outbreak.Negative)
		}
		list, err := s.ListSearches(h.ctx, root, id, false, screening.Mark{}, 10)
		must(t, err)
		if len(list) != 1 || list[0].Tube != "M600002" || list[0].Due != list[0].OpenedAt.Add(24*time.Hour) {
			t.Fatalf("the search: %+v", list)
		}
		search := list[0].ID
		if rows := h.boardRows(t, board.Search); len(rows) != 1 || rows[0].Subject.ID != search.String() || rows[0].Due != list[0].Due {
			t.Errorf("on the board: %+v", rows)
		}
		x, err := s.FindSearch(h.ctx, root, search)
		must(t, err)
		if len(x.Before) != 1 || x.Before[0].Tube != "M600001" || x.Before[0].Result != outbreak.Negative || len(x.After) < 1 || x.After[0].Tube != "M600003" {
			t.Errorf("the tubes around: %+v, %+v", x.Before, x.After)
		}
		if len(x.Doubles) != 0 || len(x.Members) != 2 || len(x.Open) != 4 {
			t.Errorf("around the pool: %+v", x)
		}
		conclude := func(finding, words string) error {
			_, err := s.ConcludeSearch(h.ctx, root, screening.ConcludeSearch{Search: search, Finding: finding, Words: words})
			return err
		}
		if err := conclude("swap", "seen"); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("it is concluded with nothing looked at:", err)
		}
		for _, st := range screening.SearchSteps {
			if _, err := s.TakeSearchStep(h.ctx, root, screening.TakeSearchStep{Search: search, Step: st.Step, Outcome: "maybe"}); outbreak.KindOf(err) != outbreak.Invalid {
				t.Error("an outcome that is none:", err)
			}
			_, err := s.TakeSearchStep(h.ctx, root, screening.TakeSearchStep{Search: search, Step: st.Step, Outcome: st.Outcomes[0], Note: " looked "})
			must(t, err)
		}
		if err := conclude("swap", "  "); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error("it is concluded without words:", err)
		}
		if err := conclude("hunch", "words"); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error("it is concluded with a finding that is none:", err)
		}
		must(t, conclude("contamination", "The wells beside it were strongly positive."))
		if err := conclude("swap", "again"); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("it is concluded twice:", err)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		if rows := h.boardRows(t, board.Search); len(rows) != 0 {
			t.Errorf("on the board after its conclusion: %+v", rows)
		}
		over, err := s.ListSearches(h.ctx, root, 0, true, screening.Mark{}, 10)
		if must(t, err); len(over) != 1 || over[0].Finding != "contamination" || over[0].EndedBy != root.String() {
			t.Errorf("that are over: %+v", over)
		}
		must(t, s.Tick(h.ctx))
		if list, err := s.ListSearches(h.ctx, root, 0, false, screening.Mark{}, 10); err != nil || len(list) != 0 {
			t.Errorf("it was opened again by itself: %+v %v", list, err)
		}
		must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
			n, err := board.Differences(tx)
			if n != 0 {
				t.Error("the board differs from one made anew in", n)
			}
			return err
		}))
	})
}

func TestASearchEndsWithItsReason(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		id, people := round(t, h, 4)
		d := h.enrol(t)
		member := func(i int) screening.Member { return screening.Member{No: people[i].No} }
		d.send(t, id, d.op("M610001", member(0), member(1)))
		d.send(t, id, d.op("M610002", member(0), member(2)))
		must(t, h.a.House.Journal.Settled(h.ctx))
		h.a.House.Clock.(*outbreak.HandClock).Move(time.Minute)
		h.report(t, "M610001", outbreak.Positive)
		for i, own := range []outbreak.TubeCode{"M610004", "M610005"} {
			h.a.House.Clock.(*outbreak.HandClock).Move(time.Minute)
			d.send(t, id, d.op(own, member(i)))
			must(t, h.a.House.Journal.Settled(h.ctx))
			h.report(t, own, outbreak.Negative)
		}
		list, err := s.ListSearches(h.ctx, root, id, false, screening.Mark{}, 10)
		if must(t, err); len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		x, err := s.FindSearch(h.ctx, root, list[0].ID)
		if must(t, err); len(x.Doubles) != 1 || x.Doubles[0].Person != people[0].ID || x.Doubles[0].Tube != "M610002" {
			t.Errorf("who was in two tubes: %+v", x.Doubles)
		}
		if !slices.ContainsFunc(x.Oddities, func(a screening.Anomaly) bool { return a.What == screening.DuplicatePerson && a.Tube == "M610002" }) {
			t.Errorf("what does not fit around it: %+v", x.Oddities)
		}
		stranger := outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/99/"}}}
		if _, err := s.FindSearch(h.ctx, stranger, list[0].ID); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("somebody of another area reads it:", err)
		}
		h.report(t, "M610004", outbreak.InvalidResult) // the own result is taken back: somebody is held after all
		if list, err = s.ListSearches(h.ctx, root, id, true, screening.Mark{}, 10); err != nil || len(list) != 1 || list[0].How != "reopened" {
			t.Errorf("its reason is gone: %+v %v", list, err)
		}
		if rows := h.boardRows(t, board.Search); len(rows) != 0 {
			t.Errorf("on the board: %+v", rows)
		}
	})
}
