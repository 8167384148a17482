package screening

import "breakwater/internal/outbreak"

// tubeState is what decides the outcome of a tube's members.
type tubeState struct {
	single  bool
	spoiled bool
	result  outbreak.Result // empty: none yet
}

// outcomeOf decides where a person stands from the tubes the person is in and what was recorded otherwise.
//
// A result of the person's own single tube settles it. A positive or indeterminate pool leaves it open until then, whatever
// other pools say. A negative pool is a valid result. A tube still under way waits. Only when every tube is gone or invalid
// is the person to be sampled again; only without any tube does the recorded outcome count.
func outcomeOf(tubes []tubeState, recorded outbreak.Outcome) outbreak.Outcome {
	var negative, waiting, open bool
	for _, t := range tubes {
		switch {
		case t.single && (t.result == outbreak.Positive || t.result == outbreak.Negative):
			return outbreak.ValidResult
		case !t.single && (t.result == outbreak.Positive || t.result == outbreak.Indeterminate):
			open = true
		case t.result == outbreak.Negative:
			negative = true
		case t.result == "" && !t.spoiled:
			waiting = true
		}
	}
	switch {
	case open:
		return outbreak.Awaiting
	case negative:
		return outbreak.ValidResult
	case waiting:
		return outbreak.Awaiting
	case len(tubes) > 0:
		return outbreak.SampleAgain
	case recorded != "":
		return recorded
	}
	return outbreak.Unknown
}

// recordable are the outcomes a person may record by hand.
var recordable = []outbreak.Outcome{outbreak.Excused, outbreak.Refused, outbreak.Away, outbreak.Unreachable}
