package linelist_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/linelist"
)

// BenchmarkLineList asks what a page of the line list asks, of BREAKWATER_CASES generated cases (100,000 unless said otherwise) on
// both databases, beside the same page by the database's own index in the same run. Times are p50 and p95 of at least 40 questions
// of different kinds, the reading of the page's rows included.
func BenchmarkLineList(b *testing.B) {
	n := 100_000
	if text := os.Getenv("BREAKWATER_CASES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(fmt.Sprintf("%s/%d", engine, n), func(b *testing.B) {
			where := b.TempDir() + "/list.db"
			if engine == "postgres" {
				where = testkit.PostgreSQL(b)
			}
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where, clock, owners)
			clock.Move(120 * 24 * time.Hour)
			h := newHouse(b, db, clock)
			wrote := stopwatch()
			h.fill(n)
			b.ReportMetric(float64(n)/wrote().Seconds(), "generated/s")
			for b.Loop() {
				measure(b, h, n)
			}
		})
	}
}

func stopwatch() func() time.Duration { return outbreak.Stopwatch() }

func measure(b *testing.B, h *house, n int) {
	h.list = h.fresh()
	took := stopwatch()
	h.ok(h.list.Memory().CatchUp(h.ctx))
	b.ReportMetric(took().Seconds(), "start-s")
	f := h.list.Memory().Figures()
	b.ReportMetric(float64(f.Bytes)/float64(f.Rows), "bytes/row")
	report := func(name string, times []time.Duration) {
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, name+"-p95-ms")
	}
	var lists, jumps, facets, crosses, curves, own []time.Duration
	each := func(list *[]time.Duration, do func(linelist.Query) error) {
		for i := range 42 {
			q := linelist.Query{Outbreak: h.outbreak, Where: []linelist.Condition{wheres[i%len(wheres)]}, Sort: []linelist.Order{{Field: sorts[i%len(sorts)], Down: i%2 == 0}, {Field: sorts[(i+3)%len(sorts)]}}}
			if i%3 == 0 {
				q.Where = append(q.Where, wheres[(i+5)%len(wheres)])
			}
			took := stopwatch()
			h.ok(do(q))
			*list = append(*list, took())
		}
	}
	each(&lists, func(q linelist.Query) error { _, err := h.list.List(h.ctx, root, q); return err })
	each(&jumps, func(q linelist.Query) error {
		q.Where, q.Jump = nil, n*9/10+1
		page, err := h.list.List(h.ctx, root, q)
		if err == nil && page.From != q.Jump {
			err = fmt.Errorf("the page begins at %d", page.From)
		}
		return err
	})
	each(&facets, func(q linelist.Query) error { _, err := h.list.Facets(h.ctx, root, q, "classification"); return err })
	each(&crosses, func(q linelist.Query) error {
		_, err := h.list.Cross(h.ctx, root, linelist.Cross{Query: q, Rows: "age_group", Columns: "hospital"})
		return err
	})
	each(&curves, func(q linelist.Query) error {
		_, err := h.list.Curve(h.ctx, root, linelist.CurveQuery{Query: q, Stack: "classification"})
		return err
	})
	for range 3 {
		took := stopwatch()
		h.ok(byTheDatabase(h.ctx, h, n))
		own = append(own, took())
	}
	report("list", lists)
	report("jump", jumps)
	report("counts", facets)
	report("cross", crosses)
	report("curve", curves)
	report("database-page", own)
	export(b, h, n)
}

// byTheDatabase is one page by the database: a filter and a sort that an index serves, and the count.
func byTheDatabase(ctx context.Context, h *house, n int) error {
	return h.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := store.Count(tx, "select count(*) from case_file where outbreak = $1 and area >= $2 and area < $3", h.outbreak, "/22/2201/", "/22/22010"); err != nil {
			return err
		}
		_, err := store.List(tx, store.Value[int64], "select id from case_file where outbreak = $1 and area >= $2 and area < $3 order by area, id limit 100 offset $4", h.outbreak, "/22/2201/", "/22/22010", n/2)
		return err
	})
}

func export(b *testing.B, h *house, n int) {
	q := linelist.Query{Outbreak: h.outbreak, Sort: []linelist.Order{{Field: "onset"}}}
	if n > 120_000 { // about so many
		ids, _, err := h.list.IDs(h.ctx, root, linelist.Query{Sort: []linelist.Order{{Field: "recorded"}}, Outbreak: h.outbreak}, 120_000)
		h.ok(err)
		page, err := h.list.List(h.ctx, root, linelist.Query{Where: []linelist.Condition{{Field: "case", Op: linelist.In, Values: []string{ids[len(ids)-1].String()}}}})
		h.ok(err)
		q.Where = []linelist.Condition{{Field: "recorded", Op: linelist.FromTo, Values: []string{"", page.Rows[0].Values["recorded"]}}}
	}
	for _, format := range []string{linelist.CSV, linelist.XLSX} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		took := stopwatch()
		done, err := h.list.Export(h.ctx, root, linelist.Export{Query: q, Format: format}, io.Discard)
		h.ok(err)
		b.ReportMetric(took().Seconds(), format+"-s")
		b.ReportMetric(float64(done.Rows), format+"-rows")
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(int64(after.HeapInuse)-int64(before.HeapInuse))/(1<<20), format+"-heap-MB")
	}
}
