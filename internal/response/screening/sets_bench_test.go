package screening

import (
	"fmt"
	"testing"

	"breakwater/internal/outbreak"
)

// BenchmarkCompareAProvince compares two rounds of 24 million people in 10,000 communities: both made into sets anew, as for rounds
// that run, and from sets that were kept.
func BenchmarkCompareAProvince(b *testing.B) {
	const communities, people = 10_000, 2_400
	c := newCoverage(&Service{})
	for id := range outbreak.RoundID(2) {
		v := newRoundView(Round{ID: id + 1, State: Open}, nil)
		for i := range int64(communities) {
			r := &run{first: 1 + i*people, area: outbreak.Path(fmt.Sprint("/22/", i, "/")), state: make([]uint8, people)}
			for j := range r.state {
				if r.state[j] = outcomeIndex[outbreak.ValidResult]; (int64(j)+i)%int64(31+id) == 0 {
					r.state[j] = outcomeIndex[outbreak.Unknown]
				}
			}
			v.runs = append(v.runs, r)
		}
		c.rounds[id+1] = v
	}
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
