package placement_test

import (
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// TestTwoPlacesInTheQueueOfOnePerson merges two people who wait for a bed each: a person is asked, an arrival under either code
// meets both, and discarding the case of one leaves the other in bed.
func TestTwoPlacesInTheQueueOfOnePerson(t *testing.T) {
	engines(t, func(h *house) {
		site := h.site("Site", "2201", 3)
		one, two := h.person(), h.person()
		where := outbreak.Scope{Area: "/22/2201/", Outbreak: h.outbreak}
		cases := map[outbreak.PersonID]outbreak.CaseID{one: outbreak.New[outbreak.CaseID](h.ids), two: outbreak.New[outbreak.CaseID](h.ids)}
		for p, c := range cases {
			h.say(outbreak.CaseOpened{Scope: where, Case: c, Person: p, Severity: outbreak.ScreenPositive, At: h.clock.Now()})
		}
		m, err := h.registry.MergePeople(h.ctx, root, registry.MergePeople{One: two, Other: one, Reason: "the same passport"})
		h.ok(err)
		h.say()
		asked := func() (n int) {
			h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
				list, err := task.OpenAbout(tx, task.MergedBeds, outbreak.Ref{Kind: "person", ID: one.String()})
				n = len(list)
				return err
			}))
			return n
		}
		if asked() != 1 {
			t.Errorf("asked %d times", asked())
		}
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
			_, err := h.places.ReserveWaiting(tx, root, 10)
			return err
		}))
		h.arrive(two, site)
		needs, stays, err := h.places.ListStaysOf(h.ctx, root, one)
		h.ok(err)
		there := 0
		for _, st := range stays {
			if st.State == "arrived" {
				there++
			} else if st.State != "cancelled" {
				t.Errorf("%+v", st)
			}
		}
		if len(needs) != 2 || needs[0].State != "met" || needs[1].State != "met" || there != 1 {
			t.Errorf("needs %+v, %d beds taken", needs, there)
		}
		_, err = h.registry.UnmergePeople(h.ctx, root, registry.UnmergePeople{Merge: m.ID, Reason: "sisters"})
		h.ok(err)
		h.say()
		if asked() != 0 {
			t.Error("the question stays although there are two people")
		}
		if needs, _, err := h.places.ListStaysOf(h.ctx, root, one); err != nil || len(needs) != 1 || needs[0].Person != one {
			t.Errorf("%+v %v", needs, err)
		}
	})
}
