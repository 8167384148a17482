package lab

import (
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LabPlace gives where a laboratory is and what it is called. Like LastResult it asks for no permission.
func (s *Service) LabPlace(tx *store.Tx, id outbreak.LabID) (outbreak.Path, string, error) {
	l, err := labByID(tx, id)
	return l.Area, l.Name, err
}

// WellsOf gives how many wells of a run were used, controls among them, and how many of them held samples. Like LastResult it asks
// for no permission.
func (s *Service) WellsOf(tx *store.Tx, run outbreak.RunID) (wells, samples int, err error) {
	err = store.Each(tx, func(r store.Row) error { return r.Scan(&wells, &samples) }, "select wells, samples from lab_run where id = $1", run)
	return wells, samples, err
}

// EachRunUse calls do for each run with its wells and samples. Like LastResult it asks for no permission.
func (s *Service) EachRunUse(tx *store.Tx, do func(lab outbreak.LabID, wells, samples int)) error {
	return store.Each(tx, func(r store.Row) error {
		var lab outbreak.LabID
		var wells, samples int
		if err := r.Scan(&lab, &wells, &samples); err != nil {
			return err
		}
		do(lab, wells, samples)
		return nil
	}, "select lab, wells, samples from lab_run")
}
