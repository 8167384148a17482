package linelist

import (
	"math"
	"strconv"
	"strings"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// choose gives the cases a query is of, among those the actor may see.
func (p picture) choose(by outbreak.Actor, q Query, may access.Permission) (*columns.Set, error) {
	set := p.All()
	p.reach(set, access.Reach(by, may))
	if q.Outbreak != 0 {
		p.KeepWords(set, colOutbreak, p.KeepTexts(colOutbreak, []string{q.Outbreak.String()}))
	}
	if q.Below != "" {
		p.KeepWords(set, colArea, p.below(q.Below))
	}
	for _, c := range q.Where {
		if err := p.keep(set, c); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func (p picture) below(paths ...outbreak.Path) columns.Keep {
	return p.KeepWhere(colArea, func(area string) bool {
		for _, path := range paths {
			if alone, is := strings.CutSuffix(string(path), itself); is && alone == area || !is && path.Contains(outbreak.Path(area)) {
				return true
			}
		}
		return false
	})
}

// reach cuts a set to the scopes somebody reaches: per outbreak, one look at each area of the dictionary.
func (p picture) reach(set *columns.Set, scopes []outbreak.Scope) {
	var all []outbreak.Path // in every outbreak
	some := map[string][]outbreak.Path{}
	for _, s := range scopes {
		if s.Outbreak == 0 {
			all = append(all, s.Area)
		} else {
			some[s.Outbreak.String()] = append(some[s.Outbreak.String()], s.Area)
		}
		if s == (outbreak.Scope{}) {
			return
		}
	}
	everywhere := p.below(all...)
	if len(some) == 0 {
		p.KeepWords(set, colArea, everywhere)
		return
	}
	outbreaks := p.Texts(colOutbreak)
	keep := make([]columns.Keep, len(outbreaks))
	for code, id := range outbreaks {
		if keep[code] = everywhere; len(some[id]) > 0 {
			keep[code] = p.below(append(some[id], all...)...)
		}
	}
	p.KeepPairs(set, colOutbreak, colArea, keep)
}

// keep cuts a set by a condition.
func (p picture) keep(set *columns.Set, c Condition) error {
	col, ok := place(p.Table, c.Field)
	if !ok {
		return invalid("no_field", "field", c.Field)
	}
	f, _ := columnOf(c.Field)
	switch {
	case col == colQuality:
		p.keepFound(set, c)
	case col == colCase || col == colPerson:
		p.keepIDs(set, col, c)
	case c.Op == Missing || c.Op == Known:
		p.KeepKnown(set, col, c.Op == Known)
	case c.Op == Contains:
		p.KeepWords(set, col, p.KeepContaining(col, c.Values[0]))
	case c.Op == FromTo:
		from, to := int64(math.MinInt64), int64(math.MaxInt64)
		if low, _, known := span(f, c.Values[0]); known {
			from = int64(low)
		}
		if _, high, known := span(f, c.Values[1]); known {
			to = int64(high)
		}
		p.KeepBetween(set, col, from, to)
	case f.Kind == Day || f.Kind == Number:
		p.keepNumbers(set, col, f, c)
	default:
		p.KeepWords(set, col, p.texts(col, f, c))
	}
	return nil
}

// texts says which texts of a column a condition keeps. An area stands for what lies below it.
func (p picture) texts(col int, f Column, c Condition) (keep columns.Keep) {
	if f.Kind == Area {
		var paths []outbreak.Path
		for _, v := range c.Values {
			paths = append(paths, outbreak.Path(v))
		}
		keep = p.below(paths...)
	} else {
		var words []string
		for _, v := range c.Values {
			if f.Kind == ID {
				id, _ := outbreak.ParseID[outbreak.BatchID](v)
				v = id.String()
			}
			words = append(words, folded(f.Name, v))
		}
		keep = p.KeepTexts(col, words)
	}
	if c.Op == NotIn {
		return keep.Not()
	}
	return keep
}

func (p picture) keepNumbers(set *columns.Set, col int, f Column, c Condition) {
	values := map[int32]bool{}
	for _, v := range c.Values {
		low, high, known := span(f, v)
		if !known {
			low, high = columns.Missing, columns.Missing
		}
		for n := low; n <= high; n++ {
			values[n] = true
		}
	}
	found := set.Clone()
	p.KeepNumbers(found, col, values)
	join(set, found, c.Op)
}

// join keeps in a set what was found in it, or, for NotIn, what was not.
func join(set, found *columns.Set, op Op) {
	if op == NotIn {
		set.Without(found)
		return
	}
	set.And(found)
}

// span gives what numbers of the memory a value stands for: a day for itself, a whole year of age for its months.
func span(f Column, text string) (low, high int32, known bool) {
	if text == "" {
		return 0, 0, false
	}
	if f.Kind == Day {
		day, err := parseDay(text)
		return day, day, err == nil
	}
	low, high, err := months(text)
	return low, high, err == nil
}

// months reads an age in years: a whole one stands for its twelve months, one with a fraction for a month.
func months(text string) (low, high int32, err error) {
	years, err := strconv.ParseFloat(text, 64)
	if err != nil || !(years >= 0 && years <= 1e6) {
		return 0, 0, invalid("number")
	}
	low = int32(math.Round(years * 12))
	if years == math.Trunc(years) {
		return low, low + 11, nil
	}
	return low, low, nil
}

func (p picture) keepIDs(set *columns.Set, col int, c Condition) {
	ids := map[int64]bool{}
	for _, v := range c.Values {
		id, _ := outbreak.ParseID[outbreak.CaseID](v)
		ids[int64(id)] = true
	}
	found := set.Clone()
	if col == colPerson {
		p.KeepLongs(found, col, ids)
	} else {
		list := make([]int64, 0, len(ids))
		for id := range ids {
			list = append(list, id)
		}
		p.KeepIDs(found, list)
	}
	join(set, found, c.Op)
}

// order gives the columns a query sorts by.
func (p picture) order(q Query) (order []columns.Order, err error) {
	for _, o := range q.Sort {
		col, ok := place(p.Table, o.Field)
		if !ok {
			return nil, invalid("no_field", "field", o.Field)
		}
		if col == colRecorded || col == colCase { // finer than a day; identifiers rise with the time
			col = colRecordedAt
		}
		order = append(order, columns.Order{Col: col, Down: o.Down})
	}
	return order, nil
}
