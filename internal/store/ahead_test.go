package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestPartsReadAheadComeInTheirOrder(t *testing.T) {
	testkit.Engines(t, nil, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		read := func(tx *store.Tx, part int) (int64, error) {
			return store.Count(tx, "select cast($1 as bigint) * 10", part)
		}
		for _, parts := range []int{0, 1, 2, 17} {
			var got []int64
			if err := db.Read(t.Context(), func(tx *store.Tx) error {
				return store.Ahead(tx, parts, read, func(n int64) error { got = append(got, n); return nil })
			}); err != nil {
				t.Fatal(err)
			}
			if len(got) != parts || !slices.IsSorted(got) || parts > 0 && got[parts-1] != int64(parts-1)*10 {
				t.Errorf("%d parts came as %v", parts, got)
			}
		}
	})
}

func TestReadingAheadEndsWithTheFirstFault(t *testing.T) {
	testkit.Engines(t, nil, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		bad := errors.New("bad")
		for name, at := range map[string][2]int{"of the reading": {3, 99}, "of what is done with it": {99, 3}} {
			n := 0
			err := db.Read(t.Context(), func(tx *store.Tx) error {
				return store.Ahead(tx, 50, func(_ *store.Tx, part int) (int, error) {
					if part == at[0] {
						return 0, bad
					}
					return part, nil
				}, func(part int) error {
					if n++; part == at[1] {
						return bad
					}
					return nil
				})
			})
			if !errors.Is(err, bad) || n > 4 {
				t.Errorf("%s: %v after %d parts", name, err, n)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Read(ctx, func(tx *store.Tx) error {
			return store.Ahead(tx, 50, func(*store.Tx, int) (int, error) { return 0, nil }, func(int) error { cancel(); return nil })
		})
		if !errors.Is(err, context.Canceled) {
			t.Error("nobody asks any more, and it goes on:", err)
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) error { _, err := store.Count(tx, "select 1"); return err }); err != nil {
			t.Error("nobody reads afterwards:", err)
		}
	})
}
