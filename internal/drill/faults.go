package drill

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"breakwater/internal/outbreak"
)

// Faults are what the demo plants, as real rounds have them. A demo that finds other things than were planted has failed.
type Faults struct {
	Absentees int // never come and nobody says why
	WalkIns   int // not on the roll
	Orphans   int // tubes at a laboratory that no booth handed in
	Overfull  int // tubes with one person too many
	Leaked    int
	Twice     int // results sent twice
	Corrected int // results taken back
}

// faultsFor are the faults of a city of so many people.
func faultsFor(people int) Faults {
	return Faults{Absentees: min(300, people/30), WalkIns: min(20, people/50), Orphans: 5, Overfull: 3, Leaked: 4, Twice: 1, Corrected: 1}
}

// planted names what was planted, by kind, as the house would name it.
type planted map[string][]string

func (p planted) add(kind string, id any) { p[kind] = append(p[kind], fmt.Sprint(id)) }

// sorted gives the names in one order, for comparing.
func (p planted) sorted() planted {
	for _, list := range p {
		slices.Sort(list)
	}
	return p
}

// kinds of faults, in the order of the report.
var faultKinds = []string{"absentees", "walk_ins", "orphan_tubes", "overfull_tubes", "leaked_tubes", "results_sent_twice", "results_corrected"}

// stays says why people who were not sampled were not, per thousand of the roll.
var stays = []struct {
	outcome outbreak.Outcome
	per1000 int
}{{outbreak.Excused, 3}, {outbreak.Away, 6}, {outbreak.Refused, 1}, {outbreak.Unreachable, 1}}

// draw picks n of the numbers below most, each once.
func draw(rng *rand.Rand, n, most int, not map[int]bool) []int {
	var picked []int
	for len(picked) < n {
		i := rng.IntN(most)
		if !not[i] {
			not[i] = true
			picked = append(picked, i)
		}
	}
	return picked
}
