package registry

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Lead gives the leading code of the person: the own one when there is no other.
func (p Person) Lead() outbreak.PersonID {
	if p.MergedInto != 0 {
		return p.MergedInto
	}
	return p.ID
}

// leadOf gives the leading code of a person where it may be shown, so that new facts come by it; else the code itself.
func leadOf(tx *store.Tx, p Person, may func(Person) bool) (Person, error) {
	p, _, err := PersonByID(tx, p.ID)
	if err != nil || p.MergedInto == 0 {
		return p, err
	}
	leading, ok, err := PersonByID(tx, p.MergedInto)
	if err != nil || !ok || !may(leading) {
		return p, err
	}
	return leading, nil
}

// CodesOf lists all codes of the person a code stands for, the leading one first, in the order they were given. A code that is
// alone, or that nobody knows, stands for itself.
func CodesOf(tx *store.Tx, id outbreak.PersonID) ([]outbreak.PersonID, error) {
	p, ok, err := PersonByID(tx, id)
	if err != nil || !ok {
		return []outbreak.PersonID{id}, err
	}
	return codesOf(tx, p)
}

func codesOf(tx *store.Tx, p Person) ([]outbreak.PersonID, error) {
	leading, err := leadingOf(tx, p.ID)
	if err != nil || leading == 0 {
		return []outbreak.PersonID{p.ID}, err
	}
	return store.List(tx, store.Value[outbreak.PersonID], "select id from person where first_code = $1 and first_code <> 0 order by id", leading)
}

func leadingOf(tx *store.Tx, id outbreak.PersonID) (outbreak.PersonID, error) {
	leading, _, err := store.One(tx, store.Value[outbreak.PersonID], "select first_code from person where id = $1", id)
	return leading, err
}

// NosTogether lists, for numbers of people some of whom have several codes, the numbers of all codes of each person who has
// several, the leading code's first: [[5, 900], [7, 12, 2147483650]].
func NosTogether(tx *store.Tx, nos []int64) ([][]int64, error) {
	leading := map[outbreak.PersonID]bool{}
	err := inParts(nos, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var id outbreak.PersonID
			err := r.Scan(&id)
			leading[id] = true
			return err
		}, "select first_code from person where first_code <> 0 and no in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for codes of one person: %w", err)
	}
	return nosOf(tx, slices.Sorted(maps.Keys(leading)))
}

// AllNosTogether is NosTogether for everybody who has several codes.
func AllNosTogether(tx *store.Tx) ([][]int64, error) {
	leading, err := store.List(tx, store.Value[outbreak.PersonID], "select distinct first_code from person where first_code <> 0 order by first_code")
	if err != nil {
		return nil, err
	}
	return nosOf(tx, leading)
}

func nosOf(tx *store.Tx, leading []outbreak.PersonID) (groups [][]int64, err error) {
	var last outbreak.PersonID
	err = inParts(leading, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var of outbreak.PersonID
			var no int64
			if err := r.Scan(&of, &no); err != nil {
				return err
			}
			if of != last {
				groups, last = append(groups, nil), of
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], no)
			return nil
		}, "select first_code, no from person where first_code <> 0 and first_code in ("+in+") order by first_code, id", args...)
	})
	return groups, err
}

// CountRollOf counts the people on the roll of areas that do not overlap; somebody who stands on it under several codes counts
// once.
func CountRollOf(tx *store.Tx, areas []outbreak.Path) (int, error) {
	total := 0
	people := map[outbreak.PersonID]bool{}
	for _, a := range areas {
		n, err := store.Count(tx, "select count(*) from person where area >= $1 and area < $2 and on_roll = 1", a, a.Upto())
		if err != nil {
			return 0, err
		}
		total += int(n)
		err = store.Each(tx, func(r store.Row) error {
			var leading outbreak.PersonID
			if err := r.Scan(&leading); err != nil {
				return err
			}
			if people[leading] {
				total--
			}
			people[leading] = true
			return nil
		}, "select first_code from person where first_code <> 0 and area >= $1 and area < $2 and on_roll = 1", a, a.Upto())
		if err != nil {
			return 0, fmt.Errorf("counting who is on the roll twice: %w", err)
		}
	}
	return total, nil
}

// Together is everything that is decided about the codes of one person.
type Together struct {
	Codes  []Person `json:"codes"`  // the leading one first; those the actor may see
	Merges []Merge  `json:"merges"` // decisions about them, the oldest first, undone ones too

	Choices Choices `json:"choices,omitempty"` // whose word leads, by field
}

// codesToRead gives all codes of a person whom the actor may read; to whoever may not there is nobody.
func codesToRead(tx *store.Tx, by outbreak.Actor, id outbreak.PersonID) ([]outbreak.PersonID, error) {
	p, ok, err := PersonByID(tx, id)
	if err != nil {
		return nil, err
	}
	if !ok || access.Require(by, access.PersonRead, outbreak.Scope{Area: p.Area}) != nil {
		return nil, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
	}
	return codesOf(tx, p)
}

// FindTogether gives the codes of the person a code stands for, and the decisions about them.
func (s *Service) FindTogether(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (t Together, err error) {
	if err := access.RequireAnywhere(by, access.PersonRead); err != nil {
		return t, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		codes, err := codesToRead(tx, by, id)
		if err != nil {
			return err
		}
		people, err := PeopleByID(tx, codes)
		if err != nil {
			return err
		}
		for _, code := range codes {
			if p := people[code]; access.Can(by, access.PersonRead, outbreak.Scope{Area: p.Area}) {
				t.Codes = append(t.Codes, p)
			}
		}
		if t.Choices, err = choicesOf(tx, codes); err != nil {
			return err
		}
		return inParts(codes, func(in string, args []any) error {
			merges, err := store.List(tx, scanMerge, "select "+mergeColumns+" from person_merge where one in ("+in+") or other in ("+in+") order by id", args...)
			t.Merges = append(t.Merges, merges...)
			return err
		})
	})
	return t, err
}
