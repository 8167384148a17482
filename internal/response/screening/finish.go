package screening

import (
	"math"
	"time"

	"breakwater/internal/outbreak"
)

// Stages of a round, in the order things pass them. What is named is where people or tubes wait.
const (
	StageSampling   = "sampling"
	StageTransport  = "transport"
	StageReception  = "reception"  // boxes stand at the laboratory, not booked in
	StageTesting    = "testing"    // booked in, not read
	StageValidation = "validation" // read, not released by a second person
)

// Stage is one place a round can be held up at.
type Stage struct {
	Name    string  `json:"name"`
	Waiting int     `json:"waiting"`  // people at sampling, tubes elsewhere
	PerHour float64 `json:"per_hour"` // that leave it; -1: too little was seen to say
	Basis   string  `json:"basis"`    // measured, capacity (of instruments, nothing having been measured), or none
	Hours   float64 `json:"hours"`    // until everything that is still to pass has passed, by this stage alone; -1: cannot be said
}

// Finish says when a round will be through, by what was measured of late.
type Finish struct {
	Stages     []Stage          `json:"stages"`
	LastSample outbreak.Instant `json:"last_sample"` // empty: cannot be said
	LastResult outbreak.Instant `json:"last_result"` // empty: cannot be said
	Sampled    bool             `json:"sampled"`     // nobody is owed a swab
	Through    bool             `json:"through"`     // and no tube a result
	Bottleneck string           `json:"bottleneck"`  // the stage that holds the last result up; empty: cannot be said, or nothing waits
	Missing    []string         `json:"missing"`     // the stages of which too little was seen
}

// flow is what of a round waits and what was seen to move of late.
type flow struct {
	now      outbreak.Instant
	owed     int     // people who are owed a swab
	perTube  float64 // people in a tube
	transit  int     // tubes on their way
	testing  int     // tubes at laboratories without a result
	window   time.Duration
	seen     minute  // of the window
	unbooked int     // of those on their way: in boxes that stand at a laboratory
	pending  float64 // of those at laboratories: read, not released
	capacity float64 // tubes an hour that instruments can read; 0: not known
}

// fewest is how many must have passed a stage in the window before its rate is a rate: of ten, chance alone makes seven or
// thirteen; and a round that has just begun has none.
const (
	fewest    = 10
	shortWait = 10 * time.Minute
	behind    = 1.1 // times as long as those before it: less is chance
)

// finish works out when the last person is sampled and when the last result is there. Each stage works off what waits before it
// and what is still to come through those before it, at the rate it was seen to have: so long as it keeps up with what comes in,
// that is the time of those before it and the usual wait; and when it does not, its own. The bottleneck is the last stage that does not
// keep up, or at which more waits already than all before it still have to do.
func (f flow) finish() (x Finish) {
	toCome := 0.0 // tubes that are still to be filled
	if f.perTube > 0 {
		toCome = math.Ceil(float64(f.owed) / f.perTube)
	}
	sampling := f.stage(StageSampling, f.owed, float64(f.owed), f.rate(f.seen.people))
	arrival := f.stage(StageTransport, f.transit, float64(f.transit)+toCome, f.rate(f.seen.received))
	if 2*f.unbooked > f.transit {
		arrival.Name = StageReception
	}
	answer := f.stage(StageTesting, f.testing, float64(f.testing+f.transit)+toCome, f.rate(f.seen.resulted))
	if answer.Basis == "none" && f.capacity > 0 {
		answer = f.stage(StageTesting, f.testing, float64(f.testing+f.transit)+toCome, f.capacity)
		answer.Basis = "capacity"
	}
	if 2*f.pending > float64(f.testing) {
		answer.Name = StageValidation
	}
	x.Stages = []Stage{sampling, arrival, answer}
	x.Sampled = f.owed == 0
	x.Through = x.Sampled && f.transit+f.testing == 0
	for _, s := range x.Stages {
		if s.Hours < 0 {
			x.Missing = append(x.Missing, s.Name)
		}
	}
	if !x.Sampled && sampling.Hours >= 0 {
		x.LastSample = f.after(sampling.Hours)
	}
	if len(x.Missing) > 0 || x.Through {
		return x
	}
	hours := 0.0
	for i, s := range x.Stages {
		if s.Hours == 0 {
			continue
		}
		own := float64(s.Waiting) / s.PerHour // what waits here already
		if hours == 0 || own > hours || s.Hours-own > behind*hours {
			x.Bottleneck = s.Name
		}
		usual := []float64{0, f.lag(), own}[i]
		hours = max(hours+usual, s.Hours)
	}
	x.LastResult = f.after(hours)
	return x
}

// stage gives a place at which so many wait, and through which so much is still to pass.
func (f flow) stage(name string, waiting int, toPass, perHour float64) Stage {
	s := Stage{Name: name, Waiting: waiting, PerHour: perHour, Basis: "measured", Hours: -1}
	switch {
	case perHour <= 0:
		s.PerHour, s.Basis = -1, "none"
		if toPass == 0 {
			s.Hours = 0
		}
	default:
		s.Hours = toPass / perHour
	}
	return s
}

// rate is how many an hour passed in the window; 0 when too few did or the window is too short.
func (f flow) rate(n int32) float64 {
	if n < fewest || f.window < shortWait {
		return 0
	}
	return float64(n) / f.window.Hours()
}

// lag is how many hours the tubes that came in within the window were on their way.
func (f flow) lag() float64 {
	if f.seen.received == 0 {
		return 0
	}
	return float64(f.seen.lag) / float64(f.seen.received) / 3600
}

func (f flow) after(hours float64) outbreak.Instant {
	return f.now.Add(time.Duration(hours * float64(time.Hour)))
}
