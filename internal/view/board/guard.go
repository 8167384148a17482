package board

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// Mark says why a figure is not written out for somebody who may see figures and not the rows behind them.
type Mark string

const (
	Exact    Mark = ""
	Few      Mark = "few"      // 1 to 4: the number is left out
	Withheld Mark = "withheld" // it would give away a small one by a difference, or lies below a figure that is not shown
)

// least is the smallest figure that is shown to somebody who may not see the rows.
const least = 5

// guarded tells whether somebody gets guarded figures: somewhere he may see figures and not the rows behind them.
func guarded(by outbreak.Actor) bool {
	rows := access.Reach(by, access.BoardRows)
	return slices.ContainsFunc(access.Reach(by, access.BoardRead), func(f outbreak.Scope) bool {
		return !slices.ContainsFunc(rows, func(r outbreak.Scope) bool {
			return r.Area.Contains(f.Area) && (r.Outbreak == 0 || r.Outbreak == f.Outbreak)
		})
	})
}

// counts is how many of one kind there are in each area itself, without what lies below.
type counts map[outbreak.Path]int

// below is how many there are in an area with all that lies below.
func (c counts) below(area outbreak.Path) (n int) {
	for path, k := range c {
		if area.Contains(path) {
			n += k
		}
	}
	return n
}

// parts splits an area into the areas directly below it; what is recorded in the area itself is a part of its own, under the
// area's path. roots, when there are any, are the parts of everything.
func (c counts) parts(area outbreak.Path, roots []outbreak.Path) map[outbreak.Path]int {
	split := map[outbreak.Path]int{}
	if area == "" && len(roots) > 0 {
		for _, r := range roots {
			split[r] = c.below(r)
		}
		return split
	}
	for path, k := range c {
		if area.Contains(path) {
			split[step(area, path)] += k
		}
	}
	return split
}

// step is the area directly below one in which a path lies; the area itself when the path is it.
func step(area, path outbreak.Path) outbreak.Path {
	if path == area {
		return area
	}
	from := max(len(area), 1)
	return path[:from+strings.IndexByte(string(path[from:]), '/')+1]
}

// figure is the number for an area as it may be told: counted, and held against every split from the roots down to it. A split
// with a small part in it is not told but for its empty and its small parts, and nothing below it is; and where the whole and the
// parts that are told would pin a small part down further than "1 to 4", none of the split is.
func (c counts) figure(area outbreak.Path, roots []outbreak.Path) (int, Mark) {
	n := c.below(area)
	for at := outbreak.Path(""); at != area; {
		next, last := step(at, area), false
		if at == "" && len(roots) > 0 {
			i := slices.IndexFunc(roots, func(r outbreak.Path) bool { return r.Contains(area) })
			if i < 0 { // wider than one reach: told when each reach is
				if slices.ContainsFunc(roots, func(r outbreak.Path) bool { k := c.below(r); return k > 0 && k < least }) {
					return 0, Withheld
				}
				break
			}
			next = roots[i]
		}
		last = next == area
		split := c.parts(at, roots)
		if mark := told(split, next); mark != Exact || last {
			if mark == Few && !last {
				mark = Withheld
			}
			if mark == Exact {
				return small(n)
			}
			return 0, mark
		}
		at = next
	}
	return small(n)
}

func small(n int) (int, Mark) {
	if n > 0 && n < least {
		return 0, Few
	}
	return n, Exact
}

// told says how one part of a split may be told. The whole counts as known to whoever reads.
func told(split map[outbreak.Path]int, part outbreak.Path) Mark {
	few, many, sum := 0, 0, 0
	for _, n := range split {
		switch sum += n; {
		case n == 0:
		case n < least:
			few++
		default:
			many++
		}
	}
	n := split[part]
	switch {
	case few == 0 || len(split) == 1:
		return Exact
	case !roomy(few, many, sum):
		return Withheld
	case n == 0:
		return Exact
	case n < least:
		return Few
	}
	return Withheld
}

// roomy tells whether each of the small parts of a split may still be anything from 1 to 4 for somebody who knows the whole, the
// empty parts, and which parts are small: neither have the others to be so large that one is forced up, nor so small that it is
// forced down.
func roomy(few, many, sum int) bool {
	othersLeast := (few - 1) + least*many
	if sum-othersLeast < least-1 {
		return false // not even one of 4 has room beside the others at their least
	}
	return many > 0 || sum-1 <= (least-1)*(few-1) // with a large part the others may be as large as it takes
}

// guardLine writes a line of the board as it may be told; late is what of all is past its deadline.
func guardLine(l Line, all, late counts, area outbreak.Path, roots []outbreak.Path) Line {
	inTime := counts{}
	for path, n := range all {
		inTime[path] = n - late[path]
	}
	l.Waiting, l.WaitingMark = all.figure(area, roots)
	past, mark := late.figure(area, roots)
	_, rest := inTime.figure(area, roots)
	switch {
	case l.WaitingMark != Exact:
		past, mark = 0, Withheld
	case mark == Exact && rest != Exact: // the whole less what is past would tell the rest
		past, mark = 0, Withheld
	}
	l.Past, l.PastMark = past, mark
	if l.WaitingMark != Exact || l.Waiting == 0 {
		l.Oldest = 0
	} else {
		l.Oldest = hourOf(l.Oldest) // one thing's own moment is nobody's business here
	}
	return l
}

// rootsOf are the areas somebody's figures begin at, the widest of each; none for the whole world.
func rootsOf(by outbreak.Actor) (roots []outbreak.Path) {
	reach := access.Reach(by, access.BoardRead)
	for _, r := range reach {
		if r.Area == "" {
			return nil
		}
		inner := slices.ContainsFunc(reach, func(o outbreak.Scope) bool { return o.Area != r.Area && o.Area.Contains(r.Area) })
		if !inner && !slices.Contains(roots, r.Area) {
			roots = append(roots, r.Area)
		}
	}
	return roots
}
