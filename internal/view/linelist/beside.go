package linelist

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// beside is what rules need that stands in no column: numbers in other lists, and who has it from whom.
type beside struct {
	twice []int64              // cases with several numbers in one party's list
	pairs [][2]outbreak.CaseID // a case and one it may have it from
	seq   int64
	at    outbreak.Instant
}

// besideFor is how long it may be old while the journal moves on: it is read whole.
const besideFor = 10 * time.Second

// lookBeside reads it when it is not there or old.
func (m *Memory) lookBeside(ctx context.Context, links Links) error {
	m.mu.RLock()
	old, seq := m.beside, m.at
	m.mu.RUnlock()
	if old.at != 0 && (old.seq == seq || outbreak.WallClock{}.Now().Sub(old.at) < besideFor) {
		return nil
	}
	b := beside{seq: seq, at: outbreak.WallClock{}.Now()}
	if err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		if b.twice, err = store.List(tx, store.Value[int64], "select case_id from case_external group by outbreak, party, case_id having count(*) > 1"); err != nil || links == nil {
			return err
		}
		return links.EachSource(tx, func(of, source outbreak.CaseID) { b.pairs = append(b.pairs, [2]outbreak.CaseID{of, source}) })
	}); err != nil {
		return fmt.Errorf("reading numbers and links of cases: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.beside = b
	m.then.forget()
	return nil
}
