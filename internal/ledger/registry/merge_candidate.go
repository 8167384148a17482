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
	note := func(reason string) func(store.Row) error {
		return func(r store.Row) error {
			var p pair
			if err := r.Scan(&p.one, &p.other); err != nil {
				return err
			}
			if p.other < p.one {
				p.one, p.other = p.other, p.one
			}
			if !slices.Contains(why[p], reason) {
				why[p] = append(why[p], reason)
			}
			return nil
		}
	}
	ids := make([]outbreak.PersonID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	err = inParts(ids, func(in string, args []any) error {
		// Of each pair the newer is looked at: so every pair is found on one page alone.
		if err := store.Each(tx, note(WhyDocument), `select b.person, a.person from identity_token a join identity_token b on b.kind = a.kind and b.token = a.token and b.person < a.person
			where a.kind <> 'phone' and a.person in (`+in+`)`, args...); err != nil {
			return err
		}
		if err := store.Each(tx, note(WhyPhone), `select b.person, a.person from identity_token a join identity_token b on b.kind = a.kind and b.token = a.token and b.person < a.person
			join person p on p.id = a.person join person q on q.id = b.person
			where a.kind = 'phone' and p.sex = q.sex and (p.birth_year = q.birth_year or p.birth_year = 0 or q.birth_year = 0) and a.person in (`+in+`)`, args...); err != nil {
			return err
		}
		return store.Each(tx, note(WhyName), `select s.older, s.newer from (
			select b.person as older, a.person as newer, count(*) as n from name_token a join name_token b on b.token = a.token and b.person < a.person
			where a.person in (`+in+`) group by b.person, a.person) s
			join person p on p.id = s.newer join person q on q.id = s.older
			where p.birth_year = q.birth_year and p.birth_year <> 0 and p.area_id = q.area_id
			and s.n = (select count(*) from name_token t where t.person = s.newer) and s.n = (select count(*) from name_token t where t.person = s.older)`, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("looking for codes that may be one person: %w", err)
	}
	return s.undecided(tx, by, why)
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
		_, err = s.journal.Append(tx, by, outbreak.PeopleKeptApart{Scope: outbreak.Scope{Area: one.Area}, One: one.ID, Other: other.ID})
		return true, err
	})
}
