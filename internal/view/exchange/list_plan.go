package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// Plan says how a list is read: which column is which field, what its words mean, in which order day and month stand. A person chooses
// it; it is kept under the digest of the headers, so that the same list of the next day needs no choosing, and it is the same JSON
// that a map file of the command line holds.
type Plan struct {
	Sheet      string         `json:"sheet,omitempty"`       // of a workbook; empty: the one that looks most like a list
	HeaderRow  int            `json:"header_row,omitempty"`  // 0: as found
	HeaderRows int            `json:"header_rows,omitempty"` // 1 or 2
	Encoding   table.Encoding `json:"encoding,omitempty"`    // empty: as found
	Separator  string         `json:"separator,omitempty"`
	Area       string         `json:"area,omitempty"` // code of the area of rows whose own is not named or not known
	Columns    []PlanColumn   `json:"columns"`
}

// PlanColumn is how one column is read.
type PlanColumn struct {
	Column string            `json:"column"`           // as the header has it
	Number int               `json:"number,omitempty"` // which of several of that name, from 1
	Field  string            `json:"field"`            // empty: kept with the row under its own name
	Group  int               `json:"group,omitempty"`  // of a field of contacts: whose; 0: the first column of the field is the first contact's, and so on
	Open   bool              `json:"open,omitempty"`   // of a column kept so: a person says that it tells nothing about who it is
	Order  table.Order       `json:"order,omitempty"`  // of days: day_first or month_first
	Epoch  table.Epoch       `json:"epoch,omitempty"`  // of days that are counts: 1900 or 1904
	Unit   string            `json:"unit,omitempty"`   // of ages that name none: year, month, week, day
	Words  map[string]string `json:"words,omitempty"`  // what the words of the column mean
}

// mostPlan is how large a plan may be written.
const mostPlan = 1 << 20

// ReadPlan reads a plan of a kind of list.
func ReadPlan(kind Kind, r io.Reader) (p Plan, err error) {
	d := json.NewDecoder(io.LimitReader(r, mostPlan))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, outbreak.Refuse(outbreak.Invalid, "lists.plan_unreadable").Because(err)
	}
	return p, p.Check(kind)
}

// Check refuses a plan that says what no list can be read by.
func (p Plan) Check(kind Kind) error {
	used := map[string]string{}
	nth := groupCounter{}
	for _, c := range p.Columns {
		if c.Group < 0 || c.Group > mostGroups || c.Group > 0 && !Grouped(c.Field) {
			return outbreak.Refuse(outbreak.Invalid, "lists.plan_group", "column", c.Column, "most", mostGroups)
		}
		if c.Field == "" {
			continue
		}
		f, known := fieldOf(kind, c.Field)
		if !known {
			return outbreak.Refuse(outbreak.Invalid, "lists.plan_field", "column", c.Column, "field", c.Field, "fields", strings.Join(ListFields(kind), ", "))
		}
		place := f.place(nth.of(f, c.Group))
		if before, twice := used[place]; twice && f.Name != otherOfContact {
			return outbreak.Refuse(outbreak.Invalid, "lists.plan_twice", "field", place, "first", before, "second", c.Column)
		}
		used[place] = c.Column
		for word, ours := range c.Words {
			if ours != "" && f.holds == holdsWord && !slices.Contains(f.words, ours) {
				return outbreak.Refuse(outbreak.Invalid, "lists.plan_word", "column", c.Column, "word", word, "ours", ours, "words", strings.Join(f.words, ", "))
			}
		}
		if c.Order != "" && c.Order != table.DayFirst && c.Order != table.MonthFirst || c.Epoch != "" && c.Epoch != table.Epoch1900 && c.Epoch != table.Epoch1904 ||
			c.Unit != "" && !slices.Contains(AgeUnits, c.Unit) {
			return outbreak.Refuse(outbreak.Invalid, "lists.plan_choice", "column", c.Column)
		}
	}
	return nil
}

// AgeUnits are the units an age may be written in.
var AgeUnits = []string{"year", "month", "week", "day"}

// of gives what a plan says of a column; false when it does not name it.
func (p Plan) of(name string, number int) (PlanColumn, bool) {
	for _, c := range p.Columns {
		if c.Column == name && max(c.Number, 1) == number {
			return c, true
		}
	}
	return PlanColumn{}, false
}

// digestOfHeaders is the mark of a list's columns: their names in their order, without what people vary.
func digestOfHeaders(kind Kind, names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\x00", kind)
	for _, n := range names {
		b.WriteString(strings.ToLower(strings.Join(strings.Fields(n), " ")))
		b.WriteByte(0)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}
