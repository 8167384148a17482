package linelist

import (
	"context"
	"strings"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// Count is how many cases of a list have a value.
type Count struct {
	Value string `json:"value"` // empty: not known. Of days a month (2022-03), of areas the next below the query's
	Cases int    `json:"cases"`
}

// Facets counts the cases of a query by a field, whatever the query itself asks of that field: what one could choose. The
// values come in their order, what is not known last.
func (s *Service) Facets(ctx context.Context, by outbreak.Actor, q Query, field string) (counts []Count, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	if q, err = s.prepare(ctx, by, q.Without(field)); err != nil {
		return nil, err
	}
	err = s.memory.look(ctx, q.KnownAt, func(p picture) error {
		set, err := p.choose(by, q, access.CaseRead)
		if err != nil {
			return err
		}
		g, err := p.group(q, field, "month")
		if err != nil {
			return err
		}
		counts = p.counts(set, g)
		return nil
	})
	return counts, err
}

// grouping is how a field sorts cases, with a name for each group.
type grouping struct {
	columns.Group
	values []string
}

const mostGroups = 10_000

// group makes the groups of a field in their order, what is not known last.
func (p picture) group(q Query, field, step string) (grouping, error) {
	col, ok := place(p.Table, field)
	f, _ := columnOf(field)
	if !ok || col < 0 || col == colPerson {
		return grouping{}, invalid("no_field", "field", field)
	}
	switch f.Kind {
	case Area:
		return p.areas(q), nil
	case Day:
		return p.days(col, step, field)
	case Number:
		return p.ages(col)
	}
	g := grouping{Group: columns.Group{Col: col, Of: make([]int32, len(p.Texts(col)))}}
	texts := p.Texts(col)
	for i, code := range p.Ranked(col) {
		g.Of[code] = int32(i)
		g.values = append(g.values, texts[code])
	}
	g.N = len(g.values)
	return g, nil
}

// areas groups by the areas next below the one a query is of.
func (p picture) areas(q Query) grouping {
	g := grouping{Group: columns.Group{Col: colArea, Of: make([]int32, len(p.Texts(colArea)))}}
	below := p.base(q)
	at := map[outbreak.Path]int32{}
	texts := p.Texts(colArea)
	for _, code := range p.Ranked(colArea) {
		path := next(below, outbreak.Path(texts[code]))
		i, known := at[path]
		if !known {
			i = int32(len(g.values))
			at[path] = i
			g.values = append(g.values, string(path))
		}
		g.Of[code] = i
	}
	g.N = len(g.values)
	return g
}

// base is the area a query is of: what it says, or as far down as all areas of the memory agree.
func (p picture) base(q Query) outbreak.Path {
	if q.Below != "" {
		return q.Below
	}
	var base outbreak.Path
	for i, text := range p.Texts(colArea)[1:] {
		if i == 0 {
			base = outbreak.Path(text).Parent()
		}
		for !base.Contains(outbreak.Path(text)) {
			base = base.Parent()
		}
	}
	return base
}

// itself ends the path of an area that stands for itself alone, without what lies below it.
const itself = "./"

// next is the path one step down from one towards another.
func next(below, to outbreak.Path) outbreak.Path {
	if to == below && to != "" {
		return to + itself
	}
	if !below.Contains(to) || to == "" {
		return to
	}
	rest := string(to[len(below):])
	if below == "" && strings.HasPrefix(rest, "/") {
		i := strings.IndexByte(rest[1:], '/')
		return outbreak.Path(rest[:i+2])
	}
	return below + outbreak.Path(rest[:strings.IndexByte(rest, '/')+1])
}

// ages makes each whole year of age a group.
func (p picture) ages(col int) (grouping, error) {
	low, high, any := p.Range(col)
	if any && high-low >= mostGroups {
		return grouping{}, invalid("groups_many", "field", "age")
	}
	g := grouping{Group: columns.Group{Col: col, Low: low}}
	for v := low; any && v <= high; v++ {
		if name := itoa(v / 12); len(g.values) == 0 || g.values[len(g.values)-1] != name {
			g.values = append(g.values, name)
		}
		g.Of = append(g.Of, int32(len(g.values)-1))
	}
	g.Rest = int32(len(g.values))
	g.values = append(g.values, "")
	g.N = len(g.values)
	return g, nil
}

// days groups days by day, week (named by its Monday) or month.
func (p picture) days(col int, step, field string) (grouping, error) {
	low, high, any := p.Range(col)
	g := grouping{Group: columns.Group{Col: col, Low: low}}
	if any && high-low >= mostSpan { // a slip of a century is no reason to show nothing
		low, high = p.usual(col)
		g.Low = low
	}
	last := ""
	for v := low; any && v <= high; v++ {
		name, err := stepOf(int32(v), step, field)
		if err != nil {
			return g, err
		}
		if name != last {
			g.values, last = append(g.values, name), name
		}
		g.Of = append(g.Of, int32(len(g.values)-1))
	}
	g.Rest = int32(len(g.values))
	g.values = append(g.values, "")
	g.N = len(g.values)
	return g, nil
}

// mostSpan is how many days a table of days covers at most.
const mostSpan = 40_000

// usual is a span of days that a list could be of.
func (p picture) usual(int) (low, high int64) {
	today := int64(p.asOf) / dayMillis
	return today - mostSpan + 1000, today + 999
}

// all is one group for everything.
func all() grouping { return grouping{columns.One, []string{""}} }

// used leaves out the groups no row of a set is in.
func (p picture) used(set *columns.Set, g grouping) grouping {
	to := make([]int32, g.N)
	var values []string
	for i, n := range p.Count(set, g.Group) {
		if to[i] = -1; n > 0 {
			to[i] = int32(len(values))
			values = append(values, g.values[i])
		}
	}
	return g.into(to, values)
}

// into gives each group a new number, -1 for none.
func (g grouping) into(to []int32, values []string) grouping {
	if g.Col < 0 {
		return g
	}
	m := grouping{columns.Group{Col: g.Col, N: len(values), Low: g.Low, Of: make([]int32, len(g.Of))}, values}
	for i, old := range g.Of {
		if m.Of[i] = -1; old >= 0 {
			m.Of[i] = to[old]
		}
	}
	if m.Rest = -1; g.Rest >= 0 && int(g.Rest) < len(to) {
		m.Rest = to[g.Rest]
	}
	return m
}
