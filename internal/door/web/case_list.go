package web

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// casesPage is the line list.
type casesPage struct {
	caseFrame
	linelist.Page
	Columns []shownColumn
	Rows    []shownCase
	Chooser []columnChoice
	Choose  bool   // the chooser is open
	First   string // addresses of other parts of the list; empty: it is here
	Back    string
	Next    string
	Last    string
	savedViews
	Names  map[string]string         // by person, in the answer to the form that named a purpose
	Opened outbreak.Purpose          // for which names were opened
	Export *exportedList             // what was just taken out
	May    struct{ Bulk, Edit bool } // somewhere
	Most   int                       // cases that can be changed at once
	Pane   *casePage                 // the case beside the list
}

// shownColumn is a column of the list as it is shown.
type shownColumn struct {
	linelist.Column
	Sort   string // address that sorts by it, otherwise than now
	Sorted string // up, down, or empty
	Filter string
}

// shownCase is one row.
type shownCase struct {
	linelist.Row
	Cells []shownCell
	Name  string
	Here  bool // it is open beside the list
}

type shownCell struct {
	Column string // name of its column, for a card
	Text   string
	Kind   linelist.Kind
	Class  string
}

// columnChoice is one line of the chooser.
type columnChoice struct {
	linelist.Column
	On bool
}

func (s *Server) readCases(c *call) (any, error) {
	f, err := s.caseFrame(c)
	if err != nil {
		return nil, err
	}
	p := casesPage{caseFrame: f, Most: mostEdited, Choose: c.query.Get("chooser") != ""}
	p.May.Bulk, p.May.Edit = access.Anywhere(c.by, access.CaseBulk), access.Anywhere(c.by, access.CaseEdit)
	if p.Page, err = s.House.LineList.List(c.ctx, c.by, f.At.Query); err != nil {
		return nil, err
	}
	c.view.Head = p.Seq
	p.pages()
	s.columnsOf(&p)
	if opened, ok := c.remind.(openedNames); ok {
		p.Names, p.Opened = opened.names, opened.purpose
	}
	p.Export, _ = c.remind.(*exportedList)
	if p.savedViews, err = s.viewsOf(c, f.At); err != nil {
		return nil, err
	}
	show, err := outbreak.ParseID[outbreak.CaseID](c.query.Get("show"))
	if err != nil {
		return nil, err
	}
	for _, r := range p.Page.Rows {
		p.Rows = append(p.Rows, p.row(c.view, r, show))
	}
	if show != 0 {
		p.Pane, err = s.caseBeside(c, show)
	}
	return p, err
}

// pages gives the addresses of the other parts of the list.
func (p *casesPage) pages() {
	a := p.At
	most := a.Query.Most
	if most == 0 {
		most = max(len(p.Page.Rows), 1)
	}
	at := func(after string, jump int) string {
		q := a.Query
		q.After, q.Jump = after, jump
		return a.Of(q).String()
	}
	if p.Page.Back != "" {
		p.First, p.Back = at("", 0), at(p.Page.Back, 0)
	}
	if p.Page.Next != "" {
		p.Next, p.Last = at(p.Page.Next, 0), at("", max(p.Total-most+1, 1))
	}
}

// To is where the last row of the page stands.
func (p casesPage) To() int { return p.From + len(p.Rows) - 1 }

// columnsOf says which columns are shown: those of the address, or the usual ones.
func (s *Server) columnsOf(p *casesPage) {
	chosen := strings.FieldsFunc(p.At.How("columns"), func(r rune) bool { return r == ',' })
	for _, f := range s.caseColumns() {
		if f.Name == "case" || f.Name == "quality" { // always there; what is found is for filtering
			continue
		}
		on := f.Usual
		if len(chosen) > 0 {
			on = slices.Contains(chosen, f.Name)
		}
		p.Chooser = append(p.Chooser, columnChoice{f, on})
		if on {
			p.Columns = append(p.Columns, p.column(f))
		}
	}
	if len(chosen) > 0 { // in the order of the address
		slices.SortStableFunc(p.Columns, func(a, b shownColumn) int {
			return slices.Index(chosen, a.Name) - slices.Index(chosen, b.Name)
		})
	}
}

// Chosen names the columns that are shown, as an address does.
func (p casesPage) Chosen() string {
	names := []string{"case"}
	for _, col := range p.Columns {
		names = append(names, col.Name)
	}
	return strings.Join(names, ",")
}

// column gives a column with the address that sorts by it: first up, then down, then not. What the list was sorted by comes second.
func (p *casesPage) column(f linelist.Column) shownColumn {
	col := shownColumn{Column: f, Filter: p.At.Open("filter", f.Name)}
	q := p.At.Query
	q.After, q.Jump = "", 0
	order := slices.Clone(q.Sort)
	down := false
	if len(order) > 0 && order[0].Field == f.Name {
		col.Sorted = map[bool]string{false: "up", true: "down"}[order[0].Down]
		down = !order[0].Down
	}
	order = slices.DeleteFunc(order, func(o linelist.Order) bool { return o.Field == f.Name })
	if col.Sorted != "down" {
		order = append([]linelist.Order{{Field: f.Name, Down: down}}, order...)
	}
	q.Sort = order[:min(len(order), 2)]
	col.Sort = p.At.Of(q).String()
	return col
}

func (p *casesPage) row(v *View, r linelist.Row, show outbreak.CaseID) shownCase {
	x := shownCase{Row: r, Here: r.Case == show, Name: p.Names[r.Person.String()]}
	for _, col := range p.Columns {
		value := r.Values[col.Name]
		cell := shownCell{Column: v.FieldName(col.Name), Kind: col.Kind}
		if value != "" {
			cell.Text = v.FieldValue(col.Name, value)
		}
		switch col.Name {
		case "classification":
			cell.Class = "class-" + value
		case "person":
			cell.Text, cell.Kind = r.Person.String(), "person"
		}
		x.Cells = append(x.Cells, cell)
	}
	return x
}

// openedNames are the names of the rows of one page, and why they were opened.
type openedNames struct {
	names   map[string]string
	purpose outbreak.Purpose
}

// openCaseNames shows the names of a page's rows in this one answer; the journal has an entry for each.
func (s *Server) openCaseNames(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	var ids []outbreak.PersonID
	for _, text := range strings.Fields(c.form.Get("people")) {
		id, err := outbreak.ParseID[outbreak.PersonID](text)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	found, err := s.Registry.ReadIdentities(c.ctx, by, ids[:min(len(ids), registry.MostIdentities)])
	if err != nil {
		return "", err
	}
	names := map[string]string{}
	for id, identity := range found {
		names[id.String()] = identity.Name
	}
	c.remind = openedNames{names, by.Purpose}
	return "", nil
}

// People are the people of the page, each once.
func (p casesPage) People() string {
	var ids []string
	for _, r := range p.Rows {
		ids = append(ids, r.Person.String())
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

// searchCases looks for a name and goes to the cases of those who may be meant: the name stands in no address.
func (s *Server) searchCases(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	a, err := caseAddressOf("/cases", c.query)
	if err != nil {
		return "", err
	}
	q := a.Query.Without("person")
	q.Name = strings.TrimSpace(c.form.Get("name"))
	if q.Name == "" {
		return "", refuseField("name", "caselist.name_missing")
	}
	if q, err = s.House.LineList.Named(c.ctx, by, q); err != nil {
		return "", err
	}
	return a.Of(q).String(), nil
}
