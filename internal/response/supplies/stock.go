package supplies

import (
	"math"
	"time"

	"breakwater/internal/outbreak"
)

// Limits are what a rule book says of stock; 0: nothing.
type Limits struct {
	Days    int     `json:"days"`    // over which use is averaged
	Alarm   float64 `json:"alarm"`   // days of cover below which somebody has to order
	Target  float64 `json:"target"`  // days of cover an order fills up to
	Differs float64 `json:"differs"` // percent by which a count may differ from the book
	Swabs   float64 `json:"swabs"`   // for each person sampled
}

// limitsOf reads them.
func limitsOf(p outbreak.Protocol) (l Limits) {
	days, _ := p.Number("supply.use_days")
	l.Days = int(days)
	l.Alarm, _ = p.Number("supply.alarm")
	l.Target, _ = p.Number("supply.target")
	l.Differs, _ = p.Number("supply.count_differs")
	l.Swabs, _ = p.Number("supply.swabs")
	return l
}

// stricter gives of two rule books that both apply the one that orders earlier and asks more.
func (l Limits) stricter(o Limits) Limits {
	least := func(a, b float64) float64 {
		if a == 0 || b != 0 && b < a {
			return b
		}
		return a
	}
	return Limits{Days: max(l.Days, o.Days), Alarm: max(l.Alarm, o.Alarm), Target: max(l.Target, o.Target), Differs: least(l.Differs, o.Differs), Swabs: max(l.Swabs, o.Swabs)}
}

// Why a stock lasts no longer.
const (
	ByUse   = "use"   // at the pace of the last days
	ByRound = "round" // an open round needs more until it closes
)

// Cover is for how long a stock lasts.
type Cover struct {
	Daily   float64          `json:"daily"`    // pieces used a day, of late
	Needed  int64            `json:"needed"`   // pieces the open rounds still need
	Days    float64          `json:"days"`     // it lasts; -1: nothing is used and no round needs it, or nobody knows how many there are
	RunsOut outbreak.Instant `json:"runs_out"` // 0: not foreseen
	Why     string           `json:"why"`
	Order   int64            `json:"order"` // pieces in whole packs that fill it up to what the rule book wants; 0: none
	Low     bool             `json:"low"`
}

// need is what the open rounds need of an item, until the last of them closes.
type need struct {
	pieces int64
	closes outbreak.Instant
}

// cover says for how long a balance lasts: at the pace of the last days, or, when an open round needs more than there is, at the
// pace the round needs until it closes; whichever is shorter.
func (l Limits) cover(balance int64, daily float64, n need, now outbreak.Instant, pack int) Cover {
	c := Cover{Daily: daily, Needed: n.pieces, Days: -1}
	there := float64(max(balance, 0))
	if daily > 0 {
		c.Days, c.Why = there/daily, ByUse
	}
	if left := n.closes.Sub(now); n.pieces > max(balance, 0) && left > 0 {
		if days := left.Hours() / 24 * there / float64(n.pieces); c.Days < 0 || days < c.Days {
			c.Days, c.Why = days, ByRound
		}
	}
	if c.Days >= 0 {
		c.RunsOut = now.Add(time.Duration(min(c.Days, 3650) * 24 * float64(time.Hour)))
	}
	c.Low = balance < 0 || c.Days >= 0 && c.Days < l.Alarm
	if short := int64(math.Ceil(max(l.Target*daily, float64(n.pieces)))) - balance; short > 0 && (c.Low || l.Target > 0 && c.Days >= 0 && c.Days < l.Target || n.pieces > balance) {
		packs := (short + int64(max(pack, 1)) - 1) / int64(max(pack, 1))
		c.Order = packs * int64(max(pack, 1))
	}
	return c
}

// differs tells whether a count is so far from the book that somebody has to find out why.
func (l Limits) differs(counted, booked int64) bool {
	if l.Differs <= 0 {
		return false
	}
	return math.Abs(float64(counted-booked)) > l.Differs/100*float64(max(counted, booked, 1))
}

// dayOf gives the day of an instant in a zone, as days since 1970.
func dayOf(at outbreak.Instant, zone *time.Location) int64 {
	_, offset := at.Time().In(zone).Zone()
	return floor(int64(at)+int64(offset)*1000, 86_400_000)
}

func floor(a, b int64) int64 {
	if q := a / b; a%b >= 0 {
		return q
	}
	return a/b - 1
}

// beginOf gives the instant a day began in a zone.
func beginOf(day int64, zone *time.Location) outbreak.Instant {
	y, m, d := time.Unix(day*86_400, 0).UTC().Date()
	return outbreak.At(time.Date(y, m, d, 0, 0, 0, 0, zone))
}

// windowOf gives the first of the days that use is averaged over: today is one of them.
func (l Limits) windowOf(now outbreak.Instant, zone *time.Location) int64 {
	return dayOf(now, zone) - int64(max(l.Days, 1)) + 1
}

// daily averages what was used since a day, first being the day of the first use of them. A store that began yesterday has no week
// to be averaged over; one that began today has at least a day.
func (l Limits) daily(used, first int64, now outbreak.Instant, zone *time.Location) float64 {
	if used <= 0 {
		return 0
	}
	days := now.Sub(beginOf(max(first, l.windowOf(now, zone)), zone)).Hours() / 24
	return float64(used) / max(days, 1)
}
