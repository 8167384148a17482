package registry

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/engine/collector"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// bare is a table with one index, to compare with.
var bare = store.Migrations{Owner: "bare", FS: fstest.MapFS{"migrations/0001_bare.sql": {
	Data: []byte("-- +goose Up\ncreate table bare (id {{id}}, token bigint not null, sealed {{blob}} not null);\ncreate index bare_token on bare (token);")}}}

// rollPart gives people of a roll in its order, by their place in it: three to a household, three thousand to a community.
func rollPart(names []string, from, n int) (people []NewPerson) {
	for k := from; k < from+n; k++ {
		community := fmt.Sprintf("22%07d", k/3000)
		born := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, k/900%25_000)
		document := "220202" + born.Format("20060102") + fmt.Sprintf("%03d", k%900)
		people = append(people, NewPerson{Area: community, Building: fmt.Sprint(k / 60 % 50), Door: fmt.Sprint(k / 3 % 20), Sex: []string{"female", "male"}[k%2],
			Identity: Identity{Name: names[k*7919%len(names)], DocumentKind: CitizenID, Document: document + string(CitizenCheck(document)),
				Phone: fmt.Sprint(13_000_000_000 + k*7), Address: fmt.Sprintf("人民大街%d号", k/60)}})
	}
	return people
}

// BenchmarkLoadPeople loads a roll in its order, with names, documents and telephones, then the same again. Each operation is one
// batch. ratio is the time of a row to that of a row put into a table with one index, of as many bytes, by batches of the same
// size in the same run.
func BenchmarkLoadPeople(b *testing.B) {
	names := syntheticNames(100_000, 1)
	for engine, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func() string { return testkit.PostgreSQL(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			collector.Tune(b.Context())
			ctx := context.Background()
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where(), clock, []store.Migrations{journal.Migrations, Migrations, bare})
			vault, err := NewVault(make([]byte, 32))
			if err != nil {
				b.Fatal(err)
			}
			ids := outbreak.NewIDs(clock)
			s := New(db, journal.New(db, testkit.Quiet(), nil), ids, nil, vault)
			by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
			areas := []NewArea{{Code: "22", Name: "省"}}
			for i := range 1000 {
				areas = append(areas, NewArea{Code: fmt.Sprintf("22%07d", i), Parent: "22", Name: "社区"})
			}
			if _, err := s.LoadAreas(ctx, by, LoadAreas{Areas: areas}); err != nil {
				b.Fatal(err)
			}
			next := 0
			for _, size := range []int{1000, 5000} {
				first := next
				b.Run(fmt.Sprintf("new/%d", size), func(b *testing.B) {
					timed(b, size, func() time.Duration { return putBare(b, db, ids, size) }, func() func() error {
						people := rollPart(names, next, size)
						next += size
						return func() error {
							l, err := s.LoadPeople(ctx, by, LoadPeople{People: people})
							if err == nil && l.Added != size {
								err = fmt.Errorf("%+v", l)
							}
							return err
						}
					})
				})
				b.Run(fmt.Sprintf("again/%d", size), func(b *testing.B) {
					at, loaded := 0, (next-first)/size
					timed(b, size, nil, func() func() error {
						people := rollPart(names, first+at%loaded*size, size)
						at++
						return func() error {
							l, err := s.LoadPeople(ctx, by, LoadPeople{People: people})
							if err == nil && l.Repeated != size {
								err = fmt.Errorf("%+v", l)
							}
							return err
						}
					})
				})
			}
		})
	}
}

// timed does what prepare gives, as often as is asked for, beside what it is compared with.
func timed(b *testing.B, size int, beside func() time.Duration, prepare func() func() error) {
	var took, compared time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		do := prepare()
		if beside != nil {
			compared += beside()
		}
		b.StartTimer()
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
		n++
	}
	b.ReportMetric(float64(size*n)/took.Seconds(), "rows/s")
	if beside != nil {
		b.ReportMetric(float64(size*n)/compared.Seconds(), "bare-rows/s")
		b.ReportMetric(took.Seconds()/compared.Seconds(), "ratio")
	}
}

// putBare puts rows into the table with one index, in one transaction.
func putBare(b *testing.B, db *store.DB, ids *outbreak.IDs, size int) time.Duration {
	rows := make([][]any, size)
	for i := range rows {
		rows[i] = []any{int64(outbreak.New[outbreak.PersonID](ids)), int64(binary.BigEndian.Uint64(fresh(8))), fresh(250)}
	}
	began := time.Now()
	if err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Insert("bare", []string{"id", "token", "sealed"}, nil, rows)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
