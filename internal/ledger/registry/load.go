package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Loaded is what a batch of rows came to: received = added + changed + repeated + rejected.
type Loaded struct {
	Batch    outbreak.BatchID `json:"batch"`
	Added    int              `json:"added"`
	Changed  int              `json:"changed"`
	Repeated int              `json:"repeated"`
	Rejected []Rejection      `json:"rejected,omitempty"`
}

// Rejection says which row of a batch was not taken, and why.
type Rejection struct {
	Row    int            `json:"row"` // index in the batch
	Reason string         `json:"reason"`
	Slots  map[string]any `json:"slots,omitempty"`
}

// reject notes a row's refusal; any other error is the whole batch's.
func (l *Loaded) reject(row int, err error) error {
	e, ok := errors.AsType[*outbreak.Error](err)
	if !ok || e.Kind == outbreak.Internal {
		return err
	}
	l.Rejected = append(l.Rejected, Rejection{Row: row, Reason: e.Msg, Slots: e.Slots})
	return nil
}

// LoadAreas is a batch of areas; parents come before their children, in this batch or earlier.
type LoadAreas struct {
	Key   string    `json:"-"`
	Areas []NewArea `json:"areas"`
}

// LoadAreas adds areas and takes over changed names; an area never moves in the tree here.
func (s *Service) LoadAreas(ctx context.Context, by outbreak.Actor, c LoadAreas) (Loaded, error) {
	if err := access.Require(by, access.AreaManage, outbreak.Scope{}); err != nil {
		return Loaded{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadAreas", Key: c.Key}, c, func(tx *store.Tx) (Loaded, error) {
		l := Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}
		next, err := store.Count(tx, "select coalesce(max(id), 0) from area")
		if err != nil {
			return l, err
		}
		for i, n := range c.Areas {
			parent, hasParent, err := AreaByCode(tx, n.Parent)
			if err != nil {
				return l, err
			}
			a, err := n.fit(parent, hasParent)
			if err != nil {
				if err := l.reject(i, err); err != nil {
					return l, err
				}
				continue
			}
			a.ID = outbreak.AreaID(next + 1)
			added, err := s.keepArea(tx, a, &l)
			if err != nil {
				if err := l.reject(i, err); err != nil {
					return l, err
				}
			}
			if added {
				next++
			}
		}
		if l.Added+l.Changed == 0 {
			return l, nil
		}
		_, err = s.journal.Append(tx, by, outbreak.AreasLoaded{Batch: l.Batch, Added: l.Added, Changed: l.Changed, Digest: s.vault.key("batch", fmt.Sprint(c.Areas))})
		return l, err
	})
}

func (s *Service) keepArea(tx *store.Tx, a Area, l *Loaded) (bool, error) {
	old, known, err := AreaByCode(tx, a.Code)
	if err != nil {
		return false, err
	}
	if !known {
		l.Added++
		return true, tx.Must("insert into area ("+areaColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			a.ID, a.Code, a.Path, a.Level, a.CodeKind, a.Name, a.NameEn, a.TimeZone, a.Population, tx.Now)
	}
	if old.Path != a.Path {
		return false, outbreak.Refuse(outbreak.Conflict, "registry.area_moved", "code", a.Code)
	}
	a.ID = old.ID
	if a == old {
		l.Repeated++
		return false, nil
	}
	l.Changed++
	return false, tx.Must(`update area set level = $1, code_kind = $2, name = $3, name_en = $4, time_zone = $5, population = $6, recorded_at = $7
		where id = $8`, a.Level, a.CodeKind, a.Name, a.NameEn, a.TimeZone, a.Population, tx.Now, a.ID)
}

// PlanRoll is the number of people a roll is about to bring to each area, by code.
type PlanRoll struct {
	Key    string         `json:"-"`
	Counts map[string]int `json:"counts"`
}

// PlanRoll makes room on the roll: each area gets a range of numbers in the order of the tree, with an eighth left as a gap.
// An area that has room keeps its numbers; one that has too little gets a further range.
func (s *Service) PlanRoll(ctx context.Context, by outbreak.Actor, c PlanRoll) (int, error) {
	if err := access.RequireAnywhere(by, access.RosterLoad); err != nil {
		return 0, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.PlanRoll", Key: c.Key}, c, func(tx *store.Tx) (int, error) {
		var areas []Area
		for code := range c.Counts {
			a, ok, err := AreaByCode(tx, code)
			if err != nil {
				return 0, err
			}
			if ok {
				if err := access.Require(by, access.RosterLoad, outbreak.Scope{Area: a.Path}); err != nil {
					return 0, err
				}
				areas = append(areas, a)
			}
		}
		slices.SortFunc(areas, func(a, b Area) int {
			if a.Path < b.Path {
				return -1
			}
			return 1
		})
		made := 0
		for _, a := range areas {
			n, err := s.room(tx, a, c.Counts[a.Code])
			if err != nil {
				return 0, err
			}
			made += n
		}
		return made, nil
	})
}

// room makes sure that want more people find numbers in an area, and gives how many numbers it added.
func (s *Service) room(tx *store.Tx, a Area, want int) (int, error) {
	free, err := store.Count(tx, "select coalesce(sum(last - next + 1), 0) from roll_range where area_id = $1", a.ID)
	if err != nil || int(free) >= want {
		return 0, err
	}
	last, err := store.Count(tx, "select coalesce(max(last), 0) from roll_range")
	if err != nil {
		return 0, err
	}
	size := int64(want) - free
	size += max(size/8, 16)
	if last+size >= WalkIn {
		return 0, outbreak.Refuse(outbreak.Conflict, "registry.roll_full")
	}
	return int(size), tx.Must("insert into roll_range (first, last, area_id, area, next) values ($1, $2, $3, $4, $5)", last+1, last+size, a.ID, a.Path, last+1)
}

// takeNumber gives the next number of an area's ranges, making room when there is none.
func (s *Service) takeNumber(tx *store.Tx, a Area) (int64, error) {
	for range 2 {
		no, ok, err := store.One(tx, store.Value[int64], "select next from roll_range where area_id = $1 and next <= last order by first limit 1", a.ID)
		if err != nil {
			return 0, err
		}
		if ok {
			return no, tx.Must("update roll_range set next = next + 1 where area_id = $1 and next = $2", a.ID, no)
		}
		if _, err := s.room(tx, a, 64); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("no number on the roll after making room")
}

// LoadPeople is a batch of people for the roll.
type LoadPeople struct {
	Key    string      `json:"-"`
	People []NewPerson `json:"people"`
}

// LoadPeople puts people on the roll. Somebody known by document, or by the same row when there is none, is repeated; a
// known person whose row says something new is changed and keeps the number. Rows that are wrong come back with a reason.
func (s *Service) LoadPeople(ctx context.Context, by outbreak.Actor, c LoadPeople) (Loaded, error) {
	if err := access.RequireAnywhere(by, access.RosterLoad); err != nil {
		return Loaded{}, err
	}
	request := struct{ Digest string }{s.vault.key("batch", fmt.Sprint(c.People))} // the kept request holds no names
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.LoadPeople", Key: c.Key}, request, func(tx *store.Tx) (Loaded, error) {
		l := Loaded{Batch: outbreak.New[outbreak.BatchID](s.ids)}
		areas := map[string]Area{}
		perArea := map[outbreak.Path]*outbreak.PeopleLoaded{}
		for i, n := range c.People {
			err := s.loadOne(tx, by, n, areas, perArea, &l)
			if err == nil {
				continue
			}
			if err := l.reject(i, err); err != nil {
				return l, err
			}
		}
		var events []outbreak.Event
		for _, e := range perArea {
			if e.Added+e.Changed > 0 {
				e.Batch, e.Digest = l.Batch, request.Digest
				events = append(events, *e)
			}
		}
		_, err := s.journal.Append(tx, by, events...)
		return l, err
	})
}

func (s *Service) loadOne(tx *store.Tx, by outbreak.Actor, n NewPerson, areas map[string]Area, perArea map[outbreak.Path]*outbreak.PeopleLoaded, l *Loaded) error {
	a, known := areas[n.Area]
	if !known {
		var ok bool
		var err error
		if a, ok, err = AreaByCode(tx, n.Area); err != nil {
			return err
		}
		if !ok {
			return outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", n.Area)
		}
		if err := access.Require(by, access.RosterLoad, outbreak.Scope{Area: a.Path}); err != nil {
			return err
		}
		areas[n.Area], perArea[a.Path] = a, &outbreak.PeopleLoaded{Scope: outbreak.Scope{Area: a.Path}}
	}
	n, err := n.tidy()
	if err != nil {
		return err
	}
	old, ok, err := s.known(tx, n)
	if err != nil {
		return err
	}
	if ok {
		changed, err := s.change(tx, old, n)
		if changed {
			l.Changed++
			perArea[a.Path].Changed++
		} else if err == nil {
			l.Repeated++
		}
		return err
	}
	if _, err := s.addPerson(tx, a, n, true); err != nil {
		return err
	}
	l.Added++
	perArea[a.Path].Added++
	return nil
}

// ukeyOf is what makes a row the same row again: the document, or all that was said when there is none.
func (s *Service) ukeyOf(n NewPerson) string {
	if n.Identity.Document != "" {
		return s.vault.key("document", n.Identity.DocumentKind+"\x00"+n.Identity.Document)
	}
	i := n.Identity
	return s.vault.key("row", fmt.Sprintf("%q %q %q %q %q %q %q %q %q", n.Area, n.Household, n.Building, n.Door, n.Sex, i.Name, i.Birth, i.Phone, i.Address))
}

func (s *Service) known(tx *store.Tx, n NewPerson) (Person, bool, error) {
	return store.One(tx, scanPerson, "select "+personColumns+" from person where ukey = $1", s.ukeyOf(n))
}

// change takes over what a later roll says of a known person; number and area stay.
func (s *Service) change(tx *store.Tx, p Person, n NewPerson) (bool, error) {
	was, err := s.identity(tx, p.ID)
	if err != nil {
		return false, err
	}
	if was == n.Identity && p.Sex == n.Sex {
		return false, nil
	}
	if err := s.sealInto(tx, p.ID, n.Identity); err != nil {
		return false, err
	}
	return true, tx.Must("update person set sex = $1, birth_year = $2, recorded_at = $3 where id = $4", n.Sex, n.Identity.BirthYear(), tx.Now, p.ID)
}

// sealInto seals an identity over the old one and files its blind index.
func (s *Service) sealInto(tx *store.Tx, id outbreak.PersonID, i Identity) error {
	sealed, wrapped, tokens, err := s.sealed(id, i)
	if err != nil {
		return err
	}
	if err := tx.Must("update person set sealed = $1, wrapped = $2 where id = $3", sealed, wrapped, id); err != nil {
		return err
	}
	if _, err := tx.Exec("delete from identity_token where person = $1", id); err != nil {
		return err
	}
	_, err = tx.Insert("identity_token", []string{"kind", "token", "person"}, []string{"kind", "token", "person"}, tokens)
	return err
}

func (s *Service) sealed(id outbreak.PersonID, i Identity) (sealed, wrapped any, tokens [][]any, err error) {
	if i.empty() {
		return nil, nil, nil, nil
	}
	plain, err := json.Marshal(i)
	if err != nil {
		return nil, nil, nil, err
	}
	box, key, err := s.vault.seal(id, plain)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("sealing an identity: %w", err)
	}
	if i.Document != "" {
		tokens = append(tokens, []any{i.DocumentKind, s.vault.token(i.DocumentKind, i.Document), id})
	}
	if i.Phone != "" {
		tokens = append(tokens, []any{"phone", s.vault.token("phone", i.Phone), id})
	}
	return box, key, tokens, nil
}

func (s *Service) addPerson(tx *store.Tx, a Area, n NewPerson, onRoll bool) (Person, error) {
	house, err := s.household(tx, a, n)
	if err != nil {
		return Person{}, err
	}
	p := Person{ID: outbreak.New[outbreak.PersonID](s.ids), OnRoll: onRoll, AreaID: a.ID, Area: a.Path, Household: house, Sex: n.Sex, BirthYear: n.Identity.BirthYear()}
	roll := int64(0)
	if onRoll {
		roll = 1
		p.No, err = s.takeNumber(tx, a)
	} else {
		p.No, err = store.Count(tx, "select coalesce(max(no), $1) + 1 from person where no >= $2", WalkIn-1, WalkIn)
	}
	if err != nil {
		return Person{}, err
	}
	sealed, wrapped, tokens, err := s.sealed(p.ID, n.Identity)
	if err != nil {
		return Person{}, err
	}
	ukey := s.ukeyOf(n)
	if !onRoll && n.Identity.Document == "" {
		ukey = "walk-in " + p.ID.String() // two unknown walk-ins are two people
	}
	if err := tx.Must("insert into person ("+personColumns+`, sealed, wrapped, ukey, retention, registered_at, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		p.ID, p.No, roll, p.AreaID, p.Area, p.Household, p.Sex, p.BirthYear, sealed, wrapped, ukey, outbreak.RetainIdentity, tx.Now, tx.Now); err != nil {
		return Person{}, err
	}
	_, err = tx.Insert("identity_token", []string{"kind", "token", "person"}, []string{"kind", "token", "person"}, tokens)
	return p, err
}

// household finds or makes the household behind a door; nobody with neither key nor door has one.
func (s *Service) household(tx *store.Tx, a Area, n NewPerson) (outbreak.HouseholdID, error) {
	if n.Household == "" && n.Door == "" {
		return 0, nil
	}
	ukey := s.vault.key("household", fmt.Sprintf("%d %q %q %q", a.ID, n.Household, n.Building, n.Door))
	if n.Household != "" {
		ukey = s.vault.key("household", fmt.Sprintf("%d %q", a.ID, n.Household))
	}
	id, ok, err := store.One(tx, store.Value[outbreak.HouseholdID], "select id from household where ukey = $1", ukey)
	if err != nil || ok {
		return id, err
	}
	id = outbreak.New[outbreak.HouseholdID](s.ids)
	return id, tx.Must("insert into household (id, area_id, area, building, door, ukey) values ($1, $2, $3, $4, $5, $6)",
		id, a.ID, a.Path, n.Building, n.Door, ukey)
}

// RegisterPerson is a walk-in: somebody who stands at a booth and is not on the roll, or not to be found on it.
type RegisterPerson struct {
	Key    string    `json:"-"`
	Person NewPerson `json:"person"`
}

// RegisterPerson gives somebody an id and a number outside the roll. A person known by document is found, not doubled;
// without any document a new person is made: nobody is sent away.
func (s *Service) RegisterPerson(ctx context.Context, by outbreak.Actor, c RegisterPerson) (Person, error) {
	if err := access.RequireAnywhere(by, access.PersonRegister); err != nil {
		return Person{}, err
	}
	request := struct{ Digest string }{s.vault.key("person", fmt.Sprint(c.Person))}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.RegisterPerson", Key: c.Key}, request, func(tx *store.Tx) (Person, error) {
		a, ok, err := AreaByCode(tx, c.Person.Area)
		if err != nil {
			return Person{}, err
		}
		if !ok {
			return Person{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Person.Area)
		}
		if err := access.Require(by, access.PersonRegister, outbreak.Scope{Area: a.Path}); err != nil {
			return Person{}, err
		}
		n, err := c.Person.tidy()
		if err != nil {
			return Person{}, err
		}
		if n.Identity.Document != "" {
			if p, ok, err := s.known(tx, n); err != nil || ok {
				return p, err
			}
		}
		p, err := s.addPerson(tx, a, n, false)
		if err != nil {
			return Person{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PersonRegistered{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID})
		return p, err
	})
}
