package registry

import (
	"context"
	"encoding/json"
	"testing"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestPairsThatWaitAreWeighedAnew learns another model while pairs wait: those nobody decided about are weighed by it, in several turns
// when it is stopped, and what was decided stays.
func TestPairsThatWaitAreWeighedAnew(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		for n := range 3 {
			phone := "1390000100" + string(rune('1'+n))
			s.walkIn(whole("220101", "王小明", "1971-03-04", phone))
			s.walkIn(whole("220101", "王晓明", "1971-03-04", phone))
		}
		before := s.queue(DuplicatesFilter{Most: 100})
		if len(before) < 3 {
			t.Fatalf("%d pairs wait", len(before))
		}
		if r, err := s.ReweighLinks(ctx); err != nil || r.Total != 0 {
			t.Fatalf("nothing was learnt: %+v %v", r, err)
		}
		decided := before[0]
		if _, err := s.KeepApart(ctx, s.by, KeepApart{One: decided.One.ID, Other: decided.Other.ID, Reason: "two cousins"}); err != nil {
			t.Fatal(err)
		}
		m := *linkage.Shipped
		classes := m.Classes
		for f := range classes[linkage.Strangers].Against { // fields say half of what they said
			for c := range classes {
				some := make([]float64, len(classes[c].Against[f]))
				for i, w := range classes[c].Against[f] {
					some[i] = w / 2
				}
				classes[c].Against[f] = some
			}
		}
		m.Classes = classes
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			return tx.Must("insert into link_model (id, learnt_at, filed, records, pairs, model) values (7, $1, 6, 6, 3, $2)", tx.Now, string(text))
		}); err != nil {
			t.Fatal(err)
		}
		s.learnt.mu.Lock()
		s.learnt.fresh = 0
		s.learnt.mu.Unlock()
		clock.Move(2 * learntFor * 1e9)
		stopped, stop := context.WithCancel(ctx)
		stop()
		if r, err := s.ReweighLinks(stopped); err == nil {
			t.Errorf("it went on although it was stopped: %+v", r)
		}
		r, err := s.ReweighLinks(ctx)
		if err != nil || r.Done != int64(len(before)-1) || r.Total != r.Done {
			t.Fatalf("%+v of %d: %v", r, len(before), err)
		}
		was := map[DuplicateID]Duplicate{}
		for _, d := range before {
			was[d.ID] = d
		}
		after := s.queue(DuplicatesFilter{Most: 100})
		if len(after) != len(before)-1 {
			t.Errorf("%d of %d pairs wait", len(after), len(before))
		}
		for _, d := range after {
			if d.Model != 7 || d.Weight >= was[d.ID].Weight || d.FoundAt != was[d.ID].FoundAt || len(d.Evidence) == 0 {
				t.Errorf("%+v, was %+v", d, was[d.ID])
			}
		}
		for _, d := range s.queue(DuplicatesFilter{State: StateApart}) {
			if d.ID != decided.ID || d.Model != 0 || d.Weight != decided.Weight {
				t.Errorf("what was decided changed: %+v", d)
			}
		}
		if r, err := s.ReweighLinks(ctx); err != nil || r.Total != 0 {
			t.Errorf("again: %+v %v", r, err)
		}
	})
}
