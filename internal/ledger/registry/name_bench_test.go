package registry

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// BenchmarkSearchPeople searches 100,000 people of 34 communities by name, everywhere and in one community, against opening
// every box of the site once. p50 and p99 are of searches; the ratio is that of opening every box to the median search.
func BenchmarkSearchPeople(b *testing.B) {
	const people, community = 100_000, 3_000
	for engine, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func() string { return testkit.PostgreSQL(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			ctx := context.Background()
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where(), clock, []store.Migrations{journal.Migrations, Migrations})
			v, err := NewVault(make([]byte, 32))
			if err != nil {
				b.Fatal(err)
			}
			s := New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), nil, v)
			by := outbreak.Actor{User: 1, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
			areas := []NewArea{{Code: "22", Name: "县"}}
			for i := range people/community + 1 {
				areas = append(areas, NewArea{Code: fmt.Sprint(2200 + i), Parent: "22", Name: "社区"})
			}
			if _, err := s.LoadAreas(ctx, by, LoadAreas{Areas: areas}); err != nil {
				b.Fatal(err)
			}
			names := syntheticNames(people, 1)
			began := time.Now()
			for from := 0; from < people; from += 1000 {
				var batch []NewPerson
				for i := from; i < from+1000; i++ {
					batch = append(batch, NewPerson{Area: fmt.Sprint(2200 + i/community), Door: fmt.Sprint(i), Identity: Identity{Name: names[i]}})
				}
				if _, err := s.LoadPeople(ctx, by, LoadPeople{People: batch}); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("%.0f people a second were loaded", people/time.Since(began).Seconds())
			began = time.Now()
			if err := db.Read(ctx, func(tx *store.Tx) error {
				return store.Each(tx, func(r store.Row) error {
					var id outbreak.PersonID
					var x box
					if err := r.Scan(&id, &x.sealed, &x.wrapped, &x.by); err != nil {
						return err
					}
					_, err := s.unseal(id, x)
					return err
				}, "select id, sealed, wrapped, wrapped_by from person")
			}); err != nil {
				b.Fatal(err)
			}
			all := time.Since(began)
			for what, below := range map[string]outbreak.Path{"everywhere": "", "community": "/22/2205/"} {
				b.Run(what, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						by.User++ // an allowance of his own
						began := time.Now()
						if _, err := s.SearchPeople(ctx, by, SearchPeople{Name: names[len(took)*7919%people], Below: below}); err != nil {
							b.Fatal(err)
						}
						took = append(took, time.Since(began))
					}
					slices.Sort(took)
					p := func(q int) float64 { return float64(took[min(len(took)*q/100, len(took)-1)].Microseconds()) / 1000 }
					b.ReportMetric(p(50), "p50-ms")
					b.ReportMetric(p(99), "p99-ms")
					b.ReportMetric(float64(all.Milliseconds()), "every-box-ms")
					b.ReportMetric(float64(all.Milliseconds())/p(50), "ratio")
				})
			}
		})
	}
}
