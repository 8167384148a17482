package linelist_test

import (
	"math"
	"testing"

	"breakwater/internal/view/linelist"
)

// TestTwoByTwo checks published figures: the outbreak of Oswego, New York, 1940 (Gross 1976), vanilla ice cream: 43 of 54 who ate it
// fell ill, 3 of 21 who did not; risk ratio 5.57 (1.94-16.03), odds ratio 23.45 (5.84-94.18).
func TestTwoByTwo(t *testing.T) {
	o := linelist.Compare(43, 11, 3, 18)
	near := func(what string, got *linelist.Estimate, value, low, high float64) {
		t.Helper()
		if got == nil || math.Abs(got.Value-value) > 0.01 || math.Abs(got.Low-low) > 0.01 || math.Abs(got.High-high) > 0.01 {
			t.Errorf("%s: %+v, want %v (%v-%v)", what, got, value, low, high)
		}
	}
	near("risk ratio", o.RiskRatio, 5.57, 1.94, 16.03)
	near("odds ratio", o.OddsRatio, 23.45, 5.84, 94.18)
	near("attack rate", o.Exposed, 43.0/54, 0.671, 0.882) // Wilson
	if o.Corrected {
		t.Error("no cell is empty")
	}
	empty := linelist.Compare(10, 0, 5, 5)
	if !empty.Corrected || empty.OddsRatio == nil || math.IsInf(empty.OddsRatio.Value, 0) || empty.OddsRatio.Value != 10.5*5.5/(0.5*5.5) {
		t.Errorf("an empty cell: %+v", empty.OddsRatio)
	}
	for _, none := range []linelist.TwoByTwo{linelist.Compare(0, 0, 1, 2), linelist.Compare(0, 3, 0, 2), linelist.Compare(0, 0, 0, 0)} {
		if none.RiskRatio != nil || none.OddsRatio != nil {
			t.Errorf("a ratio of nothing: %+v", none)
		}
	}
}
