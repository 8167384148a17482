package linkage

import (
	"cmp"
	"math"
	"slices"
)

// Options say how lists are compared. The zero Options are good.
type Options struct {
	MostInBlock int     // records that may share a key and still be compared because of it; 0: 100
	WrongShare  float64 // share of wrong pairs that is expected among those at and above the link weight; 0: 0.01
}

// Pair are two records that may be one person, by their places in the lists.
type Pair struct {
	A           int     `json:"a"`
	B           int     `json:"b"`
	Weight      float64 `json:"weight"`
	Probability float64 `json:"probability"`
	Pattern     Pattern `json:"pattern"`
}

// Result is what comparing lists gave: pairs worth a look, the heaviest first.
type Result struct {
	Pairs    []Pair  `json:"pairs"` // at and above Model.Review
	Model    *Model  `json:"model"`
	Compared int     `json:"compared"`
	Crowds   []Crowd `json:"crowds"` // keys that were not followed

	ExpectedPrecision float64 `json:"expected_precision"` // of the pairs at and above Model.Link, by the model itself
	ExpectedRecall    float64 `json:"expected_recall"`    // among the pairs that were compared
}

// Linked gives the pairs at and above the link weight.
func (r *Result) Linked() []Pair {
	n := slices.IndexFunc(r.Pairs, func(p Pair) bool { return p.Weight < r.Model.Link })
	if n < 0 {
		return r.Pairs
	}
	return r.Pairs[:n]
}

// Dedupe finds records of one list that may be the same person.
func Dedupe(list []Record, o Options) *Result { return find(list, nil, o) }

// Link finds records of one list that may be people of another. Pairs within one list are not looked for.
func Link(a, b []Record, o Options) *Result {
	if len(a) == 0 || len(b) == 0 {
		return find(nil, nil, o)
	}
	return find(a, b, o)
}

type candidate struct {
	a, b    int32
	pattern uint32
}

func find(a, b []Record, o Options) *Result {
	if o.MostInBlock == 0 {
		o.MostInBlock = 100
	}
	if o.WrongShare == 0 {
		o.WrongShare = 0.01
	}
	first := 0
	if len(b) > 0 {
		first = len(a)
	}
	people := make([]*ready, 0, len(a)+len(b))
	for _, list := range [][]Record{a, b} {
		for _, r := range list {
			people = append(people, prepare(r))
		}
	}
	x := newIndex(people, o.MostInBlock)
	var found []candidate
	patterns := map[uint32]int{}
	x.pairs(func(i, j int32) bool { return first == 0 || (int(i) < first) != (int(j) < first) }, func(i, j int32) {
		i, j = min(i, j), max(i, j)
		c := candidate{i, j, compare(people[i], people[j]).packed()}
		patterns[c.pattern]++
		found = append(found, c)
	})
	seen, share := newAgreement(), 1.0
	if len(people) > 1 {
		seen, share = anyTwo(people, first)
	}
	m := estimate(patterns, seen, share, pairsOf(len(people), first))
	m.Seen, m.Records = count(people), len(people)
	r := &Result{Model: m, Compared: len(found), Crowds: x.crowds}
	r.weigh(people, found, first, o)
	return r
}

// weigh orders the candidates by weight, sets the two weights that matter, and keeps what is worth a look.
func (r *Result) weigh(people []*ready, found []candidate, first int, o Options) {
	var all []Pair
	for _, c := range found {
		p := unpacked(c.pattern)
		w := r.Model.weight(people[c.a], people[c.b], p)
		if chance := r.Model.probability(w); chance > hopeless {
			all = append(all, Pair{int(c.a), int(c.b) - first, w, chance, p})
		}
	}
	slices.SortFunc(all, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	linked := r.thresholds(all, o.WrongShare)
	worth := len(all)
	if i := slices.IndexFunc(all, func(p Pair) bool { return p.Weight < r.Model.Review }); i >= 0 {
		worth = i
	}
	r.Pairs = slices.Clone(all[:max(worth, linked)])
}

// hopeless pairs are not kept: ten thousand of them hold less than one person.
const hopeless = 1e-4

// thresholds finds the lowest weight at which a pair is rather one person than not and at which no more than a share of all pairs
// at and above it is expected to be wrong (Fellegi and Sunter's bound on false links), and the weight below which fewer than one
// pair in a hundred is one person. It gives how many pairs are linked.
func (r *Result) thresholds(all []Pair, wrongShare float64) (linked int) {
	m := r.Model
	even := math.Log2((1 - m.Classes[One].Share) / m.Classes[One].Share)
	m.Link, m.Review = even, even-math.Log2(99)
	var wrong, right, rightLinked, total float64
	likely := 0
	for _, p := range all {
		total += p.Probability
	}
	for i, p := range all {
		if p.Probability < .5 {
			break
		}
		likely = i + 1
		wrong += 1 - p.Probability
		right += p.Probability
		if i+1 < len(all) && all[i+1].Weight == p.Weight {
			continue // pairs of one weight go together
		}
		if wrong <= wrongShare*float64(i+1) {
			m.Link, linked, rightLinked = p.Weight, i+1, right
		}
	}
	if linked == likely {
		m.Link = even // nothing likely had to be left out
	}
	if linked > 0 {
		r.ExpectedPrecision, r.ExpectedRecall = rightLinked/float64(linked), rightLinked/total
	}
	return linked
}
