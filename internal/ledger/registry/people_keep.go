package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// keys gives with which keys a transaction writes.
func (s *Service) keys(tx *store.Tx) (keyState, blind, error) {
	state, err := s.vault.stateOf(tx)
	if err != nil {
		return state, blind{}, err
	}
	b, err := s.vault.blindOf(state)
	return state, b, err
}

// peopleBy finds the people who are known by their keys, given in all forms they may be found under, each with the form that is
// written today. Identities are opened, but for those that were and did not change since.
func (s *Service) peopleBy(tx *store.Tx, forms map[string]string, opened map[outbreak.PersonID]openedBox) (map[string]*member, error) {
	found := map[string]*member{}
	err := eachKnown(tx, forms, func(m *member, b box) (err error) {
		found[m.ukey] = m
		if before, is := opened[m.ID]; is && bytes.Equal(before.box.sealed, b.sealed) {
			m.identity = before.Identity
			return nil
		}
		m.identity, err = s.unseal(m.ID, b)
		return err
	})
	return found, err
}

// eachKnown gives the people who are known by their keys, boxes shut.
func eachKnown(tx *store.Tx, forms map[string]string, do func(*member, box) error) error {
	heads := make([]int64, 0, len(forms))
	for form := range forms {
		heads = append(heads, headOf(form))
	}
	err := store.Lookup(tx, func(r store.Row) error {
		var m member
		var onRoll int64
		var b box
		if err := r.Scan(&m.ID, &m.No, &onRoll, &m.AreaID, &m.Area, &m.Household, &m.Sex, &m.BirthYear, &m.MergedInto, &m.ukey, &b.sealed, &b.wrapped, &b.by); err != nil {
			return err
		}
		m.OnRoll = onRoll != 0
		today, asked := forms[m.ukey]
		if !asked { // half of the key is another's
			return nil
		}
		m.ukey = today
		if m.MergedInto == m.ID {
			m.MergedInto = 0
		}
		return do(&m, b)
	}, store.Asked{Columns: personColumns + ", ukey, sealed, wrapped, wrapped_by", Table: "person", By: "uhead", And: "uhead <> 0"}, heads)
	if err != nil {
		return fmt.Errorf("looking for people who are known: %w", err)
	}
	return nil
}

// newPerson is somebody nobody knew, still without number and household.
func newPerson(id outbreak.PersonID, a Area, n NewPerson) Person {
	return Person{ID: id, AreaID: a.ID, Area: a.Path, Sex: n.Sex, BirthYear: n.birthYear()}
}

// secret is what of an identity is written: the box, and what it is found by.
type secret struct {
	box      box
	phone    int64    // 0: none
	document string   // the key of somebody known by that document; empty: none
	names    []uint32 // digests
}

// secretOf locks an identity up; nothing is in the box of an empty one.
func (b blind) secretOf(m *ringKey, chance func(int) []byte, id outbreak.PersonID, area outbreak.AreaID, i Identity) (*secret, error) {
	s := &secret{document: b.documentKey(i), phone: b.phoneKey(i), names: b.nameParts(area, i.Name)}
	if i.empty() {
		s.box.by = m.ID
		return s, nil
	}
	var err error
	if s.box, err = m.seal(chance, id, i.appendText(nil)); err != nil {
		return nil, fmt.Errorf("sealing an identity: %w", err)
	}
	return s, nil
}

// documentKey is the key of somebody who is known by the document of an identity; empty when there is none.
func (b blind) documentKey(i Identity) string {
	if i.Document == "" {
		return ""
	}
	return b.ukey(documentMark(i.DocumentKind, i.Document))
}

// phoneKey is the digest of the telephone of an identity; 0 when there is none.
func (b blind) phoneKey(i Identity) int64 {
	if i.Phone == "" {
		return 0
	}
	return b.token("phone", i.Phone)
}

// otherThan leaves out the key by which somebody is known anyway.
func otherThan(ukey, document string) string {
	if ukey == document {
		return ""
	}
	return document
}

var personInsert = []string{"id", "no", "on_roll", "area_id", "area", "household", "sex", "birth_year", "uhead", "phone_key", "named_by", "index_by",
	"wrapped_by", "registered_at", "recorded_at", "retention", "ukey", "document_key", "wrapped", "sealed"}

// keep writes people who are new and people who changed, seals their identities and files them in the indexes.
func (s *Service) keep(tx *store.Tx, state keyState, eyes blind, people []*member) error {
	master, err := s.vault.masterKey(state.master)
	if err != nil {
		return err
	}
	boxes, err := changedBoxes(tx, people)
	if err != nil {
		return err
	}
	added := make([][]any, 0, len(people))
	var changed []outbreak.PersonID
	names := filing{}
	for _, m := range people {
		x := m.secret
		if x == nil {
			if x, err = eyes.secretOf(master, fresh, m.ID, m.AreaID, m.identity); err != nil {
				return err
			}
		}
		if m.added {
			names.add(m.AreaID, m.No, x.names)
			added = append(added, m.row(x, eyes.newest(), tx.Now))
			continue
		}
		if b := boxes[m.ID]; b.sealed != nil {
			if x.box, err = s.vault.sealAgain(m.ID, b, m.identity.appendText(nil)); err != nil {
				return err
			}
		}
		if m.was != m.identity.Name {
			names.drop(m.AreaID, m.No)
			names.add(m.AreaID, m.No, x.names)
		}
		if err := m.change(tx, x); err != nil {
			return err
		}
		changed = append(changed, m.ID)
	}
	if err := tx.Add("person", personInsert, added); err != nil {
		return fmt.Errorf("writing people: %w", err)
	}
	if err := names.write(tx); err != nil {
		return err
	}
	return s.refile(tx, eyes, changed)
}

// changedBoxes reads the boxes of those of some people who are known: what is sealed about somebody elsewhere lies under the same
// key, which stays.
func changedBoxes(tx *store.Tx, people []*member) (map[outbreak.PersonID]box, error) {
	changed := map[outbreak.PersonID]bool{}
	for _, m := range people {
		if !m.added {
			changed[m.ID] = true
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return boxesOf(tx, changed)
}

// row is a new person as the table takes one.
func (m *member) row(x *secret, index int64, now outbreak.Instant) []any {
	roll := int64(0)
	if m.OnRoll {
		roll = 1
	}
	return []any{int64(m.ID), m.No, roll, int64(m.AreaID), string(m.Area), int64(m.Household), m.Sex, int64(m.BirthYear), headOf(m.ukey), x.phone,
		int64(namedBy), index, x.box.by, int64(now), int64(now), outbreak.RetainIdentity, m.ukey, otherThan(m.ukey, x.document),
		orNull(x.box.wrapped), orNull(x.box.sealed)}
}

// change writes what became of somebody known. Whoever has to be filed anew by name is, unless that is still to come.
func (m *member) change(tx *store.Tx, x *secret) error {
	if err := tx.Must("update person set sealed = $1, wrapped = $2, wrapped_by = $3, sex = $4, birth_year = $5, phone_key = $6, document_key = $7, recorded_at = $8 where id = $9",
		orNull(x.box.sealed), orNull(x.box.wrapped), x.box.by, m.Sex, m.BirthYear, x.phone, otherThan(m.ukey, x.document), tx.Now, m.ID); err != nil {
		return err
	}
	if m.was == m.identity.Name {
		return nil
	}
	return tx.Must("update person set named_by = $1 where id = $2", namedBy, m.ID)
}

// orNull gives a box that holds nothing as nothing.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// inParts asks about many values a few hundred at a time; the same value is asked about once.
func inParts[T cmp.Ordered](values []T, ask func(in string, args []any) error) error {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	for part := range slices.Chunk(values, mostAsked) {
		size := 1 // few different statements: a list is filled up with its last value
		for size < len(part) {
			size = min(4*size, mostAsked)
		}
		filled := append(make([]T, 0, size), part...)
		for len(filled) < size {
			filled = append(filled, part[len(part)-1])
		}
		in, args := store.In(nil, filled)
		if err := ask(in, args); err != nil {
			return err
		}
	}
	return nil
}

// mostAsked is how many values a statement asks about.
const mostAsked = 400
