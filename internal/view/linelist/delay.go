package linelist

import (
	"breakwater/internal/engine/columns"
)

// Delays are how long after their onset cases are recorded, as far as it can be told while the latest are still to come: by the
// reverse-time estimate for right-truncated delays (docs/method/linelist.md).
type Delays struct {
	Cases int       `json:"cases"`           // whose delay was looked at; fewer than 30 tell nothing
	Share []float64 `json:"share,omitempty"` // of those with onset on one day who are recorded so many days later or sooner
}

// Limits of the estimate.
const (
	mostDelay  = 60 // days; nearly all cases are recorded by then
	delaysOver = 90 // days before today whose onsets are looked at
	fewDelays  = 30
	complete   = 0.95 // a day of which more is known counts as complete
)

// known gives the share of the cases with onset on a day that are recorded so many days later; 1 when nothing tells it.
func (d Delays) known(days int) float64 {
	switch {
	case len(d.Share) == 0 || days >= len(d.Share):
		return 1
	case days < 0:
		return 0
	}
	return d.Share[days]
}

// delays looks at the cases of a set with a known onset, as seen on a day.
func (p picture) delays(set *columns.Set, today int32) Delays {
	var seen [mostDelay + 1][mostDelay + 1]int // by delay and by how many days ago the onset was
	n := 0
	set.Each(func(row int) {
		onset, recorded := p.Number(row, colOnset), p.Number(row, colRecorded)
		if onset == columns.Missing || recorded == columns.Missing || onset < today-delaysOver || recorded < onset || recorded > today {
			return
		}
		if delay := recorded - onset; delay <= mostDelay {
			n++
			seen[delay][min(today-onset, mostDelay)]++
		}
	})
	d := Delays{Cases: n}
	if n < fewDelays {
		return d
	}
	d.Share = make([]float64, mostDelay+1)
	share := 1.0
	for delay := mostDelay; delay >= 0; delay-- {
		d.Share[delay] = share
		just, atMost := 0, 0 // delayed so long, and at most so long, of those whom one could have seen be delayed so long
		for of := range delay + 1 {
			for ago := delay; ago <= mostDelay; ago++ {
				atMost += seen[of][ago]
				if of == delay {
					just += seen[of][ago]
				}
			}
		}
		if atMost > 0 {
			share *= 1 - float64(just)/float64(atMost)
		}
	}
	return d
}
