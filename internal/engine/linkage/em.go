package linkage

import (
	"math"
	"slices"
)

// shares is how often each level is seen in one class, by field; they sum to 1.
type shares [fields][]float64

// opinion is how many pairs what was thought before counts for, so that a few pairs do not turn the weights about.
const opinion = 25

// estimate fits the classes to the candidates, whose patterns are given with their counts. all is how often each level is seen
// among all pairs: what is of no other class is strangers, and pairs that are no candidates are strangers. So the weights of
// strangers are not spoilt by true pairs, nor by looking only at pairs that share a key.
func estimate(patterns map[uint32]int, all agreement, share, pairs float64) *Model {
	m := &Model{}
	candidates := 0
	order := make([]uint32, 0, len(patterns))
	for p, n := range patterns {
		order = append(order, p)
		candidates += n
	}
	slices.Sort(order)
	for c := range Strangers {
		m.Classes[c].Share = max(begin[c]*float64(candidates), 1) / max(pairs, 10)
		for f := range scales {
			m.Classes[c].Levels[f] = slices.Clone(thought(c, Field(f)))
		}
	}
	none := [Strangers]agreement{newAgreement(), newAgreement(), newAgreement()}
	m.strangers(all, share, none)
	for m.Rounds = 1; m.Rounds < 200; m.Rounds++ {
		if m.round(patterns, order, all, share, pairs) < 1e-5 {
			break
		}
	}
	m.weights()
	return m
}

// begin is which share of the candidates is taken for a class at first.
var begin = [Strangers]float64{One: .2, Relatives: .2, Twins: .01}

// thought is the opinion of a class before anything was seen.
func thought(c Class, f Field) []float64 {
	switch c {
	case Relatives:
		return scales[f].kin
	case Twins:
		return scales[f].twin
	}
	return scales[f].one
}

// round is one step of expectation and maximisation; it tells how much changed.
func (m *Model) round(patterns map[uint32]int, order []uint32, all agreement, share, pairs float64) float64 {
	seen := [Strangers]agreement{newAgreement(), newAgreement(), newAgreement()}
	var sums [Strangers]float64
	for _, packed := range order {
		p, n := unpacked(packed), float64(patterns[packed])
		var part [Strangers + 1]float64
		sum := 0.0
		for c, x := range m.Classes {
			part[c] = x.Share * x.Levels.of(p)
			sum += part[c]
		}
		if sum == 0 {
			continue
		}
		for c := range Strangers {
			seen[c].add(p, n*part[c]/sum)
			sums[c] += n * part[c] / sum
		}
	}
	before := m.Classes[One].Levels
	for c := range Strangers {
		for f := range scales {
			m.Classes[c].Levels[f] = withOpinion(seen[c][f], thought(c, Field(f)))
		}
		m.Classes[c].Share = min(max(sums[c], .5)/max(pairs, 10), .3)
	}
	m.strangers(all, share, seen)
	changed := 0.0
	for f := range before {
		for l := range before[f] {
			changed = max(changed, math.Abs(before[f][l]-m.Classes[One].Levels[f][l]))
		}
	}
	return changed
}

// strangers takes from what any two records show what pairs of the other classes show. What is left of a level that only those
// reach is as rare as the lists can tell.
func (m *Model) strangers(all agreement, share float64, others [Strangers]agreement) {
	s := &m.Classes[Strangers]
	s.Share = 1
	for c, x := range m.Classes[:Strangers] {
		s.Share -= x.Share
		for f := range all {
			if c == 0 {
				s.Levels[f] = make([]float64, len(all[f]))
			}
			for l := range all[f] {
				s.Levels[f][l] -= others[c][f][l]
			}
		}
	}
	for f := range all {
		sum := 0.0
		for l, n := range all[f] {
			s.Levels[f][l] = max(n*share+s.Levels[f][l], 0.5)
			sum += s.Levels[f][l]
		}
		for l := range all[f] {
			s.Levels[f][l] /= sum
		}
	}
}

func withOpinion(seen, thought []float64) []float64 {
	sum := float64(opinion)
	for _, n := range seen {
		sum += n
	}
	out := make([]float64, len(seen))
	for l, n := range seen {
		out[l] = (n + opinion*thought[l]) / sum
	}
	return out
}

// of is how likely a pattern is in a class, its fields taken as independent; what is missing says nothing.
func (s *shares) of(p Pattern) float64 {
	x := 1.0
	for f, l := range p {
		if l != Missing {
			x *= s[f][l]
		}
	}
	return x
}
