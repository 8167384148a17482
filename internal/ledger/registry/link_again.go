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
	if err := dropKeys(tx, slices.Sorted(maps.Keys(filed))); err != nil {
		return err
	}
	var keys [][]any
	for _, id := range slices.Sorted(maps.Keys(people)) {
		c := eyes.comes(people[id], known[id], "")
		own, all := c.tokens(eyes)
		for _, k := range own {
			keys = append(keys, []any{k, int64(id)})
		}
		if err := tx.Must("update link_filed set tokens = $1 where person = $2", packTokens(all), id); err != nil {
			return fmt.Errorf("filing people by keys anew: %w", err)
		}
	}
	_, err = tx.Insert("link_key", []string{"digest", "person"}, []string{"digest", "person"}, keys)
	return err
}

// dropKeys takes the digests of people out of the table.
func dropKeys(tx *store.Tx, ids []outbreak.PersonID) error {
	type filed struct {
		person outbreak.PersonID
		tokens []byte
	}
	var list []filed
	if err := inParts(ids, func(in string, args []any) error {
		some, err := store.List(tx, func(r store.Row) (f filed, err error) {
			err = r.Scan(&f.person, &f.tokens)
			return f, err
		}, "select person, tokens from link_filed where tokens is not null and person in ("+in+")", args...)
		list = append(list, some...)
		return err
	}); err != nil {
		return fmt.Errorf("taking people out of the keys: %w", err)
	}
	for _, f := range list {
		for part := range slices.Chunk(unpackTokens(f.tokens), mostAsked) {
			in, args := store.In([]any{f.person}, part)
			if _, err := tx.Exec("delete from link_key where person = $1 and digest in ("+in+")", args...); err != nil {
				return err
			}
		}
	}
	return nil
}
