package registry

import (
	"time"

	"breakwater/internal/outbreak"
)

// Precision is how exactly somebody knows when a visit began or ended.
type Precision string

// The precisions of an end. Its instant is the beginning of the minute, hour, half-day or day that was named, in UTC: whoever
// takes a date down turns it into the instant its local day begins.
const (
	ToMinute  Precision = "minute"
	ToHour    Precision = "hour"
	ToHalfDay Precision = "half_day"
	ToDay     Precision = "day"
	NotKnown  Precision = "unknown"
)

// Precisions lists them from the finest.
var Precisions = []Precision{ToMinute, ToHour, ToHalfDay, ToDay, NotKnown}

// width is how long the named piece of time is.
var width = map[Precision]time.Duration{ToMinute: time.Minute, ToHour: time.Hour, ToHalfDay: 12 * time.Hour, ToDay: 24 * time.Hour}

// Begin gives the beginning of the minute, hour, half-day or day a time lies in, in its own time zone.
func (p Precision) Begin(t time.Time) time.Time {
	hour, minute := t.Hour(), t.Minute()
	switch p {
	case ToHour:
		minute = 0
	case ToHalfDay:
		hour, minute = hour/12*12, 0
	case ToDay:
		hour, minute = 0, 0
	}
	return time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, t.Location())
}

// longestStay is how long a visit may have been one end of which nobody knows.
const longestStay = 24 * time.Hour

// When is when a visit was, as far as anybody knows.
type When struct {
	From          outbreak.Instant `json:"from"`
	FromPrecision Precision        `json:"from_precision"`
	To            outbreak.Instant `json:"to"`
	ToPrecision   Precision        `json:"to_precision"`
}

// Span is a stretch of time from its first instant to the one after its last; none when it is empty.
type Span struct {
	From outbreak.Instant `json:"from"`
	To   outbreak.Instant `json:"to"`
}

// Length is how long it is; never negative.
func (s Span) Length() time.Duration { return max(s.To.Sub(s.From), 0) }

func (s Span) and(o Span) Span { return Span{max(s.From, o.From), min(s.To, o.To)}.tidy() }

// tidy makes an empty span the one empty span.
func (s Span) tidy() Span {
	if s.To <= s.From {
		return Span{}
	}
	return s
}

// Possible is the time in which the person may have been there: the visit lies within it, whatever the truth is.
func (w When) Possible() Span {
	from, to := w.From, w.To.Add(width[w.ToPrecision])
	if w.FromPrecision == NotKnown { // it may have ended at the beginning of what was named
		from = w.To.Add(-longestStay)
	}
	if w.ToPrecision == NotKnown {
		to = w.From.Add(width[w.FromPrecision] + longestStay)
	}
	return Span{from, to}.tidy()
}

// Certain is the time in which the person was there for sure: the visit contains it, whatever the truth is.
func (w When) Certain() Span {
	if w.FromPrecision == NotKnown || w.ToPrecision == NotKnown {
		return Span{}
	}
	return Span{w.From.Add(width[w.FromPrecision]), w.To}.tidy()
}

// PossibleOverlap is the time in which two visits may have met: when it is empty they did not.
func PossibleOverlap(a, b When) Span { return a.Possible().and(b.Possible()) }

// CertainOverlap is the time in which two visits met for sure.
func CertainOverlap(a, b When) Span { return a.Certain().and(b.Certain()) }

// check refuses times that say nothing, or that cannot be.
func (w When) check(now outbreak.Instant) error {
	for _, p := range []Precision{w.FromPrecision, w.ToPrecision} {
		if _, known := width[p]; !known && p != NotKnown {
			return outbreak.Refuse(outbreak.Invalid, "registry.visit_precision")
		}
	}
	if w.FromPrecision == NotKnown && w.ToPrecision == NotKnown {
		return outbreak.Refuse(outbreak.Invalid, "registry.visit_when")
	}
	if w.Possible() == (Span{}) {
		return outbreak.Refuse(outbreak.Invalid, "registry.visit_backwards")
	}
	if w.FromPrecision != NotKnown && w.From > now.Add(outbreak.Drift) || w.ToPrecision != NotKnown && w.To > now.Add(outbreak.Drift) {
		return outbreak.Refuse(outbreak.Invalid, "registry.visit_future")
	}
	return nil
}

// tidy leaves no instant at an end nobody knows.
func (w When) tidy() When {
	if w.FromPrecision == NotKnown {
		w.From = 0
	}
	if w.ToPrecision == NotKnown {
		w.To = 0
	}
	return w
}
