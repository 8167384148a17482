package screening

import (
	"time"

	"breakwater/internal/engine/pooled"
	"breakwater/internal/outbreak"
)

// tally counts the tubes of one round: how many wait where, how many pools of which size were positive, and what happened in
// which minute. It is moved on with the tubes and made anew with them at a start; nothing is stored for it.
type tally struct {
	transit, testing, spoiled int
	pools                     [mostInTube + 1]poolCount // by members, without second tubes of somebody
	minutes                   map[uint32]*minute        // since era
	last                      uint32                    // minute found last, and it
	found                     *minute
}

type poolCount struct{ negative, positive int32 }

// minute is what happened in one of them.
type minute struct {
	people   int32 // swabbed, by the time their tube was closed
	tubes    int32 // closed
	received int32 // tubes booked in at a laboratory
	resulted int32 // tubes whose first result came in
	lag      int64 // seconds from closing to booking in, summed over those received
}

func (y *tally) at(seconds uint32) *minute {
	m := seconds / 60
	if y.found != nil && y.last == m {
		return y.found
	}
	if y.minutes == nil {
		y.minutes = map[uint32]*minute{}
	}
	x := y.minutes[m]
	if x == nil {
		x = &minute{}
		y.minutes[m] = x
	}
	y.last, y.found = m, x
	return x
}

// count takes a tube in (by 1) or out (by -1); whoever changes a tube takes it out before and in again after.
func (y *tally) count(t *tubeView, by int32) {
	m := y.at(t.taken)
	m.tubes += by
	m.people += by * int32(t.count)
	if t.received != 0 {
		m = y.at(t.received)
		m.received += by
		m.lag += int64(by) * max(int64(t.received)-int64(t.taken), 0)
	}
	switch {
	case !t.again && t.result() == outbreak.Negative:
		y.pools[t.count].negative += by
	case !t.again && t.result() == outbreak.Positive:
		y.pools[t.count].positive += by
	}
	switch {
	case t.spoiled:
		y.spoiled += int(by)
	case t.said != 0:
	case t.received != 0:
		y.testing += int(by)
	default:
		y.transit += int(by)
	}
}

// recount counts all tubes of the round anew; what is known of the minutes in which results came stays.
func (v *roundView) recount() {
	fresh := tally{minutes: map[uint32]*minute{}}
	for m, x := range v.tally.minutes {
		if x.resulted != 0 {
			fresh.minutes[m] = &minute{resulted: x.resulted}
		}
	}
	v.tally = fresh
	for _, t := range v.tubes.all() {
		v.tally.count(t, 1)
	}
}

// change does something to a tube of the round and keeps the counts.
func (v *roundView) change(t *tubeView, do func(*tubeView)) {
	v.tally.count(t, -1)
	do(t)
	v.tally.count(t, 1)
}

// window sums the minutes from one instant to another, which need not be whole minutes.
func (y *tally) window(from, to outbreak.Instant) (sum minute) {
	for m := seconds(from) / 60; m <= seconds(to)/60; m++ {
		if x := y.minutes[m]; x != nil {
			sum.people += x.people
			sum.tubes += x.tubes
			sum.received += x.received
			sum.resulted += x.resulted
			sum.lag += x.lag
		}
	}
	return sum
}

// since is where a window that ends now begins: at a whole minute, not before the round opened.
func since(now, opens outbreak.Instant, length time.Duration) outbreak.Instant {
	return max(now.Add(-length), min(opens, now.Add(-time.Minute))).Minute()
}

// sizes lists the pools that have a valid result by their size.
func (y *tally) sizes() (list []pooled.Pools) {
	for size, p := range y.pools {
		if n := p.negative + p.positive; size > 0 && n > 0 {
			list = append(list, pooled.Pools{Size: size, Tested: int(n), Positive: int(p.positive)})
		}
	}
	return list
}
