package contacts

import (
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// findKnown finds the links the list named before, and the people it knows by numbers: cases first, for a contact may have become one.
func (l *loading) findKnown() (err error) {
	var marks, numbers []string
	var ids []outbreak.CaseID
	for i, link := range l.c.Links {
		marks = append(marks, link.Mark)
		for _, e := range []End{l.end(2 * i), l.end(2*i + 1)} {
			switch {
			case e.Case != 0:
				ids = append(ids, e.Case)
			case e.Number != "":
				numbers = append(numbers, e.Number)
			}
		}
	}
	if l.before, err = byMark(l.tx, l.c.Outbreak, l.c.Party, marks); err != nil {
		return err
	}
	if l.waits, err = waitingByMark(l.tx, l.c.Outbreak, l.c.Party, marks); err != nil {
		return err
	}
	if l.cased, err = l.cases.PeopleOfCases(l.tx, l.c.Outbreak, ids); err != nil {
		return err
	}
	l.known, err = l.peopleNumbered(l.tx, l.c.Outbreak, l.c.Party, numbers)
	return err
}

// peopleNumbered finds whom the lists of a party know by numbers: cases first.
func (s *Service) peopleNumbered(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]outbreak.PersonID, error) {
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	known, err := numbered(tx, ob, party, numbers)
	if err != nil {
		return nil, err
	}
	cases, err := s.cases.PeopleNumbered(tx, ob, party, numbers)
	maps.Copy(known, cases)
	return known, err
}

// arrive keeps the people who are described and whom nobody knows yet: once where a number stands in several rows.
func (l *loading) arrive() (err error) {
	skip := map[int]bool{}
	l.leader = map[int]int{}
	first := map[string]int{}
	for at, person := range l.of {
		if person < 0 {
			continue
		}
		e := l.end(at)
		_, repeated := l.before[l.c.Links[at/2].Mark]
		_, known := l.known[e.Number]
		lead, twice := first[e.Number]
		switch {
		case known && e.Number != "", repeated && e.Number == "":
			skip[person] = true
		case twice && e.Number != "":
			skip[person], l.leader[person] = true, lead
		case e.Number != "" && l.ready.Refused(person) == nil && l.whole(at):
			first[e.Number] = person
			l.fresh = append(l.fresh, e.Number)
		case !l.whole(at):
			skip[person] = true
		}
	}
	l.people, err = l.ready.Keep(l.tx, l.by, func(i int) bool { return skip[i] })
	if err != nil {
		return err
	}
	for number, person := range first {
		l.known[number] = l.people[person].ID
	}
	if err := keepNumbers(l.tx, l.c.Outbreak, l.c.Party, l.known, l.fresh); err != nil {
		return err
	}
	var ids []outbreak.PersonID
	for _, id := range l.known {
		ids = append(ids, id)
	}
	for _, id := range l.cased {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	l.where, err = registry.PeopleByID(l.tx, slices.Compact(ids))
	return err
}

// whole tells whether the other end of a row can be found, too: of a row that comes back nobody is kept.
func (l *loading) whole(at int) bool {
	other := at ^ 1
	e, person := l.end(other), l.of[other]
	if _, there := l.cased[e.Case]; there || other%2 == 0 && l.c.Links[at/2].Wait && l.unknown(other) {
		return true
	}
	if _, known := l.known[e.Number]; known && e.Number != "" {
		return true
	}
	return person >= 0 && l.ready.Refused(person) == nil
}

// person finds who stands at an end.
func (l *loading) person(at int) (registry.Person, error) {
	e, i := l.end(at), l.of[at]
	if id, there := l.cased[e.Case]; there {
		return l.where[id], nil
	}
	if e.Case != 0 {
		return registry.Person{}, outbreak.Refuse(outbreak.Invalid, "contacts.case_unknown")
	}
	if id, known := l.known[e.Number]; known && e.Number != "" {
		if p, is := l.where[id]; is {
			return p, nil
		}
		return registry.Person{}, fmt.Errorf("the person %s of a number is not there", id)
	}
	if i < 0 {
		return registry.Person{}, outbreak.Refuse(outbreak.Invalid, "contacts.number_unknown")
	}
	if err := l.ready.Refused(i); err != nil {
		return registry.Person{}, err
	}
	return l.people[i], nil
}
