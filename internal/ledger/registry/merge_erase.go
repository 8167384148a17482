package registry

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// eraseTogether destroys the identity behind every code of the person: one that is left under another code would bring the
// name back. Where the actor may not erase one of them, none is erased. The answer is about the code that was asked for.
func (s *Service) eraseTogether(tx *store.Tx, by outbreak.Actor, p Person, e Erased) (Erased, error) {
	codes, err := codesOf(tx, p)
	if err != nil {
		return e, err
	}
	people, err := PeopleByID(tx, codes)
	if err != nil {
		return e, err
	}
	for _, code := range codes {
		if err := access.Require(by, access.PersonErase, outbreak.Scope{Area: people[code].Area}); err != nil {
			return e, outbreak.Refuse(outbreak.Forbidden, "registry.erase_together")
		}
	}
	answer := e
	for _, code := range codes {
		if _, done, err := erasedOf(tx, code); err != nil || done {
			if err != nil {
				return e, err
			}
			continue
		}
		one := e
		one.Person = code
		if one, err = s.erase(tx, by, people[code], one, false); err != nil {
			return e, err
		}
		if code == p.ID {
			answer = one
		}
	}
	return answer, nil
}

// listTogether puts the erasures of the person's other codes on the list beside the key.
func (s *Service) listTogether(ctx context.Context, id outbreak.PersonID) error {
	var receipts []Receipt
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		codes, err := CodesOf(tx, id)
		if err != nil {
			return err
		}
		for _, code := range codes {
			e, done, err := erasedOf(tx, code)
			if err != nil {
				return err
			}
			if done && code != id {
				receipts = append(receipts, s.vault.receipt(e))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.vault.list(receipts...)
}
