package linkage

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// most pairs that are looked at to learn how often strangers agree.
const sampled = 200_000

// agreement is how often each level is seen among any two records, by field, as counts; missing left out.
type agreement [fields][]float64

func newAgreement() (a agreement) {
	for f := range a {
		a[f] = make([]float64, len(scales[f].levels))
	}
	return a
}

func (a *agreement) add(p Pattern, n float64) {
	for f, l := range p {
		if l != Missing {
			a[f][l] += n
		}
	}
}

// anyTwo estimates how often the levels are seen among all pairs that may be compared: all of them when they are few, else a
// sample of them by a generator that always begins the same way, over the records in an order of their own, so that the order
// in which they came changes nothing. share is what one pair looked at stands for.
func anyTwo(people []*ready, first int) (agreement, float64) {
	seen := newAgreement()
	order := make([]int, len(people))
	for i := range order {
		order[i] = i
	}
	left, right := order, order
	if first > 0 {
		left, right = order[:first], order[first:]
	}
	all := pairsOf(len(people), first)
	if all <= sampled {
		for i, a := range left {
			rest := right
			if first == 0 {
				rest = order[i+1:]
			}
			for _, b := range rest {
				seen.add(compare(people[a], people[b]), 1)
			}
		}
		return seen, 1
	}
	for _, half := range [][]int{left, right} {
		slices.SortFunc(half, func(a, b int) int { return byContent(people[a], people[b]) })
	}
	chance := rand.New(rand.NewPCG(1969, 2001))
	for range sampled {
		i, j := chance.IntN(len(left)), chance.IntN(len(right))
		for first == 0 && i == j {
			j = chance.IntN(len(right))
		}
		seen.add(compare(people[left[i]], people[right[j]]), 1)
	}
	return seen, all / sampled
}

// pairsOf is how many pairs may be compared: within one list, or between the first records and the rest.
func pairsOf(n, first int) float64 {
	if first > 0 {
		return float64(first) * float64(n-first)
	}
	return float64(n) * float64(n-1) / 2
}

func byContent(a, b *ready) int {
	return cmp.Or(cmp.Compare(a.whole, b.whole), compareDates(a.Birth, b.Birth), cmp.Compare(a.Phone, b.Phone), cmp.Compare(a.Document, b.Document),
		cmp.Compare(a.Area, b.Area), cmp.Compare(a.Household, b.Household), cmp.Compare(a.Sex, b.Sex), cmp.Compare(a.DocumentKind, b.DocumentKind),
		cmp.Compare(strings.Join(a.Name.Words, " "), strings.Join(b.Name.Words, " ")), cmp.Compare(strings.Join(a.sounds, " "), strings.Join(b.sounds, " ")))
}

func compareDates(a, b Date) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}
