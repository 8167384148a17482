package registry

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// SealAbout seals texts about people under the people's own keys, for rooms that keep more about somebody than may lie open: with
// the key of a person everything sealed under it is destroyed. Somebody of whom nothing was known gets a key.
func (s *Service) SealAbout(tx *store.Tx, texts map[outbreak.PersonID][]byte) (map[outbreak.PersonID][]byte, error) {
	state, err := s.vault.stateOf(tx)
	if err != nil {
		return nil, err
	}
	boxes, err := boxesOf(tx, texts)
	if err != nil {
		return nil, err
	}
	sealed := make(map[outbreak.PersonID][]byte, len(texts))
	for id, text := range texts {
		b, known := boxes[id]
		if !known {
			return nil, fmt.Errorf("sealing a text about %s, who is not there", id)
		}
		if b.sealed == nil {
			if b, err = s.vault.seal(id, Identity{}.appendText(nil), state.master); err != nil {
				return nil, err
			}
			if err := tx.Must("update person set sealed = $1, wrapped = $2, wrapped_by = $3 where id = $4", b.sealed, b.wrapped, b.by, id); err != nil {
				return nil, err
			}
		}
		aead, err := s.vault.keyOf(id, b)
		if err != nil {
			return nil, err
		}
		sealed[id] = lock(aead, id, text)
	}
	return sealed, nil
}

// boxesOf reads the boxes of people.
func boxesOf[T any](tx *store.Tx, of map[outbreak.PersonID]T) (map[outbreak.PersonID]box, error) {
	ids := make([]outbreak.PersonID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	boxes := make(map[outbreak.PersonID]box, len(ids))
	err := inParts(ids, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.PersonID
			var b box
			err := r.Scan(&id, &b.sealed, &b.wrapped, &b.by)
			boxes[id] = b
			return err
		}, "select id, sealed, wrapped, wrapped_by from person where id in ("+in+")", args...)
	})
	return boxes, err
}

// OpenAbout opens a text that SealAbout sealed, for somebody who may open the person's identity; the journal has who and why.
func (s *Service) OpenAbout(ctx context.Context, by outbreak.Actor, id outbreak.PersonID, sealed []byte) (text []byte, err error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return nil, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return nil, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		var opened Identity
		p, err := s.openFor(tx, by, id, &opened)
		if err != nil {
			return err
		}
		b, _, err := boxOf(tx, id)
		if err != nil {
			return err
		}
		aead, err := s.vault.keyOf(id, b)
		if err != nil {
			return err
		}
		if text, err = unlock(aead, id, sealed); err != nil {
			return fmt.Errorf("opening a text about a person: %w", err)
		}
		_, err = s.journal.Append(tx, by, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: id, Purpose: by.Purpose})
		return err
	})
	return text, err
}

// Digest is the keyed digest of a request of another room, so that a repeat is known without names being kept.
func (s *Service) Digest(kind, said string) string { return s.vault.key(kind, said) }
