package screening

import (
	"math/rand/v2"
	"testing"
)

func TestNobodyIsNamedByChance(t *testing.T) {
	limits := qualityLimits{invalid: 0.02, cycles: 32}
	well := func(cycles ...int64) (q SwabQuality) {
		for _, c := range cycles {
			q = q.sum(SwabQuality{Wells: 1, cycles: c, spreadOf: 1, squares: c * c / 100})
		}
		return q
	}
	repeat := func(n int, cycles ...int64) (all []int64) {
		for range n {
			all = append(all, cycles...)
		}
		return all
	}
	for _, c := range []struct {
		why   string
		q     SwabQuality
		hands int
		poor  string
	}{
		{"the only tube", SwabQuality{Tested: 1, Invalid: 1}, 1, ""},
		{"all of too few", SwabQuality{Tested: 19, Invalid: 19}, 1, ""},
		{"every fifth", SwabQuality{Tested: 100, Invalid: 20}, 1, PoorInvalid},
		{"every fifth, among thousands", SwabQuality{Tested: 100, Invalid: 20}, 6000, PoorInvalid},
		{"unlucky alone", SwabQuality{Tested: 100, Invalid: 7}, 1, PoorInvalid},
		{"as unlucky as one of thousands is", SwabQuality{Tested: 100, Invalid: 7}, 6000, ""},
		{"late in a few", well(repeat(29, 3600)...), 1, ""},
		{"late", well(repeat(30, 3600)...), 1, PoorLate},
		{"late, widely spread", well(repeat(15, 2300, 4300)...), 1, ""},
		{"late in many, widely spread", well(repeat(500, 2300, 4300)...), 1, PoorLate},
		{"at the limit", well(repeat(1000, 3200)...), 1, ""},
	} {
		if got := c.q.judge(limits, c.hands).Poor; got != c.poor {
			t.Errorf("%s: %q, not %q", c.why, got, c.poor)
		}
	}
	if named := namedOf(6000, 0.02, limits); named > 2 {
		t.Errorf("of 6,000 hands at the limit %d are named", named)
	}
}

// namedOf draws hands whose tubes are invalid by chance alone, and counts who is named.
func namedOf(hands int, share float64, l qualityLimits) (named int) {
	r := rand.New(rand.NewPCG(1, 2))
	for range hands {
		q := SwabQuality{Tested: 200}
		for range q.Tested {
			q.Invalid += one(r.Float64() < share)
		}
		named += one(q.judge(l, hands).Poor != "")
	}
	return named
}
