package reconcile

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SayCase is the command by which a person says which of our cases a row is that is only there, or may be several.
type SayCase struct {
	Key   string          `json:"-"`
	Party string          `json:"party"`
	ID    DifferenceID    `json:"difference"`
	Case  outbreak.CaseID `json:"case"`
}

// SayCase keeps the number of the row as that of the case: from the next comparison on the row is found by it.
func (s *Service) SayCase(ctx context.Context, by outbreak.Actor, c SayCase) (Settled, error) {
	if err := access.RequireAnywhere(by, access.ReconcileSettle); err != nil {
		return Settled{}, err
	}
	var ours Ours
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		p, err := find(tx, by, access.ReconcileRead, c.Party)
		if err != nil {
			return err
		}
		ours, err = s.ourCase(tx, by, p, c.Case)
		return err
	}); err != nil {
		return Settled{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.SayCase", Key: c.Key}, c, func(tx *store.Tx) (Settled, error) {
		p, err := find(tx, by, access.ReconcileRead, c.Party)
		if err != nil {
			return Settled{}, err
		}
		list, err := chosen(tx, by, c.Party, []DifferenceID{c.ID}, false, DifferenceFilter{})
		if err != nil {
			return Settled{}, err
		}
		d, err := list[0].is(ours)
		if err != nil {
			return Settled{}, err
		}
		called, err := s.numbersOf(tx, p.Outbreak, p.Code)
		if err != nil {
			return Settled{}, err
		}
		if err := s.cases.Numbers(tx, p.Outbreak, called[0], map[string]outbreak.CaseID{d.Number: d.Case}); err != nil {
			return Settled{}, err
		}
		return Settled{Done: 1}, s.ended(tx, by, p, []Difference{d}, TakenOver)
	})
}

// ourCase finds a case of ours that lists of a party are about, where the actor may settle differences.
func (s *Service) ourCase(tx *store.Tx, by outbreak.Actor, p Party, id outbreak.CaseID) (Ours, error) {
	called, err := s.numbersOf(tx, p.Outbreak, p.Code)
	if err != nil {
		return Ours{}, err
	}
	list, err := s.cases.CasesOf(tx, p.Outbreak, called, p.Area)
	if err != nil {
		return Ours{}, err
	}
	at := slices.IndexFunc(list, func(o Ours) bool { return o.Case == id })
	if at < 0 || !access.Can(by, access.ReconcileSettle, outbreak.Scope{Area: list[at].Area, Outbreak: p.Outbreak}) {
		return Ours{}, outbreak.Refuse(outbreak.Invalid, "reconcile.no_case")
	}
	return list[at], nil
}

// is tells a row that it is a case of ours.
func (d Difference) is(ours Ours) (Difference, error) {
	switch number := ours.Number(); {
	case d.What != OnlyThere:
		return d, outbreak.Refuse(outbreak.Invalid, "reconcile.is_ours")
	case !d.Present || d.State == Gone || d.State == TakenOver:
		return d, outbreak.Refuse(outbreak.Conflict, "reconcile.gone")
	case d.Number == "":
		return d, outbreak.Refuse(outbreak.Invalid, "reconcile.no_number")
	case number != "" && number != d.Number:
		return d, outbreak.Refuse(outbreak.Conflict, "reconcile.case_numbered", "number", number)
	}
	d.Case = ours.Case
	return d, nil
}
