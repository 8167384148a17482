package screening_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// BenchmarkStartInMidRound starts a house in the middle of a round of as many people as BREAKWATER_PEOPLE says (1.2 million
// otherwise), half of whom were swabbed, ten in a tube: until it can tell where everybody stands, on packed runs of tubes and without
// them. The reference is the reading of the same rows and nothing else.
func BenchmarkStartInMidRound(b *testing.B) {
	people := 1_200_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_PEOPLE")); err == nil {
		people = n
	}
	for engine, where := range map[string]func(*app.Config){
		"sqlite":   func(c *app.Config) { c.Data = b.TempDir() },
		"postgres": func(c *app.Config) { c.DB, c.Key = testkit.PostgreSQL(b), b.TempDir()+"/site.key" },
	} {
		b.Run(engine, func(b *testing.B) {
			c := app.Config{Clock: outbreak.NewHandClock(testkit.Start), Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
			where(&c)
			midRound(b, c, people)
			b.Run("rows", func(b *testing.B) {
				a, err := app.New(b.Context(), c)
				must(b, err)
				defer a.Stop(context.Background()) //nolint:errcheck // nothing was written
				for b.Loop() {
					n := 0
					must(b, a.House.DB.Read(b.Context(), func(tx *store.Tx) error {
						return store.Each(tx, func(r store.Row) error {
							var seq, area, round, op, taken int64
							var code string
							var members []byte
							n++
							return r.Scan(&seq, &area, &code, &round, &op, &taken, &members)
						}, "select seq, area_id, tube, round, op_id, taken, members from tube order by seq")
					}))
					if n != people/20 {
						b.Fatal(n, "rows")
					}
				}
			})
			start := func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					a, err := app.New(b.Context(), c)
					must(b, err)
					b.StartTimer()
					must(b, a.House.Screening.Coverage().CatchUp(b.Context()))
					b.StopTimer()
					queues, err := a.House.Screening.Coverage().TubesWaiting(b.Context(), screening.TubeFilter{See: func(outbreak.Scope) bool { return true }})
					if must(b, err); queues[screening.InTransit].Waiting != people/20 {
						b.Fatal(queues)
					}
					must(b, a.Stop(context.Background()))
					b.StartTimer()
				}
			}
			b.Run("start-on-rows", start)
			packAll(b, c)
			b.Run("start", start)
		})
	}
}

// packAll lets a house pack the runs of its tubes.
func packAll(b *testing.B, c app.Config) {
	b.Helper()
	a, err := app.New(b.Context(), c)
	must(b, err)
	defer a.Stop(context.Background()) //nolint:errcheck // the next one would meet what it left
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- a.House.Screening.Coverage().Run(ctx) }()
	var rows, runs int64
	for runs == 0 || runs < rows/2000 {
		time.Sleep(20 * time.Millisecond)
		must(b, a.House.DB.Read(b.Context(), func(tx *store.Tx) (err error) {
			if rows, err = store.Count(tx, "select max(seq) from tube"); err == nil {
				runs, err = store.Count(tx, "select count(*) from tube_run")
			}
			return err
		}))
	}
	stop()
	<-done
}

// midRound writes a round of which every other tube is in.
func midRound(b *testing.B, c app.Config, people int) {
	b.Helper()
	const inCommunity, inTube = 2400, 10
	ctx := context.Background()
	a, err := app.New(ctx, c)
	must(b, err)
	defer a.Stop(ctx) //nolint:errcheck // the next one would meet what it left
	h := a.House
	areas := []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}
	for i := range people / inCommunity {
		areas = append(areas, registry.NewArea{Code: fmt.Sprintf("22-%d", i), Parent: "22", Name: "社区"})
	}
	for len(areas) > 0 {
		n := min(len(areas), 1000)
		_, err := h.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: areas[:n]})
		must(b, err)
		areas = areas[n:]
	}
	ob, err := h.Registry.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	must(b, err)
	booth, err := h.Screening.AddBooth(ctx, root, screening.AddBooth{Outbreak: ob, Area: "22", Name: "Booth"})
	must(b, err)
	must(b, h.DB.Write(ctx, func(tx *store.Tx) error {
		var rows [][]any
		for i := range int64(people / inCommunity) {
			id, err := store.Count(tx, "select id from area where code = $1", fmt.Sprintf("22-%d", i))
			if err != nil {
				return err
			}
			first := 1 + i*inCommunity
			rows = append(rows, []any{first, first + inCommunity - 1, id, fmt.Sprintf("/22/22-%d/", i), first + inCommunity})
		}
		_, err := tx.Insert("roll_range", []string{"first", "last", "area_id", "area", "next"}, nil, rows)
		return err
	}))
	round, err := h.Screening.OpenRound(ctx, root, screening.OpenRound{Outbreak: ob, Name: "Round", Areas: []string{"22"}})
	must(b, err)
	seq := int64(0)
	for seq < int64(people/inTube/2) {
		must(b, h.DB.Write(ctx, func(tx *store.Tx) error {
			var rows [][]any
			for range 2000 {
				if seq == int64(people/inTube/2) {
					break
				}
				members := make([]screening.Member, inTube)
				for j := range members {
					members[j] = screening.Member{No: 1 + (2*seq*inTube + int64(j)), After: 30 * j}
				}
				seq++
				rows = append(rows, []any{seq, int64(booth.AreaID), fmt.Sprintf("M%08d", seq), int64(round.ID), seq%900<<24 + seq/900 + 1, int64(booth.ID), 0,
					int64(testkit.Start), int64(testkit.Start), 1, screening.Pack(members)})
			}
			if _, err := tx.Insert("tube", []string{"seq", "area_id", "tube", "round", "op_id", "booth", "kind", "taken", "recorded_at", "form", "members"}, nil, rows); err != nil {
				return err
			}
			_, err := tx.Exec("insert into tube_last (id, seq) values (1, $1), (2, $1) on conflict (id) do update set seq = excluded.seq", seq)
			return err
		}))
	}
}
