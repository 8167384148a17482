package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// together lets closures come while the writer is held, so that they share what commits they can, in their order.
func together(t *testing.T, db *store.DB, closures ...func() error) []error {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		if err := db.Write(ctx, func(*store.Tx) error { close(held); <-free; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	said := make([]error, len(closures))
	for i, do := range closures {
		work.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					said[i] = fmt.Errorf("panicked: %v", p)
				}
			}()
			said[i] = do()
		})
		for db.Figures().Waiting < i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	close(free)
	work.Wait()
	return said
}

func TestAFailingClosureTakesNobodyWithIt(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		var runs atomic.Int64
		puts := func(id int64, then func(tx *store.Tx) error) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					runs.Add(1)
					if err := put(tx, id, fmt.Sprint("name ", id)); err != nil {
						return err
					}
					return then(tx)
				})
			}
		}
		fine := func(*store.Tx) error { return nil }
		wrong := errors.New("changed my mind")
		for _, trouble := range []struct {
			name string
			then func(tx *store.Tx) error
			says string
		}{
			{"an error after writing", func(*store.Tx) error { return wrong }, "changed my mind"},
			{"a failed statement", func(tx *store.Tx) error { _, err := tx.Exec("insert into nowhere (a) values (1)"); return err }, "nowhere"},
			{"a failed statement nobody minds", func(tx *store.Tx) error { _, _ = tx.Exec("insert into nowhere (a) values (1)"); return nil }, "nowhere"},
			{"a failed read nobody minds", func(tx *store.Tx) error {
				_, _ = store.Count(tx, "select count(*) from nowhere")
				return put(tx, 77, "after a failed read")
			}, "nowhere"},
			{"a clash", func(tx *store.Tx) error { return put(tx, 1, "name 1") }, "box"},
			{"nothing to update", func(tx *store.Tx) error { return tx.Must("update box set n = 9 where id = 99999") }, "0 rows"},
			{"a panic", func(*store.Tx) error { panic("a fault of ours") }, "panicked: a fault of ours"},
		} {
			t.Run(trouble.name, func(t *testing.T) {
				write(t, db, func(tx *store.Tx) error { _, err := tx.Exec("delete from box"); return err })
				said := together(t, db, puts(1, fine), puts(2, trouble.then), puts(3, func(tx *store.Tx) error {
					n, err := store.Count(tx, "select count(*) from box where id in (1, 2, 3)")
					if n != 2 {
						return fmt.Errorf("the third of three closures sees %d rows", n)
					}
					return err
				}), puts(4, trouble.then), puts(5, fine))
				for i, want := range []string{"", trouble.says, "", trouble.says, ""} {
					if got := fmt.Sprint(said[i]); want == "" && said[i] != nil || !strings.Contains(got, want) {
						t.Errorf("closure %d: %v", i+1, said[i])
					}
				}
				if n := count(t, db); n != 3 {
					t.Errorf("%d rows", n)
				}
			})
		}
		for range 60 { // the savepoints of a batch after a failure are left off again, and the same holds
			write(t, db, func(*store.Tx) error { return nil })
		}
		before := runs.Load()
		said := together(t, db, puts(11, fine), puts(12, fine))
		if said[0] != nil || said[1] != nil || runs.Load()-before != 2 {
			t.Errorf("%v after %d runs", said, runs.Load()-before)
		}
	})
}

// TestAFailedReadBeforeWritingTakesNobodyWithIt lets a closure read what is not there before it writes, swallow that and go
// on, between two that write; first in a batch without savepoints, then, since that one is run again, in one with them.
func TestAFailedReadBeforeWritingTakesNobodyWithIt(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		puts := func(id int64) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error { return put(tx, id, fmt.Sprint("name ", id)) })
			}
		}
		reads := func(goOn bool) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					_, err := store.Count(tx, "select count(*) from nowhere")
					if goOn {
						_ = put(tx, 50, "after a failed read")
						return nil
					}
					return err
				})
			}
		}
		for round := range int64(3) {
			said := together(t, db, puts(round*10+1), reads(true), puts(round*10+2), reads(false), puts(round*10+3))
			for i, err := range said {
				if want := i == 1 || i == 3; want != (err != nil) {
					t.Errorf("round %d, closure %d: %v", round, i, err)
				}
			}
			if n := count(t, db); n != 3*(round+1) {
				t.Errorf("%d rows after round %d", n, round)
			}
		}
	})
}

func TestClosuresShareACommit(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		before := db.Figures()
		var closures []func() error
		for i := range int64(40) {
			closures = append(closures, func() error {
				return db.Write(ctx, func(tx *store.Tx) error { return put(tx, i+1, fmt.Sprint(i)) })
			})
		}
		for i, err := range together(t, db, closures...) {
			if err != nil {
				t.Errorf("closure %d: %v", i, err)
			}
		}
		after := db.Figures()
		if n := after.Closures - before.Closures; n != 41 {
			t.Errorf("%d closures", n)
		}
		if after.Largest < 2 || after.Commits-before.Commits > 20 {
			t.Errorf("41 closures took %d commits, at most %d together", after.Commits-before.Commits, after.Largest)
		}
	})
}

func TestWhoIsRefusedBeforeWritingCostsNobodyARun(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		runs := 0
		puts := func(id int64) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error { runs++; return put(tx, id, fmt.Sprint(id)) })
			}
		}
		refuse := func() error {
			return db.Write(ctx, func(*store.Tx) error { return outbreak.Refuse(outbreak.Conflict, "store.key_reused") })
		}
		said := together(t, db, puts(1), refuse, puts(2), refuse)
		if said[0] != nil || said[2] != nil || outbreak.KindOf(said[1]) != outbreak.Conflict || outbreak.KindOf(said[3]) != outbreak.Conflict || runs != 2 {
			t.Errorf("%v after %d runs", said, runs)
		}
	})
}

func TestAQueueThatIsFullAsksToComeBack(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		held, free := make(chan struct{}), make(chan struct{})
		var work sync.WaitGroup
		work.Go(func() { _ = db.Write(ctx, func(*store.Tx) error { close(held); <-free; return nil }) })
		<-held
		leaving, leave := context.WithCancel(ctx)
		const most = 4096
		for range most {
			work.Go(func() {
				_ = db.Write(leaving, func(*store.Tx) error { t.Error("ran after its caller had left"); return nil })
			})
		}
		for db.Figures().Waiting < most {
			time.Sleep(time.Millisecond)
		}
		err := db.Write(ctx, func(*store.Tx) error { return nil })
		busy, ok := errors.AsType[*outbreak.Error](err)
		if !ok || busy.Kind != outbreak.Busy || busy.RetryAfter < time.Second || db.Figures().Refused != 1 {
			t.Errorf("one too many: %v", err)
		}
		leave()
		close(free)
		work.Wait()
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
	})
}

func TestWhatAFailedClosureKeptIsForgotten(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		gather := func(id int64, then error) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					g, ok := tx.Kept(gathererKey{}).(*gathered)
					if !ok {
						g = &gathered{}
						tx.Keep(gathererKey{}, g)
						tx.BeforeCommit(g.write)
					}
					g.ids = append(g.ids, id)
					if then != nil {
						tx.Ring()
					}
					return then
				})
			}
		}
		wrong := errors.New("changed my mind")
		said := together(t, db, gather(1, wrong), gather(2, nil), gather(3, wrong), gather(4, nil))
		if fmt.Sprint(said) != fmt.Sprint([]error{wrong, nil, wrong, nil}) {
			t.Error(said)
		}
		write(t, db, func(tx *store.Tx) error {
			ids, err := store.List(tx, store.Value[int64], "select id from box order by id")
			if fmt.Sprint(ids) != "[2 4]" {
				t.Error(ids)
			}
			return err
		})
	})
}

// gathered is written once per commit.
type gathered struct{ ids []int64 }

type gathererKey struct{}

func (g *gathered) Mark() func() { n := len(g.ids); return func() { g.ids = g.ids[:n] } }

func (g *gathered) write(tx *store.Tx) error {
	for _, id := range g.ids {
		if err := put(tx, id, fmt.Sprint(id)); err != nil {
			return err
		}
	}
	return nil
}

func TestATransactionEndsWithItsClosure(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		var stolen *store.Tx
		write(t, db, func(tx *store.Tx) error { stolen = tx; return put(tx, 1, "a") })
		if err := put(stolen, 2, "b"); err == nil {
			t.Error("a closure wrote after its end")
		}
		if n := count(t, db); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestClosingWritesWhoWaits(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		held, free := make(chan struct{}), make(chan struct{})
		var work sync.WaitGroup
		said := make([]error, 20)
		work.Go(func() { _ = db.Write(ctx, func(*store.Tx) error { close(held); <-free; return nil }) })
		<-held
		for i := range said {
			work.Go(func() {
				said[i] = db.Write(ctx, func(tx *store.Tx) error { return put(tx, int64(i+1), fmt.Sprint(i)) })
			})
		}
		for db.Figures().Waiting < len(said) {
			time.Sleep(time.Millisecond)
		}
		work.Go(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		close(free)
		work.Wait()
		for i, err := range said {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if err := db.Write(ctx, func(*store.Tx) error { return nil }); err == nil {
			t.Error("a closed database took something in")
		}
	})
}

// TestProcessesOnOneServerWakeEachOther opens one PostgreSQL twice, as two servers do.
func TestProcessesOnOneServerWakeEachOther(t *testing.T) {
	where := testkit.PostgreSQL(t)
	one := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{box})
	other := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{box})
	for i := range int64(20) { // the first may come before the other listens
		woken := other.Woken()
		write(t, one, func(tx *store.Tx) error { tx.Ring(); return put(tx, i+1, fmt.Sprint(i)) })
		select {
		case <-woken:
			return
		case <-time.After(time.Second):
		}
	}
	t.Error("nobody was woken")
}

// TestMemoryLearnsWhatIsOnDisk lets closures share commits, one of which fails: what is to be done after the commit is done once for
// each that stayed, before its caller hears, and never for the other.
func TestMemoryLearnsWhatIsOnDisk(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		var learned [4]atomic.Int64
		puts := func(id int64, then error) func() error {
			return func() error {
				err := db.Write(ctx, func(tx *store.Tx) error {
					tx.AfterCommit(func() { learned[id].Add(1) })
					if err := put(tx, id, fmt.Sprint("name ", id)); err != nil {
						return err
					}
					return then
				})
				if err == nil && learned[id].Load() != 1 {
					t.Errorf("closure %d was answered and its memory learned %d times", id, learned[id].Load())
				}
				return err
			}
		}
		said := together(t, db, puts(1, nil), puts(2, errors.New("no")), puts(3, nil))
		if said[0] != nil || said[1] == nil || said[2] != nil {
			t.Fatal(said)
		}
		if learned[1].Load() != 1 || learned[2].Load() != 0 || learned[3].Load() != 1 {
			t.Errorf("learned %d, %d, %d times", learned[1].Load(), learned[2].Load(), learned[3].Load())
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { // the commit itself fails
			tx.AfterCommit(func() { learned[0].Add(1) })
			tx.BeforeCommit(func(*store.Tx) error { return errors.New("no") })
			return put(tx, 9, "name")
		}); err == nil || learned[0].Load() != 0 {
			t.Errorf("a commit that failed taught %d times: %v", learned[0].Load(), err)
		}
	})
}
