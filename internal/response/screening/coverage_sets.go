package screening

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"breakwater/internal/outbreak"
)

// rollSet says of everybody on the roll of a round whether the person was sampled and whether a valid result came: three bits each,
// so that a round of 24 million takes nine megabytes, and rounds that are in memory no more can be compared.
type rollSet struct {
	runs  []setRun
	used  int64
	moved int64 // of the runs, when it was made
}

// setRun is one range of roll numbers of one community, a bit for each number.
type setRun struct {
	first           int64
	area            outbreak.Path
	on, sampled, ok []uint64
}

// mostSets is how many rounds are kept as sets.
const mostSets = 12

// setOf gives a round as a set: of one that is in memory as it stands now, of another as it was read, for nothing changed since.
// Questions are answered one after the other, so that no more is in memory than one needs.
func (c *Coverage) setOf(ctx context.Context, id outbreak.RoundID) (*rollSet, error) {
	if set := c.keptSet(id); set != nil {
		return set, nil
	}
	for range 3 { // another question may have crowded it out in between
		if err := c.hold(ctx, id); err != nil {
			return nil, err
		}
		if set := c.makeSet(id); set != nil {
			return set, nil
		}
	}
	return nil, outbreak.Refuse(outbreak.Invalid, "screening.sets_rounds", "most", mostCompared)
}

// keptSet gives the set of a round that is in memory no more; nil when it is, or is not known.
func (c *Coverage) keptSet(id outbreak.RoundID) *rollSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rounds[id] != nil {
		return nil
	}
	set := c.sets[id]
	if set != nil {
		c.asked++
		set.used = c.asked
	}
	return set
}

// makeSet makes the set of a round in memory, run by run, so that nobody waits for the whole of it.
func (c *Coverage) makeSet(id outbreak.RoundID) *rollSet {
	c.mu.RLock()
	v := c.rounds[id]
	if v == nil {
		c.mu.RUnlock()
		return nil
	}
	runs, closed, at := slices.Clone(v.runs), v.round.State == Closed, c.setsAt
	c.mu.RUnlock()
	set := &rollSet{runs: make([]setRun, 0, len(runs))}
	for _, r := range runs {
		c.mu.RLock()
		set.runs = append(set.runs, r.asSet())
		set.moved += r.moved
		c.mu.RUnlock()
	}
	if closed {
		c.keepSet(id, set, at)
	}
	return set
}

// keepSet keeps a set for as long as nothing is said of rounds that are in memory no more.
func (c *Coverage) keepSet(id outbreak.RoundID, set *rollSet, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at != c.setsAt { // while it was being made
		return
	}
	if c.sets == nil {
		c.sets = map[outbreak.RoundID]*rollSet{}
	}
	c.asked++
	set.used = c.asked
	c.sets[id] = set
	for len(c.sets) > mostSets {
		var oldest outbreak.RoundID
		for x, s := range c.sets {
			if oldest == 0 || s.used < c.sets[oldest].used {
				oldest = x
			}
		}
		delete(c.sets, oldest)
	}
}

// leave takes a round out of memory; its set stays when it is as it was.
func (c *Coverage) leave(v *roundView) {
	var moved int64
	for _, r := range v.runs {
		moved += r.moved
	}
	if set := c.sets[v.round.ID]; set != nil && set.moved != moved {
		delete(c.sets, v.round.ID)
	}
	delete(c.rounds, v.round.ID)
}

// forgetSets is called when something was said that may be about a round that is in memory no more.
func (c *Coverage) forgetSets() {
	c.setsAt++
	clear(c.sets)
}

// asSet folds the states of a run into bits.
func (r *run) asSet() setRun {
	words := (len(r.state) + 63) / 64
	all := make([]uint64, 3*words)
	s := setRun{first: r.first, area: r.area, on: all[:words:words], sampled: all[words : 2*words : 2*words], ok: all[2*words:]}
	for w := range words {
		var on, sampled, ok uint64
		for i, state := range r.state[w<<6 : min(w<<6+64, len(r.state))] {
			x, at := uint64(setBits[state]), i&63
			on, sampled, ok = on|x&1<<at, sampled|x>>1&1<<at, ok|x>>2<<at
		}
		s.on[w], s.sampled[w], s.ok[w] = on, sampled, ok
	}
	return s
}

// setBits says of each state whether somebody of the roll stands there, has a tube (as RoundStatus.Sampled counts), has a valid
// result. A gap, and a further code of somebody, are nobody.
var setBits = func() (of [256]uint8) {
	for i, o := range outbreak.Outcomes {
		of[i] = 1
		switch o {
		case outbreak.ValidResult:
			of[i] = 7
		case outbreak.Awaiting, outbreak.SampleAgain:
			of[i] = 3
		}
	}
	return of
}()

func (s *rollSet) run(first int64) *setRun {
	i, found := slices.BinarySearchFunc(s.runs, first, func(r setRun, first int64) int { return cmp.Compare(r.first, first) })
	if !found {
		return nil
	}
	return &s.runs[i]
}

func count(words []uint64) (n int) {
	for _, w := range words {
		n += bits.OnesCount64(w)
	}
	return n
}
