package exchange

import (
	"io"
	"slices"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/engine/workbook"
	"breakwater/internal/outbreak"
)

// Found is what a list shows of itself before anybody chose anything.
type Found struct {
	Kind    Kind           `json:"kind"`
	Format  string         `json:"format"` // csv or xlsx
	Letters *table.Letters `json:"letters,omitempty"`
	Sheets  []FoundSheet   `json:"sheets,omitempty"`
	Sheet   int            `json:"sheet"` // the one looked at
	Table   table.Report   `json:"table"`
	Columns []FoundColumn  `json:"columns"`
	Digest  string         `json:"digest"` // of the headers: what a plan is kept under
	Told    workbook.Told  `json:"told"`
	Macros  bool           `json:"macros,omitempty"`

	own int // columns of the list itself: those behind were added by our report of rejected rows
}

// FoundSheet is a sheet of a workbook.
type FoundSheet struct {
	Name   string `json:"name"`
	Hidden bool   `json:"hidden,omitempty"`
	Known  int    `json:"known"` // columns that mean a field
	score  int
}

// FoundColumn is a column and what it may be.
type FoundColumn struct {
	Index   int            `json:"index"`
	Name    string         `json:"name"`
	Number  int            `json:"number"`          // which of several of that name, from 1
	Field   string         `json:"field"`           // suggested; empty: none
	Group   int            `json:"group,omitempty"` // of a field of contacts: whose
	Score   float64        `json:"score"`
	Why     []string       `json:"why"`
	Others  []table.Option `json:"others"`
	Samples []string       `json:"samples"` // the first different values
	Words   []table.Count  `json:"words"`   // different values of a column of few
}

// Look reads a list to its end and says what it shows. The plan says which sheet, letters and header, where a person knows better.
func Look(kind Kind, s *Source, p Plan) (*Found, error) {
	s.written(p.Encoding, p.Separator)
	f := &Found{Kind: kind, Format: "csv", Letters: &s.letters}
	if s.book != nil {
		f.Format, f.Letters, f.Macros = "xlsx", nil, s.book.Macros
		if err := f.choose(s, p); err != nil {
			return nil, err
		}
	}
	var t table.Table
	if p.HeaderRow > 0 {
		t.HeaderAt(p.HeaderRow, max(p.HeaderRows, 1))
	}
	var samples samples
	told, err := s.read(f.Sheet, func(_ int, cells []string) error {
		t.Add(cells)
		samples.add(cells)
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.Told, f.Table = told, t.Report()
	if f.Table.Read == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.empty")
	}
	if !f.Table.Header.Found {
		return nil, outbreak.Refuse(outbreak.Invalid, "lists.no_header")
	}
	f.columns(samples)
	return f, nil
}

// lookedRows is how many rows of a sheet are enough to choose by.
const lookedRows = 200

// choose finds the sheet that looks most like a list.
func (f *Found) choose(s *Source, p Plan) error {
	named := -1
	for i, sheet := range s.book.Sheets {
		var t table.Table
		n := 0
		_, err := s.read(i, func(_ int, cells []string) error {
			t.Add(cells)
			if n++; n == lookedRows {
				return io.EOF
			}
			return nil
		})
		if err != nil {
			return err
		}
		r := t.Report()
		found := FoundSheet{Name: sheet.Name, Hidden: sheet.Hidden, Known: r.Header.Known}
		if r.Header.Found {
			found.score = 1000*r.Header.Known + min(r.Rows, lookedRows) + 1
		}
		if sheet.Hidden {
			found.score /= 2
		}
		if p.Sheet != "" && sheet.Name == p.Sheet {
			named = i
		}
		f.Sheets = append(f.Sheets, found)
	}
	for i := range f.Sheets {
		if f.Sheets[i].score > f.Sheets[f.Sheet].score {
			f.Sheet = i
		}
	}
	if named >= 0 {
		f.Sheet = named
	} else if p.Sheet != "" {
		return outbreak.Refuse(outbreak.Invalid, "lists.no_sheet", "sheet", p.Sheet)
	}
	return nil
}

// columns says of each column what it is called, which of its name it is, and what it may be.
func (f *Found) columns(seen samples) {
	t := f.Table
	var names []string
	for _, c := range t.Columns {
		names = append(names, nameOf(c))
	}
	f.own = len(names)
	if n := len(names) - len(added); n > 0 && slices.Equal(names[n:], added) {
		f.own = n
	}
	count := map[string]int{}
	taken := map[string]bool{}
	for i, c := range t.Columns[:f.own] {
		count[names[i]]++
		col := FoundColumn{Index: i, Name: names[i], Number: count[names[i]], Words: c.Values, Samples: seen.of(i, t), Why: []string{}, Others: []table.Option{}}
		if own, is := ownName(f.Kind, names[i]); is && !taken[own] && !Grouped(own) && holdsSuch(own, c) {
			col.Field, col.Score, col.Why = own, 1, []string{whyOwn}
			taken[own] = true
		}
		f.Columns = append(f.Columns, col)
	}
	f.suggestContacts(taken)
	for i := range f.Columns {
		col, m := &f.Columns[i], t.Mapping[i]
		for _, o := range m.Others {
			if field, known := fieldOf(f.Kind, o.Field); known && field.Name != col.Field {
				o.Field = field.Name
				col.Others = append(col.Others, o)
			}
		}
		if field, known := fieldOf(f.Kind, m.Field); known && col.Field == "" && !taken[field.Name] && holdsSuch(field.Name, t.Columns[i]) {
			col.Field, col.Score, col.Why = field.Name, m.Score, m.Why
			taken[field.Name] = true
		}
	}
	f.forgoExposures()
	f.Digest = digestOfHeaders(f.Kind, names[:f.own])
}

// holdsSuch tells that a column's cells can be what a field holds: a column isolated of yes and no holds no days.
func holdsSuch(field string, c table.Column) bool {
	switch f, _ := fieldNamed(field); f.holds {
	case holdsDay:
		return c.Kind == table.KindDate || c.Filled == 0
	case holdsAge:
		return c.Kind == table.KindAge || c.Kind == table.KindNumber || c.Filled == 0
	}
	return true
}

// whyOwn says that a column is called as our own lists call it.
const whyOwn = "own_name"

// nameOf is what a column is called, set right when it was read in the wrong encoding.
func nameOf(c table.Column) string {
	if c.Mended != "" {
		return c.Mended
	}
	return c.Name
}

// Suggest makes the plan that what was found speaks for. It chooses nothing that can be read in two ways.
func (f *Found) Suggest() Plan {
	p := Plan{Columns: []PlanColumn{}}
	if f.Format == "xlsx" {
		p.Sheet = f.Sheets[f.Sheet].Name
	}
	for _, c := range f.Columns {
		if f.Table.Columns[c.Index].Filled == 0 && c.Field == "" {
			continue
		}
		pc := PlanColumn{Column: c.Name, Field: c.Field, Group: c.Group}
		if c.Number > 1 {
			pc.Number = c.Number
		}
		if d := f.Table.Columns[c.Index].Dates; d != nil && HoldsDay(c.Field) && (d.Order == table.DayFirst || d.Order == table.MonthFirst) {
			pc.Order = d.Order
		}
		p.Columns = append(p.Columns, pc)
	}
	return p
}

// samples are the first different values of the columns.
type samples struct {
	rows  int
	cells [][]string
}

const (
	sampledRows = 400
	mostSamples = 4
	mostSample  = 60 // letters
)

func (s *samples) add(cells []string) {
	if s.rows++; s.rows > sampledRows {
		return
	}
	kept := make([]string, min(len(cells), 2000))
	for i := range kept {
		kept[i] = short(strings.TrimSpace(cells[i]))
	}
	s.cells = append(s.cells, kept)
}

func short(s string) string {
	if len(s) <= mostSample {
		return strings.Clone(s)
	}
	r := []rune(s[:min(len(s), 4*mostSample)])
	return string(r[:min(len(r), mostSample)]) + "…"
}

// of gives the samples of a column, from below the header.
func (s *samples) of(column int, t table.Report) (list []string) {
	list = []string{}
	for i, r := range s.cells {
		if i+1 < t.Header.First+t.Header.Rows || column >= len(r) || r[column] == "" || slices.Contains(list, r[column]) {
			continue
		}
		if list = append(list, r[column]); len(list) == mostSamples {
			break
		}
	}
	return list
}
