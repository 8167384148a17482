package registry

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

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
		n, err := c.Person.tidy(tx.Now)
		if err != nil {
			return Person{}, err
		}
		state, eyes, err := s.keys(tx)
		if err != nil {
			return Person{}, err
		}
		if n.Identity.Document != "" {
			if known, err := s.peopleBy(tx, eyes, []mark{n.mark()}); err != nil || len(known) > 0 {
				for _, m := range known {
					return leadOf(tx, m.Person, func(p Person) bool {
						return access.Can(by, access.PersonRegister, outbreak.Scope{Area: p.Area})
					})
				}
				return Person{}, err
			}
		}
		p, err := s.addWalkIn(tx, state, eyes, a, n)
		if err != nil {
			return Person{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.PersonRegistered{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID})
		return p, err
	})
}

func (s *Service) addWalkIn(tx *store.Tx, state keyState, eyes blind, a Area, n NewPerson) (Person, error) {
	m := &member{Person: s.newPerson(a, n), identity: n.Identity, ukey: eyes.ukey(n.mark()), added: true}
	if n.Identity.Document == "" {
		m.ukey = "walk-in " + m.ID.String() // two unknown walk-ins are two people
	}
	var err error
	if m.No, err = store.Count(tx, "select coalesce(max(no), $1) + 1 from person where no >= $2", WalkIn-1, WalkIn); err != nil {
		return Person{}, err
	}
	if h := eyes.householdOf(a, n); h != nil {
		known, err := eyes.householdsBy(tx, []mark{h.mark})
		if err != nil {
			return Person{}, err
		}
		if m.Household = known[h.ukey]; m.Household == 0 {
			h.id = outbreak.New[outbreak.HouseholdID](s.ids)
			m.Household = h.id
			if err := eyes.insertHouseholds(tx, []*household{h}); err != nil {
				return Person{}, err
			}
		}
	}
	return m.Person, s.keep(tx, state, eyes, []*member{m})
}
