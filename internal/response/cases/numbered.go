package cases

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// PeopleNumbered finds the people of cases by the numbers a party's list knows these by.
func (s *Service) PeopleNumbered(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]outbreak.PersonID, error) {
	found := make(map[string]outbreak.PersonID, len(numbers))
	for part := range slices.Chunk(numbers, store.MostGiven) {
		in, args := store.In([]any{ob, party}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var number string
			var person outbreak.PersonID
			err := r.Scan(&number, &person)
			found[number] = person
			return err
		}, "select x.number, c.person from case_external x join case_file c on c.id = x.case_id where x.outbreak = $1 and x.party = $2 and x.number in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// PeopleOfCases gives whom cases of an outbreak are about.
func (s *Service) PeopleOfCases(tx *store.Tx, ob outbreak.OutbreakID, ids []outbreak.CaseID) (map[outbreak.CaseID]outbreak.PersonID, error) {
	found := make(map[outbreak.CaseID]outbreak.PersonID, len(ids))
	for part := range slices.Chunk(ids, store.MostGiven) {
		in, args := store.In([]any{ob}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var id outbreak.CaseID
			var person outbreak.PersonID
			err := r.Scan(&id, &person)
			found[id] = person
			return err
		}, "select id, person from case_file where outbreak = $1 and id in ("+in+")", args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Said is what the line list says of a case now.
type Said struct {
	Values  Values
	Version int64
}

// SaidOf gives what the line list says of cases the actor may see; others are left out.
func (s *Service) SaidOf(ctx context.Context, by outbreak.Actor, ids []outbreak.CaseID) (said map[outbreak.CaseID]Said, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	said = make(map[outbreak.CaseID]Said, len(ids))
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err := casesByID(tx, ids)
		if err != nil {
			return err
		}
		where := zones{}
		for id, c := range list {
			if !access.Can(by, access.CaseRead, c.Scope()) {
				continue
			}
			zone, err := where.of(tx, c.Area)
			if err != nil {
				return err
			}
			said[id] = Said{ValuesOf(c, zone), c.Version}
		}
		return nil
	})
	return said, err
}
