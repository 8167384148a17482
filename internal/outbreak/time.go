package outbreak

import (
	"sync/atomic"
	"time"
)

// Instant is a point in time: milliseconds since 1970-01-01 UTC, as every table stores it. Zero means "not yet" or "never".
// Shown to people it is turned into the time zone of the area it belongs to.
type Instant int64

// At makes an Instant of a Go time.
func At(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMilli())
}

// Time gives the Go time in UTC; the zero time for none.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// Add gives the instant d later.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }

// Sub gives the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Millisecond }

// Minute cuts the instant to its minute; boards count hot things by minute of birth.
func (i Instant) Minute() Instant { return i - i%60000 }

// String writes RFC 3339 in UTC.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format("2006-01-02T15:04:05.999Z07:00")
}

// MarshalText writes RFC 3339; empty for none.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads RFC 3339.
func (i *Instant) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*i = 0
		return nil
	}
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return Refuse(Invalid, "kernel.time_wrong")
	}
	*i = At(t)
	return nil
}

// Clock tells the time. Facts and deadlines use the outbreak's clock, which a demo may run fast; sessions, tokens and
// back-off use the wall clock.
type Clock interface{ Now() Instant }

// WallClock is the machine's clock. It is the one place in the house that asks for the time.
type WallClock struct{}

// Now gives the machine's time.
func (WallClock) Now() Instant { return At(time.Now()) }

// Stopwatch gives how long ago it was called, by a clock that nobody sets: for measuring our own work, never for facts.
func Stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// FastClock starts at an instant and runs speed times as fast as the wall.
type FastClock struct {
	wall  Clock
	zero  Instant
	start Instant
	speed float64
}

// NewFastClock makes a clock that shows start now and runs speed times as fast as wall.
func NewFastClock(wall Clock, start Instant, speed float64) *FastClock {
	return &FastClock{wall: wall, zero: wall.Now(), start: start, speed: speed}
}

// Now gives the accelerated time.
func (c *FastClock) Now() Instant {
	return c.start + Instant(float64(c.wall.Now()-c.zero)*c.speed)
}

// HandClock stands still until it is moved; tests and scenarios hold it.
type HandClock struct{ now atomic.Int64 }

// NewHandClock makes a clock that shows start.
func NewHandClock(start Instant) *HandClock {
	c := &HandClock{}
	c.now.Store(int64(start))
	return c
}

// Now gives the time the clock was last set to.
func (c *HandClock) Now() Instant { return Instant(c.now.Load()) }

// Move turns the clock forward.
func (c *HandClock) Move(d time.Duration) { c.now.Add(d.Milliseconds()) }

// MoveTo turns the clock forward to an instant; it never goes back.
func (c *HandClock) MoveTo(to Instant) {
	for {
		now := c.now.Load()
		if int64(to) <= now || c.now.CompareAndSwap(now, int64(to)) {
			return
		}
	}
}

// Deadline is a clock that runs: it started with an event and ends when its protocol says.
type Deadline struct {
	From Instant
	Due  Instant // 0: the protocol names no limit
}

// Past tells whether the deadline is over at now.
func (d Deadline) Past(now Instant) bool { return d.Due != 0 && now > d.Due }
