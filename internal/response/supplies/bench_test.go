package supplies_test

import (
	"fmt"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// BenchmarkFollowTheIntake takes tubes of ten in as sampling points send them, and prints what following their use costs as a share of
// taking them in: the consumer's own work, from the tables it reads to the rows it writes, over that of the intake.
func BenchmarkFollowTheIntake(b *testing.B) {
	const tubes, together, points = 20_000, 200, 40
	for engine, where := range map[string]func(*app.Config){
		"sqlite":   func(c *app.Config) { c.Data = testkit.Folder(b, app.Owners()) },
		"postgres": func(c *app.Config) { c.DB, c.Key = testkit.Migrated(b, app.Owners()), b.TempDir()+"/site.key" },
	} {
		b.Run(engine, func(b *testing.B) {
			h := &house{ctx: b.Context(), clock: outbreak.NewHandClock(testkit.Start)}
			c := app.Config{Clock: h.clock, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
			where(&c)
			a, err := app.New(h.ctx, c)
			if err != nil {
				b.Fatal(err)
			}
			h.a, h.s = a, a.House.Supplies // its consumers do not run: they are driven here
			h.fill(b)
			booths := []outbreak.BoothID{h.booth}
			for i := range points - 1 {
				p, err := a.House.Screening.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: "220101", Name: fmt.Sprint("Booth ", i)})
				if err != nil {
					b.Fatal(err)
				}
				booths = append(booths, p.ID)
			}
			made, seq := 0, int64(0)
			for b.Loop() {
				var taking, following time.Duration
				for at := 0; at < tubes; at += together {
					ops := make([]*screening.Operation, together)
					for i := range ops {
						made++
						o := &screening.Operation{Op: int64(made), Tube: outbreak.TubeCode(fmt.Sprintf("T%06d", made%900_000)), Taken: h.clock.Now()}
						for k := range 10 {
							o.Members = append(o.Members, screening.Member{No: h.people[(made*10+k)%len(h.people)]})
						}
						ops[i] = o
					}
					took := outbreak.Stopwatch()
					if err := a.House.Screening.Take(h.ctx, root, h.round, booths[at/together%points], ops); err != nil {
						b.Fatal(err)
					}
					taking += took()
				}
				took := outbreak.Stopwatch()
				if seq, err = follow(h, seq); err != nil {
					b.Fatal(err)
				}
				following += took()
				b.ReportMetric(float64(following)/float64(taking), "follow/intake")
				b.ReportMetric(float64(tubes)*10/taking.Seconds(), "people/s")
				b.ReportMetric(following.Seconds()*1e6/tubes, "us/tube")
			}
			list, err := h.s.ListStocks(h.ctx, root, supplies.Filter{Item: "tube"})
			used := int64(0)
			for _, x := range list {
				used -= x.Balance
			}
			if err != nil || used != int64(made) {
				b.Fatalf("%d tubes were used, not %d: %v", used, made, err)
			}
		})
	}
}

// follow lets supplies follow what the journal has behind an entry, as much at once as a consumer takes, and gives the last entry.
func follow(h *house, after int64) (int64, error) {
	c := h.s.Consumer()
	for {
		var list []outbreak.Entry
		var write journal.Gathered
		if err := h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
			head, err := journal.Head(tx)
			if err != nil {
				return err
			}
			if list, err = journal.List(tx, after, head, c.Kinds, 200); err != nil || len(list) == 0 {
				return err
			}
			write, err = c.Gather(tx, list)
			return err
		}); err != nil || len(list) == 0 {
			return after, err
		}
		if err := h.a.House.DB.Write(h.ctx, func(tx *store.Tx) error { return write(tx, outbreak.SystemActor("supplies")) }); err != nil {
			return after, err
		}
		after = list[len(list)-1].Seq
	}
}
