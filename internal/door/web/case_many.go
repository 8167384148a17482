package web

import (
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/view/linelist"
)

// mostEdited is how many cases one change takes.
const mostEdited = cases.MostEdited

// manyPage is a change of many cases on its way: which, what, what would happen, what happened.
type manyPage struct {
	manyCases
	Total  int // of the list they come from, when there are too many
	Most   int
	Fields []caseField
	Back   string // the list
	Here   string // this page, of the same list
}

// manyCases are the cases that are to change, and how far that is.
type manyCases struct {
	Cases   []outbreak.CaseID
	Values  cases.Values
	Preview *cases.Edited
	Done    *cases.Edited
	Reason  string
}

// IDs are the cases in a field of a form.
func (m manyCases) IDs() string {
	list := make([]string, len(m.Cases))
	for i, id := range m.Cases {
		list[i] = id.String()
	}
	return strings.Join(list, " ")
}

// mostLinked is how many cases an address names.
const mostLinked = 200

// List is the list of the cases alone; empty when there are too many for an address.
func (m manyCases) List() string {
	if len(m.Cases) > mostLinked {
		return ""
	}
	var values []string
	for _, id := range m.Cases {
		values = append(values, id.String())
	}
	return caseAddress{Path: "/cases", Query: linelist.Query{}.With(linelist.Condition{Field: "case", Op: linelist.In, Values: values})}.String()
}

// Said lists what is to be set, in the order of a form.
func (m manyCases) Said() (list []caseField) {
	for _, f := range editable(m.Values, nil) {
		if _, has := m.Values[f.Name]; has {
			list = append(list, f)
		}
	}
	return list
}

func (s *Server) readMany(c *call) (any, error) {
	a, err := caseAddressOf("/cases", c.query)
	if err != nil {
		return nil, err
	}
	p := manyPage{Most: mostEdited, Back: a.String(), Here: a.To("/cases/many"), Fields: editable(nil, c.view.Form)}
	if m, ok := c.remind.(manyCases); ok {
		p.manyCases, p.Fields = m, editable(nil, c.form)
		owned, err := s.House.Cases.OwnedFields(c.ctx, c.by, p.Cases)
		ownedBy(p.Fields, owned)
		return p, err
	}
	if err := access.RequireAnywhere(c.by, access.CaseBulk); err != nil {
		return nil, err
	}
	if p.Cases, p.Total, err = s.House.LineList.IDs(c.ctx, c.by, a.Query, mostEdited); err != nil {
		return p, err
	}
	owned, err := s.House.Cases.OwnedFields(c.ctx, c.by, p.Cases)
	ownedBy(p.Fields, owned)
	return p, err
}

// changeMany goes through the steps of a change of many cases: which, what would happen, what happened.
func (s *Server) changeMany(c *call) (string, error) {
	m := manyCases{Reason: strings.TrimSpace(c.form.Get("reason"))}
	var err error
	if m.Cases, err = casesIn(c.form["case"], c.form.Get("cases")); err != nil {
		return "", err
	}
	if len(m.Cases) == 0 {
		return "", outbreak.Refuse(outbreak.Invalid, "caselist.none_chosen")
	}
	c.remind = m
	step := c.form.Get("step")
	if step == "" {
		return "", nil
	}
	m.Values = cases.Values{}
	for _, f := range editable(nil, c.form) {
		if f.On {
			m.Values[f.Name] = f.Value
		}
	}
	edited, err := s.House.Cases.EditCases(c.ctx, c.by, cases.EditCases{Key: c.key(), Cases: m.Cases, Values: m.Values, Reason: m.Reason, Dry: true})
	if err != nil {
		return "", c.view.inWords(err)
	}
	m.Preview = &edited
	c.remind = m
	if step == "preview" {
		return "", nil
	}
	if m.Reason == "" {
		return "", refuseField("reason", "cases.reason_missing")
	}
	edited, err = s.House.Cases.EditCases(c.ctx, c.by, cases.EditCases{Key: c.key(), Cases: m.Cases, Values: m.Values, Reason: m.Reason})
	if err != nil {
		return "", err
	}
	m.Done = &edited
	c.remind = m
	return "", nil
}

// casesIn reads cases that were chosen one by one, and those a form carries along.
func casesIn(chosen []string, along string) (ids []outbreak.CaseID, err error) {
	for _, text := range append(slices.Clone(chosen), strings.Fields(along)...) {
		id, err := outbreak.ParseID[outbreak.CaseID](text)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// editsPage lists the changes of many cases.
type editsPage struct {
	List []cases.Edit
	Done *cases.Edited // of the change just taken back
	More string
}

func (s *Server) readEdits(c *call) (any, error) {
	var p editsPage
	if done, ok := c.remind.(cases.Edited); ok {
		p.Done = &done
	}
	var before outbreak.Instant
	if text := c.query.Get("before"); text != "" {
		if err := before.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
	}
	var err error
	p.List, err = s.House.Cases.ListEdits(c.ctx, c.by, before, rowsPerPage+1)
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("before", p.List[rowsPerPage-1].At)
	}
	return p, err
}

// undoEdit takes a change of many cases back.
func (s *Server) undoEdit(c *call) (string, error) {
	batch, err := outbreak.ParseID[outbreak.BatchID](c.form.Get("batch"))
	if err != nil {
		return "", err
	}
	done, err := s.House.Cases.UndoEdit(c.ctx, c.by, cases.UndoEdit{Key: c.key(), Batch: batch})
	if err != nil {
		return "", err
	}
	c.remind = done
	return "", nil
}
