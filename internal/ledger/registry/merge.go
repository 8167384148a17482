package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// MergeID identifies a decision that two codes are one person.
type MergeID = outbreak.ID[mergeKind]

type mergeKind struct{}

// Merge is a decision that two codes are one person.
//
// Codes of one person are those which decisions that stand tie together, directly or over others; the oldest leads. Nothing
// that was recorded is moved: each fact keeps the code it came by, and whoever asks about one code is told of all of them
// (CodesOf). So undoing a decision restores exactly what was, and facts recorded meanwhile stay with the code they came by.
type Merge struct {
	ID           MergeID           `json:"id"`
	One          outbreak.PersonID `json:"one"`
	Other        outbreak.PersonID `json:"other"`
	Reason       string            `json:"reason"`
	Actor        string            `json:"actor"`
	At           outbreak.Instant  `json:"at"`
	UndoneReason string            `json:"undone_reason"`
	UndoneActor  string            `json:"undone_actor"`
	UndoneAt     outbreak.Instant  `json:"undone_at"` // 0: it stands
}

// MergePeople is the command of somebody who found that two codes are one person.
type MergePeople struct {
	Key    string            `json:"-"`
	One    outbreak.PersonID `json:"one"`
	Other  outbreak.PersonID `json:"other"`
	Reason string            `json:"reason"` // how it was found out; without names

	Choices Choices `json:"choices,omitempty"` // whose word leads, by field
}

const longestReason = 500 // characters

// reasonOf tidies the reason of a decision and refuses one that says nothing.
func reasonOf(said string) (string, error) {
	said = strings.Join(strings.Fields(said), " ")
	if said == "" || utf8.RuneCountInString(said) > longestReason {
		return "", outbreak.Refuse(outbreak.Invalid, "registry.merge_reason", "most", longestReason)
	}
	return said, nil
}

// MergePeople ties two codes together. From then on they are one person in every list, count and question; the oldest code
// leads.
func (s *Service) MergePeople(ctx context.Context, by outbreak.Actor, c MergePeople) (Merge, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return Merge{}, err
	}
	reason, err := reasonOf(c.Reason)
	if err != nil {
		return Merge{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.MergePeople", Key: c.Key}, c, func(tx *store.Tx) (Merge, error) {
		one, other, err := twoPeople(tx, by, c.One, c.Other)
		if err != nil {
			return Merge{}, err
		}
		before, err := codesOf(tx, one)
		if err != nil {
			return Merge{}, err
		}
		if slices.Contains(before, other.ID) {
			return Merge{}, outbreak.Refuse(outbreak.Conflict, "registry.merged_already")
		}
		m := Merge{ID: outbreak.New[MergeID](s.ids), One: one.ID, Other: other.ID, Reason: reason, Actor: by.String(), At: tx.Now}
		if err := tx.Must("insert into person_merge ("+mergeColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			m.ID, m.One, m.Other, m.Reason, m.Actor, m.At, "", "", 0); err != nil {
			return m, err
		}
		with, err := codesOf(tx, other)
		if err != nil {
			return m, err
		}
		all := sorted(append(before, with...))
		if err := c.Choices.check(all); err != nil {
			return m, err
		}
		if err := keepChoices(tx, m.ID, c.Choices); err != nil {
			return m, err
		}
		for _, from := range []string{StateWaiting, StateApart} {
			if err := settle(tx, m.One, m.Other, from, StateMerged, tx.Now); err != nil {
				return m, err
			}
		}
		if err := lead(tx, all); err != nil {
			return m, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PeopleMerged{Scope: outbreak.Scope{Area: one.Area}, Merge: m.ID.String(), Leading: all[0], One: m.One, Other: m.Other, People: all, Choices: c.Choices})
		return m, err
	})
}

// UnmergePeople is the command of somebody who found that a decision was wrong.
type UnmergePeople struct {
	Key    string  `json:"-"`
	Merge  MergeID `json:"merge"`
	Reason string  `json:"reason"`
}

// UnmergePeople takes a decision back: what was one person before it is one again, and everything recorded since stays with
// the code it came by. Choices of whose word leads go with it, and the pair waits as it did.
func (s *Service) UnmergePeople(ctx context.Context, by outbreak.Actor, c UnmergePeople) (Merge, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return Merge{}, err
	}
	reason, err := reasonOf(c.Reason)
	if err != nil {
		return Merge{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.UnmergePeople", Key: c.Key}, c, func(tx *store.Tx) (Merge, error) {
		m, ok, err := store.One(tx, scanMerge, "select "+mergeColumns+" from person_merge where id = $1", c.Merge)
		if err != nil {
			return m, err
		}
		if !ok {
			return m, outbreak.Refuse(outbreak.NotFound, "registry.no_merge")
		}
		one, other, err := twoPeople(tx, by, m.One, m.Other)
		if outbreak.KindOf(err) == outbreak.NotFound {
			err = outbreak.Refuse(outbreak.NotFound, "registry.no_merge")
		}
		if err != nil {
			return Merge{}, err
		}
		if m.UndoneAt != 0 {
			return m, outbreak.Refuse(outbreak.Conflict, "registry.unmerged_already")
		}
		m.UndoneAt, m.UndoneActor, m.UndoneReason = tx.Now, by.String(), reason
		if err := tx.Must("update person_merge set undone_reason = $1, undone_actor = $2, undone_at = $3 where id = $4", m.UndoneReason, m.UndoneActor, m.UndoneAt, m.ID); err != nil {
			return m, err
		}
		if err := unsettle(tx, m.One, m.Other); err != nil {
			return m, err
		}
		parts, err := fallApart(tx, one, other)
		if err != nil {
			return m, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PeopleUnmerged{Scope: outbreak.Scope{Area: one.Area}, Merge: m.ID.String(), One: m.One, Other: m.Other, People: parts})
		return m, err
	})
}

// fallApart works out anew who belongs together on both sides of a decision that does not stand any more, and gives them all.
func fallApart(tx *store.Tx, one, other Person) ([]outbreak.PersonID, error) {
	was, err := codesOf(tx, one)
	if err != nil {
		return nil, err
	}
	for _, side := range []outbreak.PersonID{one.ID, other.ID} {
		codes, err := tied(tx, side)
		if err != nil {
			return nil, err
		}
		if err := lead(tx, codes); err != nil {
			return nil, err
		}
	}
	return was, nil
}

// twoPeople reads the two a decision is about, where the actor may decide.
func twoPeople(tx *store.Tx, by outbreak.Actor, one, other outbreak.PersonID) (a, b Person, err error) {
	if one == other {
		return a, b, outbreak.Refuse(outbreak.Invalid, "registry.merge_self")
	}
	people, err := PeopleByID(tx, []outbreak.PersonID{one, other})
	if err != nil {
		return a, b, err
	}
	for _, p := range people {
		if access.Require(by, access.PersonMerge, outbreak.Scope{Area: p.Area}) != nil {
			return a, b, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
	}
	if len(people) != 2 {
		return a, b, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
	}
	return people[one], people[other], nil
}

// book is where decisions that two things are one are kept: of people, or of places.
type book struct {
	decisions string // table
	things    string // table
	leading   string // column of things: the oldest of those that are one
}

var (
	people = book{"person_merge", "person", "first_code"}
	places = book{"place_merge", "place", "first_place"}
)

func tied(tx *store.Tx, from outbreak.PersonID) ([]outbreak.PersonID, error) {
	return tiedIn(tx, people, from)
}

func lead(tx *store.Tx, codes []outbreak.PersonID) error { return leadIn(tx, people, codes) }

// tiedIn follows the decisions that stand from one thing to all that are tied to it, ascending.
func tiedIn[I ~int64](tx *store.Tx, b book, from I) ([]I, error) {
	all := []I{from}
	for i := 0; i < len(all); i++ {
		err := store.Each(tx, func(r store.Row) error {
			var one, other I
			if err := r.Scan(&one, &other); err != nil {
				return err
			}
			for _, id := range []I{one, other} {
				if !slices.Contains(all, id) {
					all = append(all, id)
				}
			}
			return nil
		}, "select one, other from "+b.decisions+" where undone_at = 0 and (one = $1 or other = $2)", all[i], all[i])
		if err != nil {
			return nil, fmt.Errorf("following what is one thing: %w", err)
		}
	}
	return sorted(all), nil
}

func sorted[I ~int64](ids []I) []I {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// leadIn notes the oldest of things that are one as the leading one; a thing that is alone leads nothing.
func leadIn[I ~int64](tx *store.Tx, b book, all []I) error {
	leading := all[0]
	if len(all) == 1 {
		leading = 0
	}
	for _, id := range all {
		if err := tx.Must("update "+b.things+" set "+b.leading+" = $1 where id = $2", leading, id); err != nil {
			return fmt.Errorf("noting what is one thing: %w", err)
		}
	}
	return nil
}

const mergeColumns = "id, one, other, reason, actor, at, undone_reason, undone_actor, undone_at"

func scanMerge(r store.Row) (m Merge, err error) {
	err = r.Scan(&m.ID, &m.One, &m.Other, &m.Reason, &m.Actor, &m.At, &m.UndoneReason, &m.UndoneActor, &m.UndoneAt)
	return m, err
}
