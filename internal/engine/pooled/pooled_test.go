package pooled_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"breakwater/internal/engine/pooled"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within || math.IsNaN(got) {
		t.Errorf("%s is %.8g, not %.8g", what, got, want)
	}
}

// Pools of one size have a solution in closed form (Chiang and Reeves 1962): 1-(1-x/n)^(1/k). With Firth's correction it is that
// of Burrows (Phytopathology 77 (1987) 363-365), as Hepworth and Biggerstaff (2017) show.
func TestPoolsOfOneSizeHaveTheKnownSolutions(t *testing.T) {
	for _, c := range []struct{ k, n, x int }{{1, 100, 10}, {10, 200, 3}, {20, 50, 25}, {5, 1000, 1}, {50, 12, 11}, {10, 240_000, 7}} {
		pools := []pooled.Pools{{Size: c.k, Tested: c.n, Positive: c.x}}
		k, n, x := float64(c.k), float64(c.n), float64(c.x)
		e, ok := pooled.Prevalence(pools, 0.95)
		if !ok || e.People != c.k*c.n {
			t.Fatalf("%+v: %+v", c, e)
		}
		want := -math.Expm1(math.Log1p(-x/n) / k)
		near(t, "the most likely share", e.P, want, 1e-10)
		if !(e.Lower < e.P && e.P < e.Upper) {
			t.Errorf("%+v: %v is not within %v to %v", c, e.P, e.Lower, e.Upper)
		}
		p, _ := pooled.Corrected(pools)
		near(t, "the corrected share", p, -math.Expm1(math.Log1p(-x/(n+(k-1)/(2*k)))/k), 1e-9)
	}
}

// The interval of a pool of one size is that of the binomial share of positive pools, carried over: for 10 of 100 the likelihood
// ratio gives 0.0508 to 0.1686 (A. Agresti, Categorical Data Analysis, section 1.4, has the method).
func TestTheIntervalOfPoolsOfOneSizeIsThatOfTheBinomial(t *testing.T) {
	one, _ := pooled.Prevalence([]pooled.Pools{{Size: 1, Tested: 100, Positive: 10}}, 0.95)
	ten, _ := pooled.Prevalence([]pooled.Pools{{Size: 10, Tested: 100, Positive: 10}}, 0.95)
	ratio := func(p float64) float64 { return 2 * (10*math.Log(0.1/p) + 90*math.Log(0.9/(1-p))) }
	for _, end := range []float64{one.Lower, one.Upper} {
		near(t, "twice the logarithm of the ratio at an end", ratio(end), 3.841458821, 1e-6)
	}
	near(t, "the lower end carried over", ten.Lower, 1-math.Pow(1-one.Lower, 0.1), 1e-10)
	near(t, "the upper end carried over", ten.Upper, 1-math.Pow(1-one.Upper, 0.1), 1e-10)
}

func TestWithoutAPositiveTheUpperEndIsExact(t *testing.T) {
	e, ok := pooled.Prevalence([]pooled.Pools{{Size: 10, Tested: 90}, {Size: 1, Tested: 50}, {Size: 5, Tested: 10}}, 0.95)
	if !ok || e.P != 0 || e.Lower != 0 || e.People != 1000 {
		t.Fatalf("%+v", e)
	}
	near(t, "not one positive at the upper end", math.Pow(1-e.Upper, 1000), 0.025, 1e-9)
	if p, ok := pooled.Corrected([]pooled.Pools{{Size: 10, Tested: 90}}); p != 0 || !ok {
		t.Error(p, ok)
	}
}

func TestWhereEveryPoolIsPositiveTheLowerEndIsExact(t *testing.T) {
	e, ok := pooled.Prevalence([]pooled.Pools{{Size: 10, Tested: 8, Positive: 8}, {Size: 1, Tested: 2, Positive: 2}}, 0.95)
	if !ok || e.P != 1 || e.Upper != 1 {
		t.Fatalf("%+v", e)
	}
	near(t, "nothing but positives at the lower end", math.Pow(1-math.Pow(1-e.Lower, 10), 8)*e.Lower*e.Lower, 0.025, 1e-9)
}

func TestNothingTestedSaysNothing(t *testing.T) {
	if _, ok := pooled.Prevalence([]pooled.Pools{{Size: 10}, {Size: 0, Tested: 3}}, 0.95); ok {
		t.Error("an estimate of nothing")
	}
	if _, ok := pooled.Corrected(nil); ok {
		t.Error("an estimate of nothing")
	}
}

// At the most likely share the expected number of infected people per positive pool accounts for all: the equation of Walter,
// Hildreth and Beaty (1980), Σ k·x/(1-(1-p)^k) = Σ k·n.
func TestMixedSizesSolveTheEquation(t *testing.T) {
	pools := []pooled.Pools{{Size: 50, Tested: 8, Positive: 4}, {Size: 25, Tested: 12, Positive: 3}, {Size: 10, Tested: 30, Positive: 2}, {Size: 1, Tested: 40, Positive: 1}}
	e, _ := pooled.Prevalence(pools, 0.95)
	var left, right float64
	for _, p := range pools {
		k := float64(p.Size)
		left += k * float64(p.Positive) / (1 - math.Pow(1-e.P, k))
		right += k * float64(p.Tested)
	}
	near(t, "the sum over positive pools", left, right, 1e-6*right)
	split := append([]pooled.Pools{{Size: 25, Tested: 5, Positive: 3}, {Size: 25, Tested: 7}}, pools[0], pools[2], pools[3])
	other, _ := pooled.Prevalence(split, 0.95)
	near(t, "the share of the same pools in other lines", other.P, e.P, 1e-12)
}

// Over many drawn rounds the interval holds the truth about as often as it says, and the corrected estimate is right on average.
func TestDrawnRoundsAreCoveredAsOftenAsSaid(t *testing.T) {
	const rounds = 3000
	for _, truth := range []float64{0.0005, 0.004, 0.03} {
		draw := rand.New(rand.NewPCG(7, uint64(truth*1e6)))
		held, corrected, likely := 0, 0.0, 0.0
		for range rounds {
			pools := []pooled.Pools{{Size: 1, Tested: 60}, {Size: 5, Tested: 80}, {Size: 10, Tested: 150}, {Size: 20, Tested: 60}}
			for i, p := range pools {
				for range p.Tested {
					if draw.Float64() < 1-math.Pow(1-truth, float64(p.Size)) {
						pools[i].Positive++
					}
				}
			}
			e, _ := pooled.Prevalence(pools, 0.95)
			if e.Lower <= truth && truth <= e.Upper {
				held++
			}
			p, _ := pooled.Corrected(pools)
			corrected, likely = corrected+p, likely+e.P
		}
		if share := float64(held) / rounds; share < 0.93 || share > 0.985 {
			t.Errorf("at %v the interval holds the truth in %.3f of the rounds", truth, share)
		}
		spread := math.Sqrt(truth / (3160 * rounds)) // of the mean, nearly
		near(t, "the mean of the corrected shares", corrected/rounds, truth, 4*spread)
		if likely < corrected {
			t.Errorf("at %v the most likely share is below the corrected one on average", truth)
		}
	}
}
