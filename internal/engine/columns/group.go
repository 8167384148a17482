package columns

import "slices"

// Group sorts rows into groups by one column. Rows of no group are left out.
type Group struct {
	Col  int
	N    int     // how many groups
	Of   []int32 // of words: the group by code; of numbers: by the number less Low; -1 none
	Low  int64   // of numbers
	Rest int32   // of numbers: the group of what is not known; -1: none
}

// One is everything in one group.
var One = Group{Col: -1, N: 1}

// Words makes each text of a column a group of its own, by code.
func (t *Table) Words(col int) Group {
	g := Group{Col: col, N: len(t.cols[col].dict.texts)}
	g.Of = make([]int32, g.N)
	for i := range g.Of {
		g.Of[i] = int32(i)
	}
	return g
}

func (t *Table) groups(g *Group, rows []int32, out []int32) {
	if g.Col < 0 {
		clear(out[:len(rows)])
		return
	}
	switch c := t.cols[g.Col]; {
	case c.Kind == Word && c.codes.width == 0:
		for i, r := range rows {
			out[i] = g.Of[c.codes.bytes8[r]]
		}
	case c.Kind == Word:
		for i, r := range rows {
			out[i] = g.Of[c.codes.at(int(r))]
		}
	case c.Kind == Number:
		for i, r := range rows {
			v := int64(c.numbers[r])
			if at := uint64(v - g.Low); v == Missing {
				out[i] = g.Rest
			} else if at < uint64(len(g.Of)) {
				out[i] = g.Of[at]
			} else {
				out[i] = -1
			}
		}
	default:
		for i := range rows {
			out[i] = -1
		}
	}
}

// Cross counts the rows of a set in the groups of two columns: the count of group i of the first and j of the second stands at
// i*second.N+j.
func (t *Table) Cross(s *Set, first, second Group) []int {
	count := make([]int, first.N*second.N)
	var a, b [chunk]int32
	s.chunks(func(rows []int32) {
		t.groups(&first, rows, a[:])
		t.groups(&second, rows, b[:])
		for i := range rows {
			if a[i] >= 0 && b[i] >= 0 {
				count[int(a[i])*second.N+int(b[i])]++
			}
		}
	})
	return count
}

// Count counts the rows of a set in the groups of a column.
func (t *Table) Count(s *Set, g Group) []int { return t.Cross(s, g, One) }

// Ranked gives the codes of a column in the order their texts sort in, the empty one last.
func (t *Table) Ranked(col int) []int {
	ranks := t.cols[col].dict.ranks().rank
	codes := make([]int, len(ranks))
	for code := range codes {
		codes[code] = code
	}
	slices.SortFunc(codes, func(a, b int) int { return int(ranks[a]) - int(ranks[b]) })
	return codes
}
