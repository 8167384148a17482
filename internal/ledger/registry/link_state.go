package registry

import "breakwater/internal/store"

// Rows of link_state: up to which entry of the journal rolls were looked at; up to which of those who are filed addresses were, and up
// to which they have to be, since whoever is filed from then on is filed by his address too; the form of the keys everybody is filed
// by, and up to which place people are to be filed anew until that is so.
const (
	rollsLooked = 1
	homesLooked = 2
	homesUpto   = 3
	formOfKeys  = 4
	formUpto    = 5
)

// linkStates reads all rows of link_state.
func linkStates(tx *store.Tx) (looked map[int64]int64, err error) {
	looked = map[int64]int64{}
	return looked, store.Each(tx, func(r store.Row) error {
		var id, at int64
		err := r.Scan(&id, &at)
		looked[id] = at
		return err
	}, "select id, looked from link_state")
}
