package web

import (
	"slices"

	"breakwater/internal/engine/table"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// listPage is a list on its way.
type listPage struct {
	ID        string
	Kind      exchange.Kind
	Name      string
	State     exchange.KeptState
	Outbreak  outbreak.OutbreakID
	Party     string
	Found     *exchange.Found
	Plan      exchange.Plan
	Columns   []listColumn
	Fields    []listFields // what a column may be, in their order on the page
	Units     []string
	Encodings []table.Encoding
	Saved     string // the name of the plan it is read by
	Report    *exchange.Report
	Failed    string
	More      int
	Lines     []problemLine
	HasBack   bool
	Areas     []areaChoice // in which rows that name none may belong
}

// listColumn is a column of the list in the form.
type listColumn struct {
	exchange.FoundColumn
	Plan    exchange.PlanColumn
	Filled  int
	Dates   *table.Dates // of a column of days
	Ages    bool
	Grouped bool       // of one of the people the case exposed
	Words   []listWord // of a field of words
	Ours    []string
}

// listFields are fields under a heading; one without is of a list that needs none.
type listFields struct {
	Heading string
	Fields  []string
}

// fieldsOf parts the fields of a line list: those of the case, of who infected it, of those it exposed.
func fieldsOf(kind exchange.Kind) []listFields {
	all := exchange.ListFields(kind)
	from, groups := slices.Index(all, "infected_by"), slices.IndexFunc(all, exchange.Grouped)
	if kind != exchange.LineList || from < 0 || groups < from {
		return []listFields{{Fields: all}}
	}
	return []listFields{{"lists.fields_case", all[:from]}, {"lists.fields_exposure", all[from:groups]}, {"lists.fields_contacts", all[groups:]}}
}

// listWord is a word of a column and what it means.
type listWord struct {
	At    int
	Word  string
	Count int
	Ours  string // chosen, or known; empty: nobody can tell
}

func (s *Server) readList(c *call) (any, error) {
	w, err := s.list(c)
	if err != nil {
		return nil, err
	}
	if w.now().State != exchange.KeptLoading {
		if err := s.openedOnce(c, w); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.kept
	p := &listPage{ID: w.id, Kind: w.kind, Name: k.Name, State: k.State, Outbreak: k.Outbreak, Party: k.Party, Found: w.found, Plan: k.Plan, Fields: fieldsOf(w.kind), Units: exchange.AgeUnits,
		Encodings: exchange.Encodings, HasBack: k.Back > 0}
	for _, saved := range w.saved {
		if p.Saved == "" {
			p.Saved = saved.Name
		}
	}
	if k.State != exchange.KeptMapping {
		var r exchange.Report
		if k.Report != nil {
			r = *k.Report
		}
		p.Lines, p.More = problemLines(r.Single())
		p.More += r.LeftOut
		p.Report = &r
	}
	if k.Failed != nil {
		p.Failed = s.House.Sentence(c.view.Lang, k.Failed.Err())
	}
	if w.found == nil {
		return p, nil
	}
	for _, col := range w.found.Columns {
		p.Columns = append(p.Columns, columnOf(w, col))
	}
	p.Areas, err = s.namedAreas(c, access.ContactLoad)
	return p, err
}

// openedOnce reads a list that was not read since the program began.
func (s *Server) openedOnce(c *call, w *listWork) error {
	w.mu.Lock()
	read := w.found != nil
	w.mu.Unlock()
	if read {
		return nil
	}
	if err := w.take(); err != nil {
		return err
	}
	defer w.give()
	return s.opened(c, w)
}

func columnOf(w *listWork, col exchange.FoundColumn) listColumn {
	x := listColumn{FoundColumn: col, Filled: w.found.Table.Columns[col.Index].Filled}
	for _, p := range w.kept.Plan.Columns {
		if p.Column == col.Name && max(p.Number, 1) == col.Number {
			x.Plan = p
		}
	}
	if exchange.HoldsDay(x.Plan.Field) {
		x.Dates = w.found.Table.Columns[col.Index].Dates
	}
	x.Ages, x.Grouped = exchange.HoldsAge(x.Plan.Field), exchange.Grouped(x.Plan.Field)
	x.Ours = exchange.ListWords(x.Plan.Field)
	if x.Ours == nil {
		return x
	}
	for i, v := range col.Words {
		ours, chosen := x.Plan.Words[v.Word]
		if !chosen {
			ours = exchange.WordMeant(x.Plan.Field, v.Word)
		}
		x.Words = append(x.Words, listWord{At: i, Word: v.Word, Count: v.Count, Ours: ours})
	}
	return x
}
