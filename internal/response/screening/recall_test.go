package screening_test

import (
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// TestAHeldMemberNobodyReachesIsSeen records that a member of a positive pool cannot be reached: the list of those who are held says
// so, for what was said since the hold began and for that person alone, and the hold goes on.
func TestAHeldMemberNobodyReachesIsSeen(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 3)
		say := func(no int64, outcome outbreak.Outcome) {
			t.Helper()
			_, err := h.a.House.Screening.RecordOutcomes(h.ctx, root, screening.RecordOutcomes{Round: round, Items: []screening.OutcomeOf{{No: no, Outcome: outcome, Reason: "no answer"}}})
			must(t, err)
		}
		say(people[0].No, outbreak.Away) // before the hold
		h.pass(time.Hour)
		pool, _ := h.hand(t, round, h.booth, people[0].No, people[1].No)
		h.report(t, pool, outbreak.Positive)
		h.pass(time.Hour)
		said := func() map[int64]outbreak.Outcome {
			t.Helper()
			all := map[int64]outbreak.Outcome{}
			held, err := h.a.House.Screening.ListHeld(h.ctx, root, pool, screening.Mark{}, 10)
			must(t, err)
			for _, m := range held {
				if all[m.No] = m.Said; m.EndedAt != 0 {
					t.Errorf("the hold of %d ended", m.No)
				}
			}
			return all
		}
		if got := said(); len(got) != 2 || got[people[0].No] != "" || got[people[1].No] != "" {
			t.Errorf("nothing was said since: %v", got)
		}
		say(people[1].No, outbreak.Unreachable)
		if got := said(); len(got) != 2 || got[people[0].No] != "" || got[people[1].No] != outbreak.Unreachable {
			t.Errorf("of the second it was said that nobody reaches them: %v", got)
		}
	})
}
