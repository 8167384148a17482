package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var someone = outbreak.Actor{User: 7}

func append1(t *testing.T, db *store.DB, j *journal.Journal, n int) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := j.Append(tx, someone, outbreak.TubeSpoiled{Tube: outbreak.TubeCode(fmt.Sprintf("T%d", n)), Members: n})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestChainNamesChangedMissingAndReordered(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		j := journal.New(db, testkit.Quiet(), nil)
		for n := range 10 {
			append1(t, db, j, n)
		}
		verify := func() string {
			v, err := journal.Verify(context.Background(), db)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(v.Entries, v.Findings)
		}
		if got := verify(); got != "10 []" {
			t.Fatal(got)
		}
		tamper := func(q string, args ...any) {
			t.Helper()
			if err := db.Write(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Exec(q, args...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		tamper("update journal set body = replace(body, 'T3', 'T9') where seq = 4")
		if got := verify(); got != "10 [record 4: changed]" {
			t.Error(got)
		}
		tamper("update journal set body = replace(body, 'T9', 'T3') where seq = 4")
		tamper("delete from journal where seq = 6")
		if got := verify(); got != "9 [record 6: missing]" {
			t.Error(got)
		}
		tamper("update journal set seq = 100 where seq = 2")
		tamper("update journal set seq = 2 where seq = 3")
		tamper("update journal set seq = 3 where seq = 100")
		if got := verify(); !strings.Contains(got, "record 2: reordered, it belongs at 3") || !strings.Contains(got, "record 3: reordered, it belongs at 2") {
			t.Error(got)
		}
		tamper("delete from journal where seq = 10")
		if got := verify(); !strings.Contains(got, "record 10: tail_cut") {
			t.Error(got)
		}
	})
}

func TestConsumersSeeEverythingOnceAndParkWhatFails(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		parked := 0
		j := journal.New(db, testkit.Quiet(), func(*store.Tx, string, outbreak.Entry, error) error { parked++; return nil })
		seen := map[string]int{}
		c := journal.Consumer{Name: "reader", Kinds: []string{"TubeSpoiled"}, Follow: func(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
			return outbreak.On(e, func(s outbreak.TubeSpoiled) error {
				if s.Members == 13 {
					return errors.New("unlucky")
				}
				seen[string(s.Tube)]++
				return nil
			})
		}}
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		for n := range 20 {
			append1(t, db, j, n)
		}
		done := make(chan struct{})
		go func() { j.Run(ctx, c); close(done) }()
		for n := range 20 {
			append1(t, db, j, 100+n)
		}
		for range 100 { // Run registers its consumers first
			if err := j.Settled(ctx); err != nil {
				t.Fatal(err)
			}
			if len(seen) == 39 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		stop()
		<-done
		if len(seen) != 39 || parked != 1 {
			t.Fatalf("%d seen, %d parked", len(seen), parked)
		}
		if v, err := journal.Verify(context.Background(), db); err != nil || len(v.Findings) != 0 {
			t.Fatal(v, err)
		}
	})
}
