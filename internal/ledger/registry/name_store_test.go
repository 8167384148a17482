package registry

import (
	"context"
	"maps"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"

	"pgregory.net/rapid"
)

// TestPortionsHoldWhatWasFiled files and takes out at will, past the sizes at which an area is laid out anew, and compares with a
// plain map.
func TestPortionsHoldWhatWasFiled(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		area := outbreak.AreaID(0)
		rapid.Check(t, func(t *rapid.T) {
			area++ // each time one that is empty
			model := map[int64][]uint32{}
			for range rapid.IntRange(1, 9).Draw(t, "steps") {
				f := filing{}
				for range rapid.SampledFrom([]int{0, 0, 1, 40}).Draw(t, "out") {
					no := rapid.Int64Range(1, 400).Draw(t, "gone")
					f.drop(area, no)
					delete(model, no)
				}
				seed := rapid.Uint32().Draw(t, "digests")
				for range rapid.SampledFrom([]int{0, 1, 2, 3, 30, 200, 2000}).Draw(t, "in") {
					no := int64(seed%400) + 1
					seed = seed*1664525 + 1013904223
					f.add(area, no, []uint32{seed, seed ^ 0xffff0000})
					model[no] = append(model[no], seed, seed^0xffff0000)
				}
				if err := db.Write(context.Background(), func(tx *store.Tx) error { return f.write(tx) }); err != nil {
					t.Fatal(err)
				}
				if err := db.Read(context.Background(), func(tx *store.Tx) error {
					got, err := filedIn(tx, area)
					n := 0
					for no := range model {
						slices.Sort(model[no])
						model[no] = slices.Compact(model[no])
						n += len(model[no])
					}
					if !maps.EqualFunc(got, model, slices.Equal[[]uint32]) {
						t.Fatalf("filed are %d people, should be %d", len(got), len(model))
					}
					lies, lerr := nameAreas(tx, []outbreak.AreaID{area})
					if lerr != nil || lies[area].entries+lies[area].tail < n || lies[area].tail == 0 && lies[area].entries != n || n > 2*fullPortion && lies[area].bits == 0 {
						t.Fatalf("%+v for %d entries, %v", lies[area], n, lerr)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
}
