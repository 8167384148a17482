package registry

import (
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// relink makes the digests of people who are filed by keys anew, under the key that is written with.
func relink(tx *store.Tx, eyes blind, known map[outbreak.PersonID]Identity) error {
	filed, err := filedAmong(tx, slices.Collect(maps.Keys(known)))
	if err != nil || len(filed) == 0 {
		return err
	}
	people, err := PeopleByID(tx, slices.Sorted(maps.Keys(filed)))
	if err != nil {
		return err
	}
	seq, err := lastFiled(tx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(people)) {
		c := eyes.comes(people[id], known[id], "")
		seq++
		if err := tx.Must("update link_filed set seq = $1, tokens = $2, keys = $3 where person = $4", seq, packTokens(c.tokens), int64(len(c.keys)), id); err != nil {
			return fmt.Errorf("filing people by keys anew: %w", err)
		}
		if err := c.rehome(tx); err != nil {
			return err
		}
	}
	return nil
}

// dropTokens takes the digests away people are filed with. The row stays: its number is never given again.
func (s *Service) dropTokens(tx *store.Tx, ids []outbreak.PersonID) error {
	if err := dropHomes(tx, ids); err != nil {
		return err
	}
	places := s.keysKnown.places()
	return inParts(ids, func(in string, args []any) error {
		if err := store.Each(tx, func(r store.Row) error {
			var id outbreak.PersonID
			var tokens []byte
			err := r.Scan(&id, &tokens)
			tx.AfterCommit(func() { s.keysKnown.drop(id, unpackTokens(tokens), places) })
			return err
		}, "select person, tokens from link_filed where tokens is not null and person in ("+in+")", args...); err != nil {
			return fmt.Errorf("taking people out of the keys: %w", err)
		}
		_, err := tx.Exec("update link_filed set tokens = null, keys = 0 where person in ("+in+")", args...)
		return err
	})
}
