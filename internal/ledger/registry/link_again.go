package registry

import (
	"context"
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

// presentForm counts the forms of the keys people are filed by (linkage.StoredKeys): since the second, the first letter of a name and a day
// of birth lead to people of one sex.
const presentForm = 2

// fileAnew files everybody anew who is filed by keys of a former form, some hundred a transaction. Until then some pairs are found by their
// other keys alone. When it is stopped it goes on at the next call.
func (s *Service) fileAnew(ctx context.Context) error {
	for {
		left := false
		if err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			left, err = s.fileSomeAnew(tx)
			return err
		}); err != nil || !left {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func (s *Service) fileSomeAnew(tx *store.Tx) (left bool, err error) {
	looked, err := linkStates(tx)
	if err != nil || looked[formOfKeys] >= presentForm {
		return false, err
	}
	upto, begun := looked[formUpto]
	if !begun { // whoever is filed from here on has the present keys, and a later place
		if upto, err = lastFiled(tx); err != nil {
			return false, err
		}
	}
	ids, err := store.List(tx, store.Value[outbreak.PersonID], "select person from link_filed where seq <= $1 and tokens is not null order by seq limit $2", upto, keyBatch)
	if err != nil {
		return false, err
	}
	if len(ids) == 0 {
		return false, tx.Put("link_state", []string{"id", "looked"}, "id", [][]any{{int64(formOfKeys), int64(presentForm)}})
	}
	_, eyes, err := s.keys(tx)
	if err != nil {
		return false, err
	}
	known := map[outbreak.PersonID]Identity{}
	if err := s.eachOpened(tx, ids, func(p Person, i Identity) { known[p.ID] = i }); err != nil {
		return false, err
	}
	if err := relink(tx, eyes, known); err != nil {
		return false, err
	}
	if closed := slices.DeleteFunc(slices.Clone(ids), func(id outbreak.PersonID) bool { _, opened := known[id]; return opened }); len(closed) > 0 {
		if err := s.dropTokens(tx, closed); err != nil { // erased: nobody is found by them
			return false, err
		}
	}
	return true, tx.Put("link_state", []string{"id", "looked"}, "id", [][]any{{int64(formUpto), upto}})
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
