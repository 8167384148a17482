package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestAConnectionThatIsCutTakesBackWhatWasHeld cuts the connection at every step of a closure that holds rows, foresees and asks, alone
// and between two others: who hears that it was kept finds it, nobody finds half of it, and the next one writes at once.
func TestAConnectionThatIsCutTakesBackWhatWasHeld(t *testing.T) {
	net, where := stand(t, testkit.PostgreSQL(t))
	db := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{box})
	q := store.Question{Text: "select count(*) from box where id > $1", Args: []any{0}}
	asks := func(tx *store.Tx) error { _, err := store.Count(tx, q.Text, q.Args...); return err }
	steps := []func(tx *store.Tx, id int64) error{
		func(tx *store.Tx, _ int64) error { return tx.Foresee(q, q) },
		func(tx *store.Tx, _ int64) error { return asks(tx) },
		func(tx *store.Tx, id int64) error { return put(tx, id, fmt.Sprint("name ", id)) },
		func(tx *store.Tx, id int64) error { return put(tx, id+1, fmt.Sprint("name ", id+1)) },
		func(tx *store.Tx, _ int64) error { return tx.Foresee(q) },
		func(tx *store.Tx, _ int64) error { return asks(tx) },
		func(tx *store.Tx, _ int64) error { return asks(tx) },
	}
	id := int64(0)
	puts := func(id int64) func() error {
		return func() error {
			return db.Write(ctx, func(tx *store.Tx) error { return put(tx, id, fmt.Sprint("name ", id)) })
		}
	}
	there := func(id int64) bool {
		var n int64
		var err error
		for range 50 { // readers' connections were cut too
			if err = db.Read(ctx, func(tx *store.Tx) (err error) {
				n, err = store.Count(tx, "select count(*) from box where id = $1", id)
				return err
			}); err == nil {
				return n == 1
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatal(err)
		return false
	}
	for _, others := range []bool{false, true} {
		for at := range len(steps) + 1 {
			id += 10
			mine, did := id, false
			breaks := func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					for i, step := range steps {
						if i == at && !did {
							did = true
							net.cut()
						}
						if err := step(tx, mine); err != nil {
							return err
						}
					}
					if at == len(steps) && !did {
						did = true
						net.cut()
					}
					return nil
				})
			}
			said := map[int64]error{}
			if others {
				all := together(t, db, puts(mine+5), breaks, puts(mine+6))
				said[mine+5], said[mine], said[mine+6] = all[0], all[1], all[2]
			} else {
				said[mine] = soon(t, "a writer", breaks)
			}
			for no, err := range said {
				if e, ok := errors.AsType[*outbreak.Error](err); err != nil && (!ok || e.Kind != outbreak.Busy || e.RetryAfter == 0) {
					t.Errorf("cut at step %d: row %d hears %v", at, no, err)
				}
				if err == nil && !there(no) {
					t.Errorf("cut at step %d: row %d was kept and is not there", at, no)
				}
			}
			if there(mine) != there(mine+1) {
				t.Errorf("cut at step %d: half of it is there", at)
			}
			if err := soon(t, "the next writer", puts(mine+9)); err != nil {
				t.Errorf("cut at step %d: the next writer hears %v", at, err)
			}
		}
	}
}
