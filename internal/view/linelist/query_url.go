package linelist

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// In an address a field's own name asks for one of some values (severity=mild&severity=severe), and a word behind a dot for
// something else: severity.not=mild, onset.from=2022-03-01&onset.to=2022-03-31, onset.is=missing, hospital.has=no 2.
// Beside them stand outbreak, below, sort (-onset,age: the latest onset first), after, jump, most, known and seen.
// A name stands in no address: addresses are kept in logs and histories.

const (
	dotNot  = ".not"
	dotFrom = ".from"
	dotTo   = ".to"
	dotIs   = ".is"
	dotHas  = ".has"
)

// Values writes the query as the parameters of an address: the same query always gives the same. A name is left out.
func (q Query) Values() url.Values {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("outbreak", q.Outbreak.String())
	set("below", string(q.Below))
	set("after", q.After)
	set("known", q.KnownAt.String())
	for key, n := range map[string]int{"jump": q.Jump, "most": q.Most, "seen": int(q.Seen)} {
		if n != 0 {
			v.Set(key, strconv.Itoa(n))
		}
	}
	var sort []string
	for _, o := range q.Sort {
		sort = append(sort, map[bool]string{true: "-"}[o.Down]+o.Field)
	}
	set("sort", strings.Join(sort, ","))
	for _, c := range q.Where {
		c.write(v)
	}
	return v
}

func (c Condition) write(v url.Values) {
	values := slices.Clone(c.Values)
	switch c.Op {
	case In, NotIn:
		for i, w := range values {
			values[i] = folded(c.Field, w)
		}
		slices.Sort(values)
		values = slices.Compact(values)
		if len(values) == 0 {
			values = []string{nothing}
		}
		key := c.Field
		if c.Op == NotIn {
			key += dotNot
		}
		v[key] = values
	case FromTo:
		for i, key := range []string{dotFrom, dotTo} {
			if len(values) > i && values[i] != "" {
				v.Set(c.Field+key, values[i])
			}
		}
	case Missing, Known:
		v.Set(c.Field+dotIs, string(c.Op))
	case Contains:
		if len(values) > 0 {
			v.Set(c.Field+dotHas, values[0])
		}
	}
}

// nothing is a value no case has, in an address: the list of no values.
const nothing = "~"

// ParseQuery reads the parameters of an address. beside are parameters that are somebody else's; any other that is not known is
// refused, since a list that was cut otherwise than asked misleads.
func ParseQuery(v url.Values, beside ...string) (q Query, err error) {
	for _, key := range sortedKeys(v) {
		if slices.Contains(beside, key) {
			continue
		}
		own, err := q.take(key, v[key])
		if err == nil && !own {
			err = q.takeCondition(key, v[key])
		}
		if err != nil {
			return Query{}, err
		}
	}
	return q, q.check()
}

func sortedKeys(v url.Values) []string {
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// take reads what is no condition; false when it is one.
func (q *Query) take(key string, values []string) (own bool, err error) {
	if len(values) == 0 {
		return true, nil
	}
	switch value := values[len(values)-1]; key {
	case "outbreak":
		if q.Outbreak, err = outbreak.ParseID[outbreak.OutbreakID](value); err != nil {
			err = invalid("id", "field", key)
		}
	case "below":
		if q.Below = outbreak.Path(value); !pathFits(value) {
			err = invalid("area", "field", key)
		}
	case "after":
		q.After = value
	case "known":
		q.KnownAt, err = parseKnown(value)
	case "jump":
		q.Jump, err = whole(key, value, 1<<31-1)
	case "most":
		q.Most, err = whole(key, value, MostRows)
	case "seen":
		var n int
		n, err = whole(key, value, 1<<62)
		q.Seen = int64(n)
	case "sort":
		for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' }) {
			q.Sort = append(q.Sort, Order{strings.TrimPrefix(field, "-"), strings.HasPrefix(field, "-")})
		}
	case "name":
		err = invalid("name_in_address")
	default:
		return false, nil
	}
	return true, err
}

// parseKnown reads an instant, or a day, which stands for its end in UTC.
func parseKnown(text string) (at outbreak.Instant, err error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return outbreak.At(day.Add(24*time.Hour)) - 1, nil
	}
	if err := at.UnmarshalText([]byte(text)); err != nil {
		return 0, invalid("known")
	}
	return at, nil
}

func whole(key, text string, most int) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, invalid("number", "field", key)
	}
	return n, nil
}

// takeCondition reads a condition. From and to of one field become one.
func (q *Query) takeCondition(key string, values []string) error {
	field, op := key, In
	for end, is := range map[string]Op{dotNot: NotIn, dotFrom: FromTo, dotTo: FromTo, dotIs: Missing, dotHas: Contains} {
		if strings.HasSuffix(key, end) {
			field, op = strings.TrimSuffix(key, end), is
		}
	}
	if _, known := columnOf(field); !known {
		return invalid("no_field", "field", shortened(field))
	}
	c := Condition{Field: field, Op: op}
	switch value := values[len(values)-1]; {
	case op == Missing && value == string(Known):
		c.Op = Known
	case op == Missing && value != string(Missing):
		return invalid("op", "field", field)
	case op == Missing:
	case op == FromTo:
		q.span(field, value, strings.HasSuffix(key, dotTo))
		return nil
	case op == Contains && value == "":
		return nil
	case op == Contains:
		c.Values = []string{value}
	default:
		for _, w := range values {
			if w != nothing {
				c.Values = append(c.Values, folded(field, w))
			}
		}
		slices.Sort(c.Values)
		c.Values = slices.Compact(c.Values)
	}
	q.Where = append(q.Where, c)
	return nil
}

// shortened keeps what is told back small.
func shortened(text string) string {
	if len(text) > 40 {
		return text[:40]
	}
	return text
}

func (q *Query) span(field, value string, to bool) {
	at := slices.IndexFunc(q.Where, func(c Condition) bool { return c.Field == field && c.Op == FromTo })
	if value == "" {
		return
	}
	if at < 0 {
		at = len(q.Where)
		q.Where = append(q.Where, Condition{Field: field, Op: FromTo, Values: []string{"", ""}})
	}
	q.Where[at].Values[map[bool]int{true: 1}[to]] = value
}
