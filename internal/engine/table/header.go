package table

import (
	"slices"
	"strings"
)

// Header is where the names of the columns stand.
type Header struct {
	Found  bool    `json:"found"`
	First  int     `json:"first"`  // the row it begins in, from 1
	Rows   int     `json:"rows"`   // 1 or 2
	Titles []int   `json:"titles"` // rows above it that hold text
	Filled []int   `json:"filled"` // columns named by a merged cell to their left
	Score  float64 `json:"score"`  // between 0 and 1
	Known  int     `json:"known"`  // names that mean a field
}

// headerRows is how many of the first rows may be a header.
const headerRows = 20

// findHeader looks for the row that reads most like names of columns: words that name fields, text without numbers and dates, no
// word twice, as wide as the table.
func findHeader(rows [][]string) (h Header, names [][]string) {
	width := usualWidth(rows)
	best, at := 0.0, -1
	for i, row := range rows[:min(len(rows), headerRows)] {
		if s := likeHeader(row, width); s > best+1e-9 {
			best, at = s, i
		}
	}
	if at < 0 || best < .5 {
		return h, nil
	}
	h = Header{Found: true, First: at + 1, Rows: 1, Score: best}
	names = [][]string{rows[at]}
	switch {
	case at+1 < len(rows) && below(rows[at], rows[at+1], rows[at+2:], width):
		h.Rows, names = 2, append(names, rows[at+1])
	case at > 0 && (over(rows[at-1], rows[at]) || beside(rows[at-1], rows[at]) && below(rows[at-1], rows[at], rows[at+1:], width)):
		h.First, h.Rows, names = at, 2, [][]string{rows[at-1], rows[at]}
	}
	if h.Rows == 2 {
		names[0], h.Filled = spread(names[0], names[1])
	}
	for i, row := range rows[:h.First-1] {
		if filled(row) > 0 {
			h.Titles = append(h.Titles, i+1)
		}
	}
	return h, names
}

// below tells whether the row under a header is its second: it names columns that the first leaves empty, or parts of a merged
// cell, and the columns it leaves empty itself hold values further down.
func below(upper, lower []string, rest [][]string, width int) bool {
	n, gaps := 0, 0
	for i, c := range lower {
		if strings.TrimSpace(c) == "" {
			continue
		}
		if !wordy(c) {
			return false
		}
		n++
		if cellOf(upper, i) == "" {
			gaps++
		}
	}
	if n == 0 || gaps == 0 || gaps < width-filled(upper) && gaps*2 < n {
		return false
	}
	for i := range width { // a name under no name: the row is no row of values
		if cellOf(upper, i) != "" && cellOf(lower, i) == "" && !slices.ContainsFunc(rest, func(r []string) bool { return cellOf(r, i) != "" }) {
			return false
		}
	}
	return true
}

// beside tells whether two rows name columns side by side: some by the upper row alone, which is no title then.
func beside(upper, lower []string) bool {
	alone := 0
	for i, c := range upper {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		if !wordy(c) {
			return false
		}
		if cellOf(lower, i) == "" {
			alone++
		}
	}
	return alone > 0 && filled(upper) > 1
}

// over tells whether the row above a header is its first: groups of columns, each named once or in every cell.
func over(upper, lower []string) bool {
	n, again := 0, 0
	last := ""
	for i, c := range upper {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if !wordy(c) || cellOf(lower, i) == "" {
			return false
		}
		if n++; c == last {
			again++
		}
		last = c
	}
	wide := len(trimRow(lower))
	return n >= 2 && (n < wide || again > 0 && n == wide)
}

func cellOf(row []string, i int) string {
	if i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

// spread fills the empty cells right of a merged one, as far as the second row names columns there.
func spread(upper, lower []string) (full []string, columns []int) {
	full = slices.Clone(upper)
	for len(full) < len(lower) {
		full = append(full, "")
	}
	last := ""
	for i, c := range full {
		switch {
		case strings.TrimSpace(c) != "":
			last = c
		case last != "" && cellOf(lower, i) != "":
			full[i] = last
			columns = append(columns, i)
		}
	}
	return full, columns
}

// joined makes one name of the rows of a header.
func joined(names [][]string, i int) (name string, parts []string) {
	for _, row := range names {
		c := strings.Join(strings.Fields(cellOf(row, i)), " ")
		parts = append(parts, c)
		if c != "" && c != name {
			if name != "" {
				name += " / "
			}
			name += c
		}
	}
	return name, parts
}
