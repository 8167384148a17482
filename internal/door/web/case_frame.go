package web

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// caseFrame is what the pages of the line list have in common: which cases they are of, and how to change that.
type caseFrame struct {
	At       caseAddress
	Tabs     []frameTab
	Chips    []caseChip
	Fields   []linelist.Column // that can be filtered by
	Filter   *caseFilter       // the one that is open
	Purposes []outbreak.Purpose
	MayNames bool // names may be opened and looked for somewhere
	MayTake  bool // rows may be taken out somewhere
}

// frameTab is a page of the same cases.
type frameTab struct {
	Title string // words key
	Href  string
	Here  bool
}

// caseChip is one condition of the query, in words.
type caseChip struct {
	Text   string
	Edit   string // opens its filter; empty: it has none
	Remove string
}

// caseFrame reads what the pages have in common. A filter that is open counts what there is to choose.
func (s *Server) caseFrame(c *call) (f caseFrame, err error) {
	f.Purposes = outbreak.Purposes
	f.MayNames, f.MayTake = access.Anywhere(c.by, access.PersonIdentity), access.Anywhere(c.by, access.ExportRows)
	if f.At, err = caseAddressOf(c.view.Path, c.query); err != nil {
		return f, err
	}
	for _, path := range casePages {
		title := "caselist.tab." + strings.TrimPrefix(strings.TrimPrefix(path, "/cases"), "/")
		f.Tabs = append(f.Tabs, frameTab{strings.TrimSuffix(title, ".") + map[bool]string{true: ".list"}[path == "/cases"], f.At.On(path).String(), path == f.At.Path})
	}
	f.Chips = chipsOf(c.view, f.At)
	f.Fields = s.caseColumns()
	if name := c.query.Get("filter"); name != "" {
		f.Filter, err = s.caseFilter(c, f.At, name)
	}
	return f, err
}

// caseColumns lists the fields of the line list, those of files last.
func (s *Server) caseColumns() []linelist.Column {
	list := linelist.Columns()
	for _, name := range s.House.LineList.Memory().Figures().Extra {
		list = append(list, linelist.Column{Name: linelist.ExtraPrefix + name, Kind: linelist.Text})
	}
	return list
}

// caseColumn finds a field by name; a field of a file is a text of any name.
func (s *Server) caseColumn(name string) (linelist.Column, bool) {
	list := s.caseColumns()
	i := slices.IndexFunc(list, func(f linelist.Column) bool { return f.Name == name })
	if i < 0 {
		return linelist.Column{Name: name, Kind: linelist.Text}, strings.HasPrefix(name, linelist.ExtraPrefix)
	}
	return list[i], true
}

// chipsOf says the conditions of an address in words.
func chipsOf(v *View, a caseAddress) (chips []caseChip) {
	q := a.Query
	q.After, q.Jump = "", 0
	if q.Outbreak != 0 {
		less := q
		less.Outbreak = 0
		chips = append(chips, caseChip{v.T("caselist.chip.in", "field", v.FieldName("outbreak"), "values", v.Called("outbreak", q.Outbreak)), a.Of(q).Open("filter", "outbreak"), a.Of(less).String()})
	}
	if q.Below != "" {
		less := q
		less.Below = ""
		chips = append(chips, caseChip{v.T("caselist.chip.below", "field", v.FieldName("area"), "area", v.CaseArea(string(q.Below))), a.Of(q).Open("filter", "area"), a.Of(less).String()})
	}
	for i, cond := range q.Where {
		less := q
		less.Where = slices.Delete(slices.Clone(q.Where), i, i+1)
		chips = append(chips, caseChip{v.condition(cond), a.Of(q).Open("filter", cond.Field), a.Of(less).String()})
	}
	if q.KnownAt != 0 {
		less := q
		less.KnownAt = 0
		chips = append(chips, caseChip{v.T("caselist.chip.then", "at", v.Day(q.KnownAt)), "", a.Of(less).String()})
	}
	return chips
}

// mostInChip is how many values a chip names.
const mostInChip = 4

// condition says a condition in words.
func (v *View) condition(c linelist.Condition) string {
	var values []string
	for _, value := range c.Values {
		values = append(values, v.FieldValue(c.Field, value))
	}
	field := v.FieldName(c.Field)
	switch c.Op {
	case linelist.Missing, linelist.Known:
		return v.T("caselist.chip."+string(c.Op), "field", field)
	case linelist.Contains:
		return v.T("caselist.chip.has", "field", field, "text", c.Values[0])
	case linelist.FromTo:
		switch {
		case c.Values[0] == "":
			return v.T("caselist.chip.to", "field", field, "to", values[1])
		case c.Values[1] == "":
			return v.T("caselist.chip.from", "field", field, "from", values[0])
		}
		return v.T("caselist.chip.fromto", "field", field, "from", values[0], "to", values[1])
	}
	told := strings.Join(values, v.T("web.list.comma"))
	if len(values) == 0 {
		told = v.T("caselist.chip.nobody")
	}
	if len(values) > mostInChip {
		told = v.T("caselist.chip.several", "n", v.N(len(values)))
	}
	if c.Op == linelist.NotIn {
		return v.T("caselist.chip.not", "field", field, "values", told)
	}
	return v.T("caselist.chip.in", "field", field, "values", told)
}
