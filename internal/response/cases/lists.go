package cases

import (
	"slices"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LiveOf tells which of some people have a live case in an outbreak, under whatever code.
func LiveOf(tx *store.Tx, ob outbreak.OutbreakID, people []outbreak.PersonID) (map[outbreak.PersonID]outbreak.CaseID, error) {
	known, err := registry.PeopleByID(tx, people)
	if err != nil {
		return nil, err
	}
	leads := map[outbreak.PersonID][]outbreak.PersonID{} // those asked for, by each code they may be filed under
	for _, p := range known {
		leads[p.ID] = append(leads[p.ID], p.ID)
		if p.MergedInto != 0 {
			leads[p.MergedInto] = append(leads[p.MergedInto], p.ID)
		}
	}
	var codes []outbreak.PersonID
	for code := range leads {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	live := map[outbreak.PersonID]outbreak.CaseID{}
	for part := range slices.Chunk(codes, 400) {
		in, args := store.In([]any{ob}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var id outbreak.CaseID
			var person outbreak.PersonID
			err := r.Scan(&id, &person)
			for _, asked := range leads[person] {
				live[asked] = id
			}
			return err
		}, "select id, person from case_file where outbreak = $1 and live = 1 and person in ("+in+") order by id", args...); err != nil {
			return nil, err
		}
	}
	return live, nil
}
