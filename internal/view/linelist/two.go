package linelist

import "math"

// Estimate is a figure with its 95% interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// TwoByTwo compares those with something with those without it. docs/method/linelist.md has the formulas and their sources.
type TwoByTwo struct {
	A int `json:"a"` // exposed, with the outcome
	B int `json:"b"` // exposed, without it
	C int `json:"c"` // not exposed, with the outcome
	D int `json:"d"` // not exposed, without it

	Exposed   *Estimate `json:"exposed"`   // attack rate of the exposed; nil: there are none
	Unexposed *Estimate `json:"unexposed"` // of the others
	RiskRatio *Estimate `json:"risk_ratio"`
	OddsRatio *Estimate `json:"odds_ratio"`
	Corrected bool      `json:"corrected"` // a cell is empty: a half was added to each for the ratios
}

// z is the normal deviate of a 95% interval.
const z = 1.959963984540054

// Compare works the figures of a two-by-two table out.
func Compare(a, b, c, d int) TwoByTwo {
	t := TwoByTwo{A: a, B: b, C: c, D: d, Exposed: proportion(a, a+b), Unexposed: proportion(c, c+d)}
	if a+b == 0 || c+d == 0 || a+c == 0 || b+d == 0 {
		return t
	}
	p, q, r, s := float64(a), float64(b), float64(c), float64(d)
	if t.Corrected = a == 0 || b == 0 || c == 0 || d == 0; t.Corrected {
		p, q, r, s = p+0.5, q+0.5, r+0.5, s+0.5
	}
	t.RiskRatio = ratio((p/(p+q))/(r/(r+s)), 1/p-1/(p+q)+1/r-1/(r+s))
	t.OddsRatio = ratio(p*s/(q*r), 1/p+1/q+1/r+1/s)
	return t
}

// ratio gives a ratio with the interval of its logarithm.
func ratio(value, variance float64) *Estimate {
	se := math.Sqrt(variance)
	return &Estimate{value, value * math.Exp(-z*se), value * math.Exp(z*se)}
}

// proportion gives a share with Wilson's interval; nil of nobody.
func proportion(k, n int) *Estimate {
	if n == 0 {
		return nil
	}
	p, m := float64(k)/float64(n), float64(n)
	centre, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return &Estimate{p, max((centre-half)/(1+z*z/m), 0), min((centre+half)/(1+z*z/m), 1)}
}

// per gives a share of a population for so many people.
func per(k, n int, people float64) *Estimate {
	e := proportion(k, n)
	if e == nil {
		return nil
	}
	return &Estimate{e.Value * people, e.Low * people, e.High * people}
}
