package screening

import (
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// codes are the numbers of people who have several codes: by each of them all, that of the leading code first. Nothing that
// hangs on a number is moved when two codes turn out to be one person; whoever counts or asks looks at all of them.
type codes map[int64][]int64

// of gives all numbers of the person a number stands for.
func (c codes) of(no int64) []int64 {
	if all := c[no]; all != nil {
		return all
	}
	return []int64{no}
}

// among gives numbers and all others of the same people.
func (c codes) among(nos []int64) []int64 {
	if len(c) == 0 {
		return nos
	}
	var all []int64
	for _, no := range nos {
		all = append(all, c.of(no)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c codes) add(groups [][]int64) {
	for _, g := range groups {
		for _, no := range g {
			c[no] = g
		}
	}
}

// codesIn reads who of the members of tubes has several codes.
func codesIn(tx *store.Tx, tubes map[outbreak.TubeCode]Tube) (codes, error) {
	var nos []int64
	for _, t := range tubes {
		for _, m := range t.Members {
			nos = append(nos, m.No)
		}
	}
	groups, err := registry.NosTogether(tx, nos)
	c := codes{}
	c.add(groups)
	return c, err
}

// group reads who has several codes, before the first round; after that the journal says what changes.
func (c *Coverage) group(tx *store.Tx) error {
	if len(c.rounds) > 0 {
		return nil
	}
	groups, err := registry.AllNosTogether(tx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codes.add(groups)
	return err
}

// regroup takes over who of some people has several codes by now, and settles them in every round.
func (c *Coverage) regroup(tx *store.Tx, people []outbreak.PersonID) error {
	found, err := registry.PeopleByID(tx, people)
	if err != nil {
		return err
	}
	var touched []int64
	for _, p := range found {
		touched = append(touched, c.codes.of(p.No)...)
	}
	groups, err := registry.NosTogether(tx, touched)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, no := range touched {
		delete(c.codes, no)
	}
	c.codes.add(groups)
	c.forgetSets()
	for _, g := range groups {
		touched = append(touched, g...)
	}
	for _, v := range c.rounds {
		for _, no := range touched {
			v.settle(no)
		}
	}
	return nil
}

// countedOtherwise tells whether somebody who is not on the roll of the round is counted under another number: one that is on
// it, or the older of two that are not.
func (v *roundView) countedOtherwise(no int64) bool {
	for _, other := range v.codes.of(no) {
		if other == no {
			continue
		}
		if v.onRoll(other) != nil || len(v.others[other]) > 0 && slices.Index(v.codes.of(no), other) < slices.Index(v.codes.of(no), no) {
			return true
		}
	}
	return false
}
