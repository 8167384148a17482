package registry

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"

	"pgregory.net/rapid"
)

// TestTheMemoryOfKeysHoldsWhatIsFiled files, takes out and files anew at will, and compares with a plain map.
func TestTheMemoryOfKeysHoldsWhatIsFiled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m keyMemory
		model := map[int64][]outbreak.PersonID{}
		seq := int64(0)
		key := rapid.SampledFrom([]int64{-1, 1, 1 << 16, 1 << 48, -1 << 48, 1<<48 | 1<<16, 1 << 62})
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			p := outbreak.PersonID(rapid.Int64Range(1, 20).Draw(t, "person"))
			keys := slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(key, 0, 4).Draw(t, "keys"))))
			if rapid.Bool().Draw(t, "drop") {
				m.drop(p, keys, m.places())
				for _, k := range keys {
					model[k] = slices.DeleteFunc(model[k], func(x outbreak.PersonID) bool { return x == p })
				}
				continue
			}
			before := m.places()
			seq += rapid.Int64Range(1, 3).Draw(t, "gap")
			m.take([]filedRow{{seq, p, keys}})
			m.drop(p, keys, 0) // of before he came: nothing
			if m.places() != before+1 {
				t.Fatal("nobody came")
			}
			for _, k := range keys {
				model[k] = append(model[k], p)
			}
		}
		for k, want := range model {
			got, upto := m.filedUnder([]int64{k, 7 << 16})
			if !slices.Equal(got[k], want) || len(got[7<<16]) > 0 || upto != seq {
				t.Fatalf("%v under %x, should be %v; up to %d of %d", got[k], k, want, upto, seq)
			}
		}
	})
}

// TestWhoIsFiledMeanwhileIsComparedAll makes two batches ready at once: the second is kept when memory knows nothing of the first. A picture
// older than the memory misses nobody either.
func TestWhoIsFiledMeanwhileIsComparedAll(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		arrive := func(p NewPerson) *Arrivals {
			t.Helper()
			a, err := s.Arrive(ctx, s.by, "case.load", []NewPerson{p})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		keep := func(a *Arrivals) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error { _, err := a.Keep(tx, s.by, nil); return err }); err != nil {
				t.Fatal(err)
			}
		}
		first, second := arrive(whole("220101", "王小明", "1971-03-04", "")), arrive(whole("220201", "王小明", "1971-03-04", ""))
		keep(first)
		keep(second)
		if n := len(s.queue(DuplicatesFilter{})); n != 1 {
			t.Fatalf("%d pairs wait", n)
		}
		var third *Arrivals
		if err := db.Read(ctx, func(tx *store.Tx) error { // its picture is older than what memory learns below
			if _, err := lastFiled(tx); err != nil {
				return err
			}
			keep(arrive(whole("220101", "王小明", "1971-04-03", "")))
			if err := db.Read(ctx, s.keysKnown.follow); err != nil {
				return err
			}
			_, eyes, err := s.keys(tx)
			if err != nil {
				return err
			}
			row := readyRow{said: whole("220201", "王小明", "1971-03-04", "")}
			c := eyes.comes(Person{ID: 1, Area: "/22/2202/220201/"}, row.said.Identity, "")
			j, err := s.judgeOf(tx)
			if err != nil {
				return err
			}
			l := s.newLinking(eyes, j, inOrder, []*comer{c})
			if err := l.look(tx); err != nil {
				return err
			}
			if len(l.met) != 2 || l.upto != 2 {
				t.Errorf("%d were met up to %d: two are in this picture", len(l.met), l.upto)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		third = arrive(whole("220201", "王小明", "1971-03-04", ""))
		keep(third)
		if n := len(s.queue(DuplicatesFilter{})); n != 6 {
			t.Fatalf("%d pairs wait of four who are alike", n)
		}
	})
}

// BenchmarkDuplicatesMemory files BREAKWATER_CASES people (a million) by six keys each and looks people up. The reference is a map.
func BenchmarkDuplicatesMemory(b *testing.B) {
	many := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_CASES")); err == nil {
		many = n
	}
	const each = 6
	var m keyMemory
	used := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	draw := func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }
	keys := func(r *rand.Rand) []int64 {
		list := make([]int64, each)
		for i := range list {
			list[i] = int64(r.Uint64())
		}
		return list
	}
	before, r := used(), draw()
	for i := range many {
		m.take([]filedRow{{int64(i + 1), outbreak.PersonID(i), keys(r)}})
	}
	ours := float64(used()-before) / float64(many)
	plain := map[int64]int32{}
	before, r = used(), draw()
	for i := range many {
		for _, k := range keys(r) {
			plain[k] = int32(i)
		}
	}
	others := float64(used()-before) / float64(many)
	asked := slices.Collect(maps.Keys(plain))[:min(10_000, len(plain))]
	for b.Loop() {
		if found, _ := m.filedUnder(asked); len(found) != len(asked) {
			b.Fatalf("%d of %d were found", len(found), len(asked))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(asked)), "ns/key")
	b.ReportMetric(ours, "B/person")
	b.ReportMetric(others, "map-B/person")
	b.ReportMetric(0, "ns/op")
}
