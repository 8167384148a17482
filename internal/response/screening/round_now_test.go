package screening_test

import (
	"fmt"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/testkit"
)

// What of a round moves is counted in memory: it must be what a house that starts again counts.
func TestHowARoundMovesSurvivesAStart(t *testing.T) {
	for engine, where := range map[string]func(*app.Config){
		"sqlite":   func(c *app.Config) { c.Data = testkit.Folder(t, app.Owners()) },
		"postgres": func(c *app.Config) { c.DB, c.Key = testkit.Migrated(t, app.Owners()), t.TempDir()+"/site.key" },
	} {
		t.Run(engine, func(t *testing.T) {
			clock := outbreak.NewHandClock(testkit.Start)
			c := app.Config{Clock: clock, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
			where(&c)
			h := openMergeHouse(t, c)
			id, people := round(t, h, 60)
			s := h.a.House.Screening
			d := h.enrol(t)
			before, err := s.FindRoundNow(h.ctx, root, id)
			must(t, err)
			if before.Owed != 60 || before.Rate60 != -1 || before.Finish.LastSample != 0 || len(before.Finish.Missing) != 3 || before.Pools.Known {
				t.Errorf("at the beginning: %+v", before)
			}
			for i := range 24 { // two people every two minutes, received ten minutes later
				clock.Move(2 * time.Minute)
				tube := outbreak.TubeCode(fmt.Sprintf("M70%04d", i))
				d.send(t, id, d.op(tube, screening.Member{No: people[2*i].No}, screening.Member{No: people[2*i+1].No}))
				if i >= 5 {
					_, err := h.a.House.Lab.ReceiveTubes(h.ctx, root, lab.ReceiveTubes{Lab: h.lab, Tubes: []outbreak.TubeCode{outbreak.TubeCode(fmt.Sprintf("M70%04d", i-5))}})
					must(t, err)
				}
				if i >= 10 {
					r := outbreak.Negative
					if i == 12 {
						r = outbreak.Positive
					}
					h.report(t, outbreak.TubeCode(fmt.Sprintf("M70%04d", i-10)), r)
				}
			}
			must(t, h.a.House.Journal.Settled(h.ctx))
			d.send(t, id, d.op("M709999", screening.Member{No: people[4].No})) // a recalled member's own tube is no draw from the people
			must(t, h.a.House.Journal.Settled(h.ctx))
			h.report(t, "M709999", outbreak.Negative)
			_, err = s.SpoilTube(h.ctx, root, screening.SpoilTube{Tube: "M700023", Reason: "lost"})
			must(t, err)
			now, err := s.FindRoundNow(h.ctx, root, id)
			must(t, err)
			if now.Owed != 14 || now.Last60 != 49 || now.Last10 != 13 || now.Needed <= 0 {
				t.Errorf("owed %d, in the last hour %d, in ten minutes %d, needed %v", now.Owed, now.Last60, now.Last10, now.Needed)
			}
			if now.Queues.Transit.Waiting != 4 || now.Queues.Testing.Waiting != 5 {
				t.Errorf("what waits: %+v", now.Queues)
			}
			if now.Finish.LastSample == 0 || now.Finish.LastResult <= now.Finish.LastSample || now.Finish.Bottleneck == "" {
				t.Errorf("the end: %+v", now.Finish)
			}
			if p := now.Pools; !p.Known || p.Tested != 14 || p.Positive != 1 || p.People != 28 || !(p.Lower < p.Share && p.Share < p.Upper) {
				t.Errorf("the pools: %+v", p)
			}
			if rows, err := s.ListRoundPositive(h.ctx, root, id, 0, "", 10); err != nil || len(rows) != 1 || rows[0].Tube != "M700002" {
				t.Errorf("positive tubes: %+v %v", rows, err)
			}
			if rows, err := s.ListRoundWaiting(h.ctx, root, id, screening.TubeFilter{Flow: screening.InTesting, Most: 50}); err != nil || len(rows) != 5 {
				t.Errorf("waiting at the laboratory: %+v %v", rows, err)
			}
			must(t, h.a.Stop(h.ctx))
			again, err := app.New(h.ctx, c)
			must(t, err)
			t.Cleanup(func() { _ = again.Stop(h.ctx) })
			again.Run(h.ctx)
			fresh, err := again.House.Screening.FindRoundNow(h.ctx, root, id)
			must(t, err)
			if a, b := fmt.Sprintf("%+v", now), fmt.Sprintf("%+v", fresh); a != b {
				t.Errorf("before and after a start:\n%s\n%s", a, b)
			}
		})
	}
}

func TestAreasOfARoundAreSummedLevelByLevel(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		id, _ := round(t, h, 3)
		s := h.a.House.Screening
		list, err := s.ListAreas(h.ctx, root, id, "/22/")
		if must(t, err); len(list) != 1 || list[0].Within || list[0].Outcomes[outbreak.Unknown] != 3 {
			t.Fatalf("below the province: %+v", list)
		}
		top, err := s.ListAreas(h.ctx, root, id, "")
		if must(t, err); len(top) != 1 || top[0].Area != list[0].Area {
			t.Errorf("from the top of the round: %+v", top)
		}
		if none, err := s.ListAreas(h.ctx, root, id, "/99/"); err != nil || len(none) != 0 {
			t.Errorf("elsewhere: %+v %v", none, err)
		}
	})
}
