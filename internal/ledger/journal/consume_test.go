package journal_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// effects is a room that notes what it followed, without any guard against a repeat of its own.
var effects = store.Migrations{Owner: "effects", FS: fstest.MapFS{"migrations/0001_effects.sql": {Data: []byte(`-- +goose Up
create table effect (
  consumer {{text}} not null,
  tube     {{text}} not null
);`)}}}

func note(tx *store.Tx, consumer string, e outbreak.Entry) error {
	return outbreak.On(e, func(s outbreak.TubeSpoiled) error {
		return tx.Must("insert into effect (consumer, tube) values ($1, $2)", consumer, s.Tube)
	})
}

// noted counts the effects of a consumer, and how many of them are different.
func noted(t *testing.T, db *store.DB, consumer string) (all, different int64) {
	t.Helper()
	if err := db.Read(context.Background(), func(tx *store.Tx) (err error) {
		if all, err = store.Count(tx, "select count(*) from effect where consumer = $1", consumer); err != nil {
			return err
		}
		different, err = store.Count(tx, "select count(distinct tube) from effect where consumer = $1", consumer)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all, different
}

// follow runs a consumer until it has seen everything, and stops it.
func follow(t *testing.T, db *store.DB, parked journal.Parked, c journal.Consumer, until func() bool) *journal.Journal {
	t.Helper()
	j := journal.New(db, testkit.Quiet(), parked)
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	done := make(chan struct{})
	go func() { j.Run(ctx, c); close(done) }()
	for !until() {
		if ctx.Err() != nil {
			t.Fatal("the consumer did not get there")
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	<-done
	return j
}

// appendAll appends many entries in one transaction.
func appendAll(t *testing.T, db *store.DB, j *journal.Journal, n int) {
	t.Helper()
	var events []outbreak.Event
	for i := range n {
		events = append(events, outbreak.TubeSpoiled{Tube: outbreak.TubeCode(fmt.Sprintf("T%d", i))})
	}
	if err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := j.Append(tx, someone, events...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func onBoth(t *testing.T, do func(t *testing.T, db *store.DB)) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, effects}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) { do(t, db) })
}

// TestAConsumerThatDiesBeforeItsCursorMovedActsOnce lets the transaction fail after the effect, as a crash would, again and
// again: effect and cursor move together or not at all.
func TestAConsumerThatDiesBeforeItsCursorMovedActsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		const entries = 450 // more than two batches
		j := journal.New(db, testkit.Quiet(), nil)
		appendAll(t, db, j, entries)
		died := 0
		c := journal.Consumer{Name: "mortal", Kinds: []string{"TubeSpoiled"}, Follow: func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
			if err := note(tx, by.System, e); err != nil {
				return err
			}
			if e.Seq%100 == 0 && died < 3 {
				died++
				return outbreak.Refuse(outbreak.Busy, "store.busy") // the whole batch is gone, and is met again
			}
			return nil
		}}
		follow(t, db, nil, c, func() bool { all, _ := noted(t, db, "mortal"); return all >= entries })
		if all, different := noted(t, db, "mortal"); all != entries || different != entries || died == 0 {
			t.Errorf("%d effects of %d entries, %d of them different, after dying %d times", all, entries, different, died)
		}
		follow(t, db, nil, c, func() bool { return true }) // a process that starts again has nothing to do
		if all, _ := noted(t, db, "mortal"); all != entries {
			t.Errorf("%d effects after a start", all)
		}
	})
}

// TestTwoServersFollowOnce lets two processes run the same consumer.
func TestTwoServersFollowOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		const entries = 300
		c := journal.Consumer{Name: "twin", Kinds: []string{"TubeSpoiled"}, Follow: func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
			return note(tx, by.System, e)
		}}
		ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
		defer stop()
		one, other := journal.New(db, testkit.Quiet(), nil), journal.New(db, testkit.Quiet(), nil)
		done := make(chan struct{}, 2)
		for _, j := range []*journal.Journal{one, other} {
			go func() { j.Run(ctx, c); done <- struct{}{} }()
		}
		for n := range 5 {
			append1(t, db, one, entries+n)
		}
		appendAll(t, db, one, entries-5)
		for all := int64(0); all < entries && ctx.Err() == nil; all, _ = noted(t, db, "twin") {
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		<-done
		<-done
		if all, different := noted(t, db, "twin"); all != entries || different != entries {
			t.Errorf("%d effects, %d different, of %d entries", all, different, entries)
		}
	})
}

func TestAParkedEntryIsTriedAgainOrDismissed(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		j := journal.New(db, testkit.Quiet(), nil)
		for n := range 10 {
			append1(t, db, j, n)
		}
		broken := true
		c := journal.Consumer{Name: "picky", Kinds: []string{"TubeSpoiled"}, Follow: func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
			if err := note(tx, by.System, e); err != nil {
				return err
			}
			if broken && (e.Seq == 4 || e.Seq == 7) {
				return errors.New("a fault of ours")
			}
			return nil
		}}
		var told []string
		j = follow(t, db, func(_ *store.Tx, consumer string, e outbreak.Entry, _ error) error {
			told = append(told, fmt.Sprint(consumer, e.Seq))
			return nil
		}, c, func() bool { all, _ := noted(t, db, "picky"); return all == 8 })
		parked := func() (list []int64) {
			if err := db.Read(ctx, func(tx *store.Tx) error {
				all, err := journal.ListParked(tx)
				for _, p := range all {
					list = append(list, p.Seq)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := fmt.Sprint(parked(), told); got != "[4 7] [picky4 picky7]" {
			t.Fatal(got)
		}
		retry := func(consumer string, seq int64) error {
			return db.Write(ctx, func(tx *store.Tx) error { return j.Retry(tx, someone, consumer, seq) })
		}
		if err := retry("picky", 4); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("still broken: %v", err)
		}
		if err := retry("nobody", 4); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("no such consumer: %v", err)
		}
		broken = false
		if err := retry("picky", 4); err != nil {
			t.Error(err)
		}
		if err := retry("picky", 4); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("tried again although it was parked no more: %v", err)
		}
		if all, different := noted(t, db, "picky"); all != 9 || different != 9 {
			t.Errorf("%d effects, %d different", all, different)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return j.Dismiss(tx, someone, "picky", 7) }); err != nil {
			t.Error(err)
		}
		if got := parked(); len(got) != 0 {
			t.Errorf("parked: %v", got)
		}
		if v, err := journal.Verify(ctx, db); err != nil || len(v.Findings) != 0 || v.Entries != 14 {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// TestUnseenCountsWhatIsWanted makes sure that a doctor in another process knows who is behind.
func TestUnseenCountsWhatIsWanted(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		j := journal.New(db, testkit.Quiet(), nil)
		for n := range 5 {
			append1(t, db, j, n)
		}
		unseen := func(kinds ...string) (n int64) {
			if err := db.Read(context.Background(), func(tx *store.Tx) (err error) {
				n, err = journal.Unseen(tx, journal.Consumer{Name: "reader", Kinds: kinds})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if unseen("TubeSpoiled") != 5 || unseen("TubeResulted") != 0 {
			t.Error("before:", unseen("TubeSpoiled"), unseen("TubeResulted"))
		}
		c := journal.Consumer{Name: "reader", Kinds: []string{"TubeSpoiled"}, Follow: func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error { return note(tx, by.System, e) }}
		follow(t, db, nil, c, func() bool { all, _ := noted(t, db, "reader"); return all == 5 })
		if n := unseen("TubeSpoiled"); n != 0 {
			t.Error("after:", n)
		}
	})
}

func TestARolledBackTransactionLeavesNoGap(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		j := journal.New(db, testkit.Quiet(), nil)
		append1(t, db, j, 1)
		wrong := errors.New("changed my mind")
		if err := db.Write(context.Background(), func(tx *store.Tx) error {
			if seq, err := j.Append(tx, someone, outbreak.TubeSpoiled{Tube: "GHOST"}); err != nil || seq != 2 {
				t.Errorf("%d %v", seq, err)
			}
			return wrong
		}); !errors.Is(err, wrong) {
			t.Fatal(err)
		}
		append1(t, db, j, 2)
		if v, err := journal.Verify(context.Background(), db); err != nil || v.Entries != 2 || len(v.Findings) != 0 {
			t.Errorf("%+v %v", v, err)
		}
		if err := db.Write(context.Background(), func(tx *store.Tx) error {
			_, err := j.Append(tx, outbreak.Actor{}, outbreak.TubeSpoiled{})
			return err
		}); err == nil {
			t.Error("an event without an actor")
		}
	})
}

// TestWhatIsGatheredIsWrittenOnce lets a consumer take whole batches: one entry of which nobody can read, one that nobody can write,
// and another server that was there first after the reading.
func TestWhatIsGatheredIsWrittenOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		const n, unread, unwritten, elsewhere = 500, 123, 321, 50
		j := journal.New(db, testkit.Quiet(), nil)
		appendAll(t, db, j, n)
		largest, broken, first := 0, true, true
		other := func() error {
			return db.Write(context.Background(), func(tx *store.Tx) error {
				list, err := journal.List(tx, 0, elsewhere, nil, n)
				for _, e := range list {
					if err == nil {
						err = note(tx, "sum", e)
					}
				}
				if err != nil {
					return err
				}
				return tx.Must("insert into journal_cursor (consumer, seq) values ('sum', $1)", elsewhere)
			})
		}
		c := journal.Consumer{Name: "sum", Kinds: []string{"TubeSpoiled"}, Unhurried: true, Gather: func(_ *store.Tx, list []outbreak.Entry) (journal.Gathered, error) {
			if first {
				first = false
				if err := other(); err != nil {
					return nil, err
				}
			}
			for _, e := range list {
				if broken && e.Seq == unread {
					return nil, errors.New("this one cannot be read")
				}
			}
			return func(tx *store.Tx, by outbreak.Actor) error {
				largest = max(largest, len(list))
				if by.System != "sum" || by.Cause != list[len(list)-1].Seq {
					t.Errorf("%+v", by)
				}
				for _, e := range list {
					if broken && e.Seq == unwritten {
						return errors.New("this one cannot be written")
					}
					if err := note(tx, "sum", e); err != nil {
						return err
					}
				}
				return nil
			}, nil
		}}
		j = follow(t, db, nil, c, func() bool { all, _ := noted(t, db, "sum"); return all == n-2 })
		if all, different := noted(t, db, "sum"); all != n-2 || different != n-2 || largest < 90 {
			t.Errorf("%d effects of %d entries, %d at most together", all, different, largest)
		}
		broken = false
		for _, seq := range []int64{unread, unwritten} {
			if err := db.Write(context.Background(), func(tx *store.Tx) error { return j.Retry(tx, someone, "sum", seq) }); err != nil {
				t.Fatal(err)
			}
		}
		if all, different := noted(t, db, "sum"); all != n || different != n {
			t.Errorf("after the retries: %d effects of %d entries", all, different)
		}
	})
}
