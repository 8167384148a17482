package registry

import (
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Clue is what a line of a working list says of somebody.
type Clue struct {
	Person   outbreak.PersonID
	No       int64 // on the roll
	Document string
	Phone    string
	Name     string
}

// Recognise finds for each clue the people it may mean, among those whose identities the actor may open, without opening more
// than it has to. Whoever asks writes into the journal that it was done and for what.
func (s *Service) Recognise(tx *store.Tx, by outbreak.Actor, below outbreak.Path, clues []Clue) ([][]Person, error) {
	f := &recognising{service: s, tx: tx, by: by, clues: clues, found: make([][]Person, len(clues))}
	for _, step := range []func() error{f.byCode, f.byDocument, f.byPhone} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return f.found, f.byName(below)
}

type recognising struct {
	service *Service
	tx      *store.Tx
	by      outbreak.Actor
	clues   []Clue
	found   [][]Person
}

// add puts somebody the actor reaches among those a clue may mean.
func (f *recognising) add(at int, p Person) {
	if p.ID == 0 || !access.Can(f.by, access.PersonIdentity, outbreak.Scope{Area: p.Area}) || slices.ContainsFunc(f.found[at], func(o Person) bool { return o.ID == p.ID }) {
		return
	}
	f.found[at] = append(f.found[at], p)
}

func (f *recognising) byCode() error {
	var ids []outbreak.PersonID
	var nos []int64
	for _, c := range f.clues {
		if c.Person != 0 {
			ids = append(ids, c.Person)
		}
		if c.No != 0 {
			nos = append(nos, c.No)
		}
	}
	people, err := PeopleByID(f.tx, sorted(ids))
	if err != nil {
		return err
	}
	numbered, err := PeopleByNo(f.tx, sorted(nos))
	if err != nil {
		return err
	}
	for i, c := range f.clues {
		f.add(i, people[c.Person])
		f.add(i, numbered[c.No])
	}
	return nil
}

// open are the clues nothing was found for yet that say something.
func (f *recognising) open(says func(Clue) string) map[string][]int {
	rows := map[string][]int{}
	for i, c := range f.clues {
		if text := says(c); text != "" && len(f.found[i]) == 0 {
			rows[text] = append(rows[text], i)
		}
	}
	return rows
}

// byDocument looks for a number as each kind of document: a list seldom says which it is.
func (f *recognising) byDocument() error {
	rows := f.open(func(c Clue) string { return foldNumber(c.Document) })
	_, eyes, err := f.service.keys(f.tx)
	if err != nil || len(rows) == 0 {
		return err
	}
	meant := map[string][]int{}
	var marks []mark
	for number, at := range rows {
		for _, kind := range []string{CitizenID, Passport, OtherID} {
			m := documentMark(kind, number)
			marks = append(marks, m)
			meant[eyes.ukey(m)] = at
		}
	}
	forms := eyes.ukeys(marks)
	note := func(today string, p Person) {
		for _, i := range meant[today] {
			f.add(i, p)
		}
	}
	if err := eachKnown(f.tx, forms, func(m *member, _ box) error {
		note(m.ukey, m.Person)
		return nil
	}); err != nil {
		return err
	}
	return inParts(slices.Collect(maps.Keys(forms)), func(in string, args []any) error {
		return store.Each(f.tx, func(r store.Row) error {
			var key string
			p, err := scanPerson(behind{r, &key})
			note(forms[key], p)
			return err
		}, "select "+personColumns+", document_key from person where document_key in ("+in+") and document_key <> ''", args...)
	})
}

// behind scans one more column than asked.
type behind struct {
	store.Row
	more any
}

func (b behind) Scan(into ...any) error { return b.Row.Scan(append(into, b.more)...) }

func (f *recognising) byPhone() error {
	rows := f.open(func(c Clue) string { return foldNumber(c.Phone) })
	_, eyes, err := f.service.keys(f.tx)
	if err != nil || len(rows) == 0 {
		return err
	}
	meant := map[int64][]int{}
	var tokens []int64
	for phone, at := range rows {
		for _, t := range eyes.tokens("phone", phone) {
			meant[t] = at
			tokens = append(tokens, t)
		}
	}
	return inParts(tokens, func(in string, args []any) error {
		return store.Each(f.tx, func(r store.Row) error {
			var token int64
			p, err := scanPerson(behind{r, &token})
			for _, i := range meant[token] {
				f.add(i, p)
			}
			return err
		}, "select "+personColumns+", phone_key from person where phone_key in ("+in+") and phone_key <> 0", args...)
	})
}

// byName searches the names that are left, and parts several people of one telephone by their names.
func (f *recognising) byName(below outbreak.Path) error {
	var areas []outbreak.AreaID
	for i, c := range f.clues {
		asked := askedParts(c.Name)
		if len(asked) == 0 {
			continue
		}
		if len(f.found[i]) > 1 {
			if err := f.part(i, c.Name); err != nil {
				return err
			}
		}
		if len(f.found[i]) > 0 {
			continue
		}
		if areas == nil {
			var err error
			if areas, err = searched(f.tx, f.by, below); err != nil {
				return err
			}
		}
		found, err := f.service.search(f.tx, asked, areas, 0)
		if err != nil {
			return err
		}
		for _, fits := range []string{SameName, SameSound} { // a part of a name is no answer to a list
			for _, m := range found.Matches {
				if m.Fits == fits {
					f.add(i, m.Person)
				}
			}
			if len(f.found[i]) > 0 {
				break
			}
		}
	}
	return nil
}

// part keeps of several people those who are called so, when there are any.
func (f *recognising) part(at int, name string) error {
	ids := make([]outbreak.PersonID, len(f.found[at]))
	for i, p := range f.found[at] {
		ids[i] = p.ID
	}
	known, err := f.service.Identities(f.tx, ids)
	if err != nil {
		return err
	}
	forms := nameForms(name)
	called := slices.DeleteFunc(slices.Clone(f.found[at]), func(p Person) bool {
		return !slices.ContainsFunc(nameForms(known[p.ID].Name), func(s string) bool { return slices.Contains(forms, s) })
	})
	if len(called) > 0 {
		f.found[at] = called
	}
	return nil
}
