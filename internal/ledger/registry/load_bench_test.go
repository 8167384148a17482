package registry_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// BenchmarkLoadPeople loads batches of 1,000 people of ten communities, with document and phone, three to a household, and
// then the same again. Each operation is one batch; rows/s is what counts.
func BenchmarkLoadPeople(b *testing.B) {
	for engine, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func() string { return testkit.PostgreSQL(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where(), clock, []store.Migrations{journal.Migrations, registry.Migrations})
			vault, err := registry.NewVault(make([]byte, 32))
			if err != nil {
				b.Fatal(err)
			}
			s := registry.New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), nil, vault)
			by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
			var areas []registry.NewArea
			for i := range 10 {
				areas = append(areas, registry.NewArea{Code: fmt.Sprintf("22020200%d", i), Name: "社区"})
			}
			if _, err := s.LoadAreas(context.Background(), by, registry.LoadAreas{Areas: areas}); err != nil {
				b.Fatal(err)
			}
			batch := func(b *testing.B, n int) (people []registry.NewPerson) {
				for i := range 1000 {
					k := n*1000 + i
					document := fmt.Sprintf("22020219%02d0101%03d", k/1000%100, k%1000)
					people = append(people, registry.NewPerson{Area: fmt.Sprintf("22020200%d", i%10), Building: "3", Door: fmt.Sprint(n, i/30), Sex: "female",
						Identity: registry.Identity{Name: "张三", DocumentKind: registry.OtherID, Document: fmt.Sprint(document, n/100), Phone: fmt.Sprint(13900000000 + k)}})
				}
				return people
			}
			load := func(b *testing.B, first int, want func(registry.Loaded) int) {
				n := 0
				for b.Loop() {
					b.StopTimer()
					people := batch(b, first+n)
					b.StartTimer()
					l, err := s.LoadPeople(context.Background(), by, registry.LoadPeople{People: people})
					if err != nil || want(l) != len(people) {
						b.Fatalf("%+v %v", l, err)
					}
					n++
				}
				b.ReportMetric(float64(1000*n)/b.Elapsed().Seconds(), "rows/s")
			}
			next := 0
			b.Run("new", func(b *testing.B) {
				from := next
				load(b, from, func(l registry.Loaded) int { next += 1; return l.Added })
			})
			b.Run("again", func(b *testing.B) {
				for n := range 40 {
					if _, err := s.LoadPeople(context.Background(), by, registry.LoadPeople{People: batch(b, 900_000+n)}); err != nil {
						b.Fatal(err)
					}
				}
				n := 0
				b.ResetTimer()
				for b.Loop() {
					b.StopTimer()
					people := batch(b, 900_000+n%40)
					b.StartTimer()
					l, err := s.LoadPeople(context.Background(), by, registry.LoadPeople{People: people})
					if err != nil || l.Repeated != len(people) {
						b.Fatalf("%+v %v", l, err)
					}
					n++
				}
				b.ReportMetric(float64(1000*n)/b.Elapsed().Seconds(), "rows/s")
			})
		})
	}
}
