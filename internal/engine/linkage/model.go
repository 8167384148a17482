package linkage

import "math"

// Class is what two records may be to each other.
type Class int

// The classes.
const (
	One       Class = iota // one person
	Relatives              // who share a household, a telephone, a family name
	Twins                  // who share the day of birth besides
	Strangers
)

// Learnt is what was learnt of a class.
type Learnt struct {
	Share   float64 `json:"share"`   // of all pairs
	Levels  shares  `json:"levels"`  // how often each level is seen, by field
	Against shares  `json:"against"` // bits for one person and against this class; they never fall from a level to a better one
}

// Model is what was learnt from lists: it can be kept and used for single records.
type Model struct {
	Classes [Strangers + 1]Learnt `json:"classes"`
	Seen    Frequencies           `json:"-"`       // holds names: whoever keeps a model counts them anew with Know
	Link    float64               `json:"link"`    // the weight from which on pairs are taken as one person
	Review  float64               `json:"review"`  // the weight from which on a person should look
	Rounds  int                   `json:"rounds"`  // of estimation
	Records int                   `json:"records"` // it was learnt from
}

// Know counts the values of a list, so that common ones weigh less.
func (m *Model) Know(list []Record) {
	people := make([]*ready, len(list))
	for i, r := range list {
		people[i] = prepare(r)
	}
	m.Seen = count(people)
}

// weights makes bits of how much more often a level is seen among records of one person than in each other class. Where the data
// say that a better agreement speaks less for one person, the levels are weighed alike.
func (m *Model) weights() {
	one := m.Classes[One].Levels
	for c := range m.Classes {
		for f := range one {
			m.Classes[c].Against[f] = rising(logs(one[f], m.Classes[c].Levels[f]), one[f])
		}
	}
}

func logs(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for l := range a {
		out[l] = math.Log2(a[l] / b[l])
	}
	return out
}

// rising makes a row of weights rise by taking means of neighbours that fall (pool adjacent violators, Ayer et al. 1955).
func rising(weights, mass []float64) []float64 {
	type pool struct {
		mean, mass float64
		n          int
	}
	var pools []pool
	for l, w := range weights {
		pools = append(pools, pool{w, mass[l], 1})
		for n := len(pools); n > 1 && pools[n-2].mean > pools[n-1].mean; n = len(pools) {
			a, b := pools[n-2], pools[n-1]
			sum := a.mass + b.mass
			pools = append(pools[:n-2], pool{(a.mean*a.mass + b.mean*b.mass) / sum, sum, a.n + b.n})
		}
	}
	out := make([]float64, 0, len(weights))
	for _, p := range pools {
		for range p.n {
			out = append(out, p.mean)
		}
	}
	return out
}

// Evidence is what one field says about two records.
type Evidence struct {
	Field  Field   `json:"field"`
	Level  string  `json:"level"`  // missing: it says nothing
	Weight float64 `json:"weight"` // bits for (above 0) or against one person, the rarity of the value taken in
	Rarity float64 `json:"rarity"` // of these, for how rare (above 0) or common the value is
}

// Verdict is what all fields say together.
type Verdict struct {
	Weight      float64    `json:"weight"` // bits
	Probability float64    `json:"probability"`
	Fields      []Evidence `json:"fields"`
	Kin         float64    `json:"kin"`    // bits taken off because relatives and twins agree like this too; never above 0
	Likely      Class      `json:"likely"` // what pairs that agree like this most often are
}

// Compare weighs two records.
func (m *Model) Compare(a, b Record) Verdict {
	p, q := prepare(a), prepare(b)
	return m.explain(p, q, compare(p, q))
}

func (m *Model) explain(a, b *ready, p Pattern) Verdict {
	v := Verdict{Fields: make([]Evidence, 0, fields)}
	sum := 0.0
	for f, l := range p {
		w, rarity := m.weigh(Field(f), l, a, b)
		v.Fields = append(v.Fields, Evidence{Field(f), Field(f).LevelName(l), w, rarity})
		sum += w
	}
	v.Weight = m.weight(a, b, p)
	v.Kin = min(v.Weight-sum, 0)
	v.Probability = m.probability(v.Weight)
	v.Likely = m.likely(a, b, p)
	return v
}

// weigh gives the bits of a field against strangers, and how many of them are for the rarity of the value. Agreeing on a common
// value weighs less, but never speaks against.
func (m *Model) weigh(f Field, l Level, a, b *ready) (weight, rarity float64) {
	if l == Missing {
		return 0, 0
	}
	plain := m.Classes[Strangers].Against[f][l]
	rarity = m.rarity(f, l, a, b)
	if rarity < 0 {
		rarity = min(max(rarity, -plain), 0)
	}
	return plain + rarity, rarity
}

// weight is the logarithm of how much likelier the pattern is for one person than for two, whatever they are to each other.
func (m *Model) weight(a, b *ready, p Pattern) float64 {
	strangers := 0.0
	for f, l := range p {
		w, _ := m.weigh(Field(f), l, a, b)
		strangers += w
	}
	two := 1 - m.Classes[One].Share
	sum := math.Log2(m.Classes[Strangers].Share/two) - strangers
	for _, c := range []Class{Relatives, Twins} {
		x := &m.Classes[c]
		bits := 0.0
		for f, l := range p {
			if l != Missing {
				bits += x.Against[f][l]
			}
		}
		sum = sumOfPowers(sum, math.Log2(x.Share/two)-bits)
	}
	return -sum
}

// sumOfPowers is log2(2^a + 2^b).
func sumOfPowers(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log2(1+math.Exp2(b-a))
}

func (m *Model) probability(weight float64) float64 {
	same := m.Classes[One].Share
	return 1 / (1 + math.Exp2(-weight)*(1-same)/same)
}
