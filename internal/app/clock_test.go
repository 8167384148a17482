package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestAClockThatJumpsLosesNothing lets both clocks of a house jump by hours and days, forwards and backwards, while tubes and
// results come in and the house is stopped and started again. What was acknowledged is there once, with what follows from it,
// and no identifier was given twice.
func TestAClockThatJumpsLosesNothing(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			clock := outbreak.NewHandClock(testkit.Start)
			c := app.Config{Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}, Clock: clock, Wall: clock, Key: filepath.Join(t.TempDir(), "key")}
			if engine == store.PostgreSQL {
				c.DB = testkit.Migrated(t, app.Owners())
			} else {
				c.Data = filepath.Join(t.TempDir(), "data")
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			jumps := rand.New(rand.NewPCG(seed, 1))
			ctx := context.Background()
			var w *town
			acked := 0
			for life := range 4 {
				a, err := app.New(ctx, c)
				if err != nil {
					t.Fatal(err)
				}
				a.Run(ctx)
				if w == nil {
					w = &town{t: t, ctx: ctx, h: a.House, clock: clock}
					w.found()
				}
				w.h = a.House
				stop := make(chan struct{})
				var jumping, work sync.WaitGroup
				jumping.Go(func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(5 * time.Millisecond):
							clock.Move(time.Duration(jumps.Int64N(int64(96*time.Hour))) - 48*time.Hour)
						}
					}
				})
				const senders, each = 4, 10
				for s := range senders {
					work.Go(func() {
						for i := range each {
							tube := outbreak.TubeCode(fmt.Sprintf("T0%d%d%d", life+1, s, i))
							_, err := w.h.Screening.CloseTubes(ctx, root, screening.CloseTubes{Round: w.round, Booth: w.booth,
								Tubes: []screening.HandedTube{{Tube: tube, Members: []screening.HandedMember{{No: w.people[s*10+i]}}}}})
							if err != nil {
								t.Error(err)
								return
							}
							said := outbreak.Negative
							if i == 0 {
								said = outbreak.Positive
							}
							if _, err := w.h.Lab.ReportResult(ctx, root, lab.ReportResult{Lab: w.lab, Report: lab.Report{Tube: tube, Result: said}}); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				work.Wait()
				acked += senders * each
				close(stop)
				jumping.Wait()
				must(w, 0, a.House.Journal.Settled(ctx))
				must(w, 0, a.House.DB.Read(ctx, func(tx *store.Tx) error {
					for what, q := range map[string]string{"tubes": "select count(*) from tube", "results": "select count(*) from tube_result", "people in tubes": "select count(distinct tube) from tube"} {
						if n, err := store.Count(tx, q); err != nil || n != int64(acked) {
							t.Errorf("%d %s of %d: %v", n, what, acked, err)
						}
					}
					return nil
				}))
				v, err := journal.Verify(ctx, a.House.DB)
				if must(w, v, err); len(v.Findings) > 0 {
					t.Errorf("%v", v.Findings)
				}
				d, err := a.Doctor(ctx)
				if must(w, d, err); d.Violated() != 0 {
					t.Errorf("%+v", d.Checks)
				}
				if err := a.Stop(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
