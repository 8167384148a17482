package linkage

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
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
	content := make([]string, len(people))
	for i, p := range people {
		content[i] = p.content()
	}
	for _, half := range [][]int{left, right} {
		slices.SortFunc(half, func(a, b int) int { return cmp.Compare(content[a], content[b]) })
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

// content is all that a record says, as one text.
func (p *ready) content() string {
	return fmt.Sprintln(p.Name.Words, p.Birth, p.Phone, p.Document, p.Area, p.Household, p.Sex, p.DocumentKind, p.sounds)
}
