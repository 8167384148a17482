package registry

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ListCandidatesOf looks at some people, newer than whom they may be, for codes that may be the same person, as ListCandidates does.
func (s *Service) ListCandidatesOf(ctx context.Context, by outbreak.Actor, ids []outbreak.PersonID) (list []Candidate, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, err
	}
	if len(ids) > mostLookedAt {
		ids = ids[:mostLookedAt]
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		found, err := PeopleByID(tx, ids)
		if err != nil {
			return err
		}
		var people []Person
		for _, p := range found {
			if access.Can(by, access.PersonMerge, outbreak.Scope{Area: p.Area}) {
				people = append(people, p)
			}
		}
		slices.SortFunc(people, func(a, b Person) int { return int(a.No - b.No) })
		list, err = s.candidates(tx, by, people)
		return err
	})
	return list, err
}
