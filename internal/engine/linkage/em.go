package linkage

import (
	"math"
	"slices"
)

// shares is how often each level is seen in one class, by field; they sum to 1.
type shares [fields][]float64

// Prior opinion counts as this many pairs, so that a few pairs do not turn the weights about.
const opinion = 25

// estimate fits the three classes to the candidates, whose patterns are given with their counts. all is how often each level is
// seen among all pairs: what is neither one person nor kin is strangers, and pairs that are no candidates are strangers. So the
// weights of strangers are not spoilt by true pairs, nor by looking only at pairs that share a key.
func estimate(patterns map[uint32]int, all agreement, share, pairs float64) *Model {
	m := &Model{Same: 1 / max(pairs, 2), Kin: 1 / max(pairs, 2), rare: 1 / max(pairs, 2)}
	candidates := 0
	order := make([]uint32, 0, len(patterns))
	for p, n := range patterns {
		order = append(order, p)
		candidates += n
	}
	slices.Sort(order)
	for f := range m.One {
		m.One[f], m.Relative[f] = slices.Clone(scales[f].one), slices.Clone(scales[f].kin)
	}
	m.Same = max(0.2*float64(candidates)/max(pairs, 1), m.Same)
	m.Kin = max(0.2*float64(candidates)/max(pairs, 1), m.Kin)
	m.strangers(all, share, newAgreement(), newAgreement())
	for m.Rounds = 1; m.Rounds < 200; m.Rounds++ {
		if m.round(patterns, order, all, share, pairs) < 1e-5 {
			break
		}
	}
	m.level()
	return m
}

// round is one step of expectation and maximisation; it tells how much changed.
func (m *Model) round(patterns map[uint32]int, order []uint32, all agreement, share, pairs float64) float64 {
	one, kin := newAgreement(), newAgreement()
	var sumOne, sumKin float64
	for _, packed := range order {
		p, n := unpacked(packed), float64(patterns[packed])
		a, b, c := m.Same*m.One.of(p), m.Kin*m.Relative.of(p), (1-m.Same-m.Kin)*m.Stranger.of(p)
		if sum := a + b + c; sum > 0 {
			one.add(p, n*a/sum)
			kin.add(p, n*b/sum)
			sumOne += n * a / sum
			sumKin += n * b / sum
		}
	}
	before := m.One
	for f := range m.One {
		m.One[f] = withOpinion(one[f], scales[f].one)
		m.Relative[f] = withOpinion(kin[f], scales[f].kin)
	}
	m.strangers(all, share, one, kin)
	m.Same, m.Kin = max(sumOne/pairs, m.rare/2), max(sumKin/pairs, m.rare/2)
	if m.Same+m.Kin > .9 {
		m.Same, m.Kin = .9*m.Same/(m.Same+m.Kin), .9*m.Kin/(m.Same+m.Kin)
	}
	changed := 0.0
	for f := range before {
		for l := range before[f] {
			changed = max(changed, math.Abs(before[f][l]-m.One[f][l]))
		}
	}
	return changed
}

// strangers takes from what any two records show what pairs of one person and of kin show. What is left of a level that only they
// reach is as rare as the lists can tell.
func (m *Model) strangers(all agreement, share float64, one, kin agreement) {
	for f := range all {
		left := make([]float64, len(all[f]))
		sum := 0.0
		for l, n := range all[f] {
			left[l] = max(n*share-one[f][l]-kin[f][l], 0.5)
			sum += left[l]
		}
		for l := range left {
			left[l] /= sum
		}
		m.Stranger[f] = left
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
