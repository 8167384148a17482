package columns

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"testing/fstest"
)

// cases is a table of a million rows, as a line list has them.
func million(n int) (*Table, []plain) {
	r := rand.New(rand.NewPCG(1, 2))
	t, rows := New(specs...), make([]plain, 0, n)
	t.Reserve(n)
	for i := range n {
		p := anyRow(r, int64(i+1), 3000)
		p.put(t)
		rows = append(rows, p)
	}
	return t, rows
}

// BenchmarkColumns asks a million rows what a page of a line list asks, beside a sort of the rows that fit, and beside the same
// question to an indexed table of the embedded database.
func BenchmarkColumns(b *testing.B) {
	t, rows := million(1_000_000)
	db := kept(b, rows)
	b.Logf("%.1f bytes a row", float64(t.Bytes())/float64(t.Rows()))
	byDay, byClass := []Order{{Col: day, Down: true}, {Col: class}}, []Order{{Col: class}, {Col: place_}}
	confirmed := func(s *Set) { t.KeepWords(s, class, t.KeepTexts(class, []string{"confirmed"})) }
	for _, q := range []struct {
		name  string
		keep  func(*Set)
		fits  func(plain) bool
		where string
		order []Order
		sql   string
		from  int
	}{
		{"page", confirmed, func(p plain) bool { return p.class == "confirmed" }, "class = 'confirmed'", byDay, "day desc, class", 0},
		{"row 900001", func(*Set) {}, func(plain) bool { return true }, "1 = 1", byDay, "day desc, class", 900_000},
		{"two words, middle", func(*Set) {}, func(plain) bool { return true }, "1 = 1", byClass, "class, place", 500_000},
		{"days, by class", func(s *Set) { t.KeepBetween(s, day, 18300, 18500) }, func(p plain) bool { return p.day >= 18300 && p.day <= 18500 }, "day between 18300 and 18500", byClass, "class, place", 40_000},
	} {
		b.Run(q.name+"/columns", func(b *testing.B) {
			for b.Loop() {
				s := t.All()
				q.keep(s)
				if s.Count(); len(t.Window(s, q.order, q.from, 100)) != 100 {
					b.Fatal("no page")
				}
			}
		})
		b.Run(q.name+"/sorting", func(b *testing.B) {
			for b.Loop() {
				var fit []plain
				for _, p := range rows {
					if q.fits(p) {
						fit = append(fit, p)
					}
				}
				slices.SortFunc(fit, before(q.order))
			}
		})
		b.Run(q.name+"/sqlite", func(b *testing.B) {
			for b.Loop() {
				if err := db.Read(b.Context(), func(tx *store.Tx) error {
					if _, err := store.Count(tx, "select count(*) from row where "+q.where); err != nil {
						return err
					}
					ids, err := store.List(tx, store.Value[int64], fmt.Sprintf("select id from row where %s order by %s, id limit 100 offset %d", q.where, q.sql, q.from))
					if len(ids) != 100 {
						b.Fatal("no page")
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("cross/columns", func(b *testing.B) {
		for b.Loop() {
			t.Cross(t.All(), t.Words(class), t.Words(place_))
		}
	})
	b.Run("cross/sqlite", func(b *testing.B) {
		for b.Loop() {
			if err := db.Read(b.Context(), func(tx *store.Tx) error {
				return store.Each(tx, func(store.Row) error { return nil }, "select class, place, count(*) from row group by class, place")
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			t.Snapshot()
		}
	})
}

func kept(b *testing.B, rows []plain) *store.DB {
	owner := store.Migrations{Owner: "row", FS: fstest.MapFS{"migrations/0001_row.sql": {Data: []byte(`-- +goose Up
create table row (id {{id}}, class {{text}} not null, place {{text}} not null, day bigint not null, age bigint not null, at bigint not null);
create index row_day on row (day desc, class, id);
create index row_class on row (class, day desc, id);
create index row_place on row (class, place, id);
`)}}}
	db := testkit.Open(b, b.TempDir()+"/rows.db", outbreak.NewHandClock(testkit.Start), []store.Migrations{owner})
	for part := range slices.Chunk(rows, 50_000) {
		if err := db.Write(b.Context(), func(tx *store.Tx) error {
			values := make([][]any, len(part))
			for i, p := range part {
				values[i] = []any{p.id, p.class, p.place, p.day, p.age, p.at}
			}
			_, err := tx.Insert("row", []string{"id", "class", "place", "day", "age", "at"}, nil, values)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	return db
}
