package screening_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// act is something that happens to one tube.
type act func(t *testing.T, h *mergeHouse, round outbreak.RoundID, tube outbreak.TubeCode, people []registry.Person)

// says lets an operation name members; amends is the operation it corrects, 0: none.
func says(op, amends int64, members ...int) act {
	return func(t *testing.T, h *mergeHouse, round outbreak.RoundID, tube outbreak.TubeCode, people []registry.Person) {
		t.Helper()
		o := screening.Operation{Op: op, Amends: amends, Reason: "another was read", Taken: testkit.Start}
		kind := "close"
		if amends != 0 {
			kind = "amend"
		}
		must(t, o.Tidy(string(tube), kind, false))
		for _, m := range members {
			o.Members = append(o.Members, screening.Member{No: people[m].No})
		}
		must(t, h.a.House.Screening.Take(h.ctx, root, round, h.booth, []*screening.Operation{&o}))
	}
}

// reports lets a laboratory say a result.
func reports(r outbreak.Result) act {
	return func(t *testing.T, h *mergeHouse, _ outbreak.RoundID, tube outbreak.TubeCode, _ []registry.Person) {
		t.Helper()
		_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: tube, Result: r, Message: fmt.Sprint(tube, r)}})
		must(t, err)
	}
}

// TestACorrectionEndsInTheSameWheneverItComes puts another person, or others, into a tube in place of one, before and after its result
// and even before the operation it corrects, and twice; and looks what each of the two is owed and reads.
func TestACorrectionEndsInTheSameWheneverItComes(t *testing.T) {
	const positive, negative, invalid = outbreak.Positive, outbreak.Negative, outbreak.InvalidResult
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {0, 2, 1, 1, 2}}
	for _, c := range []struct {
		why      string
		was, is  []int
		result   outbreak.Result
		owed     [2]task.What
		mine     [2]screening.MyState
		positive bool // the second person has a case
	}{
		{"an own positive", []int{0}, []int{1}, positive, [2]task.What{task.SwabAgain, ""}, [2]screening.MyState{screening.MyAgain, screening.MyPositive}, true},
		{"an own negative", []int{0}, []int{1}, negative, [2]task.What{task.SwabAgain, ""}, [2]screening.MyState{screening.MyAgain, screening.MyNegative}, false},
		{"an own tube without an answer", []int{0}, []int{1}, invalid, [2]task.What{task.SwabAgain, task.SwabAgain}, [2]screening.MyState{screening.MyAgain, screening.MyAgain}, false},
		{"a positive pool", []int{0, 2}, []int{1, 2}, positive, [2]task.What{task.SwabAgain, task.Resample}, [2]screening.MyState{screening.MyAgain, screening.MyStay}, false},
		{"a negative pool", []int{0, 2}, []int{1, 2}, negative, [2]task.What{task.SwabAgain, ""}, [2]screening.MyState{screening.MyAgain, screening.MyNegative}, false},
		{"a positive pool that is one person's own", []int{0, 1}, []int{1}, positive, [2]task.What{task.SwabAgain, ""}, [2]screening.MyState{screening.MyAgain, screening.MyPositive}, true},
	} {
		t.Run(c.why, func(t *testing.T) {
			mergeHouses(t, func(t *testing.T, h *mergeHouse) {
				clock := h.a.House.Clock.(*outbreak.HandClock)
				round, people := h.roll(t, 3*len(orders))
				acts := []act{says(1, 0, c.was...), says(2, 1, c.is...), reports(c.result)}
				for i, order := range orders {
					three := people[3*i : 3*i+3]
					tube := outbreak.TubeCode(fmt.Sprintf("M%06d", i+1))
					for _, which := range order {
						acts[which](t, h, round, tube, three)
						must(t, h.a.House.Journal.Settled(h.ctx))
					}
					h.looks(t, c.why, order, round, tube, three, c.owed, c.positive)
				}
				h.followsAgain(t)
				clock.Move(2 * time.Hour) // a positive result shows by itself by then
				_, err := h.a.House.Screening.FindRound(h.ctx, root, round, "")
				must(t, err)
				for i := range orders {
					for p, want := range c.mine {
						m, err := h.a.House.Screening.Coverage().MyResult(people[3*i+p].No, clock.Now())
						must(t, err)
						if m.State != want {
							t.Errorf("%v: person %d reads %s, not %s", orders[i], p, m.State, want)
						}
					}
				}
			})
		})
	}
}

// looks holds the first two people of a tube against what they are owed.
func (h *mergeHouse) looks(t *testing.T, why string, order []int, round outbreak.RoundID, tube outbreak.TubeCode, people []registry.Person, owed [2]task.What, positive bool) {
	t.Helper()
	must(t, h.a.House.Screening.Tick(h.ctx))
	must(t, h.a.House.Journal.Settled(h.ctx))
	for p, want := range owed {
		if got := h.swabOwed(t, people[p]); got != want {
			t.Errorf("%v: person %d is owed %q, not %q", order, p, got, want)
		}
	}
	again, err := h.a.House.Screening.ListStanding(h.ctx, root, round, "", outbreak.SampleAgain, 0, 1000)
	must(t, err)
	if !slices.ContainsFunc(again, func(s screening.Standing) bool { return s.No == people[0].No }) {
		t.Errorf("%v: who was taken out is not to be sampled again", order)
	}
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		live := func(p int) (list []cases.State) {
			list, err := store.List(tx, store.Value[cases.State], "select state from case_file where person = $1", people[p].ID)
			must(t, err)
			return list
		}
		if got := live(1); (len(got) == 1 && got[0] == cases.Open) != positive {
			t.Errorf("%v: cases of the second person: %v", order, got)
		}
		if got := live(0); len(got) > 0 && got[0] != cases.InQuestion {
			t.Errorf("%v: the case of the first person is %v", order, got)
		}
		told, err := store.List(tx, store.Value[int64], "select no from positive_telling where tube = $1 and ended_at = 0", tube)
		if positive != slices.Equal(told, []int64{people[1].No}) || !positive && len(told) > 0 {
			t.Errorf("%v: to be told are %v", order, told)
		}
		return err
	}))
}

// followsAgain lets screening follow every hand-in once more, which must change nothing.
func (h *mergeHouse) followsAgain(t *testing.T) {
	t.Helper()
	head := func(tx *store.Tx) int64 {
		n, err := journal.Head(tx)
		must(t, err)
		return n
	}
	must(t, h.a.House.DB.Write(h.ctx, func(tx *store.Tx) error {
		before := head(tx)
		entries, err := journal.List(tx, 0, before, []string{"TubesHandedIn"}, 1000)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := h.a.House.Screening.Consumer().Follow(tx, outbreak.SystemActor("screening"), e); err != nil {
				return err
			}
		}
		if after := head(tx); after != before {
			again, err := journal.List(tx, before, after, nil, 100)
			must(t, err)
			for _, e := range again {
				t.Errorf("followed once more it wrote %s %s", e.Kind, e.Body)
			}
		}
		return nil
	}))
	must(t, h.a.House.Screening.Tick(h.ctx))
}

// TestACorrectionAsksNobodyWhoIsInAnotherTube takes somebody out of one tube who is in another, and puts somebody back.
func TestACorrectionAsksNobodyWhoIsInAnotherTube(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 3)
		do := func(tube outbreak.TubeCode, a act) {
			t.Helper()
			a(t, h, round, tube, people)
			must(t, h.a.House.Journal.Settled(h.ctx))
			must(t, h.a.House.Screening.Tick(h.ctx))
			must(t, h.a.House.Journal.Settled(h.ctx))
		}
		owes := func(want ...task.What) {
			t.Helper()
			for p, w := range want {
				if got := h.swabOwed(t, people[p]); got != w {
					t.Errorf("person %d is owed %q, not %q", p, got, w)
				}
			}
		}
		do("M000001", says(1, 0, 0, 1))
		do("M000002", says(2, 0, 0, 2))
		do("M000001", says(3, 1, 1)) // the first is in the second tube
		owes("", "", "")
		do("M000002", says(4, 2, 2)) // now in none
		owes(task.SwabAgain, "", "")
		do("M000002", says(5, 4, 0, 2)) // and in it again
		owes("", "", "")
		do("M000001", says(6, 3)) // nobody is in it
		owes("", task.SwabAgain, "")
		do("M000003", says(7, 0, 1)) // swabbed once more
		owes("", "", "")
		do("M000003", reports(outbreak.Positive))
		do("M000003", says(8, 7, 1, 2)) // whose it is nobody can tell any more
		owes("", task.Resample, task.Resample)
		list, err := h.a.House.Cases.ListCases(h.ctx, root, cases.Filter{Most: 10})
		must(t, err)
		if len(list) != 1 || list[0].State != cases.InQuestion {
			t.Errorf("the case of an own tube that others are in as well: %+v", list)
		}
	})
}
