package linkage

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Prepared is a record made ready once to be weighed against many.
type Prepared struct{ ready *ready }

// Prepare makes a record ready.
func Prepare(r Record) Prepared { return Prepared{prepare(r)} }

// Weigh is Compare for records that are ready.
func (m *Model) Weigh(a, b Prepared) Verdict {
	return m.explain(a.ready, b.ready, compare(a.ready, b.ready))
}

// StoredKeys gives fewer keys than Keys does, for a store that pays for every entry and finds people who share a document, a
// telephone or a name in one area without them. Two names that are read the same, or have the same words in any order, share a key
// here as they do there; what is lost are names written in characters in another order, homes, and people whose name is as much another
// as their sex.
func (p Prepared) StoredKeys() (list []Key) {
	r := p.ready
	add := func(kind KeyKind, text string) {
		if k := (Key{kind, text}); !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	if len(r.runes) > 1 {
		for _, w := range letters(r) {
			if r.Birth.Year != 0 {
				add("name, year", w+" "+strconv.Itoa(r.Birth.Year))
			}
			if r.Birth.whole() {
				add("name, day", fmt.Sprintf("%s %d %d", w, min(r.Birth.Month, r.Birth.Day), max(r.Birth.Month, r.Birth.Day)))
			}
		}
		if len(r.codes) > 1 && r.Birth.Year != 0 {
			add("sound, year", fmt.Sprint(r.codes, r.Birth.Year))
		}
	}
	if r.Birth.whole() {
		day := r.Birth.anyOrder()
		first := initials(r)
		for _, i := range first[:min(len(first), mostStored)] {
			add("birth, initial", day+" "+i+" "+r.Sex)
		}
		if r.Area != "" {
			add("birth, area", day+" "+r.Area)
		}
	}
	return list
}

// mostStored is how many readings of a name, and how many first letters, are stored.
const mostStored = 4

// letters are the letters of a name in the order of the alphabet, for each way it is read: one way for all orders of its words.
func letters(r *ready) (ways []string) {
	sounds := []string{r.whole}
	if r.han && len(r.sounds) > 0 {
		sounds = r.sounds[:min(len(r.sounds), mostStored)]
	}
	for _, s := range sounds {
		runes := []rune(s)
		slices.Sort(runes)
		if w := string(runes); !slices.Contains(ways, w) {
			ways = append(ways, w)
		}
	}
	return ways
}

// likely is the class a pattern is seen in most often among all pairs.
func (m *Model) likely(a, b *ready, p Pattern) Class {
	strangers := 0.0
	for f, l := range p {
		w, _ := m.weigh(Field(f), l, a, b)
		strangers += w
	}
	best, most := One, math.Log2(m.Classes[One].Share)
	for c := Relatives; c <= Strangers; c++ {
		against := strangers
		if c != Strangers {
			against = 0
			for f, l := range p {
				if l != Missing {
					against += m.Classes[c].Against[f][l]
				}
			}
		}
		if bits := math.Log2(m.Classes[c].Share) - against; bits > most {
			best, most = c, bits
		}
	}
	return best
}

// fewestRecords is the size below which a list is taken for one of that size: of so few people nothing can be told.
const fewestRecords = 1000

// Sized gives the model for a list of another size than that it was learnt from. Everybody has as many records and relatives as
// before, but they are so much fewer among all pairs: with more people the same agreement is more often chance.
func (m *Model) Sized(records int) *Model {
	if m.Records == 0 {
		return m
	}
	by := float64(m.Records) / float64(max(records, fewestRecords))
	s := *m
	rest := 1.0
	for c := range Strangers {
		s.Classes[c].Share = min(m.Classes[c].Share*by, .1)
		rest -= s.Classes[c].Share
	}
	s.Classes[Strangers].Share = rest
	one, now := m.Classes[One].Share, s.Classes[One].Share
	more := math.Log2((1-now)/now) - math.Log2((1-one)/one)
	s.Link, s.Review = m.Link+more, m.Review+more
	return &s
}
