package cases

import (
	"slices"

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
