package linelist

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Exposures are the links between people that stand, read as what they say of their cases.
type Exposures struct{}

// EachSource goes through the links of which both ends have a live case of the outbreak.
func (Exposures) EachSource(tx *store.Tx, do func(of, source outbreak.CaseID)) error {
	return store.Each(tx, func(r store.Row) error {
		var of, source outbreak.CaseID
		err := r.Scan(&of, &source)
		if err == nil {
			do(of, source)
		}
		return err
	}, `select t.id, f.id from contact_link l join case_file f on f.outbreak = l.outbreak and f.person = l.from_person and f.live = 1
		join case_file t on t.outbreak = l.outbreak and t.person = l.to_person and t.live = 1 where l.withdrawn_at = 0`)
}
