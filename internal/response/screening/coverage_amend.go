package screening

import (
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// anew reads the tubes of a hand-in whose members were said anew, by it or before it, as they are in its round.
func (c *Coverage) anew(tx *store.Tx, e outbreak.TubesHandedIn, rows []tubeRow) ([]Tube, error) {
	byArea := map[outbreak.AreaID][]outbreak.TubeCode{}
	for _, r := range rows {
		if r.kind&^opPaper == opAmend || slices.Contains(e.Again, r.Code) {
			byArea[r.AreaID] = append(byArea[r.AreaID], r.Code)
		}
	}
	var keys []tubeKey
	for area, codes := range byArea {
		amended, err := amendedAmong(tx, area, codes)
		if err != nil {
			return nil, err
		}
		for code := range amended {
			keys = append(keys, tubeKey{area, code})
		}
	}
	return tubesIn(tx, e.Round, keys)
}

// tubesIn reads tubes with the members they have in a round; one whose every operation was replaced has none.
func tubesIn(tx *store.Tx, round outbreak.RoundID, keys []tubeKey) ([]Tube, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := tubeRowsOf(tx, keys)
	if err != nil {
		return nil, err
	}
	found := map[tubeKey]*Tube{}
	tubes := make([]Tube, len(keys))
	for i, k := range keys {
		tubes[i] = Tube{Code: k.code, AreaID: k.area, Round: round}
		found[k] = &tubes[i]
	}
	for _, r := range rows {
		if r.Round == round {
			found[tubeKey{r.AreaID, r.Code}].add(r.Members)
		}
	}
	return tubes, nil
}

// readAmended gives the tubes of rounds that were said anew the members they have now, and reads who was taken out of one.
func readAmended(tx *store.Tx, views map[outbreak.RoundID]*roundView) error {
	for id, v := range views {
		keys, err := store.List(tx, func(r store.Row) (k tubeKey, err error) {
			err = r.Scan(&k.area, &k.code)
			return k, err
		}, "select distinct area_id, tube from tube_amended where round = $1", id)
		if err != nil {
			return err
		}
		tubes, err := tubesIn(tx, id, keys)
		if err != nil {
			return err
		}
		for _, t := range tubes {
			v.anew(t)
		}
		if err := v.readLeft(tx, "round = $1", id); err != nil {
			return err
		}
	}
	return nil
}

func (v *roundView) readLeft(tx *store.Tx, which string, args ...any) error {
	return store.Each(tx, func(r store.Row) error {
		var no int64
		var taken outbreak.Instant
		err := r.Scan(&no, &taken)
		v.left[no] = max(v.left[no], seconds(taken), 1)
		return err
	}, "select no, taken from tube_left where "+which, args...)
}

// takeOut takes over that somebody was taken out of a tube.
func (c *Coverage) takeOut(tx *store.Tx, m outbreak.MemberTakenOut) error {
	people, err := store.List(tx, store.Value[int64], "select no from tube_left where round = $1 and tube = $2 and person = $3", m.Round, m.Tube, m.Person)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.rounds[m.Round]
	if v == nil {
		c.forgetSets()
		return nil
	}
	for _, no := range people {
		v.left[no] = max(v.left[no], seconds(m.At), 1)
		v.settle(no)
	}
	return nil
}

// provided tells whether somebody is in a tube of a round that has or promises an answer, or it is recorded why not.
func (c *Coverage) provided(id outbreak.RoundID, no int64) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return false
	}
	now := v.outcome(v.codes.of(no))
	return now != outbreak.SampleAgain && now != outbreak.Unknown
}
