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

// mostCandidates is how many pairs one page holds.
const mostCandidates = 500

// Candidate are two codes that may be one person: a pair of the queue of duplicates, with what speaks for it. Nothing but a person's
// decision makes them one.
type Candidate struct {
	Duplicate DuplicateID `json:"duplicate"`
	One       Person      `json:"one"`   // the older
	Other     Person      `json:"other"` // the newer
	Weight    float64     `json:"weight"`
	Sure      bool        `json:"sure"`
	Why       []string    `json:"why"` // the fields that speak for it, what says most first: document, phone, name, birth, sex, place
}

// Why two codes may be one person.
const (
	WhyDocument = "document"
	WhyPhone    = "phone"
	WhyName     = "name"
)

// ListCandidates lists the pairs that wait in the queue of duplicates, those of the newest codes first, before one (0: from the newest).
// No box is opened. next is before which to look on; 0 at the end.
func (s *Service) ListCandidates(ctx context.Context, by outbreak.Actor, below outbreak.Path, before outbreak.PersonID) (list []Candidate, next outbreak.PersonID, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, 0, err
	}
	f := DuplicatesFilter{Below: below, Kind: KindPerson, State: StateWaiting}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args, err := f.where(by)
		if err != nil {
			return err
		}
		if before != 0 {
			args = append(args, before)
			cond += fmt.Sprintf(" and d.other < $%d", len(args))
		}
		limit, args := store.In(args, []int{mostCandidates + 1})
		found, err := store.List(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where "+cond+" order by d.other desc, d.one limit "+limit, args...)
		if err != nil {
			return fmt.Errorf("listing who may be one person: %w", err)
		}
		if len(found) > mostCandidates { // the pairs of one code stay together
			cut := found[mostCandidates].Other.ID
			if i := slices.IndexFunc(found, func(d Duplicate) bool { return d.Other.ID == cut }); i > 0 {
				found = found[:i]
			}
			next = found[len(found)-1].Other.ID
		}
		list, err = candidatesOf(tx, found)
		return err
	})
	return list, next, err
}

// ListCandidatesOf lists the pairs of some codes that wait in the queue of duplicates.
func (s *Service) ListCandidatesOf(ctx context.Context, by outbreak.Actor, ids []outbreak.PersonID) (list []Candidate, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, err
	}
	f := DuplicatesFilter{Kind: KindPerson, State: StateWaiting}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args, err := f.where(by)
		if err != nil {
			return err
		}
		seen := map[DuplicateID]bool{}
		var found []Duplicate
		for part := range slices.Chunk(sorted(slices.Clone(ids)), keyBatch) {
			for _, side := range []string{"d.one", "d.other"} {
				in, args := store.In(slices.Clone(args), part)
				some, err := store.List(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where "+cond+" and "+side+" in ("+in+")", args...)
				if err != nil {
					return fmt.Errorf("listing who may be one person: %w", err)
				}
				for _, d := range some {
					if !seen[d.ID] {
						seen[d.ID] = true
						found = append(found, d)
					}
				}
			}
		}
		slices.SortFunc(found, func(a, b Duplicate) int { return cmp.Or(cmp.Compare(b.order, a.order), cmp.Compare(a.ID, b.ID)) })
		list, err = candidatesOf(tx, found)
		return err
	})
	return list, err
}

func candidatesOf(tx *store.Tx, found []Duplicate) (list []Candidate, err error) {
	if err := withPeople(tx, found); err != nil {
		return nil, err
	}
	for _, d := range found {
		c := Candidate{Duplicate: d.ID, One: d.One, Other: d.Other, Weight: d.Weight, Sure: d.Sure, Why: []string{}}
		said := slices.Clone(d.Evidence)
		slices.SortStableFunc(said, func(a, b Evidence) int { return cmp.Compare(b.Weight, a.Weight) })
		for _, e := range said {
			if e.Weight > 0 {
				c.Why = append(c.Why, e.Field)
			}
		}
		list = append(list, c)
	}
	return list, nil
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
