package table

import (
	"slices"
	"strings"
)

// What is odd about a table as a whole.
const (
	OddTooWide   = "row_too_wide"   // more cells than the header names
	OddBlankRow  = "blank_row"      // between rows that hold something
	OddHeader    = "header_again"   // the header once more among the rows: lists pasted together
	OddAtLimit   = "cut_at_limit"   // exactly as many rows as an old or a new spreadsheet can hold
	OddNameless  = "nameless"       // columns that hold values and have no name
	OddColumnCap = "columns_beyond" // cells beyond the columns that are looked at
)

// mostLooked is how many columns are looked at: what is beyond is told.
const mostLooked = 2_000

// Table gathers what the rows of a table tell, in memory that depends on its width alone.
type Table struct {
	begun   bool
	first   [][]string // until the header is found
	waiting int        // bytes of them
	told    Header     // by a person
	header  Header
	names   [][]string
	columns []*column
	odd     findings
	row     int     // rows seen
	data    int     // of them rows of values
	blanks  Finding // empty rows since the last one that was not
	wide    int
}

// What is looked at before the header is decided.
const (
	bufferedRows  = 60
	bufferedBytes = 8 << 20
)

// Add takes the next row, as the file has it, empty ones too.
func (t *Table) Add(cells []string) {
	if !t.begun {
		t.first = append(t.first, slices.Clone(cells))
		for _, c := range cells {
			t.waiting += len(c)
		}
		if len(t.first) == bufferedRows || t.waiting > bufferedBytes {
			t.begin()
		}
		return
	}
	t.take(cells)
}

// HeaderAt says where the header is, when a person knows better than the rows show. It is said before the first row.
func (t *Table) HeaderAt(first, rows int) {
	t.told = Header{Found: true, First: first, Rows: rows, Score: 1}
}

// begin decides where the header is and takes the rows that waited.
func (t *Table) begin() {
	t.begun = true
	if last := t.told.First + t.told.Rows - 1; t.told.Found && t.told.First > 0 && t.told.Rows > 0 && last <= len(t.first) {
		t.header, t.names = t.told, t.first[t.told.First-1:last]
		if t.told.Rows == 2 {
			t.names = slices.Clone(t.names)
			t.names[0], t.header.Filled = spread(t.names[0], t.names[1])
		}
	} else {
		t.header, t.names = findHeader(t.first)
	}
	for _, n := range t.names {
		t.wide = max(t.wide, len(trimRow(n)))
	}
	if !t.header.Found {
		t.wide = usualWidth(t.first)
	}
	rows := t.first
	t.first = nil
	t.row = 0
	if t.header.Found {
		t.row = t.header.First + t.header.Rows - 1
	}
	t.widen(0, 0)
	for _, r := range rows[t.row:] {
		t.take(r)
	}
}

func (t *Table) take(cells []string) {
	t.row++
	cells = trimRow(cells)
	if len(cells) == 0 {
		if t.blanks.Count++; len(t.blanks.Rows) < firstRows {
			t.blanks.Rows = append(t.blanks.Rows, t.row)
		}
		return
	}
	if t.blanks.Count > 0 { // empty rows with something below them are odd
		t.odd.add(OddBlankRow, t.blanks)
		t.blanks = Finding{}
	}
	if t.header.Found && t.again(cells) {
		t.odd.note(OddHeader, t.row)
		return
	}
	t.data++
	if len(cells) > t.wide {
		t.odd.note(OddTooWide, t.row)
	}
	t.widen(len(cells), t.data-1)
	if len(cells) > mostLooked {
		t.odd.note(OddColumnCap, t.row)
	}
	for i, c := range t.columns {
		if i < len(cells) {
			c.add(cells[i], t.row)
		} else {
			c.Blank++
		}
	}
}

// widen adds columns that no row had until now.
func (t *Table) widen(cells, before int) {
	for len(t.columns) < min(max(cells, t.wide), mostLooked) {
		c := &column{}
		c.Index, c.Blank = len(t.columns), before
		t.columns = append(t.columns, c)
	}
}

// again tells whether a row is the header once more.
func (t *Table) again(cells []string) bool {
	same := 0
	last := t.names[len(t.names)-1]
	for i, c := range cells {
		if n := cellOf(last, i); n != "" && strings.TrimSpace(c) == n {
			same++
		}
	}
	return same >= 2 && same*10 >= len(cells)*8
}

// Again tells whether a row is the header once more: lists pasted together.
func (r Report) Again(cells []string) bool {
	same := 0
	cells = trimRow(cells)
	for i, c := range cells {
		if i < len(r.Columns) && len(r.Columns[i].Headers) > 0 {
			if n := r.Columns[i].Headers[len(r.Columns[i].Headers)-1]; n != "" && strings.Join(strings.Fields(c), " ") == n {
				same++
			}
		}
	}
	return r.Header.Found && same >= 2 && same*10 >= len(cells)*8
}

// Report is what a table is.
type Report struct {
	Header   Header       `json:"header"`
	Read     int          `json:"read"` // rows, the header and empty ones too
	Rows     int          `json:"rows"` // rows of values
	Columns  []Column     `json:"columns"`
	Repeated []Repeated   `json:"repeated"`
	Groups   []Group      `json:"groups"`
	Odd      []Finding    `json:"odd"`
	Mapping  []Suggestion `json:"mapping"`
}

// Report says what the rows so far tell.
func (t *Table) Report() Report {
	if !t.begun {
		t.begin()
	}
	r := Report{Header: t.header, Read: t.row, Rows: t.data, Odd: slices.Clone(t.odd)}
	var names []string
	for i, c := range t.columns {
		c.Name, c.Headers = joined(t.names, i)
		name := c.Name
		if mended, _, wrong := Mend(name); wrong {
			c.Mended, name = mended, mended
		}
		names = append(names, name)
		dated, aged := saysDate(name), saysAge(name)
		out := c.conclude(dated, aged)
		if name == "" && c.Filled > 0 && t.header.Found {
			out.Odd = append(out.Odd, Finding{What: OddNameless, Count: c.Filled})
		}
		r.Columns = append(r.Columns, out)
	}
	if t.row == 65_536 || t.row == 1_048_576 {
		r.Odd = append(r.Odd, Finding{OddAtLimit, 1, []int{t.row}})
	}
	r.Repeated, r.Groups = repeated(names), groups(names)
	r.Mapping = suggest(r.Columns, names)
	for _, s := range r.Mapping {
		if s.Field != "" {
			r.Header.Known++
		}
	}
	return r
}
