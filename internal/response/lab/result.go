package lab

import (
	"slices"

	"breakwater/internal/outbreak"
)

// Result is one revision of what a laboratory said of a tube.
type Result struct {
	Tube       outbreak.TubeCode `json:"tube"`
	Revision   int               `json:"revision"`
	Result     outbreak.Result   `json:"result"`
	Lab        outbreak.LabID    `json:"lab"`
	RanAt      outbreak.Instant  `json:"ran_at"`
	RecordedAt outbreak.Instant  `json:"recorded_at"`
	Message    string            `json:"message"`
	Batch      outbreak.BatchID  `json:"batch"`
	Run        outbreak.RunID    `json:"run"`   // which it came out of; empty: it was reported without one
	Voids      outbreak.RunID    `json:"voids"` // the voided run that made it necessary
}

// Report is what a sender says of one tube.
type Report struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Result  outbreak.Result   `json:"result"`
	RanAt   outbreak.Instant  `json:"ran_at"`
	Message string            `json:"message,omitempty"` // the sender's own id of this statement
}

// tidy folds and checks a report at the time now.
func (r Report) tidy(now outbreak.Instant) (Report, error) {
	code := r.Tube.Canonical()
	if code == "" {
		return r, outbreak.Refuse(outbreak.Invalid, "lab.tube_code")
	}
	r.Tube = code
	if !slices.Contains(outbreak.Results, r.Result) {
		return r, outbreak.Refuse(outbreak.Invalid, "lab.result_word")
	}
	if r.RanAt == 0 {
		r.RanAt = now
	}
	if r.RanAt > now.Add(outbreak.Drift) {
		return r, outbreak.Refuse(outbreak.Invalid, "lab.ran_in_future", "tube", code)
	}
	return r, nil
}

// verdict is what a report means beside what was said before.
type verdict int

const (
	first    verdict = iota
	repeated         // the same statement again
	affirmed         // another run with the same result
	revised          // another result: what followed from the old one must follow again
)

// judge compares a report with the revisions of its tube, the last of which counts.
func (r Report) judge(lab outbreak.LabID, before []Result) verdict {
	for _, b := range before {
		if b.Lab == lab && b.Result == r.Result && (r.Message != "" && b.Message == r.Message || r.Message == "" && b.RanAt == r.RanAt) {
			return repeated
		}
	}
	switch {
	case len(before) == 0:
		return first
	case before[len(before)-1].Result == r.Result:
		return affirmed
	}
	return revised
}
