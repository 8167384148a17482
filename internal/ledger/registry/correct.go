package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// FieldBirthYear is corrected where no date of birth is known.
const FieldBirthYear = "birth_year"

// correctedFields are those of an identity that a list may correct.
var correctedFields = []string{FieldName, FieldBirth, FieldBirthYear, FieldDocument, FieldPhone, FieldAddress}

// fieldOf gives what an identity says in a field; a document is its kind and number.
func (i Identity) fieldOf(field string, year int) string {
	switch field {
	case FieldName:
		return i.Name
	case FieldBirth:
		return i.Birth
	case FieldBirthYear:
		if i.Birth == "" && year != 0 {
			return strconv.Itoa(year)
		}
	case FieldDocument:
		if i.Document != "" {
			return i.DocumentKind + " " + i.Document
		}
	case FieldPhone:
		return i.Phone
	case FieldAddress:
		return i.Address
	}
	return ""
}

// Marks are keyed digests of what a row says of an identity, by field: kept with the row they tell what it says otherwise the next time.
func (a *Arrivals) Marks(i int) map[string]string {
	said, marks := a.ready.rows[i].said, map[string]string{}
	for _, f := range correctedFields {
		if v := said.Identity.fieldOf(f, said.birthYear()); v != "" {
			marks[f] = a.ready.service.markOf(f, v)
		}
	}
	return marks
}

func (s *Service) markOf(field, v string) string { return s.Digest("said "+field, v)[:16] }

// Known is somebody a row is about who is known by the row's number.
type Known struct {
	Person outbreak.PersonID
	Before map[string]string // Marks of what the row said the last time; nil: not kept
}

// Corrected is what became of what a row says otherwise.
type Corrected struct {
	Fields  []string // written
	Differs []string // somebody corrected them here, to something else: a person decides
}

// Correct writes what rows say otherwise of people who are known by their numbers, and keeps what it was. Where the identity is not
// what the row said the last time it was corrected here: then it stays, and a person decides. A cell that is empty now says nothing.
func (a *Arrivals) Correct(tx *store.Tx, by outbreak.Actor, source string, known map[int]Known) (map[int]Corrected, error) {
	if len(known) == 0 {
		return nil, nil
	}
	r, err := a.ready.still(tx)
	if err != nil {
		return nil, err
	}
	c := &correcting{Service: r.service, tx: tx, by: by, source: source, done: map[int]Corrected{}}
	ids := map[outbreak.PersonID]bool{}
	for _, k := range known {
		ids[k.Person] = true
	}
	if c.people, err = r.service.membersOf(tx, slices.Sorted(maps.Keys(ids))); err != nil {
		return nil, err
	}
	if c.here, err = correctedHere(tx, slices.Sorted(maps.Keys(ids))); err != nil {
		return nil, err
	}
	for _, i := range slices.Sorted(maps.Keys(known)) {
		if m := c.people[known[i].Person]; m != nil && r.rows[i].no == nil {
			c.row(i, m, r.rows[i].said, known[i].Before)
		}
	}
	return c.done, c.write(r)
}

// correcting is a batch of corrections on its way.
type correcting struct {
	*Service
	tx      *store.Tx
	by      outbreak.Actor
	source  string
	people  map[outbreak.PersonID]*member
	here    map[outbreak.PersonID]bool // of whom an identity was changed before
	changed []*member
	notes   []IdentityChange
	done    map[int]Corrected
}

// Difference is a field as it was and as a list says it.
type Difference struct {
	Was    string `json:"was"`
	Became string `json:"became"`
}

// row decides what becomes of one row.
func (c *correcting) row(i int, m *member, said NewPerson, before map[string]string) {
	wrote, differs := map[string]Difference{}, map[string]Difference{}
	for _, f := range correctedFields {
		v, is := said.Identity.fieldOf(f, said.birthYear()), m.identity.fieldOf(f, m.BirthYear)
		switch {
		case v == "" || v == is || before[f] == c.markOf(f, v):
		case is == "" || before != nil && before[f] == c.markOf(f, is) || before == nil && !c.here[m.ID]:
			wrote[f] = Difference{is, v}
		default:
			differs[f] = Difference{is, v}
		}
	}
	if len(wrote) > 0 {
		c.take(m, wrote)
		c.note(m, wrote, ChangeCorrected)
	}
	if len(differs) > 0 {
		c.note(m, differs, ChangeWaits)
	}
	if len(wrote)+len(differs) > 0 {
		c.done[i] = Corrected{slices.Sorted(maps.Keys(wrote)), slices.Sorted(maps.Keys(differs))}
	}
}

// take writes what is said into somebody's identity.
func (c *correcting) take(m *member, said map[string]Difference) {
	if !m.waits {
		m.waits, m.was = true, m.identity.Name
		c.changed = append(c.changed, m)
	}
	for f, d := range said {
		m.say(f, d.Became)
	}
	if year := m.identity.BirthYear(); year != 0 {
		m.BirthYear = year
	}
}

func (m *member) say(field, v string) {
	switch field {
	case FieldName:
		m.identity.Name = v
	case FieldBirth:
		m.identity.Birth = v
	case FieldBirthYear:
		m.BirthYear, _ = strconv.Atoi(v)
	case FieldDocument:
		m.identity.DocumentKind, m.identity.Document, _ = strings.Cut(v, " ")
	case FieldPhone:
		m.identity.Phone = v
	case FieldAddress:
		m.identity.Address = v
	}
}

func (c *correcting) note(m *member, d map[string]Difference, state string) {
	c.notes = append(c.notes, IdentityChange{ID: outbreak.New[ChangeID](c.ids), Person: m.ID, Area: m.Area, Source: c.source, Fields: slices.Sorted(maps.Keys(d)), State: state, Actor: c.by.String(), At: c.tx.Now, said: d})
}

// write keeps identities first: what is kept beside them lies under the same keys.
func (c *correcting) write(r *ready) error {
	if len(c.changed) > 0 {
		if err := c.keep(c.tx, r.state, r.eyes, c.changed); err != nil {
			return err
		}
	}
	if err := c.keepChanges(c.tx, c.notes); err != nil {
		return err
	}
	var events []outbreak.Event
	for _, n := range c.notes {
		scope := outbreak.Scope{Area: n.Area}
		if n.State == ChangeWaits {
			events = append(events, outbreak.IdentityDiffers{Scope: scope, Person: n.Person, Fields: n.Fields, Source: n.Source, At: n.At})
		} else {
			events = append(events, outbreak.IdentityCorrected{Scope: scope, Person: n.Person, Fields: n.Fields, Source: n.Source, At: n.At})
		}
	}
	if len(events) == 0 {
		return nil
	}
	_, err := c.journal.Append(c.tx, c.by, events...)
	return err
}

// membersOf opens people whose identity was not destroyed.
func (s *Service) membersOf(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]*member, error) {
	all := map[outbreak.PersonID]*member{}
	err := inParts(ids, func(in string, args []any) error {
		gone, err := store.List(tx, store.Value[outbreak.PersonID], "select person from erased where person in ("+in+")", args...)
		if err != nil {
			return err
		}
		return store.Each(tx, func(r store.Row) error {
			m, b := &member{}, box{}
			p, err := scanPerson(rowWith{r, []any{&m.ukey, &b.sealed, &b.wrapped, &b.by}})
			if err != nil || slices.Contains(gone, p.ID) {
				return err
			}
			m.Person = p
			m.identity, err = s.unseal(p.ID, b)
			all[p.ID] = m
			return err
		}, "select "+personColumns+", ukey, sealed, wrapped, wrapped_by from person where id in ("+in+")", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("opening people whose identity a list corrects: %w", err)
	}
	return all, nil
}

// keepChanges seals what was and what is said, one text of a person at a time, and writes the changes.
func (s *Service) keepChanges(tx *store.Tx, list []IdentityChange) error {
	for waiting := list; len(waiting) > 0; {
		texts, of := map[outbreak.PersonID][]byte{}, map[outbreak.PersonID]IdentityChange{}
		var later []IdentityChange
		for _, n := range waiting {
			if _, taken := texts[n.Person]; taken {
				later = append(later, n)
				continue
			}
			text, err := json.Marshal(n.said)
			if err != nil {
				return err
			}
			texts[n.Person], of[n.Person] = text, n
		}
		sealed, err := s.SealAbout(tx, texts)
		if err != nil {
			return err
		}
		var rows [][]any
		for _, id := range slices.Sorted(maps.Keys(sealed)) {
			rows = append(rows, of[id].row(sealed[id]))
		}
		if err := tx.Add("identity_change", changeColumns, rows); err != nil {
			return fmt.Errorf("keeping what an identity was: %w", err)
		}
		waiting = later
	}
	return nil
}
