package registry

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// DuplicatesFilter says which pairs are listed.
type DuplicatesFilter struct {
	Below    outbreak.Path       // one of the two lives there; empty: anywhere
	Outbreak outbreak.OutbreakID // one of the two lives in its area; 0: any
	Kind     string              // empty: one person
	State    string              // empty: waiting
	Sure     bool                // those alone at which one in a hundred is expected to be wrong
	After    string              // Next of the page before; empty: from the heaviest
	Most     int                 // 0: 50
}

// DuplicatesPage is a part of the queue, the heaviest first.
type DuplicatesPage struct {
	List []Duplicate `json:"list"`
	Next string      `json:"next"` // empty: the end
}

// mostOnPage is how many pairs one page holds at most.
const mostOnPage = 500

// ListDuplicates lists pairs of codes both of which the actor may decide about, the heaviest first. No box is opened.
func (s *Service) ListDuplicates(ctx context.Context, by outbreak.Actor, f DuplicatesFilter) (page DuplicatesPage, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return page, err
	}
	if f.Kind == "" {
		f.Kind = KindPerson
	}
	if f.State == "" {
		f.State = StateWaiting
	}
	if f.Most <= 0 {
		f.Most = 50
	}
	f.Most = min(f.Most, mostOnPage)
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if f.Outbreak != 0 {
			o, ok, err := OutbreakByID(tx, f.Outbreak)
			if err != nil || !ok {
				return err
			}
			if f.Below == "" || f.Below.Contains(o.Area) {
				f.Below = o.Area
			}
		}
		cond, args, err := f.where(by)
		if err != nil {
			return err
		}
		limit, args := store.In(args, []int{f.Most + 1})
		page.List, err = store.List(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where "+cond+" order by d.weight desc, d.id desc limit "+limit, args...)
		if err != nil {
			return fmt.Errorf("listing who may be one person: %w", err)
		}
		if len(page.List) > f.Most {
			page.List = page.List[:f.Most]
			last := page.List[f.Most-1]
			page.Next = fmt.Sprintf("%d.%d", last.order, int64(last.ID))
		}
		return withPeople(tx, page.List)
	})
	return page, err
}

// where writes the condition of a page.
func (f DuplicatesFilter) where(by outbreak.Actor) (string, []any, error) {
	args := []any{f.State, f.Kind}
	cond := "d.state = $1 and d.kind = $2"
	for _, column := range []string{"d.area_one", "d.area_other"} {
		some := "1 = 0"
		for _, reach := range access.Reach(by, access.PersonMerge) {
			if reach.Area == "" {
				some = ""
				break
			}
			args = append(args, reach.Area, reach.Area.Upto())
			some += fmt.Sprintf(" or %s >= $%d and %s < $%d", column, len(args)-1, column, len(args))
		}
		if some != "" {
			cond += " and (" + some + ")"
		}
	}
	if f.Below != "" {
		args = append(args, f.Below, f.Below.Upto(), f.Below, f.Below.Upto())
		n := len(args)
		cond += fmt.Sprintf(" and (d.area_one >= $%d and d.area_one < $%d or d.area_other >= $%d and d.area_other < $%d)", n-3, n-2, n-1, n)
	}
	if f.Sure {
		cond += " and d.sure = 1"
	}
	if f.State == StateWaiting && f.Kind == KindPerson { // two that others tie together already are no question any more
		cond += " and not exists (select 1 from person a, person b where a.id = d.one and b.id = d.other and a.first_code <> 0 and a.first_code = b.first_code)"
	}
	if f.After == "" {
		return cond, args, nil
	}
	weight, id, err := f.after()
	if err != nil {
		return "", nil, err
	}
	args = append(args, weight, weight, id)
	n := len(args)
	return cond + fmt.Sprintf(" and d.weight <= $%d and (d.weight < $%d or d.id < $%d)", n-2, n-1, n), args, nil
}

func (f DuplicatesFilter) after() (weight, id int64, err error) {
	w, i, _ := strings.Cut(f.After, ".")
	if weight, err = strconv.ParseInt(w, 10, 64); err == nil {
		id, err = strconv.ParseInt(i, 10, 64)
	}
	if err != nil {
		err = outbreak.Refuse(outbreak.Invalid, "registry.page_wrong")
	}
	return weight, id, err
}

// withPeople puts the people into pairs.
func withPeople(tx *store.Tx, list []Duplicate) error {
	ids := make([]outbreak.PersonID, 0, 2*len(list))
	for _, d := range list {
		ids = append(ids, d.One.ID, d.Other.ID)
	}
	people, err := PeopleByID(tx, ids)
	for i := range list {
		list[i].One, list[i].Other = people[list[i].One.ID], people[list[i].Other.ID]
	}
	return err
}

// FindDuplicate gives one pair.
func (s *Service) FindDuplicate(ctx context.Context, by outbreak.Actor, id DuplicateID) (d Duplicate, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return d, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		d, err = duplicateFor(tx, by, id)
		return err
	})
	return d, err
}

// duplicateFor reads a pair both of whose codes the actor may decide about.
func duplicateFor(tx *store.Tx, by outbreak.Actor, id DuplicateID) (Duplicate, error) {
	d, ok, err := store.One(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where d.id = $1", id)
	if err != nil {
		return d, err
	}
	list := []Duplicate{d}
	if err := withPeople(tx, list); err != nil {
		return d, err
	}
	d = list[0]
	for _, p := range []Person{d.One, d.Other} {
		ok = ok && access.Can(by, access.PersonMerge, outbreak.Scope{Area: p.Area})
	}
	if !ok {
		return Duplicate{}, outbreak.Refuse(outbreak.NotFound, "registry.no_duplicate")
	}
	return d, nil
}

// DuplicatesOf lists the pairs of a code that wait for a decision, the heaviest first.
func (s *Service) DuplicatesOf(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (list []Duplicate, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.List(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where d.id in (select id from duplicate where one = $1 union select id from duplicate where other = $2) and d.state = $3 order by d.weight desc, d.id desc limit 100",
			id, id, StateWaiting)
		if err != nil {
			return err
		}
		if err := withPeople(tx, all); err != nil {
			return err
		}
		for _, d := range all {
			may := access.Can(by, access.PersonMerge, outbreak.Scope{Area: d.One.Area}) && access.Can(by, access.PersonMerge, outbreak.Scope{Area: d.Other.Area})
			if may && (d.Kind == KindHousehold || d.One.Lead() != d.Other.Lead()) {
				list = append(list, d)
			}
		}
		return nil
	})
	return list, err
}

// Crowd tells of keys that so many share that nobody is compared because of them.
type Crowd struct {
	Kind   string `json:"kind"`
	Keys   int64  `json:"keys"`
	People int64  `json:"people"` // of the key that most share
}

// Linking is how pairs are found.
type Linking struct {
	Judging
	Filed   int64            `json:"filed"` // people who are filed by keys, about: who is filed anew counts again
	Crowds  []Crowd          `json:"crowds"`
	Waiting int64            `json:"waiting"` // pairs, of people and of households
	Oldest  outbreak.Instant `json:"oldest"`  // of the pairs that wait; 0: none does
	Anew    Reweighing       `json:"anew"`    // pairs that are being weighed anew by weights learnt since
}

// FindLinking tells which model weighs pairs, which keys too many share, and how much waits in the whole house.
func (s *Service) FindLinking(ctx context.Context, by outbreak.Actor) (l Linking, err error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return l, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		l, err = s.linkingOf(tx)
		return err
	})
	return l, err
}

func (s *Service) linkingOf(tx *store.Tx) (l Linking, err error) {
	j, err := s.judgeOf(tx)
	if err != nil {
		return l, err
	}
	l.Judging = j.from
	if r := s.learnt.reweighing.Load(); r != nil {
		l.Anew = *r
	}
	if l.Filed, err = lastFiled(tx); err != nil {
		return l, err
	}
	if l.Crowds, err = store.List(tx, func(r store.Row) (c Crowd, err error) {
		err = r.Scan(&c.Kind, &c.Keys, &c.People)
		return c, err
	}, "select kind, count(*), max(people) from link_crowd group by kind order by kind"); err != nil {
		return l, err
	}
	l.Waiting, l.Oldest, err = CountDuplicates(tx)
	return l, err
}

// CountDuplicates counts the pairs that wait in the whole house, and tells since when the oldest does; 0: none.
func CountDuplicates(tx *store.Tx) (waiting int64, oldest outbreak.Instant, err error) {
	if waiting, err = store.Count(tx, "select count(*) from duplicate where state = $1", StateWaiting); err != nil {
		return 0, 0, err
	}
	for _, kind := range Kinds {
		at, err := store.Count(tx, "select coalesce(min(found_at), 0) from duplicate where state = $1 and kind = $2", StateWaiting, kind)
		if err != nil {
			return 0, 0, err
		}
		if first := outbreak.Instant(at); first != 0 && (oldest == 0 || first < oldest) {
			oldest = first
		}
	}
	return waiting, oldest, nil
}
