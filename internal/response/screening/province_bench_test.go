package screening

import (
	"fmt"
	"testing"

	"breakwater/internal/outbreak"
)

// province is the picture of rounds of 24 million people in 10,000 communities of 100 counties, nearly all of them with a result.
func province(rounds int) *Coverage {
	const communities, people = 10_000, 2_400
	c := newCoverage(&Service{})
	for id := range outbreak.RoundID(rounds) {
		v := newRoundView(Round{ID: id + 1, State: Open}, nil)
		for i := range int64(communities) {
			r := &run{first: 1 + i*people, area: outbreak.Path(fmt.Sprintf("/22/%02d/%d/", i/100, i)), state: make([]uint8, people)}
			for j := range r.state {
				if r.state[j] = outcomeIndex[outbreak.ValidResult]; (int64(j)+i)%int64(31+id) == 0 {
					r.state[j] = outcomeIndex[outbreak.Unknown]
				}
				r.counts[r.state[j]]++
			}
			v.runs = append(v.runs, r)
		}
		c.rounds[id+1] = v
	}
	return c
}

// BenchmarkReadAProvince reads the coverage of all levels of a round of 24 million people, from the province down to one community, and
// the missing of that community.
func BenchmarkReadAProvince(b *testing.B) {
	c := province(1)
	everybody := func(outbreak.Path) bool { return true }
	b.Run("coverage", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, in := range []outbreak.Path{"", "/22/", "/22/57/", "/22/57/5712/"} {
				if len(c.levelBelow(1, in, everybody)) == 0 {
					b.Fatal("nothing below " + in)
				}
			}
		}
	})
	b.Run("missing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(c.listAny(1, []outbreak.Path{"/22/57/5712/"}, missing, 0, 10_000)) == 0 {
				b.Fatal("nobody is missing")
			}
		}
	})
}
