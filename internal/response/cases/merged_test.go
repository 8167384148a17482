package cases_test

import (
	"testing"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
)

// follow lets the cases follow what was decided about codes last.
func (h *house) follow() { h.followLatest("PeopleMerged", "PeopleUnmerged") }

func (h *house) followLatest(kinds ...string) {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, 0, head, kinds, 100)
		if err != nil {
			return err
		}
		last := list[len(list)-1]
		return h.cases.Consumer().Follow(tx, outbreak.Actor{System: "cases", Cause: last.Seq}, last)
	}))
}

// TestTwoCasesOfOnePersonAreDecided merges two people with a live case each: both stay, a person is asked; what comes under
// either code afterwards finds a live case, and unmerging leaves everybody with his own.
func TestTwoCasesOfOnePersonAreDecided(t *testing.T) {
	engines(t, func(h *house) {
		other, err := h.registry.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "22"}})
		h.ok(err)
		open := func(p outbreak.PersonID) cases.Case {
			c, err := h.cases.OpenCase(h.ctx, root, cases.OpenCase{Outbreak: h.outbreak, Person: p})
			h.ok(err)
			return c
		}
		asked := func(c cases.Case) (n int) {
			h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
				list, err := task.OpenAbout(tx, task.MergedCases, outbreak.Ref{Kind: "case", ID: c.ID.String()})
				n = len(list)
				return err
			}))
			return n
		}
		one, two := open(h.person), open(other.ID)
		m, err := h.registry.MergePeople(h.ctx, root, registry.MergePeople{One: h.person, Other: other.ID, Reason: "the same passport"})
		h.ok(err)
		h.follow()
		if asked(two) != 1 || asked(one) != 0 {
			t.Errorf("asked %d and %d times", asked(one), asked(two))
		}
		if again := open(other.ID); again.ID != one.ID {
			t.Errorf("a third case: %+v", again)
		}
		if list, err := h.cases.ListCases(h.ctx, root, cases.Filter{Person: other.ID, Most: 9}); err != nil || len(list) != 2 {
			t.Errorf("under either code %d cases are shown, %v", len(list), err)
		}
		_, err = h.registry.UnmergePeople(h.ctx, root, registry.UnmergePeople{Merge: m.ID, Reason: "brothers"})
		h.ok(err)
		h.follow()
		if asked(two) != 0 {
			t.Error("the question stays although there are two people")
		}
		if list, err := h.cases.ListCases(h.ctx, root, cases.Filter{Person: other.ID, Most: 9}); err != nil || len(list) != 1 || list[0].ID != two.ID {
			t.Errorf("%+v %v", list, err)
		}
		_, err = h.registry.MergePeople(h.ctx, root, registry.MergePeople{One: other.ID, Other: h.person, Reason: "after all"})
		h.ok(err)
		h.follow()
		if _, err := h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: one.ID, Reason: "the same illness"}); err != nil || asked(two) != 0 {
			t.Errorf("decided, and asked %d times still, %v", asked(two), err)
		}
	})
}
