package store_test

import (
	"fmt"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

func TestOnlyPlainInsertsBehindEachOtherBecomeOne(t *testing.T) {
	const in, up = "insert into note (id, n) values ($1, $2)", "update note set n = $1 where id = $2"
	for _, c := range []struct {
		engine  store.Engine
		queries []string
		want    []string
	}{
		{store.PostgreSQL, []string{in}, []string{in + " [0 0] 1"}},
		{store.PostgreSQL, []string{in, in, in}, []string{"insert into note (id, n) values ($1, $2), ($3, $4) [0 0 1 1] 2", in + " [2 2] 1"}},
		{store.SQLite, []string{in, in}, []string{"insert into note (id, n) values (?, ?), (?, ?) [0 0 1 1] 2"}},
		{store.SQLite, []string{in, up, in}, []string{in + " [0 0] 1", up + " [1 1] 1", in + " [2 2] 1"}},
		{store.SQLite, []string{up, up}, []string{up + " [0 0] 1", up + " [1 1] 1"}},
	} {
		if got := store.Merged(c.engine, c.queries...); !slices.Equal(got, c.want) {
			t.Errorf("%v became %v", c.queries, got)
		}
	}
	for _, other := range []string{in + " on conflict (id) do nothing", "insert into note (id, n) values ($2, $1)", "insert into note (id, n) values ($1, 0)",
		"insert into note (id, n) values ($1, coalesce($2, 0))", "insert into note (id, n) select $1, $2", "insert into note (id, n) values ($1, $1)"} {
		if got := store.Merged(store.SQLite, other, other); len(got) != 2 {
			t.Errorf("%s became %v", other, got)
		}
	}
}

// TestWhatTravelsTogetherKeepsItsOrderAndItsOwner lets closures share a commit that insert, change what others inserted, and fail
// in every way a held statement fails.
func TestWhatTravelsTogetherKeepsItsOrderAndItsOwner(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		puts := func(id int64) func() error {
			return func() error {
				return db.Write(ctx, func(tx *store.Tx) error {
					return tx.Must("insert into box (id, name, n) values ($1, $2, $3)", id, fmt.Sprint("name ", id), id)
				})
			}
		}
		var closures []func() error
		for id := range int64(40) {
			closures = append(closures, puts(id+1))
			if id%10 == 5 {
				closures = append(closures, func() error {
					return db.Write(ctx, func(tx *store.Tx) error { return tx.Must("update box set n = $1 where id = $2", int64(-1), id+1) })
				})
			}
		}
		for i, err := range together(t, db, closures...) {
			if err != nil {
				t.Errorf("closure %d: %v", i, err)
			}
		}
		said := together(t, db, puts(101), puts(102), puts(7), puts(103), func() error {
			return db.Write(ctx, func(tx *store.Tx) error { return tx.Must("update box set name = $1 where id = $2", "nobody", 5555) })
		}, puts(104))
		for i, err := range said {
			if wrong := i == 2 || i == 4; (err != nil) != wrong {
				t.Errorf("closure %d: %v", i, err)
			}
		}
		if err := db.Read(ctx, func(tx *store.Tx) error {
			all, err := store.Count(tx, "select count(*) from box")
			if err != nil {
				return err
			}
			changed, err := store.Count(tx, "select count(*) from box where n = $1", int64(-1))
			if all != 44 || changed != 4 {
				t.Errorf("%d rows, %d changed", all, changed)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatTouchesItsRowsForSure(t *testing.T) {
	const in, set = "insert into note (id, n) values ", " on conflict (id) do update set n = excluded.n"
	for query, rows := range map[string]int64{
		in + "($1, $2)":                                          1,
		in + "($1, $2)" + set:                                    1,
		in + "($1, $2), ($3, $4)" + set:                          2,
		in + "($1, 0)\n\t\t" + set[1:]:                           1,
		in + "($1, $2), ($3, $4)":                                0, // of Add, which says itself that it is sure
		in + "($1, coalesce($2, 0))" + set:                       0,
		in + "($1, $2) on conflict do nothing":                   0,
		in + "($1, $2)" + set + " where note.n < excluded.n":     0,
		"insert into note (id, n) select id, n from other" + set: 0,
		"update note set n = $1 where id = $2":                   0,
		"delete from note where id = $1":                         0,
	} {
		if got := store.SureRows(query); got != rows {
			t.Errorf("%s touches %d rows for sure, not %d", query, got, rows)
		}
	}
}
