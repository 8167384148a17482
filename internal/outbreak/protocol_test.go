package outbreak

import (
	"testing"
	"time"
)

// TestAClockThatRunsNeverEndsLaterByItself holds what a new edition does to a clock, for every order of the two ends and for
// values and clocks without a limit.
func TestAClockThatRunsNeverEndsLaterByItself(t *testing.T) {
	const from = Instant(1_647_216_000_000)
	value := func(hours float64, applies Applies) Protocol {
		v := Value{Key: "k", Type: "duration", Number: hours, Unit: "h", Status: StatusPlanning, Applies: applies}
		if hours == 0 {
			v.Status = StatusNotVerified
		}
		return Protocol{Values: map[string]Value{"k": v}}
	}
	due := func(hours int) Instant {
		if hours == 0 {
			return 0
		}
		return from.Add(time.Duration(hours) * time.Hour)
	}
	for _, c := range []struct {
		why     string
		was     int
		now     float64
		applies Applies
		at      int
		want    int
		turn    Turn
	}{
		{"shorter, and it applies", 4, 2, AppliesRunning, 1, 2, Sooner},
		{"shorter, when that end is past", 4, 2, AppliesRunning, 3, 3, Sooner},
		{"shorter, when its own end is past", 4, 2, AppliesRunning, 5, 4, Unturned},
		{"shorter, for what begins", 4, 2, AppliesNew, 1, 4, Unturned},
		{"longer", 4, 9, AppliesRunning, 1, 4, Kept},
		{"longer, for what begins", 4, 9, AppliesNew, 1, 4, Unturned},
		{"the same", 4, 4, AppliesRunning, 1, 4, Unturned},
		{"no limit any more", 4, 0, AppliesRunning, 1, 4, Kept},
		{"a limit where there was none", 0, 4, AppliesRunning, 1, 4, Sooner},
		{"none before and after", 0, 0, AppliesRunning, 1, 0, Unturned},
	} {
		got, turn := value(c.now, c.applies).Rerun("k", Deadline{From: from, Due: due(c.was)}, due(c.at))
		if got.Due != due(c.want) || got.From != from || turn != c.turn {
			t.Errorf("%s: due %v, %s; want %v, %s", c.why, got.Due, turn, due(c.want), c.turn)
		}
	}
	if got, turn := (Protocol{}).Rerun("k", Deadline{From: from, Due: due(4)}, from); got.Due != due(4) || turn != Unturned {
		t.Errorf("a rule book without the value moves a clock: %v %s", got, turn)
	}
}
