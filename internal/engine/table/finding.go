package table

import "slices"

// Finding is something odd: what, how often, and the first rows that show it, as the file counts them from 1.
type Finding struct {
	What  string `json:"what"`
	Count int    `json:"count"`
	Rows  []int  `json:"rows"`
}

// firstRows is how many rows of a finding are named.
const firstRows = 5

// findings are kept in the order in which they were first seen.
type findings []Finding

func (f *findings) note(what string, row int) {
	i := slices.IndexFunc(*f, func(g Finding) bool { return g.What == what })
	if i < 0 {
		i = len(*f)
		*f = append(*f, Finding{What: what})
	}
	g := &(*f)[i]
	g.Count++
	if len(g.Rows) < firstRows {
		g.Rows = append(g.Rows, row)
	}
}

// add adds what was counted elsewhere.
func (f *findings) add(what string, more Finding) {
	for _, row := range more.Rows {
		f.note(what, row)
	}
	i := slices.IndexFunc(*f, func(g Finding) bool { return g.What == what })
	(*f)[i].Count += more.Count - len(more.Rows)
}

func (f findings) count(what string) int {
	for _, g := range f {
		if g.What == what {
			return g.Count
		}
	}
	return 0
}
