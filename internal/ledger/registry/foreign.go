package registry

import (
	"slices"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// What lists of others say of people is compared with what we know by keyed digests alone. They are made under one index key for
// a whole list, which the list names: a rotation in between makes no two sides that cannot be compared.

// Marks makes the digests under which a list and people are compared.
type Marks struct {
	service *Service
	key     ringKey
}

// Traits are the digests of what is said of somebody, the surest first. Several stand for one thing that can be written, or read
// aloud, in several ways.
type Traits struct {
	Document  []uint64
	PhoneName []uint64 // the telephone together with the name
	NameBirth []uint64 // the name together with the date of birth
}

// Marks gives a maker of digests under an index key; 0: the one in use.
func (s *Service) Marks(tx *store.Tx, key int64) (*Marks, error) {
	if key == 0 {
		state, err := s.vault.stateOf(tx)
		if err != nil {
			return nil, err
		}
		key = state.newest
	}
	keys, err := s.vault.indexKeys(key)
	if err != nil {
		return nil, err
	}
	return &Marks{s, keys[key-1]}, nil
}

// Key is the number of the index key.
func (m *Marks) Key() int64 { return m.key.ID }

// mostForms is how many ways one name is written or read are compared.
const mostForms = 4

// Of makes the digests of an identity as a list gives one: nothing in it needs to be well written.
func (m *Marks) Of(i Identity) (t Traits) {
	if n := foldNumber(i.Document); n != "" {
		t.Document = []uint64{m.digest("list document", n)}
	}
	phone := lastDigits(i.Phone)
	if phone == "" && i.Birth == "" {
		return t
	}
	for _, name := range nameForms(i.Name) {
		if phone != "" {
			t.PhoneName = append(t.PhoneName, m.digest("list phone", phone+"\x00"+name))
		}
		if i.Birth != "" {
			t.NameBirth = append(t.NameBirth, m.digest("list birth", i.Birth+"\x00"+name))
		}
	}
	return t
}

func (m *Marks) digest(kind, value string) uint64 { return uint64(m.key.token(kind, value)) }

// nameForms are the ways a name is written and read.
func nameForms(name string) (forms []string) {
	for _, p := range partsOf(name) {
		if p.kind == wholeName || p.kind == soundName {
			if text := foldReading(p.text); !slices.Contains(forms, text) {
				forms = append(forms, text)
			}
		}
	}
	return forms[:min(len(forms), mostForms)]
}

// lastDigits are the last eleven digits of a telephone: what is left when one list writes the country and the other does not.
func lastDigits(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, foldNumber(phone))
	if len(digits) < 5 {
		return ""
	}
	return digits[max(len(digits)-11, 0):]
}

// People makes the digests of people we know. Boxes are opened for it, on all processors, and what lay in them is gone when it is
// over. Whoever asks makes sure that nothing but the digests is used.
func (m *Marks) People(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]Traits, error) {
	var traits []Traits
	sealed, err := m.service.eachIdentity(tx, ids, func(n int) { traits = make([]Traits, n) }, func(at int, i Identity) { traits[at] = m.Of(i) })
	if err != nil {
		return nil, err
	}
	known := make(map[outbreak.PersonID]Traits, len(ids))
	for at, row := range sealed {
		known[row.id] = traits[at]
	}
	return known, nil
}

// Identities opens the identities of many people, for rows that go out with names. Whoever asks has looked at the rights and the
// purpose, and writes into the journal who took whose.
func (s *Service) Identities(tx *store.Tx, ids []outbreak.PersonID) (map[outbreak.PersonID]Identity, error) {
	var opened []Identity
	sealed, err := s.eachIdentity(tx, ids, func(n int) { opened = make([]Identity, n) }, func(at int, i Identity) { opened[at] = i })
	if err != nil {
		return nil, err
	}
	known := make(map[outbreak.PersonID]Identity, len(ids))
	for at, row := range sealed {
		known[row.id] = opened[at]
	}
	return known, nil
}

// shutBox is somebody's sealed identity.
type shutBox struct {
	id outbreak.PersonID
	box
}

// eachIdentity reads boxes, says how many there are, opens them and hands out what lies in each.
func (s *Service) eachIdentity(tx *store.Tx, ids []outbreak.PersonID, many func(int), do func(at int, i Identity)) ([]shutBox, error) {
	var sealed []shutBox
	if err := inParts(ids, func(in string, args []any) error {
		return store.Each(tx, func(r store.Row) error {
			var b shutBox
			err := r.Scan(&b.id, &b.sealed, &b.wrapped, &b.by)
			sealed = append(sealed, b)
			return err
		}, "select id, sealed, wrapped, wrapped_by from person where id in ("+in+")", args...)
	}); err != nil {
		return nil, err
	}
	many(len(sealed))
	return sealed, onAllProcessors(len(sealed), func(from, upto int) error {
		for at := from; at < upto; at++ {
			i, err := s.unseal(sealed[at].id, sealed[at].box)
			if err != nil {
				return err
			}
			do(at, i)
		}
		return nil
	})
}
