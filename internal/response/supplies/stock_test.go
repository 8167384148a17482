package supplies

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

var rules = Limits{Days: 7, Alarm: 2, Target: 5, Differs: 10, Swabs: 1}

const noon = outbreak.Instant(1_650_000_000_000)

func TestCoverIsTheShorterOfUseAndRound(t *testing.T) {
	in := func(h int) outbreak.Instant { return noon.Add(time.Duration(h) * time.Hour) }
	for _, c := range []struct {
		why     string
		balance int64
		daily   float64
		need    need
		pack    int
		want    Cover
	}{
		{"nothing is used", 100, 0, need{}, 10, Cover{Days: -1}},
		{"lasts", 1000, 100, need{}, 10, Cover{Daily: 100, Days: 10, RunsOut: in(240), Why: ByUse}},
		{"below what an order fills up to", 300, 100, need{}, 70, Cover{Daily: 100, Days: 3, RunsOut: in(72), Why: ByUse, Order: 210}},
		{"low", 100, 100, need{}, 100, Cover{Daily: 100, Days: 1, RunsOut: in(24), Why: ByUse, Order: 400, Low: true}},
		{"more was issued than there was", -5, 0, need{}, 10, Cover{Days: -1, Low: true, Order: 10}},
		{"the round has enough", 500, 100, need{400, in(48)}, 100, Cover{Daily: 100, Needed: 400, Days: 5, RunsOut: in(120), Why: ByUse}},
		{"the round needs more", 500, 100, need{1000, in(48)}, 100, Cover{Daily: 100, Needed: 1000, Days: 1, RunsOut: in(24), Why: ByRound, Order: 500, Low: true}},
		{"the round needs more, but later than the pace", 100, 400, need{200, in(240)}, 100, Cover{Daily: 400, Needed: 200, Days: 0.25, RunsOut: in(6), Why: ByUse, Order: 1900, Low: true}},
		{"the round is over", 10, 0, need{100, in(-1)}, 10, Cover{Needed: 100, Days: -1, Order: 90}},
		{"empty", 0, 0, need{50, in(24)}, 10, Cover{Needed: 50, Days: 0, RunsOut: noon, Why: ByRound, Order: 50, Low: true}},
	} {
		if got := rules.cover(c.balance, c.daily, c.need, noon, c.pack); got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.why, got, c.want)
		}
	}
}

// TestMoreStockLastsLonger: more of it never lasts shorter, never orders more, and what is ordered is enough.
func TestMoreStockLastsLonger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		balance, more := rapid.Int64Range(-100, 10_000).Draw(t, "balance"), rapid.Int64Range(0, 1000).Draw(t, "more")
		daily := rapid.Float64Range(0, 500).Draw(t, "daily")
		n := need{rapid.Int64Range(0, 20_000).Draw(t, "need"), noon.Add(time.Duration(rapid.IntRange(-5, 200).Draw(t, "closes")) * time.Hour)}
		pack := rapid.IntRange(1, 200).Draw(t, "pack")
		a, b := rules.cover(balance, daily, n, noon, pack), rules.cover(balance+more, daily, n, noon, pack)
		days := func(c Cover) float64 {
			if c.Days < 0 {
				return math.Inf(1)
			}
			return c.Days
		}
		if days(b) < days(a) || b.Order > a.Order || b.Low && !a.Low {
			t.Fatalf("%+v, with more %+v", a, b)
		}
		if after := rules.cover(balance+a.Order, daily, n, noon, pack); a.Low && after.Low {
			t.Fatalf("%+v, after the order %+v", a, after)
		}
	})
}

func TestUseIsAveragedOverTheDaysThereWere(t *testing.T) {
	zone := time.FixedZone("x", 8*3600)
	now := outbreak.At(time.Date(2022, 3, 14, 12, 0, 0, 0, zone))
	today := dayOf(now, zone)
	for _, c := range []struct {
		used, first int64
		want        float64
	}{{0, today, 0}, {60, today, 60}, {150, today - 1, 100}, {650, today - 6, 100}, {650, today - 60, 100}} {
		if got := rules.daily(c.used, c.first, now, zone); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d since day %d: %v, want %v", c.used, c.first-today, got, c.want)
		}
	}
	if beginOf(today, zone).Time().In(zone).Format("2006-01-02 15:04") != "2022-03-14 00:00" || dayOf(beginOf(today, zone), zone) != today || dayOf(beginOf(today, zone)-1, zone) != today-1 {
		t.Error("days and instants do not agree")
	}
	if dayOf(-1, time.UTC) != -1 || dayOf(0, time.UTC) != 0 {
		t.Error("days before 1970")
	}
}

func TestACountMayDifferALittle(t *testing.T) {
	for _, c := range []struct {
		counted, booked int64
		want            bool
	}{{100, 100, false}, {90, 100, false}, {89, 100, true}, {100, 89, true}, {0, 0, false}, {0, 1, true}, {5, -5, true}} {
		if got := rules.differs(c.counted, c.booked); got != c.want {
			t.Errorf("%d counted, %d booked: %v", c.counted, c.booked, got)
		}
	}
	if (Limits{}).differs(1, 1000) {
		t.Error("a rule book that says nothing raises nothing")
	}
	if got := (Limits{Days: 7, Alarm: 2}).stricter(Limits{Days: 3, Alarm: 4, Differs: 5}); got != (Limits{Days: 7, Alarm: 4, Differs: 5}) {
		t.Errorf("%+v", got)
	}
}
