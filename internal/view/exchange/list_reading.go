package exchange

import (
	"strconv"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// reading is how the columns of a list are read: what was found, and what was chosen.
type reading struct {
	kind    Kind
	found   *Found
	plan    Plan
	columns []readColumn // those of the list itself
	at      map[string]int
	now     outbreak.Instant
	known   func(area string) (code string, is bool) // nil: not asked
	homes   map[string]string                        // of a list of contacts without an area: codes of areas by the numbers of people
}

// readColumn is a column as it is read.
type readColumn struct {
	name  string // with its number where several have the name
	field listField
	group int // of a field of contacts: whose
	open  bool
	order table.Order
	epoch table.Epoch // empty: not known
	unit  string
	words map[string]string // folded
	only  bool              // counts of days: of two epochs one alone is possible
}

// read puts a plan onto what was found. Columns a plan does not name are read as they are suggested.
func (f *Found) reading(p Plan, now outbreak.Instant) (*reading, error) {
	if err := p.Check(f.Kind); err != nil {
		return nil, err
	}
	r := &reading{kind: f.Kind, found: f, plan: p, at: map[string]int{}, now: now}
	named, chosen, nth := 0, p.places(f.Kind), groupCounter{}
	for _, c := range f.Columns {
		asked, is := p.of(c.Name, c.Number)
		if is {
			named++
		} else if field, _ := fieldOf(f.Kind, c.Field); !chosen[field.place(c.Group)] {
			asked.Field, asked.Group = c.Field, c.Group
		}
		col := r.column(c, asked)
		col.group = nth.of(col.field, col.group)
		if r.columns = append(r.columns, col); col.field.Name != "" {
			r.at[col.field.place(col.group)] = c.Index
		}
	}
	if named < len(p.Columns) {
		for _, c := range p.Columns {
			if !f.has(c) && c.Field != "" {
				return nil, outbreak.Refuse(outbreak.Invalid, "exchange.map_no_column", "field", c.Field, "header", c.Column)
			}
		}
	}
	if len(r.at) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "lists.no_field", "fields", strings.Join(ListFields(f.Kind), ", "))
	}
	return r, r.needs()
}

func (f *Found) has(asked PlanColumn) bool {
	for _, c := range f.Columns {
		if c.Name == asked.Column && c.Number == max(asked.Number, 1) {
			return true
		}
	}
	return false
}

// needs refuses a list of contacts that does not say who met whom, and contacts of whom nothing says who they are.
func (r *reading) needs() error {
	if r.kind != Contacts {
		return r.needsContacts()
	}
	for _, any := range [][]string{{"from", "from_name"}, {"to", "name", "given_name", "family_name", "phone"}} {
		there := false
		for _, name := range any {
			_, is := r.at[name]
			there = there || is
		}
		if !there {
			return outbreak.Refuse(outbreak.Invalid, "exchange.column_missing", "field", strings.Join(any, ", "), "headers", strings.Join(r.names(), ", "))
		}
	}
	return nil
}

func (r *reading) names() (all []string) {
	for _, c := range r.columns {
		all = append(all, c.name)
	}
	return all
}

func (r *reading) column(c FoundColumn, asked PlanColumn) readColumn {
	col := readColumn{name: c.Name, group: asked.Group, open: asked.Open, order: asked.Order, epoch: asked.Epoch, unit: asked.Unit, words: map[string]string{}}
	if c.Name == "" {
		col.name = columnLetter(c.Index)
	}
	if c.Number > 1 {
		col.name += " (" + strconv.Itoa(c.Number) + ")"
	}
	col.field, _ = fieldOf(r.kind, asked.Field)
	for word, ours := range asked.Words {
		col.words[foldWord(word)] = ours
	}
	d := r.found.Table.Columns[c.Index].Dates
	if d == nil {
		return col
	}
	if col.order == "" && (d.Order == table.DayFirst || d.Order == table.MonthFirst || d.Order == table.Mixed) {
		col.order = d.Order
	}
	for _, s := range d.Readings { // counted from 1904 they would lie in days to come: then they are not
		if s.Epoch == table.Epoch1904 && col.epoch == "" && r.now != 0 && s.Latest > r.now.Time().AddDate(0, 0, 1).Format("2006-01-02") {
			col.epoch, col.only = table.Epoch1900, true
		}
	}
	return col
}

// columnLetter is what a spreadsheet calls a column that has no name.
func columnLetter(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}
