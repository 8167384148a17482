package registry

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// PersonalCode is a person's number and the code that carries it, with what is needed to hand it to the right door: no name.
type PersonalCode struct {
	Person    outbreak.PersonID `json:"person"`
	No        int64             `json:"no"`
	Code      string            `json:"code"`
	Area      outbreak.Path     `json:"area"`
	Building  string            `json:"building,omitempty"`
	Door      string            `json:"door,omitempty"`
	Sex       string            `json:"sex,omitempty"`
	BirthYear int               `json:"birth_year,omitempty"`
}

// GiveCodes is the command that gives out the personal codes of an area, for cards and door sheets.
type GiveCodes struct {
	Below    outbreak.Path
	Building string // empty: every one
	Door     string
	After    int64 // numbers after this one
	Most     int
}

const codeColumns = "p.id, p.no, p.area, coalesce(h.building, ''), coalesce(h.door, ''), p.sex, p.birth_year"

func (s *Service) scanCode(r store.Row) (c PersonalCode, err error) {
	err = r.Scan(&c.Person, &c.No, &c.Area, &c.Building, &c.Door, &c.Sex, &c.BirthYear)
	c.Code = s.codes.code(c.No)
	return c, err
}

// GiveCodes gives the personal codes of the people of an area and what lies below it, ascending by number, for the purpose the
// actor names. People who were erased have none. Each part that is given is an entry of the journal, written before it is.
func (s *Service) GiveCodes(ctx context.Context, by outbreak.Actor, c GiveCodes) (list []PersonalCode, err error) {
	if err := access.Require(by, access.CodePrint, outbreak.Scope{Area: c.Below}); err != nil {
		return nil, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return nil, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	if err := s.LoadCodes(ctx); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		cond, args := "p.area >= $1 and p.area < $2 and p.no > $3", []any{c.Below, c.Below.Upto(), c.After}
		for column, want := range map[string]string{"building": c.Building, "door": c.Door} {
			if want != "" {
				args = append(args, want)
				cond += fmt.Sprintf(" and h.%s = $%d", column, len(args))
			}
		}
		args = append(args, max(c.Most, 1))
		list, err = store.List(tx, s.scanCode, "select "+codeColumns+" from person p left join household h on h.id = p.household where "+cond+
			fmt.Sprintf(" and not exists (select 1 from erased e where e.person = p.id) order by p.no limit $%d", len(args)), args...)
		if err != nil || len(list) == 0 {
			return err
		}
		_, err = s.journal.Append(tx, by, outbreak.PersonalCodesGiven{Scope: outbreak.Scope{Area: c.Below}, First: list[0].No, Last: list[len(list)-1].No, People: len(list), Purpose: by.Purpose})
		return err
	})
	return list, err
}

// GiveCode gives the personal code of one person, to be shown on a telephone or printed again, for the purpose the actor names.
func (s *Service) GiveCode(ctx context.Context, by outbreak.Actor, id outbreak.PersonID) (given PersonalCode, err error) {
	if err := access.RequireAnywhere(by, access.CodePrint); err != nil {
		return given, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return given, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	if err := s.LoadCodes(ctx); err != nil {
		return given, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		var ok bool
		given, ok, err = store.One(tx, s.scanCode, "select "+codeColumns+` from person p left join household h on h.id = p.household
			where p.id = $1 and not exists (select 1 from erased e where e.person = p.id)`, id)
		if err != nil {
			return err
		}
		if !ok || access.Require(by, access.CodePrint, outbreak.Scope{Area: given.Area}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		_, err = s.journal.Append(tx, by, outbreak.PersonalCodesGiven{Scope: outbreak.Scope{Area: given.Area}, Person: id, First: given.No, Last: given.No, People: 1, Purpose: by.Purpose})
		return err
	})
	return given, err
}

// OwnCode writes the personal code of a number for whoever carries that number's second secret: it identifies and opens nothing. It
// asks no table; a house whose codes are not read yet answers Busy.
func (s *Service) OwnCode(no int64) (string, error) {
	s.codes.mu.RLock()
	ready := s.codes.epochs[s.codes.now] != nil
	s.codes.mu.RUnlock()
	if !ready {
		busy := outbreak.Refuse(outbreak.Busy, "my.busy")
		busy.RetryAfter = 10 * time.Second
		return "", busy
	}
	return s.codes.code(no), nil
}
