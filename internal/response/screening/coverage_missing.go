package screening

import (
	"slices"

	"breakwater/internal/outbreak"
)

// wanted is a set of outcomes, by their index.
type wanted [8]bool

func wantedOf(outcomes []outbreak.Outcome) (w wanted) {
	for _, o := range outcomes {
		w[outcomeIndex[o]] = true
	}
	return w
}

// has tells whether somebody of a state is wanted; a number that is nobody's, or a further code of somebody, never is.
func (w *wanted) has(state uint8) bool { return int(state) < len(w) && w[state] }

func within1(areas []outbreak.Path, area outbreak.Path) bool {
	return slices.ContainsFunc(areas, func(a outbreak.Path) bool { return a.Contains(area) })
}

// listAny gives the numbers of those who stand in one of some outcomes below areas, ascending, after one.
func (c *Coverage) listAny(id outbreak.RoundID, areas []outbreak.Path, outcomes []outbreak.Outcome, after int64, most int) (nos []int64) {
	want := wantedOf(outcomes)
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	for _, r := range v.runs {
		if r.first+int64(len(r.state)) <= after || !within1(areas, r.area) {
			continue
		}
		for i, s := range r.state {
			if no := r.first + int64(i); no > after && want.has(s) {
				if nos = append(nos, no); len(nos) >= most {
					return nos
				}
			}
		}
	}
	return nos
}

// among gives those of some numbers, ascending, who stand in one of some outcomes below areas, after one.
func (c *Coverage) among(id outbreak.RoundID, areas []outbreak.Path, outcomes []outbreak.Outcome, of []int64, after int64, most int) (nos []int64) {
	want := wantedOf(outcomes)
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	for _, no := range of {
		r := v.runAt(no)
		if no <= after || r == nil || !within1(areas, r.area) || !want.has(r.state[no-r.first]) {
			continue
		}
		if nos = append(nos, no); len(nos) >= most {
			break
		}
	}
	return nos
}

// standing gives where a number stands in a round; empty when it is on the roll of none of its areas.
func (c *Coverage) standing(id outbreak.RoundID, no int64) outbreak.Outcome {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return ""
	}
	r := v.runAt(no)
	if r == nil || int(r.state[no-r.first]) >= len(outbreak.Outcomes) {
		return ""
	}
	return outbreak.Outcomes[r.state[no-r.first]]
}

// runAt is runOf for readers, who leave the run that was found last alone.
func (v *roundView) runAt(no int64) *run {
	i, found := slices.BinarySearchFunc(v.runs, no, func(r *run, no int64) int {
		switch {
		case no < r.first:
			return 1
		case no >= r.first+int64(len(r.state)):
			return -1
		}
		return 0
	})
	if !found {
		return nil
	}
	return v.runs[i]
}
