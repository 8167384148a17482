package lab

import (
	"slices"

	"breakwater/internal/outbreak"
)

// Step is what is done with what a run says of a tube.
type Step string

// The steps.
const (
	ReportIt      Step = "report"         // the result is reported when the run is released
	RepeatRun     Step = "repeat_run"     // the same extract again
	RepeatExtract Step = "repeat_extract" // extracted again from the same tube
	NewSample     Step = "new_sample"     // reported as it is: the person is swabbed again
	NoStep        Step = "none"           // the run gives no results
)

// RetestKey names the protocol's list of steps for a tube that is neither positive nor negative: the first time, the second
// time, and so on. What comes after the last one, or without a list, is a new sample.
const RetestKey = "lab.retest"

// next is the step after a call, when the tube was neither positive nor negative in `before` runs until now.
func next(p outbreak.Protocol, call outbreak.Result, before int) Step {
	if call == outbreak.Positive || call == outbreak.Negative {
		return ReportIt
	}
	steps := p.List(RetestKey)
	if v := p.Values[RetestKey]; !v.Known() || before >= len(steps) {
		return NewSample
	}
	return Step(steps[before])
}

// waits tells whether the step keeps the result back.
func (s Step) waits() bool { return s == RepeatRun || s == RepeatExtract }

// agree gives what several wells of one tube say together: the same, or that it cannot be told.
func agree(calls []outbreak.Result) outbreak.Result {
	if len(calls) == 0 || slices.ContainsFunc(calls, func(c outbreak.Result) bool { return c != calls[0] }) {
		return outbreak.Indeterminate
	}
	return calls[0]
}

// standing is what still stands of everything said of a tube when the runs in voided are taken away: the last statement that
// came out of none of them and was not itself made by voiding one. Nothing left is invalid: the tube gave no result.
func standing(said []Result, voided map[outbreak.RunID]bool) outbreak.Result {
	for _, r := range slices.Backward(said) {
		if r.Voids == 0 && !voided[r.Run] {
			return r.Result
		}
	}
	return outbreak.InvalidResult
}
