package screening

import (
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// mostClosed is how many closed rounds stay in memory.
const mostClosed = 2

// open takes a new round in, with the tubes that came while it was planned.
func (c *Coverage) open(tx *store.Tx, id outbreak.RoundID) (odd []twice, err error) {
	r, err := roundByID(tx, id)
	if err != nil {
		return nil, err
	}
	if r.earlySeq != 0 {
		return c.read(tx, []outbreak.RoundID{id})
	}
	if err := c.group(tx); err != nil {
		return nil, err
	}
	v := newRoundView(r, c.codes)
	for _, area := range r.Areas {
		if err := v.loadRoll(tx, area); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rounds[id] = v
	return nil, nil
}

func (c *Coverage) close(id outbreak.RoundID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.rounds[id]; v != nil {
		v.round.State = Closed
		c.crowd()
	}
}

// crowd forgets the closed rounds that were asked for longest ago and owe nothing.
func (c *Coverage) crowd() {
	var closed []*roundView
	for _, v := range c.rounds {
		if v.round.State == Closed && !v.owes() {
			closed = append(closed, v)
		}
	}
	slices.SortFunc(closed, func(a, b *roundView) int { return int(b.used - a.used) })
	for _, v := range closed[min(len(closed), mostClosed):] {
		c.leave(v)
	}
}

// hand takes the rows of a hand-in in, and gives the people who are in two tubes.
func (c *Coverage) hand(tx *store.Tx, e outbreak.TubesHandedIn) (odd []twice, err error) {
	rows, err := c.s.last.between(tx, e.First, e.Last)
	if err != nil {
		return nil, err
	}
	anew, err := c.anew(tx, e, rows)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for upto := e.First + (runLength-e.First%runLength)%runLength; upto <= e.Last; upto += runLength {
		c.toPack(upto)
	}
	c.looked = max(c.looked, e.Last)
	v := c.rounds[e.Round]
	if v == nil {
		c.forgetSets()
		return nil, nil
	}
	for _, r := range rows {
		if len(r.Members) > 0 {
			v.last = v.runOf(r.Members[0].No)
		}
		c.s.intake.acks.note(r.op)
		i, fresh := v.hand(c, r)
		for _, no := range fresh {
			if no != 0 && v.elsewhere(int64(no), i, r.seq) {
				odd = append(odd, doubled(int64(no), r))
			}
		}
		v.settleTube(i)
	}
	for _, t := range anew {
		v.anew(t)
	}
	return odd, nil
}

func (c *Coverage) reloadRoll(tx *store.Tx, area outbreak.Path) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetSets()
	for _, v := range c.rounds {
		if v.round.State == Closed || !slices.ContainsFunc(v.round.Areas, func(a outbreak.Path) bool { return a.Contains(area) }) {
			continue
		}
		if err := v.loadRoll(tx, area); err != nil {
			return err
		}
	}
	return nil
}

// record takes over what is recorded of the people of a round.
func (c *Coverage) record(tx *store.Tx, id outbreak.RoundID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	return v.record(tx, v.settle)
}

func (v *roundView) record(tx *store.Tx, settle func(int64)) error {
	return store.Each(tx, func(r store.Row) error {
		var no int64
		var out outbreak.Outcome
		if err := r.Scan(&no, &out); err != nil {
			return err
		}
		v.recorded[no] = out
		settle(no)
		return nil
	}, "select no, outcome from roll_outcome where round = $1", v.round.ID)
}
