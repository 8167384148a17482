package screening

import (
	"testing"

	"breakwater/internal/outbreak"
)

// BenchmarkCompareAProvince compares two rounds of 24 million people in 10,000 communities: both made into sets anew, as for rounds
// that run, and from sets that were kept.
func BenchmarkCompareAProvince(b *testing.B) {
	c := province(2)
	q := SetQuestion{Rounds: []outbreak.RoundID{1, 2}, Op: FirstOnly}
	ask := func(sets []*rollSet) (n int) {
		q.compare(sets, func(outbreak.Path) bool { return true }, func(x combined) bool { n += count(x.who); return true })
		return n
	}
	b.Run("running", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ask([]*rollSet{c.makeSet(1), c.makeSet(2)}) == 0 {
				b.Fatal("nobody")
			}
		}
	})
	kept := []*rollSet{c.makeSet(1), c.makeSet(2)}
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ask(kept) == 0 {
				b.Fatal("nobody")
			}
		}
	})
}
