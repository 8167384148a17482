package store_test

import (
	"fmt"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// TestManyValuesAreLookedUp asks for more values than a statement takes, some twice and some that nobody has.
func TestManyValuesAreLookedUp(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		const many = 7000
		var rows [][]any
		for i := range many {
			rows = append(rows, []any{int64(i), fmt.Sprintf("Ö%05d", i), int64(i % 700)})
		}
		write(t, db, func(tx *store.Tx) error {
			_, err := tx.Insert("box", []string{"id", "name", "n"}, nil, rows)
			return err
		})
		look := func(tx *store.Tx) error {
			for _, asked := range []int{0, 1, 3, 399, 400, 401, 6001} {
				var ids []outbreak.PersonID
				var names []string
				for i := range asked {
					ids, names = append(ids, outbreak.PersonID(2*i)), append(names, fmt.Sprintf("Ö%05d", 2*i))
				}
				want := min(asked, many/2)
				var got []outbreak.PersonID
				take := func(r store.Row) error {
					id, err := store.Value[outbreak.PersonID](r)
					got = append(got, id)
					return err
				}
				for what, err := range map[string]error{
					"numbers": store.Lookup(tx, take, store.Asked{Columns: "id", Table: "box", By: "id"}, append(ids, ids...)),
					"texts":   store.Lookup(tx, take, store.Asked{Columns: "id", Table: "box", By: "name"}, names),
				} {
					if err != nil {
						t.Fatal(what, err)
					}
				}
				slices.Sort(got)
				if len(got) != 2*want || len(slices.Compact(got)) != want {
					t.Errorf("%d were found of %d, twice", len(got), want)
				}
			}
			groups := map[int64]int64{}
			if err := store.Lookup(tx, func(r store.Row) error {
				var n, of int64
				err := r.Scan(&n, &of)
				if of > 0 {
					groups[n] = of
				}
				return err
			}, store.Asked{Columns: "coalesce(max(n), 0), count(*)", Table: "box", By: "n", And: "id < $1 and name <> $2", Args: []any{3500, ""}, Grouped: true}, []int64{5, 5, 699, 700}); err != nil {
				return err
			}
			if len(groups) != 2 || groups[5] != 5 || groups[699] != 5 {
				t.Errorf("%v", groups)
			}
			return nil
		}
		write(t, db, look)
		if err := db.Read(ctx, look); err != nil {
			t.Fatal(err)
		}
	})
}
