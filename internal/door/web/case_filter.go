package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// caseFilter is the form for one field: what there is to choose, with how many cases have it, and what is chosen.
type caseFilter struct {
	Field     linelist.Column
	Op        linelist.Op
	Choices   []filterChoice
	From, To  string
	Text      string
	Missing   int // cases of which it is not known
	NotKnown  bool
	Areas     []areaChoice     // of the field area
	Outbreaks []outbreakChoice // of the field outbreak
	Close     string
}

type filterChoice struct {
	Value string
	Cases int
	On    bool
	Into  string // of an area: the list of it alone
}

// mostChoices is how many values of a field of texts are offered.
const mostChoices = 24

func (s *Server) caseFilter(c *call, a caseAddress, name string) (f *caseFilter, err error) {
	field, known := s.caseColumn(name)
	if !known {
		return nil, outbreak.Refuse(outbreak.Invalid, "linelist.no_field", "field", name)
	}
	f = &caseFilter{Field: field, Op: linelist.In, Close: a.String()}
	var chosen []string
	for _, cond := range a.Query.Where {
		if cond.Field != name {
			continue
		}
		switch f.Op = cond.Op; cond.Op {
		case linelist.FromTo:
			f.From, f.To = cond.Values[0], cond.Values[1]
		case linelist.Contains:
			f.Text = cond.Values[0]
		case linelist.Missing, linelist.Known:
		default:
			chosen = cond.Values
		}
	}
	f.NotKnown = slices.Contains(chosen, "")
	switch {
	case name == "outbreak":
		f.Outbreaks, err = s.outbreakChoices(c)
		return f, err
	case field.Kind == linelist.ID:
		f.Text = strings.Join(chosen, " ")
		return f, nil
	case field.Kind == linelist.Area:
		if f.Areas, err = s.namedAreas(c, access.CaseRead); err != nil {
			return nil, err
		}
	case name == "quality":
		for _, w := range field.Words {
			f.Choices = append(f.Choices, filterChoice{Value: w, On: slices.Contains(chosen, w), Cases: -1})
		}
		return f, nil
	}
	counts, err := s.House.LineList.Facets(c.ctx, c.by, a.Query, name)
	if err != nil {
		return nil, err
	}
	if field.Kind == linelist.Text {
		slices.SortStableFunc(counts, func(x, y linelist.Count) int { return y.Cases - x.Cases })
	}
	for _, n := range counts {
		switch {
		case n.Value == "":
			f.Missing = n.Cases
		case field.Kind == linelist.Day || field.Kind == linelist.Number:
		case len(f.Choices) < mostChoices || slices.Contains(chosen, n.Value):
			choice := filterChoice{Value: n.Value, Cases: n.Cases, On: slices.Contains(chosen, n.Value)}
			if field.Kind == linelist.Area && !strings.HasSuffix(n.Value, "./") {
				q := a.Query.Without("area")
				q.Below = outbreak.Path(n.Value)
				choice.Into = a.Of(q).String()
			}
			f.Choices = append(f.Choices, choice)
		}
	}
	for _, value := range chosen { // of no case any more
		if value != "" && !slices.ContainsFunc(f.Choices, func(x filterChoice) bool { return x.Value == value }) {
			f.Choices = append(f.Choices, filterChoice{Value: value, On: true})
		}
	}
	return f, nil
}

// Named tells whether the field's values can be named one by one.
func (f *caseFilter) Named() bool { return len(f.Choices) > 0 }

// Spans tells whether a span of the field's values can be asked for.
func (f *caseFilter) Spans() bool {
	return f.Field.Kind == linelist.Day || f.Field.Kind == linelist.Number
}

// goCases changes an address by what a form says, and goes there. What cannot be asked is said on the page it was asked on.
func (s *Server) goCases(w http.ResponseWriter, r *http.Request, c *call) error {
	asked := c.query
	a, err := addressIn(asked.Get("q"))
	if err == nil {
		var next caseAddress
		if next, err = s.changed(c, a); err == nil {
			if _, err = caseAddressOf(next.Path, next.values()); err == nil {
				to := next.String()
				if name := asked.Get("filter"); name != "" {
					to = next.Open("filter", name)
				}
				http.Redirect(w, r, to, http.StatusSeeOther)
				return nil
			}
		}
	}
	if outbreak.KindOf(err) != outbreak.Invalid {
		return err
	}
	c.route = routeOf(a.Path)
	c.view.Path, c.view.Title, c.view.Fault = a.Path, c.route.Title, s.fault(c, err)
	c.query = a.values()
	if name := asked.Get("field"); name != "" {
		c.query.Set("filter", name)
	}
	c.view.Query = c.query
	return s.page(w, r, c, http.StatusUnprocessableEntity)
}

// routeOf is the page of an address.
func routeOf(path string) Route {
	switch path {
	case "/cases/curve":
		return Route{Title: "caselist.curve.title", Page: "curve", read: (*Server).readCurve}
	case "/cases/table":
		return Route{Title: "caselist.table.title", Page: "table", read: (*Server).readTable}
	case "/cases/quality":
		return Route{Title: "caselist.quality.title", Page: "case_quality", read: (*Server).readCaseQuality}
	}
	return Route{Title: "web.cases.title", Page: "cases", read: (*Server).readCases}
}

// changed gives the address that a form asks for.
func (s *Server) changed(c *call, a caseAddress) (caseAddress, error) {
	q := c.query
	if name := q.Get("field"); name != "" {
		return s.filtered(c, a, name)
	}
	if q.Has("known") {
		var err error
		a.Query.KnownAt, err = c.knownAt(q.Get("known"))
		a.Query.After, a.Query.Jump = "", 0
		return a, err
	}
	if said := strings.Join(strings.Fields(strings.ReplaceAll(q.Get("jump"), ",", "")), ""); said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n < 1 {
			return a, outbreak.Refuse(outbreak.Invalid, "linelist.jump")
		}
		a.Query.After, a.Query.Jump = "", n
	}
	if q.Has("choose") {
		return a.Shown("columns", strings.Join(q["c"], ",")), nil
	}
	for _, name := range howShown {
		if q.Has(name) {
			a = a.Shown(name, q.Get(name))
		}
	}
	if a.How("each") == nothingShown {
		a = a.Shown("each", "")
	}
	if q.Has("rows") || q.Has("across") { // values of other fields
		a = a.Shown("exposed", "").Shown("hit", "")
	}
	if q.Has("two") {
		a = a.Shown("exposed", "").Shown("hit", "")
		for _, name := range []string{"exposed", "hit"} {
			if len(q[name]) > 0 {
				a.how[name] = q[name]
			}
		}
	}
	return a, nil
}

// knownAt reads a day as its end in the reader's time zone.
func (c *call) knownAt(day string) (outbreak.Instant, error) {
	if day == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, day, c.view.Zone)
	if err != nil {
		return 0, outbreak.Refuse(outbreak.Invalid, "linelist.known")
	}
	return outbreak.At(t.AddDate(0, 0, 1)) - 1, nil
}

// filtered puts the condition of the form for a field in place of those the address has on it.
func (s *Server) filtered(c *call, a caseAddress, name string) (caseAddress, error) {
	q := c.query
	field, known := s.caseColumn(name)
	if !known {
		return a, outbreak.Refuse(outbreak.Invalid, "linelist.no_field", "field", name)
	}
	next := a.Query.Without(name)
	cond := linelist.Condition{Field: name, Op: linelist.Op(q.Get("op"))}
	switch {
	case name == "outbreak":
		id, err := outbreak.ParseID[outbreak.OutbreakID](q.Get("outbreak"))
		next.Outbreak = id
		return a.Of(next), err
	case field.Kind == linelist.Area && q.Has("below"):
		next.Below = outbreak.Path(q.Get("below"))
	}
	if typed := strings.TrimSpace(q.Get("text")) != ""; field.Kind == linelist.Text { // what was filled in says which was meant
		switch {
		case cond.Op == linelist.In && typed && len(q["v"]) == 0 && q.Get("none") == "":
			cond.Op = linelist.Contains
		case cond.Op == linelist.Contains && !typed:
			cond.Op = linelist.In
		}
	}
	switch cond.Op {
	case linelist.Missing, linelist.Known:
	case linelist.FromTo:
		if cond.Values = []string{q.Get("from"), q.Get("to")}; cond.Values[0] == "" && cond.Values[1] == "" {
			return a.Of(next), nil
		}
	case linelist.Contains:
		if cond.Values = []string{strings.TrimSpace(q.Get("text"))}; cond.Values[0] == "" {
			return a.Of(next), nil
		}
	case linelist.NotIn, linelist.In:
		if cond.Values = slices.Clone(q["v"]); field.Kind == linelist.ID {
			cond.Values = strings.Fields(strings.ReplaceAll(q.Get("text"), ",", " "))
		}
		if q.Get("none") != "" {
			cond.Values = append(cond.Values, "")
		}
		if len(cond.Values) == 0 {
			return a.Of(next), nil
		}
	default:
		return a.Of(next), nil
	}
	return a.Of(next.With(cond)), nil
}
