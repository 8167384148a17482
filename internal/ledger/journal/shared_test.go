package journal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestAFailedClosureLeavesNoEntryAndNoGap lets closures that append share a commit, some of which fail before or after they
// have written a row.
func TestAFailedClosureLeavesNoEntryAndNoGap(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		ctx := context.Background()
		j := journal.New(db, testkit.Quiet(), nil)
		append1(t, db, j, 0)
		wrong := errors.New("changed my mind")
		held, free := make(chan struct{}), make(chan struct{})
		var work sync.WaitGroup
		work.Go(func() { _ = db.Write(ctx, func(*store.Tx) error { close(held); <-free; return nil }) })
		<-held
		seqs, heads := make([]int64, 12), make([]int64, 12)
		for i := range seqs {
			work.Go(func() {
				err := db.Write(ctx, func(tx *store.Tx) (err error) {
					if seqs[i], err = j.Append(tx, someone, outbreak.TubeSpoiled{Tube: outbreak.TubeCode(fmt.Sprintf("T%d", i))}, outbreak.TubeSpoiled{Tube: "TX"}); err != nil {
						return err
					}
					if heads[i], err = journal.Head(tx); err != nil {
						return err
					}
					if i%3 == 1 {
						if _, err := tx.Exec("insert into journal_cursor (consumer, seq) values ($1, 0)", fmt.Sprint(i)); err != nil {
							return err
						}
					}
					if i%3 != 0 {
						return wrong
					}
					return nil
				})
				if (err != nil) != (i%3 != 0) {
					t.Errorf("closure %d: %v", i, err)
				}
			})
			for db.Figures().Waiting < i+1 {
				time.Sleep(time.Millisecond)
			}
		}
		close(free)
		work.Wait()
		for i := range seqs {
			if heads[i] != seqs[i] || i%3 == 0 && seqs[i] != int64(1+2*(i/3+1)) {
				t.Errorf("closure %d appended entry %d and saw the head at %d", i, seqs[i], heads[i])
			}
		}
		v, err := journal.Verify(ctx, db)
		if err != nil || v.Entries != 9 || len(v.Findings) != 0 {
			t.Errorf("%+v %v", v, err)
		}
		if err := db.Read(ctx, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select count(*) from journal_cursor")
			if n != 0 {
				t.Errorf("%d rows of failed closures", n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}
