package lab

import "math"

// Positivity compares the positives of one laboratory with those of all others on the same areas. Expected is what they would
// have been had each area's tubes been as often positive as at the others (indirect standardisation), Chance the probability
// of a number at least as far off, by the exact two-sided binomial test with Expected/Tubes.
type Positivity struct {
	Tubes    int     `json:"tubes"` // on areas that others tested as well
	Positive int     `json:"positive"`
	Expected float64 `json:"expected"`
	Chance   float64 `json:"chance"`
}

// Funnel limits of 99.8 % mark a laboratory out of control and those of 95 % are for looking twice: D. J. Spiegelhalter, Funnel
// plots for comparing institutional performance, Statistics in Medicine 24 (2005) 1185-1202. An alarm is the outer limit.
const outerLimit = 0.002

// fewest is how many tubes a laboratory must have on common areas before it is compared: below, chance alone looks like anything.
const fewest = 50

// areaCount is what one laboratory found on the tubes of one area.
type areaCount struct {
	lab, area       int64
	tubes, positive int
}

// compare gives each laboratory that can be compared its figures. Areas that only one laboratory tested say nothing.
func compare(counts []areaCount) map[int64]Positivity {
	type sum struct{ tubes, positive int }
	all := map[int64]sum{}
	for _, c := range counts {
		s := all[c.area]
		all[c.area] = sum{s.tubes + c.tubes, s.positive + c.positive}
	}
	found := map[int64]Positivity{}
	for _, c := range counts {
		others := sum{all[c.area].tubes - c.tubes, all[c.area].positive - c.positive}
		if others.tubes == 0 {
			continue
		}
		p := found[c.lab]
		p.Tubes, p.Positive = p.Tubes+c.tubes, p.Positive+c.positive
		p.Expected += float64(c.tubes) * float64(others.positive) / float64(others.tubes)
		found[c.lab] = p
	}
	for lab, p := range found {
		if p.Tubes < fewest {
			delete(found, lab)
			continue
		}
		if p.Expected == 0 { // none at the others: taken as one positive tube less than a half, or every positive would be an alarm
			p.Expected = 0.5
		}
		p.Chance = binomialTest(p.Positive, p.Tubes, p.Expected/float64(p.Tubes))
		found[lab] = p
	}
	return found
}

// binomialTest is the exact two-sided test: the probability, under p, of all numbers of successes that are no likelier than k
// (the "minimum likelihood" method, as R's binom.test has it).
func binomialTest(k, n int, p float64) float64 {
	if p <= 0 || p >= 1 {
		if certain := p >= 1; certain && k == n || !certain && k == 0 {
			return 1
		}
		return 0
	}
	limit := logBinomial(k, n, p) + 1e-7
	var sum float64
	for i := range n + 1 {
		if l := logBinomial(i, n, p); l <= limit {
			sum += math.Exp(l)
		}
	}
	return min(sum, 1)
}

func logBinomial(k, n int, p float64) float64 {
	choose := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return choose(n) - choose(k) - choose(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p)
}
