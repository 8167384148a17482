package screening

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// followMerged lets the own swab that a held person gave under one code count for the holds under the others. Holds and tubes
// stay under the codes they came by.
func (s *Service) followMerged(tx *store.Tx, by outbreak.Actor, m outbreak.PeopleMerged) error {
	in, args := store.In(nil, m.People)
	all, err := membersWhere(tx, "person in ("+in+")", args...)
	if err != nil {
		return err
	}
	also := codes{}
	var nos []int64
	for _, held := range all {
		nos = append(nos, held.No)
	}
	groups, err := registry.NosTogether(tx, nos)
	if err != nil {
		return err
	}
	also.add(groups)
	seen := map[outbreak.TubeCode]bool{}
	for _, held := range all {
		if held.Single == "" || seen[held.Single] {
			continue
		}
		seen[held.Single] = true
		if err := s.shareSingle(tx, by, held.Single, also); err != nil {
			return err
		}
	}
	return nil
}

// shareSingle notes an own tube, with its result when there is one, in the recalls where its giver is held under other codes.
func (s *Service) shareSingle(tx *store.Tx, by outbreak.Actor, code outbreak.TubeCode, also codes) error {
	box, err := registry.BoxOf(tx, code)
	if err != nil {
		return err
	}
	t, known, err := s.tube(tx, box, code)
	if err != nil || !known || !t.Single() {
		return err
	}
	if err := s.noteSingle(tx, by, t, also); err != nil {
		return err
	}
	return s.resolveNoted(tx, by, t)
}

// resolveNoted takes what a laboratory said of an own tube before it was noted: nobody waits for a result that is there.
func (s *Service) resolveNoted(tx *store.Tx, by outbreak.Actor, t Tube) error {
	waits, err := store.Count(tx, "select count(*) from recall_member where single = $1 and state = $2", t.Code, Resampled)
	if err != nil || waits == 0 {
		return err
	}
	r, at, err := s.results.LastResult(tx, t.AreaID, t.Code)
	if err != nil || r == "" {
		return err
	}
	_, err = s.resolveHeld(tx, by, t, r, at)
	return err
}
