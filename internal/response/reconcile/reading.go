package reconcile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/engine/table"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// Column is a column of a list and which field it is; an empty field: none that is compared.
type Column struct {
	Name  string `json:"name"`
	Field string `json:"field"`
	Order string `json:"order,omitempty"` // of day and month in its dates
}

// listRow is a row of a list as it is compared.
type listRow struct {
	No       int
	Number   string
	Identity registry.Identity
	Area     string
	Values   []string // in the order of the fields
	Cells    []string
}

// reading is a list, read.
type reading struct {
	Columns  []Column
	Unread   []string // columns whose dates can be read in two ways, and nobody said which
	Rows     []listRow
	Rejected outbreak.Rejections
}

// readList finds out what the columns of a table are and reads its rows. What makes the whole table useless is the error.
func readList(all [][]string, p Party, fields []Field) (reading, error) {
	t := &table.Table{}
	for _, cells := range all {
		t.Add(cells)
	}
	report := t.Report()
	if !report.Header.Found {
		return reading{}, outbreak.Refuse(outbreak.Invalid, "reconcile.no_header")
	}
	r := reading{Columns: mapped(report, p, fields)}
	at := map[string]int{}
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Field == "" {
			continue
		}
		at[c.Field] = i
		if days := report.Columns[i].Dates; days != nil && isDay(c.Field, fields) {
			if c.Order = orderOf(days, p.Dates); c.Order == string(table.Ambiguous) {
				r.Unread = append(r.Unread, c.Name)
			}
		}
	}
	if !knows(at) {
		return r, outbreak.Refuse(outbreak.Invalid, "reconcile.no_key_column")
	}
	first := report.Header.First + report.Header.Rows - 1
	for i, cells := range all[min(first, len(all)):] {
		if blank(cells) {
			continue
		}
		row := r.read(cells, fields, p)
		row.No = first + i + 1
		if row.nobody() {
			if err := r.Rejected.Add(row.No, outbreak.Refuse(outbreak.Invalid, "reconcile.row_nobody")); err != nil {
				return r, err
			}
			continue
		}
		r.Rows = append(r.Rows, row)
	}
	if len(r.Rows) == 0 {
		return r, outbreak.Refuse(outbreak.Invalid, "reconcile.no_rows")
	}
	return r, nil
}

// mapped gives each column its field: as it was said for the party, else as its name and values suggest.
func mapped(report table.Report, p Party, fields []Field) []Column {
	columns := make([]Column, len(report.Columns))
	taken := map[string]bool{}
	for i, c := range report.Columns {
		columns[i].Name = c.Name
		if f, said := p.Columns[c.Name]; said && !taken[f] && known(f, fields) {
			columns[i].Field, taken[f] = f, f != ""
		}
	}
	for _, s := range report.Mapping {
		c := &columns[s.Column]
		if _, said := p.Columns[c.Name]; said {
			continue
		}
		if f := fieldOf(s.Field); f != "" && known(f, fields) && !taken[f] {
			c.Field, taken[f] = f, true
		}
	}
	return columns
}

// known tells whether a name is a field that a column can be.
func known(name string, fields []Field) bool {
	return name == "" || slices.Contains(IdentityFields, name) || slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
}

func isDay(name string, fields []Field) bool {
	return name == Birth || slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name && f.Kind == "day" })
}

// orderOf is how a column's dates are read: as its cells show, else as was said.
func orderOf(d *table.Dates, said string) string {
	switch {
	case d.Order == table.DayFirst, d.Order == table.MonthFirst:
		return string(d.Order)
	case d.Order == "":
		return ""
	case said != "":
		return said
	}
	return string(table.Ambiguous)
}

// knows tells whether the columns are enough to say who a row is about.
func knows(at map[string]int) bool {
	has := func(f string) bool { _, is := at[f]; return is }
	named := has(Name) || has(FamilyName) && has(GivenName)
	return has(Number) || has(Document) || named && (has(Phone) || has(Birth))
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

func (r listRow) nobody() bool {
	i := r.Identity
	return r.Number == "" && i.Document == "" && (i.Name == "" || i.Phone == "" && i.Birth == "")
}

// read reads the cells of one row.
func (r reading) read(cells []string, fields []Field, p Party) listRow {
	row := listRow{Cells: cells, Values: make([]string, len(fields))}
	var family, given string
	for i, c := range r.Columns {
		if i >= len(cells) || c.Field == "" {
			continue
		}
		cell, _ := table.Clean(cells[i])
		if table.Nothing(cell) {
			continue
		}
		switch c.Field {
		case Number:
			row.Number = clip(cell, 80)
		case Name:
			row.Identity.Name = clip(cell, 200)
		case FamilyName:
			family = clip(cell, 100)
		case GivenName:
			given = clip(cell, 100)
		case Document:
			row.Identity.Document = clip(cell, 60)
		case Phone:
			row.Identity.Phone = clip(cell, 40)
		case Birth:
			row.Identity.Birth, _ = dayOf(cell, c.Order)
		case AreaCode:
			row.Area = clip(cell, 60)
		case Address:
			row.Identity.Address = clip(cell, 200)
		default:
			at := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.Field })
			row.Values[at] = valueOf(fields[at], c, p, cell)
		}
	}
	if row.Identity.Name == "" {
		row.Identity.Name = strings.TrimSpace(family + gap(family, given) + given)
	}
	return row
}

// gap parts the words of names that are not Chinese.
func gap(family, given string) string {
	if family != "" && given != "" && family[0] < 0x80 {
		return " "
	}
	return ""
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// valueOf writes a cell as our field would have it; what cannot be read as one is "" when it is a date and stays otherwise.
func valueOf(f Field, c Column, p Party, cell string) string {
	switch f.Kind {
	case "day":
		day, _ := dayOf(cell, c.Order)
		return day
	case "word":
		return clip(wordOf(f, p.Codes[f.Name], cell), 60)
	case "number":
		if f.Name == age {
			return ageOf(cell)
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(cell), 64); err == nil {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	}
	if ours, said := p.Codes[f.Name][cell]; said {
		return ours
	}
	return clip(strings.Join(strings.Fields(cell), " "), 200)
}

// dayOf reads a date; false when it is none, or may be two.
func dayOf(cell, order string) (string, bool) {
	r, ok := table.ReadDate(cell)
	if !ok || r.Impossible || r.Distant {
		return "", false
	}
	switch r.Shape {
	case table.ShapeSerial:
		return table.SerialDay(r.Serial, table.Epoch1900), true
	case table.ShapeNoYear, table.ShapeMonth:
		return "", false
	case table.ShapeNNY, table.ShapeNNYY:
		day, month := r.First, r.Second
		switch {
		case order == string(table.MonthFirst):
			day, month = month, day
		case order != string(table.DayFirst) && r.First != r.Second && r.First <= 12 && r.Second <= 12:
			return "", false
		case order != string(table.DayFirst) && r.Second > 12:
			day, month = month, day
		}
		year := r.Year
		if r.Shape == table.ShapeNNYY {
			year += 2000
		}
		return written(year, month, day)
	case table.ShapeNamed:
		if r.Year < 100 {
			return written(r.Year+2000, r.Month, r.Day)
		}
	}
	return written(r.Year, r.Month, r.Day)
}

func written(year, month, day int) (string, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t.Format(time.DateOnly), t.Day() == day && int(t.Month()) == month
}
