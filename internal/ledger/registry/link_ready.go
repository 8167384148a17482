package registry

import (
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// link makes the people of a batch ready to be filed by keys, and finds who they may be: new people, and those who are known and not
// filed yet.
func (r *ready) link(known map[string]*member, tx func(func(*store.Tx) error) error) error {
	homes := map[string]outbreak.HouseholdID{}
	filed := map[outbreak.PersonID]bool{}
	var j *judge
	if err := tx(func(tx *store.Tx) (err error) {
		if filed, err = filedAmong(tx, slices.Collect(maps.Keys(r.opened))); err != nil {
			return err
		}
		if homes, err = r.eyes.householdsBy(tx, r.homes(known)); err != nil {
			return err
		}
		j, err = r.service.judgeOf(tx)
		return err
	}); err != nil {
		return err
	}
	comers := make([]*comer, len(r.rows))
	if err := r.spread(len(r.rows), func(from, upto int) error {
		for i := from; i < upto; i++ {
			x := &r.rows[i]
			if x.no != nil {
				continue
			}
			if m := known[x.ukey]; m == nil {
				comers[i] = r.eyes.comes(newPerson(x.id, x.area, x.said), x.said.Identity, homeText(x.home, homes))
			} else if !filed[m.ID] {
				comers[i] = r.eyes.comes(m.Person, r.opened[m.ID].Identity, "")
			}
		}
		return nil
	}); err != nil {
		return err
	}
	seen := map[outbreak.PersonID]bool{}
	comers = slices.DeleteFunc(comers, func(c *comer) bool {
		again := c == nil || seen[c.ID]
		if c != nil {
			seen[c.ID] = true
		}
		return again
	})
	r.links = r.service.newLinking(r.eyes, j, r.spread, comers)
	r.links.inTurn = r.inTurn
	return r.links.makeReady(tx)
}

// homes are the households of people nobody knows.
func (r *ready) homes(known map[string]*member) (homes []*household) {
	for i := range r.rows {
		if x := &r.rows[i]; x.no == nil && x.home != nil && known[x.ukey] == nil {
			homes = append(homes, x.home)
		}
	}
	return homes
}

// homeText stands for a household: its id, or its key while it has none.
func homeText(h *household, known map[string]outbreak.HouseholdID) string {
	switch {
	case h == nil:
		return ""
	case known[h.ukey] != 0:
		return known[h.ukey].String()
	}
	return h.ukey
}
