package cases

import (
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// PeopleCalled finds whom the lists of any party know by numbers: several, when several parties have the same number.
func PeopleCalled(tx *store.Tx, ob outbreak.OutbreakID, numbers []string) (map[string][]outbreak.PersonID, error) {
	found := map[string][]outbreak.PersonID{}
	for part := range slices.Chunk(numbers, store.MostGiven) {
		in, args := store.In([]any{ob}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var number string
			var person outbreak.PersonID
			err := r.Scan(&number, &person)
			if !slices.Contains(found[number], person) {
				found[number] = append(found[number], person)
			}
			return err
		}, "select x.number, c.person from case_external x join case_file c on c.id = x.case_id where x.outbreak = $1 and x.number in ("+in+") order by x.number, x.party", args...); err != nil {
			return nil, err
		}
	}
	return found, nil
}
