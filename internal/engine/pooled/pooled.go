package pooled

import "math"

// Pools are the pools of one size.
type Pools struct {
	Size     int // people in each
	Tested   int // with a valid result
	Positive int // of them
}

// Estimate is a share of people with its interval.
type Estimate struct {
	Pools    int // tested
	Positive int
	People   int     // in the pools
	P        float64 // the most likely share of infected people
	Lower    float64
	Upper    float64
}

// Prevalence estimates the share of infected people with an interval of a confidence, 0.95 for example. Without a single
// positive the estimate is 0 and the upper end is exact: with a larger share, not one positive would be rarer than half of what
// the confidence leaves. Where every pool is positive the same holds the other way round. False when no pool was tested.
func Prevalence(pools []Pools, confidence float64) (e Estimate, ok bool) {
	l := newLikelihood(pools)
	e.Pools, e.Positive, e.People = l.tested, l.positive, l.people
	if l.tested == 0 {
		return e, false
	}
	tail := math.Log((1 - confidence) / 2)
	switch l.positive {
	case 0:
		e.Upper = share(-tail / float64(l.people))
	case l.tested:
		e.P, e.Upper = 1, 1
		e.Lower = share(root(func(h float64) float64 { return l.at(h) - tail }, least, most))
	default:
		best := l.most()
		drop := math.Erfinv(confidence)
		level := l.at(best) - drop*drop // z = √2·erfinv, and twice the logarithm falls by z²
		short := func(h float64) float64 { return l.at(h) - level }
		e.P, e.Lower, e.Upper = share(best), share(root(short, least, best)), share(root(short, best, most))
	}
	return e, true
}

// Corrected gives the estimate with Firth's correction, which on average is nearer to the truth than the most likely share when
// positives are few. It is 1 nowhere, even where every pool is positive.
func Corrected(pools []Pools) (p float64, ok bool) {
	l := newLikelihood(pools)
	if l.tested == 0 {
		return 0, false
	}
	if l.positive == 0 {
		return 0, true
	}
	return share(root(l.corrected, least, most)), true
}

// A share p is worked on as h = -ln(1-p): of two groups side by side it is the sum.
const (
	least = 1e-15
	most  = 40.0
)

func share(h float64) float64 { return -math.Expm1(-h) }

// likelihood is what pools say of h.
type likelihood struct {
	pools                    []Pools
	tested, positive, people int
	clear                    float64 // people in negative pools
}

func newLikelihood(pools []Pools) (l likelihood) {
	for _, p := range pools {
		if p.Size < 1 || p.Tested < 1 {
			continue
		}
		p.Positive = max(min(p.Positive, p.Tested), 0)
		l.pools = append(l.pools, p)
		l.tested += p.Tested
		l.positive += p.Positive
		l.people += p.Size * p.Tested
		l.clear += float64(p.Size * (p.Tested - p.Positive))
	}
	return l
}

// at is the logarithm of the likelihood.
func (l likelihood) at(h float64) float64 {
	sum := -h * l.clear
	for _, p := range l.pools {
		if p.Positive > 0 {
			sum += float64(p.Positive) * math.Log(-math.Expm1(-float64(p.Size)*h))
		}
	}
	return sum
}

// slope is its derivative, which falls from above zero to below.
func (l likelihood) slope(h float64) float64 {
	sum := -l.clear
	for _, p := range l.pools {
		if p.Positive > 0 {
			sum += float64(p.Positive*p.Size) / math.Expm1(float64(p.Size)*h)
		}
	}
	return sum
}

func (l likelihood) most() float64 { return root(l.slope, least, most) }

// corrected is the slope with Firth's correction: the bias of the estimate, Σ part·(k-1) / 2I² with the information
// I = Σ part = Σ n·k²·(1-p)^(k-2) / (1-(1-p)^k), is taken off the score.
func (l likelihood) corrected(h float64) float64 {
	var info, bias float64
	for _, p := range l.pools {
		k, n := float64(p.Size), float64(p.Tested)
		part := n * k * k * math.Exp(-(k-2)*h) / -math.Expm1(-k*h)
		info, bias = info+part, bias+part*(k-1)
	}
	return l.slope(h) - bias/info/2
}

// root finds where a continuous function that changes its sign between two points does so; by halving the logarithm, since
// shares are small.
func root(f func(float64) float64, low, high float64) float64 {
	rising := f(high) > f(low)
	a, b := math.Log(low), math.Log(high)
	for range 200 {
		mid := (a + b) / 2
		if (f(math.Exp(mid)) > 0) == rising {
			b = mid
		} else {
			a = mid
		}
	}
	return math.Exp((a + b) / 2)
}
