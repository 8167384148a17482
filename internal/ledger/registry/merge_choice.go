package registry

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Fields of which somebody may choose whose word leads when codes are one person. Document is kind and number.
const (
	FieldName     = "name"
	FieldBirth    = "birth"
	FieldDocument = "document"
	FieldPhone    = "phone"
	FieldAddress  = "address"
	FieldSex      = "sex"
)

// ChosenFields lists them in the order of a form.
var ChosenFields = []string{FieldName, FieldBirth, FieldSex, FieldDocument, FieldPhone, FieldAddress}

// Choices say whose word leads, by field; a field that is not there is that of the leading code.
type Choices map[string]outbreak.PersonID

// check refuses fields nobody knows and people who are not among those that become one.
func (c Choices) check(codes []outbreak.PersonID) error {
	for field, id := range c {
		if !slices.Contains(ChosenFields, field) {
			return outbreak.Refuse(outbreak.Invalid, "registry.choice_field", "fields", strings.Join(ChosenFields, ", "))
		}
		if !slices.Contains(codes, id) {
			return outbreak.Refuse(outbreak.Invalid, "registry.choice_person")
		}
	}
	return nil
}

// keepChoices writes whose word leads; what goes without saying, that of the leading code, is written too: it was chosen.
func keepChoices(tx *store.Tx, m MergeID, c Choices) error {
	var rows [][]any
	for _, field := range slices.Sorted(maps.Keys(c)) {
		rows = append(rows, []any{int64(m), field, int64(c[field])})
	}
	if err := tx.Add("person_choice", []string{"merge", "field", "person"}, rows); err != nil {
		return fmt.Errorf("keeping whose word leads: %w", err)
	}
	return nil
}

// choicesOf gives whose word leads among codes of one person, by the decisions that stand: of two about one field the later. So a
// decision that is taken back takes its choices with it.
func choicesOf(tx *store.Tx, codes []outbreak.PersonID) (Choices, error) {
	chosen := Choices{}
	err := inParts(codes, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var field string
			var id outbreak.PersonID
			err := r.Scan(&field, &id)
			if slices.Contains(codes, id) {
				chosen[field] = id
			}
			return err
		}, "select c.field, c.person from person_choice c join person_merge m on m.id = c.merge where m.undone_at = 0 and m.one in ("+in+") order by m.id", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("asking whose word leads: %w", err)
	}
	return chosen, nil
}

// Whole is the identity of a person who has several codes.
type Whole struct {
	Identity
	Sex  string                       `json:"sex"`
	From map[string]outbreak.PersonID `json:"from"` // whose word each field is
}

// wholeOf puts an identity together: of each field what was chosen, else what the leading code says, else what the first says that
// says anything.
func wholeOf(codes []Person, said map[outbreak.PersonID]Identity, chosen Choices) Whole {
	w := Whole{From: map[string]outbreak.PersonID{}, Sex: "unknown"}
	for _, field := range ChosenFields {
		order := codes
		if id := chosen[field]; id != 0 {
			order = slices.Concat(slices.DeleteFunc(slices.Clone(codes), func(p Person) bool { return p.ID != id }), codes)
		}
		for _, p := range order {
			if w.take(field, p, said[p.ID]) {
				w.From[field] = p.ID
				break
			}
		}
	}
	return w
}

// take takes a field over from a code, if it says anything.
func (w *Whole) take(field string, p Person, i Identity) bool {
	switch field {
	case FieldName:
		w.Name = i.Name
		return i.Name != ""
	case FieldBirth:
		w.Birth = i.Birth
		return i.Birth != ""
	case FieldDocument:
		w.DocumentKind, w.Document = i.DocumentKind, i.Document
		return i.Document != ""
	case FieldPhone:
		w.Phone = i.Phone
		return i.Phone != ""
	case FieldAddress:
		w.Address = i.Address
		return i.Address != ""
	}
	w.Sex = p.Sex
	return p.Sex != "unknown"
}

// ReadWhole opens the identities of all codes of a person the actor reaches, for the purpose he names, and puts them together as was
// chosen when they were made one. Each that was opened leaves an entry in the journal; a repeat is as with ReadIdentity.
func (s *Service) ReadWhole(ctx context.Context, by outbreak.Actor, id outbreak.PersonID, key string) (w Whole, err error) {
	if err := access.RequireAnywhere(by, access.PersonIdentity); err != nil {
		return w, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return w, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	first := false
	at, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.ReadWhole", Key: key}, []any{id, by.Purpose}, func(tx *store.Tx) (outbreak.Instant, error) {
		first = true
		var opened []Person
		if w, opened, err = s.openWhole(tx, by, id); err != nil {
			return 0, err
		}
		var events []outbreak.Event
		for _, p := range opened {
			events = append(events, outbreak.IdentityRead{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, Purpose: by.Purpose})
		}
		_, err = s.journal.Append(tx, by, events...)
		return tx.Now, err
	})
	if err != nil || first {
		return w, err
	}
	return w, s.db.Read(ctx, func(tx *store.Tx) error {
		if tx.Now.Sub(at) > againFor {
			return outbreak.Refuse(outbreak.Conflict, "registry.opened_before")
		}
		w, _, err = s.openWhole(tx, by, id)
		return err
	})
}

func (s *Service) openWhole(tx *store.Tx, by outbreak.Actor, id outbreak.PersonID) (w Whole, opened []Person, err error) {
	var own Identity
	p, err := s.openFor(tx, by, id, &own)
	if err != nil {
		return w, nil, err
	}
	codes, err := codesOf(tx, p)
	if err != nil {
		return w, nil, err
	}
	people, err := PeopleByID(tx, codes)
	if err != nil {
		return w, nil, err
	}
	chosen, err := choicesOf(tx, codes)
	if err != nil {
		return w, nil, err
	}
	said := map[outbreak.PersonID]Identity{p.ID: own}
	for _, code := range codes {
		q := people[code]
		if code != p.ID {
			if !access.Can(by, access.PersonIdentity, outbreak.Scope{Area: q.Area}) {
				continue
			}
			if said[code], err = s.identity(tx, code); err != nil {
				return w, nil, err
			}
		}
		opened = append(opened, q)
	}
	return wholeOf(opened, said, chosen), opened, nil
}
