package linelist

import (
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// Op is what a condition asks of a field.
type Op string

// The questions a condition can ask.
const (
	In       Op = "in"       // it is one of the values; the empty value is what is not known
	NotIn    Op = "not"      // it is none of the values
	FromTo   Op = "fromto"   // it is from the first value to the second, both included; an empty one is no limit
	Missing  Op = "missing"  // nothing is known
	Known    Op = "known"    // something is known
	Contains Op = "contains" // the text has the value in it, whatever its case
)

// Condition cuts a list by one field.
type Condition struct {
	Field  string   `json:"field"`
	Op     Op       `json:"op"`
	Values []string `json:"values,omitempty"`
}

// Order sorts a list by one field.
type Order struct {
	Field string `json:"field"`
	Down  bool   `json:"down"`
}

// Query says which cases, in which order, and which part of that list.
type Query struct {
	Outbreak outbreak.OutbreakID // 0: every one the actor reaches
	Below    outbreak.Path       // empty: everywhere the actor reaches
	Where    []Condition
	Sort     []Order          // at most two; the identifier comes last
	After    string           // Next or Back of another page
	Jump     int              // the page begins at this row, counted from 1; 0: at After, or at the first
	Most     int              // rows of the page; 0: usualMost
	KnownAt  outbreak.Instant // as it was known then; 0: now
	Name     string           // looked for first; it stands in no address
	Seen     int64            // the journal entry the list must have seen
}

// Limits of a query.
const (
	usualMost  = 100
	MostRows   = 1000
	mostWhere  = 30
	mostValues = 1000
	mostSort   = 2
	mostText   = 200
)

// invalid refuses a query that cannot be meant.
func invalid(key string, slots ...any) error {
	return outbreak.Refuse(outbreak.Invalid, "linelist."+key, slots...)
}

// check refuses what no list can answer.
func (q Query) check() error {
	if q.Most < 0 || q.Most > MostRows {
		return invalid("most", "most", MostRows)
	}
	if q.Jump < 0 {
		return invalid("jump")
	}
	if len(q.Sort) > mostSort {
		return invalid("sort_many", "most", mostSort)
	}
	if len(q.Where) > mostWhere {
		return invalid("where_many", "most", mostWhere)
	}
	for i, o := range q.Sort {
		c, ok := columnOf(o.Field)
		if !ok || c.Name == "quality" {
			return invalid("no_field", "field", o.Field)
		}
		if slices.ContainsFunc(q.Sort[:i], func(p Order) bool { return p.Field == o.Field }) {
			return invalid("sort_twice", "field", o.Field)
		}
	}
	for _, c := range q.Where {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Condition) check() error {
	f, ok := columnOf(c.Field)
	if !ok {
		return invalid("no_field", "field", c.Field)
	}
	if c.Field == "outbreak" { // Query.Outbreak says it
		return invalid("op", "field", c.Field)
	}
	if len(c.Values) > mostValues {
		return invalid("values_many", "field", c.Field, "most", mostValues)
	}
	for _, v := range c.Values {
		if len(v) > mostText {
			return invalid("value_long", "field", c.Field, "most", mostText)
		}
	}
	switch c.Op {
	case Missing, Known:
		if len(c.Values) > 0 || f.Name == "quality" || f.Name == "case" {
			return invalid("op", "field", c.Field)
		}
		return nil
	case Contains:
		if f.Kind != Text || len(c.Values) != 1 || c.Values[0] == "" {
			return invalid("op", "field", c.Field)
		}
		return nil
	case FromTo:
		return c.checkSpan(f)
	case In, NotIn:
		return c.checkValues(f)
	}
	return invalid("op", "field", c.Field)
}

func (c Condition) checkSpan(f Column) error {
	if f.Kind != Day && f.Kind != Number || len(c.Values) != 2 || c.Values[0] == "" && c.Values[1] == "" {
		return invalid("op", "field", c.Field)
	}
	return c.checkValues(f)
}

// checkValues refuses values that no case can have.
func (c Condition) checkValues(f Column) error {
	for _, v := range c.Values {
		if v == "" {
			continue
		}
		switch f.Kind {
		case Day:
			if _, err := parseDay(v); err != nil {
				return invalid("day", "field", c.Field)
			}
		case Number:
			if _, _, err := months(v); err != nil {
				return invalid("number", "field", c.Field)
			}
		case Word:
			if w := folded(f.Name, v); w != "" && !slices.Contains(f.Words, w) {
				return invalid("word", "field", c.Field, "words", strings.Join(f.Words, ", "))
			}
		case ID:
			if _, err := outbreak.ParseID[outbreak.CaseID](v); err != nil {
				return invalid("id", "field", c.Field)
			}
		case Area:
			if !pathFits(v) {
				return invalid("area", "field", c.Field)
			}
		}
	}
	return nil
}

func pathFits(path string) bool {
	if path == "" {
		return true
	}
	if len(path) < 3 || path[0] != '/' || path[len(path)-1] != '/' {
		return false
	}
	for i := range path {
		b := path[i]
		if b == '/' {
			if i > 0 && path[i-1] == '/' {
				return false
			}
			continue
		}
		if !(b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '-' || b == '_' || b == '.') {
			return false
		}
	}
	return true
}

const dayMillis = 24 * 60 * 60 * 1000

// parseDay reads an ISO date as the number of days since 1970-01-01.
func parseDay(text string) (int32, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, err
	}
	return int32(t.Unix() / 86400), nil
}

// dayText writes a day as an ISO date.
func dayText(day int32) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// With gives the query with one more condition, from its first page.
func (q Query) With(more ...Condition) Query {
	q.Where = append(slices.Clone(q.Where), more...)
	q.After, q.Jump = "", 0
	return q
}

// Without gives the query without the conditions on a field, from its first page.
func (q Query) Without(field string) Query {
	q.Where = slices.DeleteFunc(slices.Clone(q.Where), func(c Condition) bool { return c.Field == field })
	q.After, q.Jump = "", 0
	return q
}
