package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// mostLookedAt is how many people one page of candidates looks at.
const mostLookedAt = 500

// Candidate are two codes that may be one person. Nothing but a person's decision makes them one.
type Candidate struct {
	One   Person   `json:"one"`   // the older
	Other Person   `json:"other"` // the newer
	Why   []string `json:"why"`   // document, phone, name
}

// Why two codes may be one person.
const (
	WhyDocument = "document" // they gave the same document
	WhyPhone    = "phone"    // they gave the same telephone
	WhyName     = "name"     // the same name and year of birth in one area
)

// ListCandidates looks at people below an area, the newest codes first, before one (0: from the newest), for codes that may be
// the same person, without opening a box. next is before which to look on; 0 at the end.
func (s *Service) ListCandidates(ctx context.Context, by outbreak.Actor, below outbreak.Path, before outbreak.PersonID) (list []Candidate, next outbreak.PersonID, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, 0, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := withinPeople(by, access.PersonMerge, []any{below, below.Upto()})
		if before != 0 {
			args = append(args, before)
			cond += fmt.Sprintf(" and id < $%d", len(args))
		}
		limit, args := store.In(args, []int{mostLookedAt})
		people, err := store.List(tx, scanPerson, "select "+personColumns+" from person where area >= $1 and area < $2 and "+cond+" order by id desc limit "+limit, args...)
		if err != nil || len(people) == 0 {
			return err
		}
		if len(people) == mostLookedAt {
			next = people[len(people)-1].ID
		}
		list, err = s.candidates(tx, by, people)
		return err
	})
	return list, next, err
}

// withinPeople is access.Within for people, who belong to no outbreak: a grant for one outbreak reaches its area.
func withinPeople(by outbreak.Actor, p access.Permission, args []any) (string, []any) {
	cond := "(1 = 0"
	for _, reach := range access.Reach(by, p) {
		args = append(args, reach.Area, reach.Area.Upto())
		cond += fmt.Sprintf(" or area >= $%d and area < $%d", len(args)-1, len(args))
	}
	return cond + ")", args
}

// pair are two codes, the older first.
type pair struct{ one, other outbreak.PersonID }

func (s *Service) candidates(tx *store.Tx, by outbreak.Actor, people []Person) (list []Candidate, err error) {
	why := map[pair][]string{}
	note := func(reason string) func(one, other outbreak.PersonID) {
		return func(one, other outbreak.PersonID) {
			p := pair{min(one, other), max(one, other)}
			if !slices.Contains(why[p], reason) {
				why[p] = append(why[p], reason)
			}
		}
	}
	ids := make([]outbreak.PersonID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	err = inParts(ids, func(in string, args []any) error {
		// Of each pair the newer is looked at: so every pair is found on one page alone.
		if err := sameDocument(tx, in, args, note(WhyDocument)); err != nil {
			return err
		}
		return store.Each(tx, pairs(note(WhyPhone)), `select b.id, a.id from person a join person b on b.phone_key = a.phone_key and b.phone_key <> 0 and b.id < a.id
			where a.sex = b.sex and (a.birth_year = b.birth_year or a.birth_year = 0 or b.birth_year = 0) and a.id in (`+in+`)`, args...)
	})
	if err == nil {
		err = sameNames(tx, people, note(WhyName))
	}
	if err != nil {
		return nil, fmt.Errorf("looking for codes that may be one person: %w", err)
	}
	return s.undecided(tx, by, why)
}

// pairs reads rows of two codes.
func pairs(note func(one, other outbreak.PersonID)) func(store.Row) error {
	return func(r store.Row) error {
		var one, other outbreak.PersonID
		err := r.Scan(&one, &other)
		note(one, other)
		return err
	}
}

// sameDocument finds for each of some people those who are older and gave the same document: one of the two is known by it, or
// neither, since both got their codes from devices.
func sameDocument(tx *store.Tx, in string, args []any, note func(one, other outbreak.PersonID)) error {
	for _, other := range []string{"ukey", "document_key"} {
		if err := store.Each(tx, pairs(note), "select b.id, a.id from person a join person b on b.document_key = a."+other+" and b.document_key <> '' and b.id < a.id where a.id in ("+in+")", args...); err != nil {
			return err
		}
	}
	gave := map[string][]outbreak.PersonID{}
	forms := map[string]string{}
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.PersonID
		var key string
		err := r.Scan(&id, &key)
		gave[key], forms[key] = append(gave[key], id), key
		return err
	}, "select id, document_key from person where document_key <> '' and id in ("+in+")", args...); err != nil {
		return err
	}
	return eachKnown(tx, forms, func(m *member, _ box) error {
		for _, id := range gave[m.ukey] {
			if m.ID < id {
				note(m.ID, id)
			}
		}
		return nil
	})
}

// sameNames finds for each of some people those who are older codes of the area, with the same digests of their names and the same
// year of birth.
func sameNames(tx *store.Tx, people []Person, found func(older, newer outbreak.PersonID)) error {
	asked := map[outbreak.AreaID][]Person{}
	for _, p := range people {
		if p.BirthYear != 0 {
			asked[p.AreaID] = append(asked[p.AreaID], p)
		}
	}
	for area, newer := range asked {
		filed, err := filedIn(tx, area)
		if err != nil {
			return err
		}
		whole := func(no int64) string { return fmt.Sprint(filed[no]) }
		bearers := map[string][]int64{}
		for no := range filed {
			bearers[whole(no)] = append(bearers[whole(no)], no)
		}
		var nos []int64
		for _, p := range newer {
			if filed[p.No] != nil {
				nos = append(nos, bearers[whole(p.No)]...)
			}
		}
		others, err := PeopleByNo(tx, sorted(nos))
		if err != nil {
			return err
		}
		for _, p := range newer {
			if filed[p.No] == nil {
				continue
			}
			for _, no := range bearers[whole(p.No)] {
				if o := others[no]; o.ID != 0 && o.ID < p.ID && o.BirthYear == p.BirthYear && o.AreaID == area {
					found(o.ID, p.ID)
				}
			}
		}
	}
	return nil
}

// undecided leaves out pairs about which somebody decided, and those of which the actor may see one alone.
func (s *Service) undecided(tx *store.Tx, by outbreak.Actor, why map[pair][]string) (list []Candidate, err error) {
	var ids []outbreak.PersonID
	for p := range why {
		ids = append(ids, p.one, p.other)
	}
	people, err := PeopleByID(tx, sorted(ids))
	if err != nil {
		return nil, err
	}
	apart := map[pair]bool{}
	if err := inParts(ids, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var p pair
			err := r.Scan(&p.one, &p.other)
			apart[p] = true
			return err
		}, "select one, other from person_apart where other in ("+in+")", args...)
	}); err != nil {
		return nil, err
	}
	for p, reasons := range why {
		one, other := people[p.one], people[p.other]
		may := access.Can(by, access.PersonMerge, outbreak.Scope{Area: one.Area}) && access.Can(by, access.PersonMerge, outbreak.Scope{Area: other.Area})
		if may && !apart[p] && one.Lead() != other.Lead() {
			list = append(list, Candidate{one, other, reasons})
		}
	}
	slices.SortFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Other.ID, a.Other.ID), cmp.Compare(a.One.ID, b.One.ID))
	})
	return list, nil
}

// KeepApart is the command of somebody who found that two codes that look like one person are two.
type KeepApart struct {
	Key    string            `json:"-"`
	One    outbreak.PersonID `json:"one"`
	Other  outbreak.PersonID `json:"other"`
	Reason string            `json:"reason"`
}

// KeepApart takes two codes off the list of candidates.
func (s *Service) KeepApart(ctx context.Context, by outbreak.Actor, c KeepApart) (bool, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return false, err
	}
	reason, err := reasonOf(c.Reason)
	if err != nil {
		return false, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.KeepApart", Key: c.Key}, c, func(tx *store.Tx) (bool, error) {
		one, other, err := twoPeople(tx, by, min(c.One, c.Other), max(c.One, c.Other))
		if err != nil {
			return false, err
		}
		n, err := tx.Exec("insert into person_apart (one, other, reason, actor, at) values ($1, $2, $3, $4, $5) on conflict (one, other) do nothing",
			one.ID, other.ID, reason, by.String(), tx.Now)
		if err != nil || n == 0 {
			return false, err
		}
		if err := settle(tx, one.ID, other.ID, StateWaiting, StateApart, tx.Now); err != nil {
			return false, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PeopleKeptApart{Scope: outbreak.Scope{Area: one.Area}, One: one.ID, Other: other.ID})
		return true, err
	})
}
