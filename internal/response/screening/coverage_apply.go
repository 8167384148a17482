package screening

import (
	"encoding/json"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// heard is what laboratories said of a tube before a booth did.
type heard struct {
	said     uint8
	received uint32
	resulted uint32 // when the house learned of its first result
}

func (c *Coverage) apply(tx *store.Tx, e outbreak.Entry) (odd []twice, err error) {
	if watchedKinds[e.Kind] {
		var a about
		if err := json.Unmarshal(e.Body, &a); err != nil {
			return nil, fmt.Errorf("reading whom entry %d is about: %w", e.Seq, err)
		}
		return nil, c.watch(tx, a.Person)
	}
	switch e.Kind {
	case "ResultLineSet":
		return nil, c.setLines(tx)
	case "RoundOpened":
		return odd, outbreak.On(e, func(r outbreak.RoundOpened) (err error) {
			odd, err = c.open(tx, r.Round)
			return err
		})
	case "RoundClosed":
		return nil, outbreak.On(e, func(r outbreak.RoundClosed) error { c.close(r.Round); return nil })
	case "TubesHandedIn":
		return odd, outbreak.On(e, func(t outbreak.TubesHandedIn) (err error) {
			odd, err = c.hand(tx, t)
			return err
		})
	case "MemberTakenOut":
		return nil, outbreak.On(e, func(m outbreak.MemberTakenOut) error { return c.takeOut(tx, m) })
	case "OutcomesRecorded":
		return nil, outbreak.On(e, func(o outbreak.OutcomesRecorded) error { return c.record(tx, o.Round) })
	case "PeopleLoaded":
		return nil, outbreak.On(e, func(p outbreak.PeopleLoaded) error { return c.reloadRoll(tx, p.Area) })
	case "PeopleMerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleMerged) error { return c.regroup(tx, m.People) })
	case "PeopleUnmerged":
		return nil, outbreak.On(e, func(m outbreak.PeopleUnmerged) error { return c.regroup(tx, m.People) })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Kind {
	case "TubesReceived":
		return nil, outbreak.On(e, func(r outbreak.TubesReceived) error {
			c.each(r.Tubes, func(h *heard) { h.receive(r.At) })
			return nil
		})
	case "TubesNegative":
		return nil, outbreak.On(e, func(n outbreak.TubesNegative) error {
			c.each(n.Tubes, func(h *heard) { h.result(outbreak.Negative, e.At) })
			return nil
		})
	case "TubeResulted":
		return nil, outbreak.On(e, func(r outbreak.TubeResulted) error {
			c.each([]outbreak.TubeCode{r.Tube}, func(h *heard) { h.result(r.Result, e.At) })
			return nil
		})
	}
	return nil, outbreak.On(e, func(t outbreak.TubeSpoiled) error { c.spoil(t.Tube); return nil })
}

func (h *heard) receive(at outbreak.Instant) {
	if h.received == 0 {
		h.received = seconds(at)
	}
}

func (h *heard) result(r outbreak.Result, at outbreak.Instant) {
	if h.said == 0 {
		h.resulted = seconds(at)
	}
	h.said = saidIndex[r]
}

// each notes what a laboratory said of tubes, wherever they are.
func (c *Coverage) each(codes []outbreak.TubeCode, note func(*heard)) {
	for _, code := range codes {
		found := false
		for _, v := range c.rounds {
			i, ok := v.tubes.find(code)
			if !ok {
				continue
			}
			found = true
			t := v.tubes.at(i)
			h := heard{said: t.said, received: t.received}
			note(&h)
			was := t.said
			v.change(t, func(t *tubeView) { t.said, t.received = h.said, h.received })
			if h.resulted != 0 {
				v.tally.at(h.resulted).resulted++
			}
			if t.said != was {
				v.settleTube(i)
			}
		}
		if !found {
			c.forgetSets()
			h := c.early[code]
			note(&h)
			c.early[code] = h
		}
	}
}

func (c *Coverage) spoil(code outbreak.TubeCode) {
	c.lost[code] = true
	found := false
	for _, v := range c.rounds {
		if i, ok := v.tubes.find(code); ok {
			found = true
			v.change(v.tubes.at(i), func(t *tubeView) { t.spoiled = true })
			v.settleTube(i)
		}
	}
	if !found {
		c.forgetSets()
	}
}
