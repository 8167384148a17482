package web

import (
	"slices"

	"breakwater/internal/view/exchange"
)

// How much of what is wrong with a file one line of a page says.
const (
	mostRowsNamed   = 5
	mostValuesNamed = 4
)

// problemLine is one thing wrong with rows of a file: the reason is said once, with how many rows have it and the first few.
type problemLine struct {
	Rows   []int // the first few
	Count  int
	Column string
	Values []string // the first few that are different
	More   bool     // there are other values
	Reason string
}

// Others counts the rows that are not named.
func (l problemLine) Others() int { return l.Count - len(l.Rows) }

// problemLines says each reason once, in the order in which the file has them; left counts the problems beyond those on a page.
func problemLines(problems []exchange.Problem) (lines []problemLine, left int) {
	type same struct{ column, reason, check string }
	at := map[same]int{}
	for _, p := range problems {
		key := same{p.Column, p.Reason, p.Check}
		i, known := at[key]
		if !known {
			i = len(lines)
			at[key] = i
			lines = append(lines, problemLine{Column: p.Column, Reason: p.Reason})
		}
		lines[i].add(p)
	}
	for _, l := range lines[min(len(lines), mostProblems):] {
		left += l.Count
	}
	return lines[:min(len(lines), mostProblems)], left
}

func (l *problemLine) add(p exchange.Problem) {
	l.Count++
	if len(l.Rows) < mostRowsNamed {
		l.Rows = append(l.Rows, p.Row)
	}
	switch {
	case slices.Contains(l.Values, p.Value):
	case len(l.Values) < mostValuesNamed:
		l.Values = append(l.Values, p.Value)
	default:
		l.More = true
	}
}
