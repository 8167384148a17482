package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"breakwater/internal/view/linelist"
)

// curvePage is an epidemic curve, or one for each value of a field.
type curvePage struct {
	caseFrame
	linelist.Curve
	Days    []string // fields it can be drawn by
	Steps   []string
	Stacks  []string // fields bars can be divided by
	Eaches  []string // fields there can be a curve for each value of
	Each    string
	Legend  []legendEntry
	Panels  []curvePanel
	Grey    bool // some days are not complete
	Fallen  bool // some cases stand by another day than their onset
	Left    int  // values without a curve of their own
	Undated string
}

// curvePanel is one picture with its title.
type curvePanel struct {
	Title string
	Href  string // the rows of all of it
	Total int
	drawing
}

type legendEntry struct {
	Text  string
	Class string
	Href  string
}

// Fields that curves are drawn, divided and laid side by side by.
var (
	curveDays   = []string{"dated", "onset", "sampled", "positive", "diagnosed", "reported", "hospitalised", "isolated", "outcome_date", "recorded"}
	curveStacks = []string{"classification", "severity", "sex", "age_group", "occupation", "area", "outcome", "origin", "via", "state", "dated_by"}
)

const mostPanels = 12

// curveQuery reads how a curve is drawn; divided by classification unless the address says otherwise.
func curveQuery(a caseAddress) linelist.CurveQuery {
	q := linelist.CurveQuery{Query: a.Query, By: a.How("by"), Step: a.How("step"), Stack: a.How("stack")}
	switch q.Stack {
	case "":
		q.Stack = "classification"
	case nothingShown:
		q.Stack = ""
	}
	return q
}

// nothingShown stands in an address for a choice of nothing, where an empty one is the usual choice.
const nothingShown = "-"

func (s *Server) readCurve(c *call) (any, error) {
	f, err := s.caseFrame(c)
	if err != nil {
		return nil, err
	}
	p := curvePage{caseFrame: f, Days: curveDays, Steps: linelist.Steps, Stacks: curveStacks, Eaches: curveStacks, Each: f.At.How("each")}
	q := curveQuery(f.At)
	if p.Curve, err = s.House.LineList.Curve(c.ctx, c.by, q); err != nil {
		return nil, err
	}
	c.view.Head = p.Seq
	p.Undated = f.At.rows(linelist.Condition{Field: p.By, Op: linelist.Missing})
	for i, value := range p.Curve.Stacks {
		entry := legendEntry{Text: c.view.FieldValue(p.Stack, value), Class: stackClass(p.Stack, value, i)}
		if value != linelist.Others && p.Stack != "" {
			entry.Href = f.At.rows(linelist.ValueOf(p.Stack, value, "month"))
		}
		if p.Stack != "" {
			p.Legend = append(p.Legend, entry)
		}
	}
	for _, b := range p.Bars {
		p.Grey = p.Grey || b.Incomplete
		p.Fallen = p.Fallen || b.BySample+b.ByPositive > 0
	}
	axis := axisOf(p.Curve)
	if p.Each == "" {
		p.Panels = []curvePanel{{Total: p.Curve.Total, drawing: draw(c.view, p.At, p.Curve, axis, false)}}
		return p, nil
	}
	return p, s.panels(c, &p, q, axis)
}

// panels draws a curve for each of the most frequent values of a field, all to one scale.
func (s *Server) panels(c *call, p *curvePage, q linelist.CurveQuery, axis curveAxis) error {
	counts, err := s.House.LineList.Facets(c.ctx, c.by, q.Query, p.Each)
	if err != nil {
		return err
	}
	if len(counts) > mostPanels {
		slices.SortStableFunc(counts, func(x, y linelist.Count) int { return y.Cases - x.Cases })
		p.Left = len(counts) - mostPanels
		counts = counts[:mostPanels]
	}
	var curves []linelist.Curve
	var places []caseAddress
	axis.top = 0
	for _, n := range counts {
		one, at := q, p.At
		at.Query = narrowed(at.Query, linelist.ValueOf(p.Each, n.Value, "month"))
		one.Query = at.Query
		curve, err := s.House.LineList.Curve(c.ctx, c.by, one)
		if err != nil {
			return err
		}
		for _, b := range curve.Bars {
			axis.top = max(axis.top, b.Cases)
		}
		curves, places = append(curves, curve), append(places, at)
	}
	for i, n := range counts {
		p.Panels = append(p.Panels, curvePanel{Title: c.view.FieldValue(p.Each, n.Value), Href: places[i].rows(), Total: curves[i].Total, drawing: draw(c.view, places[i], ordered(curves[i], p.Curve.Stacks), axis, true)})
	}
	return nil
}

// ordered gives a curve the stacks of another, so that a value looks the same in both.
func ordered(v linelist.Curve, stacks []string) linelist.Curve {
	bars := slices.Clone(v.Bars)
	for i := range bars {
		counts := make([]int, len(stacks))
		for j, n := range bars[i].Counts {
			if at := slices.Index(stacks, v.Stacks[j]); at >= 0 {
				counts[at] += n
			} else if at := slices.Index(stacks, linelist.Others); at >= 0 {
				counts[at] += n
			}
		}
		bars[i].Counts = counts
	}
	v.Bars, v.Stacks = bars, stacks
	return v
}

// rows is the list of the cases of an address that meet further conditions.
func (a caseAddress) rows(conditions ...linelist.Condition) string {
	a = a.On("/cases")
	for _, cond := range conditions {
		a.Query = narrowed(a.Query, cond)
	}
	a.how = nil
	return a.String()
}

// narrowed gives a query with one more condition. An address holds one span of a field: two become the one they have in common.
func narrowed(q linelist.Query, cond linelist.Condition) linelist.Query {
	i := slices.IndexFunc(q.Where, func(x linelist.Condition) bool { return x.Field == cond.Field && x.Op == linelist.FromTo })
	if cond.Op != linelist.FromTo || i < 0 {
		return q.With(cond)
	}
	from, to := cond.Values[0], cond.Values[1]
	if was := q.Where[i].Values[0]; was > from {
		from = was
	}
	if was := q.Where[i].Values[1]; was != "" && was < to {
		to = was
	}
	q.Where = slices.Clone(q.Where)
	q.Where[i] = linelist.Condition{Field: cond.Field, Op: linelist.FromTo, Values: []string{from, to}}
	q.After, q.Jump = "", 0
	return q
}

// Rows is the list of a bar's cases.
func (p curvePage) Rows(b linelist.Bar) string {
	return p.At.rows(linelist.Condition{Field: p.By, Op: linelist.FromTo, Values: []string{b.From, b.To}})
}

// giveCurve sends the figures of a curve as a file. They are of days, not of people.
func (s *Server) giveCurve(w http.ResponseWriter, _ *http.Request, c *call) error {
	a, err := caseAddressOf("/cases/curve", c.query)
	if err != nil {
		return err
	}
	v, err := s.House.LineList.Curve(c.ctx, c.by, curveQuery(a))
	if err != nil {
		return err
	}
	header := []string{"from", "to", "cases"}
	if v.Stack != "" {
		for _, value := range v.Stacks {
			header = append(header, v.Stack+":"+value)
		}
	}
	rows := [][]string{append(header, "by_onset", "by_sample", "by_positive", "share_known", "incomplete")}
	for _, b := range v.Bars {
		row := []string{b.From, b.To, strconv.Itoa(b.Cases)}
		if v.Stack != "" {
			for _, n := range b.Counts {
				row = append(row, strconv.Itoa(n))
			}
		}
		rows = append(rows, append(row, strconv.Itoa(b.ByOnset), strconv.Itoa(b.BySample), strconv.Itoa(b.ByPositive), strconv.FormatFloat(b.Known, 'f', 4, 64), strconv.FormatBool(b.Incomplete)))
	}
	return giveRows(w, c, "curve", rows, a, v.Seq)
}

// giveRows sends a table of figures as CSV or as a workbook.
func giveRows(w http.ResponseWriter, c *call, name string, rows [][]string, a caseAddress, seq int64) error {
	format := c.query.Get("format")
	if format == linelist.XLSX {
		attachment(w, name+".xlsx")
		w.Header().Set("Content-Type", workbookType)
	} else {
		attachment(w, name+".csv")
	}
	return linelist.WriteRows(w, format, rows, "query", a.params(), "entry", fmt.Sprint(seq))
}
