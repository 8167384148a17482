package registry

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// MostIdentities is how many identities one turn opens.
const MostIdentities = 500

// ReadIdentities opens the sealed identities of some people for the purpose the actor names, at most MostIdentities of them, and
// leaves an entry in the journal for each. Somebody whose identity the actor may not open, or who was erased, is left out.
func (s *Service) ReadIdentities(ctx context.Context, by outbreak.Actor, ids []outbreak.PersonID) (map[outbreak.PersonID]Identity, error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return nil, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return nil, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	ids = ids[:min(len(ids), MostIdentities)]
	var opened map[outbreak.PersonID]Identity
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		opened = map[outbreak.PersonID]Identity{}
		people, err := PeopleByID(tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, there := people[id]
			if _, twice := opened[id]; twice || !there || access.Require(by, access.PersonIdentity, outbreak.Scope{Area: p.Area}) != nil {
				continue
			}
			if _, gone, err := erasedOf(tx, id); err != nil {
				return err
			} else if gone {
				continue
			}
			if opened[id], err = s.identity(tx, id); err != nil {
				return err
			}
			if _, err := s.journal.Append(tx, by, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: id, Purpose: by.Purpose}); err != nil {
				return err
			}
		}
		return nil
	})
	return opened, err
}
