package web

import (
	"errors"
	"slices"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
)

// caseRecord is what the line list says of a case, and what became of it.
type caseRecord struct {
	Values    cases.Values
	Fields    []caseField
	MayEdit   bool
	Conflict  []fieldConflict // somebody else changed the case meanwhile
	Changes   []cases.Change
	Externals []cases.External
	Extra     []cases.Extra // open fields of files
	Sealed    bool          // there are others
	Opened    []cases.Extra // those, in the answer to the form that named a purpose
	Purpose   outbreak.Purpose
	MayOpen   bool
	Purposes  []outbreak.Purpose
	Differ    []reconcile.Difference // how lists of others differ from the case
}

// fieldConflict is a field that one or two people changed at once.
type fieldConflict struct {
	Field  string
	Was    string // when I opened the form
	Theirs string // now
	Mine   string // what I said
	Both   bool   // both said something else than before
}

// readRecord reads what the line list says of a case.
func (s *Server) readRecord(c *call, k cases.Case) (r caseRecord, err error) {
	if r.Values, err = s.House.Cases.ReadValues(c.ctx, c.by, k.ID); err != nil {
		return r, err
	}
	if r.Changes, err = s.House.Cases.ListChanges(c.ctx, c.by, k.ID); err != nil {
		return r, err
	}
	if r.Externals, err = s.House.Cases.ListExternals(c.ctx, c.by, k.ID); err != nil {
		return r, err
	}
	if r.Extra, r.Sealed, err = s.House.Cases.ListExtra(c.ctx, c.by, k.ID); err != nil {
		return r, err
	}
	if access.Anywhere(c.by, access.ReconcileRead) {
		if r.Differ, err = s.House.Reconcile.ListDifferences(c.ctx, c.by, reconcile.DifferenceFilter{Case: k.ID, Most: mostLinks}); err != nil {
			return r, err
		}
	}
	r.Purposes = outbreak.Purposes
	r.MayEdit = access.Can(c.by, access.CaseEdit, k.Scope()) && k.State != cases.Discarded
	r.MayOpen = access.Can(c.by, access.PersonIdentity, k.Scope())
	typed := c.view.Form
	if !typed.Has("version") {
		typed = nil
	}
	owned, err := s.House.Cases.OwnedFields(c.ctx, c.by, []outbreak.CaseID{k.ID})
	if err != nil {
		return r, err
	}
	if r.Fields = ownedBy(editable(r.Values, typed), owned); errors.Is(asError(c.remind), errEditedMeanwhile) {
		r.Conflict = r.between()
	}
	if opened, ok := c.remind.(openedExtra); ok {
		r.Opened, r.Purpose = opened.list, opened.purpose
	}
	return r, nil
}

// errEditedMeanwhile reminds the page of a case that it has to show two people's changes.
var errEditedMeanwhile = errors.New("edited meanwhile")

func asError(v any) error {
	err, _ := v.(error)
	return err
}

// between lays what I said beside what others said meanwhile. The form goes on from what the case says now.
func (r *caseRecord) between() (list []fieldConflict) {
	for i, f := range r.Fields {
		now := r.Values[f.Name]
		mine, theirs := f.Value != f.Was, now != f.Was
		if mine || theirs {
			list = append(list, fieldConflict{Field: f.Name, Was: f.Was, Theirs: now, Mine: f.Value, Both: mine && theirs && f.Value != now})
		}
		if !mine {
			r.Fields[i].Value = now
		}
		r.Fields[i].Was = now
	}
	return list
}

// Said tells whether I said something of the field.
func (f fieldConflict) Said() bool { return f.Mine != f.Was }

// editCase changes the fields that were filled in otherwise than the case said when the form was made; one that is shown to be read
// alone is no field of the form.
func (s *Server) editCase(c *call) (string, error) {
	return aboutCase(c, "case_edited", func(id outbreak.CaseID) error {
		version, err := strconv.ParseInt(c.form.Get("version"), 10, 64)
		if err != nil {
			return outbreak.Refuse(outbreak.Invalid, "web.form.unreadable")
		}
		values := cases.Values{}
		for _, f := range editable(nil, c.form) {
			if c.form.Has(f.Name) && f.Value != f.Was && c.form.Get("pick."+f.Name) != "theirs" {
				values[f.Name] = f.Value
			}
		}
		_, err = s.House.Cases.EditCase(c.ctx, c.by, cases.EditCase{Key: c.key(), Case: id, Version: version, Values: values})
		if refusal, is := errors.AsType[*outbreak.Error](err); is && refusal.Msg == "cases.edited_meanwhile" {
			c.remind = errEditedMeanwhile
			return outbreak.Refuse(outbreak.Conflict, "caselist.conflict.told")
		}
		return c.view.inWords(err)
	})
}

// openedExtra are the sealed fields of a case, and why they were opened.
type openedExtra struct {
	list    []cases.Extra
	purpose outbreak.Purpose
}

// openExtra shows the sealed fields of files in this one answer.
func (s *Server) openExtra(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.CaseID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	list, err := s.House.Cases.OpenExtra(c.ctx, by, id)
	if err != nil {
		return "", err
	}
	c.remind = openedExtra{list, by.Purpose}
	return "", nil
}

// caseBeside is a case as it stands beside the list.
func (s *Server) caseBeside(c *call, id outbreak.CaseID) (*casePage, error) {
	p := casePage{}
	var err error
	if p.Case, p.Steps, err = s.House.Cases.FindCase(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.caseRecord, err = s.readRecord(c, p.Case)
	return &p, err
}

// Says lists what is known of a case, in the order of a form.
func (r caseRecord) Says() (list []caseField) {
	for _, f := range cases.Fields() {
		if value := r.Values[f.Name]; value != "" && value != "unknown" && !slices.Contains(shownAbove, f.Name) {
			list = append(list, caseField{Field: f, Value: value})
		}
	}
	return list
}

// shownAbove are fields that stand beside the title.
var shownAbove = []string{"classification", "severity", "state"}

// Owed lists the steps that are not done.
func (p casePage) Owed() (list []cases.Step) {
	for _, st := range p.Steps {
		if st.DoneAt == 0 {
			list = append(list, st)
		}
	}
	return list
}
