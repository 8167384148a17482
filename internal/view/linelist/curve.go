package linelist

import (
	"context"
	"slices"

	"breakwater/internal/engine/columns"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// CurveQuery asks for an epidemic curve.
type CurveQuery struct {
	Query
	By    string `json:"by"`    // a field of days; empty: dated, which is the onset, or the sampling, or the positive
	Step  string `json:"step"`  // day, week or month; empty: day
	Stack string `json:"stack"` // a field of words; empty: the bars are not divided
}

// Curve is cases by day, week or month, without gaps.
type Curve struct {
	By      string           `json:"by"`
	Step    string           `json:"step"`
	Stack   string           `json:"stack"`
	Stacks  []string         `json:"stacks"` // the values the bars are divided into, in the field's order; empty: not known
	Bars    []Bar            `json:"bars"`
	Total   int              `json:"total"`   // all cases of the query
	Undated int              `json:"undated"` // those without a day
	Outside int              `json:"outside"` // those too far from the days that are drawn, or in no day that could be meant
	Today   string           `json:"today"`
	Delays  Delays           `json:"delays"` // from onset to record
	Seq     int64            `json:"seq"`
	AsOf    outbreak.Instant `json:"as_of"`
}

// Bar is one step of a curve.
type Bar struct {
	From       string  `json:"from"`
	To         string  `json:"to"` // included
	Cases      int     `json:"cases"`
	Counts     []int   `json:"counts"`      // by stack
	ByOnset    int     `json:"by_onset"`    // cases that stand here by their onset
	BySample   int     `json:"by_sample"`   // by their sampling, since the onset is not known
	ByPositive int     `json:"by_positive"` // by their positive, since neither is known
	Known      float64 `json:"known"`       // the share of the cases of these days that is expected to be recorded by now
	Incomplete bool    `json:"incomplete"`  // more is expected: the bar will grow
}

// Others is the stack of all values that are not among the most frequent ones.
const Others = "~others"

// Limits of a curve.
const (
	mostBars   = 1500
	mostStacks = 15
	nearlyNone = 100 // the last days hold next to nothing when others of as long a time hold this many times the cases
)

// Curve counts the cases of a query by day, and says which of the latest days are not complete yet.
func (s *Service) Curve(ctx context.Context, by outbreak.Actor, c CurveQuery) (Curve, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return Curve{}, err
	}
	q, err := s.prepare(ctx, by, c.Query)
	if err != nil {
		return Curve{}, err
	}
	if c.Query = q; c.By == "" {
		c.By = "dated"
	}
	if c.Step == "" {
		c.Step = "day"
	}
	if f, _ := columnOf(c.By); f.Kind != Day {
		return Curve{}, invalid("no_day", "field", shortened(c.By))
	}
	if !slices.Contains(Steps, c.Step) {
		return Curve{}, invalid("step", "field", c.By)
	}
	z := &zone{}
	if err := s.rooms.DB.Read(ctx, func(tx *store.Tx) (err error) {
		z.at, err = registry.LocationOf(tx, q.Below)
		return err
	}); err != nil {
		return Curve{}, err
	}
	var curve Curve
	err = s.memory.look(ctx, q.KnownAt, func(p picture) (err error) {
		now := p.asOf
		if q.KnownAt != 0 {
			now = min(now, q.KnownAt)
		}
		curve, err = p.curve(by, c, z.day(now))
		return err
	})
	return curve, err
}

func (p picture) curve(by outbreak.Actor, c CurveQuery, today int32) (Curve, error) {
	set, err := p.choose(by, c.Query, access.CaseRead)
	if err != nil {
		return Curve{}, err
	}
	col, _ := place(p.Table, c.By)
	v := Curve{By: c.By, Step: c.Step, Stack: c.Stack, Total: set.Count(), Today: dayText(today), Seq: p.seq, AsOf: p.asOf, Bars: []Bar{}}
	perDay, low, undated := p.perDay(set, col)
	v.Undated = undated
	first, last := drawn(perDay)
	if v.Outside = v.Total - undated; first > last {
		return v, nil
	}
	if c.By == "dated" || c.By == "onset" {
		q := c.Query
		q.Where = nil
		like, err := p.choose(by, q, access.CaseRead)
		if err != nil {
			return v, err
		}
		v.Delays = p.delays(like, today)
	}
	days := bars{low: int32(low), first: int32(low) + int32(first), last: int32(low) + int32(last), perDay: perDay}
	steps := days.cut(&v, today)
	steps.Col = col
	stack := all()
	if c.Stack != "" {
		if stack, err = p.stacks(set, c); err != nil {
			return v, err
		}
	}
	v.Stacks = stack.values
	for i, n := range p.Cross(set, steps, stack.Group) {
		b := &v.Bars[i/stack.N]
		b.Counts = append(b.Counts, n)
		b.Cases += n
		v.Outside -= n
	}
	if c.By == "dated" {
		p.datedBy(set, steps, &v)
	}
	return v, nil
}

// perDay counts by day from the least to the greatest that could be meant.
func (p picture) perDay(set *columns.Set, col int) (counts []int, low int64, undated int) {
	low, high, any := p.Range(col)
	if !any {
		return nil, 0, set.Count()
	}
	if high-low >= mostSpan {
		low, high = p.usual(col)
	}
	g := columns.Group{Col: col, Low: low, N: int(high-low) + 2, Rest: int32(high-low) + 1, Of: make([]int32, high-low+1)}
	for i := range g.Of {
		g.Of[i] = int32(i)
	}
	counts = p.Count(set, g)
	undated = counts[len(counts)-1]
	return counts[:len(counts)-1], low, undated
}

// drawn gives the first and the last day that are drawn; of too many days the last, unless next to nothing lies there: a few odd
// days long after an outbreak do not hide it.
func drawn(perDay []int) (first, last int) {
	last = fullest(perDay)
	for last >= 0 && perDay[last] == 0 {
		last--
	}
	first = max(last-mostBars+1, 0)
	for first <= last && perDay[first] == 0 {
		first++
	}
	return first, last
}

// fullest gives the last day of those to draw.
func fullest(perDay []int) int {
	last := len(perDay) - 1
	for last >= 0 && perDay[last] == 0 {
		last--
	}
	end, most, within := last, 0, 0
	for day := 0; day <= last; day++ {
		if within += perDay[day]; day >= mostBars {
			within -= perDay[day-mostBars]
		}
		if within >= most {
			end, most = day, within
		}
	}
	if within*nearlyNone >= most {
		return last
	}
	return end
}

// bars are the days a curve is of.
type bars struct {
	low, first, last int32
	perDay           []int // from low on
}

// cut makes the bars of a curve, and the groups that sort days into them.
func (d bars) cut(v *Curve, today int32) columns.Group {
	g := columns.Group{Low: int64(d.first), Rest: -1}
	last := ""
	var have, expected, share float64
	var days int
	end := func() {
		if days == 0 {
			return
		}
		b := &v.Bars[len(v.Bars)-1]
		if b.Known = share / float64(days); have > 0 {
			b.Known = have / expected
		}
		b.Incomplete = b.Known < complete
		have, expected, share, days = 0, 0, 0, 0
	}
	for day := d.first; day <= d.last; day++ {
		name, _ := stepOf(day, v.Step, v.By) // it was checked
		if name != last {
			end()
			from, to := spanOf(name, v.Step)
			v.Bars = append(v.Bars, Bar{From: from, To: to})
			last = name
		}
		g.Of = append(g.Of, int32(len(v.Bars)-1))
		known, n := v.Delays.known(int(today-day)), float64(d.perDay[day-d.low])
		days++
		share += known
		have += n
		expected += n / max(known, 0.01)
	}
	end()
	g.N = len(v.Bars)
	return g
}

// stacks are the values bars are divided into: all of a field of words, the most frequent ones of a field of texts.
func (p picture) stacks(set *columns.Set, c CurveQuery) (grouping, error) {
	g, err := p.group(c.Query, c.Stack, "month")
	if err != nil {
		return g, err
	}
	g = p.used(set, g)
	if len(g.values) <= mostStacks+1 {
		return g, nil
	}
	counts := p.Count(set, g.Group)
	most := slices.Clone(counts)
	slices.SortFunc(most, func(a, b int) int { return b - a })
	least := most[mostStacks-1]
	to := make([]int32, g.N)
	var values []string
	for i, n := range counts {
		if to[i] = -1; n >= least && len(values) < mostStacks {
			to[i] = int32(len(values))
			values = append(values, g.values[i])
		}
	}
	for i := range to {
		if to[i] < 0 {
			to[i] = int32(len(values))
		}
	}
	return g.into(to, append(values, Others)), nil
}

// datedBy says by what the cases of each bar stand there.
func (p picture) datedBy(set *columns.Set, steps columns.Group, v *Curve) {
	words := p.Texts(colDatedBy)
	for i, n := range p.Cross(set, steps, p.Words(colDatedBy)) {
		b := &v.Bars[i/len(words)]
		switch words[i%len(words)] {
		case ByOnset:
			b.ByOnset = n
		case BySample:
			b.BySample = n
		case ByPositive:
			b.ByPositive = n
		}
	}
}
