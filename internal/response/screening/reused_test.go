package screening_test

import (
	"fmt"
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// step is a hand-in of a tube with members, or a result of it.
type step struct {
	members []int
	result  outbreak.Result
}

func in(members ...int) step           { return step{members: members} }
func said(result outbreak.Result) step { return step{result: result} }

// TestWhoIsPutIntoATubeAfterItsResultIsAskedAsTheOthers hands tubes in again with further people once a laboratory has spoken,
// and looks who is owed what kind of swab.
func TestWhoIsPutIntoATubeAfterItsResultIsAskedAsTheOthers(t *testing.T) {
	const invalid, none = outbreak.InvalidResult, task.What("")
	all := func(what task.What) [3]task.What { return [3]task.What{what, what, what} }
	rows := []struct {
		why   string
		steps []step
		want  [3]task.What // of the three people
	}{
		{"an own tube without an answer", []step{in(0), said(invalid), in(1, 2)}, all(task.SwabAgain)},
		{"one after the other", []step{in(0), said(invalid), in(0, 1), in(0, 2)}, all(task.SwabAgain)},
		{"the same one again", []step{in(0), said(invalid), in(0, 1)}, [3]task.What{task.SwabAgain, task.SwabAgain, none}},
		{"positive before anybody knew it, then without an answer", []step{said(outbreak.Positive), in(0), said(invalid), in(1, 2)}, all(task.SwabAgain)},
		{"a pool without an answer", []step{in(0, 1), said(invalid), in(0, 2)}, all(task.SwabAgain)},
		{"without an answer at first", []step{in(0), said(invalid), in(1, 2), said(outbreak.Negative)}, all(none)},
		{"without an answer at last", []step{in(0), said(outbreak.Negative), in(1, 2), said(invalid)}, all(task.SwabAgain)},
		{"an own negative", []step{in(0), said(outbreak.Negative), in(1, 2)}, all(none)},
		{"an own positive", []step{in(0), said(outbreak.Positive), in(1, 2)}, all(task.Resample)},
		{"an own positive that was taken back before anybody knew the tube", []step{said(outbreak.Positive), said(outbreak.Negative), in(0), said(outbreak.Positive), in(1, 2)}, all(task.Resample)},
		{"no result yet", []step{in(0), in(1, 2)}, all(none)},
	}
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 3*len(rows))
		for i, row := range rows {
			three := people[3*i : 3*i+3]
			h.play(t, round, outbreak.TubeCode(fmt.Sprintf("M%06d", i+1)), three, row.steps)
			for p, want := range row.want {
				if got := h.swabOwed(t, three[p]); got != want {
					t.Errorf("%s: person %d is owed %q, not %q", row.why, p, got, want)
				}
			}
		}
	})
}

// TestASwabIsAskedForUntilNoTubeOwesOne lets two own tubes of one person give no answer. One more hand-in of the first, with
// somebody else, is no new swab of the person.
func TestASwabIsAskedForUntilNoTubeOwesOne(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 3)
		h.play(t, round, "M000001", people, []step{in(0), said(outbreak.InvalidResult)})
		h.play(t, round, "M000002", people, []step{in(0), said(outbreak.InvalidResult)})
		h.play(t, round, "M000001", people, []step{in(1)})
		for p, want := range []task.What{task.SwabAgain, task.SwabAgain, ""} {
			if got := h.swabOwed(t, people[p]); got != want {
				t.Errorf("person %d is owed %q, not %q", p, got, want)
			}
		}
		h.play(t, round, "M000003", people, []step{in(0)})
		if got := h.swabOwed(t, people[0]); got != "" {
			t.Errorf("swabbed again, and still owed %q", got)
		}
	})
}

// TestAResultInOneRoundLeavesTheOtherRoundsSwabOwed lets the tubes of two rounds give no answer, and one of them have one after all.
func TestAResultInOneRoundLeavesTheOtherRoundsSwabOwed(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 1)
		r, err := h.a.House.Screening.OpenRound(h.ctx, root, screening.OpenRound{Outbreak: h.outbreak, Name: "Other", Areas: []string{"22"}})
		must(t, err)
		h.play(t, round, "M000001", people, []step{in(0)})
		h.play(t, r.ID, "M000002", people, []step{in(0)})
		h.play(t, round, "M000001", people, []step{said(outbreak.InvalidResult)})
		h.play(t, r.ID, "M000002", people, []step{said(outbreak.InvalidResult), said(outbreak.Negative)})
		if got := h.swabOwed(t, people[0]); got != task.SwabAgain {
			t.Errorf("for the first round the person is owed %q", got)
		}
		h.play(t, round, "M000001", people, []step{said(outbreak.Indeterminate), said(outbreak.Negative)})
		if got := h.swabOwed(t, people[0]); got != "" {
			t.Errorf("both have their result, and the person is owed %q", got)
		}
	})
}

// roll loads people into one community and opens a round there.
func (h *mergeHouse) roll(t *testing.T, n int) (outbreak.RoundID, []registry.Person) {
	t.Helper()
	var load registry.LoadPeople
	for i := range n {
		load.People = append(load.People, registry.NewPerson{Area: "22", Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
	}
	_, err := h.a.House.Registry.LoadPeople(h.ctx, root, load)
	must(t, err)
	r, err := h.a.House.Screening.OpenRound(h.ctx, root, screening.OpenRound{Outbreak: h.outbreak, Name: "Round", Areas: []string{"22"}})
	must(t, err)
	var people []registry.Person
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		var nos []int64
		if err := testkit.RollBelow(tx, "", func(no int64) error { nos = append(nos, no); return nil }); err != nil {
			return err
		}
		known, err := registry.PeopleByNo(tx, nos)
		for _, no := range nos {
			people = append(people, known[no])
		}
		return err
	}))
	return r.ID, people
}

// play lets one tube go through its steps.
func (h *mergeHouse) play(t *testing.T, round outbreak.RoundID, tube outbreak.TubeCode, people []registry.Person, steps []step) {
	t.Helper()
	for i, s := range steps {
		if s.result != "" {
			_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: tube, Result: s.result, Message: fmt.Sprint(tube, " ", i)}})
			must(t, err)
		} else {
			handed := screening.HandedTube{Tube: tube}
			for _, m := range s.members {
				handed.Members = append(handed.Members, screening.HandedMember{No: people[m].No})
			}
			_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: round, Booth: h.booth, Tubes: []screening.HandedTube{handed}})
			must(t, err)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
	}
}

// swabOwed tells what kind of swab somebody is to take from a person, with owner and clock; two kinds at once are neither.
func (h *mergeHouse) swabOwed(t *testing.T, who registry.Person) (owed task.What) {
	t.Helper()
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		for _, what := range []task.What{task.SwabAgain, task.Resample} {
			open, err := task.OpenAbout(tx, what, outbreak.Ref{Kind: "person", ID: who.ID.String()})
			if err != nil {
				return err
			}
			if len(open) > 0 {
				owed += what
			}
			for _, x := range open {
				if x.Role == "" || x.Due == 0 {
					t.Errorf("nobody has to do it, or by no time: %+v", x)
				}
			}
		}
		return nil
	}))
	return owed
}

// TestAnOwnTubeHandedInAgainWaitsForNoResultThatIsThere calls somebody back whose own tube of before gave no answer or one, and hands
// that tube in once more, taken after the call.
func TestAnOwnTubeHandedInAgainWaitsForNoResultThatIsThere(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 4)
		for i, c := range []struct {
			result outbreak.Result
			want   screening.MemberState
		}{{outbreak.InvalidResult, screening.Held}, {outbreak.Negative, screening.Freed}} {
			two := people[2*i : 2*i+2]
			own, pool := outbreak.TubeCode(fmt.Sprintf("M00001%d", i)), outbreak.TubeCode(fmt.Sprintf("M00002%d", i))
			h.play(t, round, own, two, []step{in(0), said(c.result)})
			h.play(t, round, pool, two, []step{in(0, 1), said(outbreak.Positive)})
			h.a.House.Clock.(*outbreak.HandClock).Move(time.Minute)
			_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: round, Booth: h.booth, Tubes: []screening.HandedTube{{Tube: own, Taken: h.a.House.Clock.Now(), Members: []screening.HandedMember{{No: two[0].No}}}}})
			must(t, err)
			must(t, h.a.House.Journal.Settled(h.ctx))
			var state screening.MemberState
			must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
				state, _, err = store.One(tx, store.Value[screening.MemberState], "select state from recall_member where tube = $1 and person = $2", pool, two[0].ID)
				return err
			}))
			if state != c.want {
				t.Errorf("a tube that was %s: the member is %s, not %s", c.result, state, c.want)
			}
		}
	})
}
