package outbreak

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anInstant(t *rapid.T) Instant {
	return Instant(rapid.Int64Range(1, 4_102_444_800_000).Draw(t, "instant")) // up to the year 2100
}

func TestAnInstantIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := anInstant(t)
		text, err := i.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Instant
		if err := back.UnmarshalText(text); err != nil || back != i {
			t.Fatalf("%s came back as %d instead of %d: %v", text, back, i, err)
		}
		if At(i.Time()) != i {
			t.Fatalf("%d through a Go time is %d", i, At(i.Time()))
		}
		if m := i.Minute(); m > i || i-m >= 60_000 || m%60_000 != 0 {
			t.Fatalf("the minute of %s is %s", i, m)
		}
	})
}

func TestATimeThatIsNoneIsRefused(t *testing.T) {
	for _, s := range []string{"yesterday", "2022-03-14", "2022-03-14 08:00:00", "1647216000"} {
		var i Instant
		if err := i.UnmarshalText([]byte(s)); KindOf(err) != Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAHandClockStandsUntilItIsMoved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := anInstant(t)
		c := NewHandClock(start)
		var moved time.Duration
		for _, ms := range rapid.SliceOf(rapid.Int64Range(0, 1e9)).Draw(t, "moves") {
			d := time.Duration(ms) * time.Millisecond
			c.Move(d)
			moved += d
			if c.Now() != start.Add(moved) {
				t.Fatalf("%s after %s is %s", start, moved, c.Now())
			}
		}
	})
}

func TestAFastClockRunsInProportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wall := NewHandClock(anInstant(t))
		start := anInstant(t)
		speed := float64(rapid.IntRange(1, 10_000).Draw(t, "speed"))
		c := NewFastClock(wall, start, speed)
		if c.Now() != start {
			t.Fatalf("it starts at %s instead of %s", c.Now(), start)
		}
		passed := time.Duration(rapid.Int64Range(0, 86_400_000).Draw(t, "passed")) * time.Millisecond
		wall.Move(passed)
		if want := start.Add(passed * time.Duration(speed)); c.Now() != want {
			t.Fatalf("after %s at %v times it is %s instead of %s", passed, speed, c.Now(), want)
		}
	})
}

func TestADeadlineWithoutLimitIsNeverPast(t *testing.T) {
	p := Protocol{Values: map[string]Value{
		"clock.core_info": {Type: "duration", Number: 4, Unit: "h"},
		"clock.rumour":    {Type: "duration", Number: 4, Unit: "h", Status: StatusNotVerified},
		"pool.size":       {Type: "number", Number: 10},
	}}
	from := Instant(1_647_216_000_000)
	for key, due := range map[string]Instant{"clock.core_info": from.Add(4 * time.Hour), "clock.rumour": 0, "clock.unknown": 0, "pool.size": 0} {
		d := p.Deadline(key, from)
		if d.From != from || d.Due != due {
			t.Errorf("%s: %+v", key, d)
		}
		if past := d.Past(from.Add(5 * time.Hour)); past != (due != 0) {
			t.Errorf("%s after five hours: past is %v", key, past)
		}
		if d.Past(d.Due) {
			t.Errorf("%s is past at its own minute", key)
		}
	}
}
