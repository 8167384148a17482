package screening

import (
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// levelBelow sums the communities of a round that somebody sees into the areas one level below one. A province has ten thousand of
// them: they are summed as numbers, and told in words at the end.
func (c *Coverage) levelBelow(id outbreak.RoundID, in outbreak.Path, see func(outbreak.Path) bool) []AreaStatus {
	type sum struct {
		counts [8]int // as in run
		within bool
	}
	sums := map[outbreak.Path]*sum{}
	c.mu.RLock()
	defer c.mu.RUnlock()
	v := c.rounds[id]
	if v == nil {
		return nil
	}
	var last outbreak.Path // runs of one community stand together
	var of *sum
	for _, r := range v.runs {
		if of == nil || r.area != last {
			if last, of = r.area, nil; in.Contains(r.area) && see(r.area) {
				at := stepBelow(r.area, in)
				if of = sums[at]; of == nil {
					of = &sum{}
					sums[at] = of
				}
				of.within = of.within || at != r.area
			}
		}
		if of == nil {
			continue
		}
		for i, n := range r.counts {
			of.counts[i] += n
		}
	}
	list := make([]AreaStatus, 0, len(sums))
	for at, x := range sums {
		status := AreaStatus{CommunityStatus{at, map[outbreak.Outcome]int{}}, x.within}
		for i, n := range x.counts {
			status.Outcomes[outbreak.Outcomes[i]] = n
		}
		list = append(list, status)
	}
	slices.SortFunc(list, func(a, b AreaStatus) int { return strings.Compare(string(a.Area), string(b.Area)) })
	return list
}

// stepBelow is the area one level below in that a path lies in; in itself when the path is that one.
func stepBelow(path, in outbreak.Path) outbreak.Path {
	from := max(len(in), 1)
	if i := strings.IndexByte(string(path[min(from, len(path)):]), '/'); i >= 0 {
		return path[:from+i+1]
	}
	return path
}
