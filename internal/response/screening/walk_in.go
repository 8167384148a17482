package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// WalkIn is somebody in a tube of a round who is not on its roll.
type WalkIn struct {
	registry.Person
	Device  int64             `json:"device"`          // that numbered the person; 0: the house did
	Unknown bool              `json:"unknown"`         // the tube is here, and what its device knows of the person is not yet
	Tube    outbreak.TubeCode `json:"tube,omitempty"`  // of somebody unknown
	Since   outbreak.Instant  `json:"since,omitempty"` // of somebody unknown
}

// ListWalkIns lists the walk-ins of a round by number after one: those who are known, and those whose device has not said yet who
// they are.
func (s *Service) ListWalkIns(ctx context.Context, by outbreak.Actor, id outbreak.RoundID, after int64, most int) (list []WalkIn, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return nil, err
	}
	err = s.inRound(ctx, id, func(tx *store.Tx, r Round) error {
		nos := s.coverage.offRoll(id)
		at, _ := slices.BinarySearch(nos, after+1)
		for nos = nos[at:]; len(nos) > 0 && len(list) < most; {
			n := min(len(nos), most)
			part, err := walkIns(tx, by, r, nos[:n])
			if err != nil {
				return err
			}
			list, nos = append(list, part...), nos[n:]
		}
		list = list[:min(len(list), most)]
		return nil
	})
	return list, err
}

// walkIns tells of numbers who they are, as far as the reader may see them.
func walkIns(tx *store.Tx, by outbreak.Actor, r Round, nos []int64) (list []WalkIn, err error) {
	people, err := registry.PeopleByNo(tx, nos)
	if err != nil {
		return nil, err
	}
	early := map[int64]WalkIn{}
	in, args := store.In([]any{r.ID}, nos)
	if err := store.Each(tx, func(row store.Row) error {
		w := WalkIn{Unknown: true}
		err := row.Scan(&w.No, &w.Tube, &w.Since, &w.Area)
		early[w.No] = w
		return err
	}, "select e.no, t.tube, t.recorded_at, b.area from walk_in_early e join tube t on t.area_id = e.area_id and t.tube = e.tube join booth b on b.id = t.booth where t.round = $1 and e.no in ("+in+")", args...); err != nil {
		return nil, err
	}
	for _, no := range nos {
		w, waits := early[no]
		if p, known := people[no]; known {
			w = WalkIn{Person: p}
		} else if !waits {
			continue
		}
		w.Device = registry.DeviceOf(no)
		if access.Can(by, access.RoundRead, outbreak.Scope{Area: w.Area, Outbreak: r.Outbreak}) {
			list = append(list, w)
		}
	}
	return list, nil
}
