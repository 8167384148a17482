package reconcile

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// TakeTheirs is the command that takes over what their list says.
type TakeTheirs struct {
	Key    string           `json:"-"`
	Party  string           `json:"party"`
	IDs    []DifferenceID   `json:"ids,omitempty"`
	All    bool             `json:"all"`
	Filter DifferenceFilter `json:"filter"`
}

// mostTaken is how many differences one act takes over: each case is an edit of its own.
const mostTaken = 1000

// TakeTheirs writes their values into our cases, and opens a case for a row of theirs that is none of ours. Each edit goes through
// the slice of cases, with its rights and its history.
func (s *Service) TakeTheirs(ctx context.Context, by outbreak.Actor, c TakeTheirs) (Settled, error) {
	if err := access.RequireAnywhere(by, access.ReconcileSettle); err != nil {
		return Settled{}, err
	}
	var p Party
	var l PartyList
	var list []Difference
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if p, err = find(tx, by, access.ReconcileRead, c.Party); err != nil {
			return err
		}
		if list, err = chosen(tx, by, c.Party, c.IDs, c.All, c.Filter); err != nil {
			return err
		}
		l, _, err = newestList(tx, p.Code)
		return err
	})
	if err == nil && len(list) > mostTaken {
		err = outbreak.Refuse(outbreak.Invalid, "reconcile.too_many", "most", mostTaken)
	}
	if err != nil {
		return Settled{}, err
	}
	return s.take(ctx, by, c.Key, p, l, list)
}

// take does it: values case by case, then rows that become cases, then the differences are noted as taken over.
func (s *Service) take(ctx context.Context, by outbreak.Actor, key string, p Party, l PartyList, list []Difference) (Settled, error) {
	var done Settled
	var taken, rows []Difference
	edits := map[outbreak.CaseID][]Difference{}
	var order []outbreak.CaseID
	for _, d := range list {
		switch {
		case d.State == Gone || !d.Present:
			if err := done.refuse(d.ID, outbreak.Refuse(outbreak.Conflict, "reconcile.gone")); err != nil {
				return done, err
			}
		case d.State == TakenOver:
			if err := done.refuse(d.ID, outbreak.Refuse(outbreak.Conflict, "reconcile.taken_over_before")); err != nil {
				return done, err
			}
		case d.What == OnlyThere:
			rows = append(rows, d)
		case d.What == OnlyHere:
			if err := done.refuse(d.ID, outbreak.Refuse(outbreak.Invalid, "reconcile.only_here_take")); err != nil {
				return done, err
			}
		default:
			if edits[d.Case] == nil {
				order = append(order, d.Case)
			}
			edits[d.Case] = append(edits[d.Case], d)
		}
	}
	for _, id := range order {
		values := map[string]string{}
		for _, d := range edits[id] {
			values[d.Field] = d.Theirs
		}
		if err := s.cases.Edit(ctx, by, keyed(key, id.String()), id, values); err != nil {
			for _, d := range edits[id] {
				if err := done.refuse(d.ID, err); err != nil {
					return done, err
				}
			}
			continue
		}
		taken = append(taken, edits[id]...)
	}
	opened, err := s.openCases(ctx, by, key, p, l, rows, &done)
	if err != nil {
		return done, err
	}
	taken = append(taken, opened...)
	done.Done = len(taken)
	return done, s.db.Write(ctx, func(tx *store.Tx) error { return s.ended(tx, by, p, slices.Clone(taken), TakenOver) })
}

func keyed(key, part string) string {
	if key == "" {
		return ""
	}
	return key + "/" + part
}

// openCases makes cases of rows of theirs. What may be several of our cases is decided on the page of duplicates first.
func (s *Service) openCases(ctx context.Context, by outbreak.Actor, key string, p Party, l PartyList, rows []Difference, done *Settled) (taken []Difference, err error) {
	var nos []int
	rows = slices.DeleteFunc(rows, func(d Difference) bool {
		if d.Rivals == 0 {
			nos = append(nos, d.Row)
			return false
		}
		_ = done.refuse(d.ID, outbreak.Refuse(outbreak.Conflict, "reconcile.may_be_several", "n", d.Rivals)) // never an error of ours
		return true
	})
	if len(rows) == 0 {
		return nil, nil
	}
	var opened map[int]listRow
	var code string
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if opened, err = s.openRows(tx, l, p, nos); err != nil {
			return err
		}
		code = p.Area.Code()
		return placed(tx, opened)
	}); err != nil {
		return nil, err
	}
	fields := s.cases.Fields()
	cases := make([]NewCase, 0, len(rows))
	for _, d := range rows {
		cases = append(cases, opened[d.Row].asCase(fields, code))
	}
	owned := false
	var called []string
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if called, err = s.numbersOf(tx, p.Outbreak, p.Code); err != nil {
			return err
		}
		list, err := ownedBy(tx, p.Code)
		owned = slices.ContainsFunc(list, func(o OwnedField) bool { return o.Until == 0 })
		return err
	}); err != nil {
		return nil, err
	}
	ids, refused, err := s.cases.Load(ctx, by, keyed(key, "cases"), p.Outbreak, called[0], !owned, cases)
	if err != nil {
		return nil, err
	}
	for _, r := range refused {
		if err := done.refuse(rows[r.Row].ID, &outbreak.Error{Kind: outbreak.Invalid, Msg: r.Reason, Slots: r.Slots}); err != nil {
			return nil, err
		}
	}
	for i, d := range rows {
		if ids[i] != 0 {
			d.Case = ids[i]
			taken = append(taken, d)
		}
	}
	return taken, nil
}

// placed takes an area that is none here out of rows: what they call a ward is the hospital's as often as the city's. Such a row
// belongs where the party does.
func placed(tx *store.Tx, rows map[int]listRow) error {
	known := map[string]bool{}
	for no, r := range rows {
		if r.Area == "" {
			continue
		}
		is, asked := known[r.Area]
		if !asked {
			_, found, err := registry.AreaByCode(tx, r.Area)
			if err != nil {
				return err
			}
			is, known[r.Area] = found, found
		}
		if !is {
			r.Area = ""
			rows[no] = r
		}
	}
	return nil
}

// SendOurs is the command that puts differences onto the list of corrections for the party.
type SendOurs struct {
	Key    string           `json:"-"`
	Party  string           `json:"party"`
	IDs    []DifferenceID   `json:"ids,omitempty"`
	All    bool             `json:"all"`
	Filter DifferenceFilter `json:"filter"`
}

// SendOurs asks the party to write what we know: the rows go out with the next list of corrections.
func (s *Service) SendOurs(ctx context.Context, by outbreak.Actor, c SendOurs) (Settled, error) {
	if err := access.RequireAnywhere(by, access.ReconcileSettle); err != nil {
		return Settled{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.SendOurs", Key: c.Key}, c, func(tx *store.Tx) (Settled, error) {
		p, err := find(tx, by, access.ReconcileRead, c.Party)
		if err != nil {
			return Settled{}, err
		}
		list, err := chosen(tx, by, c.Party, c.IDs, c.All, c.Filter)
		if err != nil {
			return Settled{}, err
		}
		var done Settled
		var sent []Difference
		var rows [][]any
		for _, d := range list {
			if why := map[State]string{Gone: "reconcile.gone", TakenOver: "reconcile.taken_over_before", Asked: "reconcile.asked_before"}[d.State]; why != "" {
				if err := done.refuse(d.ID, outbreak.Refuse(outbreak.Conflict, why)); err != nil {
					return done, err
				}
				continue
			}
			sent = append(sent, d)
			rows = append(rows, []any{int64(outbreak.New[CorrectionID](s.ids)), p.Code, int64(d.Outbreak), string(d.Area), int64(d.ID), d.What, int64(d.Case), d.Number, d.Field, d.Ours, d.Theirs, int64(tx.Now), by.String(), int64(0)})
		}
		done.Done = len(sent)
		if err := tx.Add("correction", correctionFields, rows); err != nil {
			return done, err
		}
		return done, s.ended(tx, by, p, sent, Asked)
	})
}
