package lab

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Waiting is a tube at a laboratory without any result.
type Waiting struct {
	Tube outbreak.TubeCode `json:"tube"`
	Area outbreak.AreaID   `json:"area_id"`
	At   outbreak.Instant  `json:"at"` // when it was booked in
}

// wait notes that tubes came in: they wait for a result, and wherever a transport box was missing them they are found.
func (b *batch) wait(codes []outbreak.TubeCode, boxes map[outbreak.TubeCode]registry.Box, at outbreak.Instant) error {
	said, err := b.before(codes, boxes)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, c := range codes {
		if len(said[c]) == 0 {
			rows = append(rows, []any{boxes[c].AreaID, c, b.lab.ID, at})
		}
	}
	if _, err := b.tx.Insert("lab_waiting", []string{"area_id", "tube", "lab", "at"}, []string{"area_id", "tube", "lab"}, rows); err != nil {
		return err
	}
	return inChunks(codes, boxes, func(area outbreak.AreaID, part []outbreak.TubeCode) error {
		in, args := store.In([]any{at, area}, part)
		_, err := b.tx.Exec("update lab_crate_tube set received_at = $1 where area_id = $2 and received_at = 0 and tube in ("+in+")", args...)
		return err
	})
}

// answered ends the waiting of tubes that now have a result, and looks how soon after their receipt it came.
func (b *batch) answered(fresh []Result, boxes map[outbreak.TubeCode]registry.Box) error {
	codes, ran := make([]outbreak.TubeCode, 0, len(fresh)), map[outbreak.TubeCode]outbreak.Instant{}
	for _, x := range fresh {
		if x.Voids == 0 {
			codes = append(codes, x.Tube)
			ran[x.Tube] = x.RanAt
		}
	}
	err := inChunks(codes, boxes, func(area outbreak.AreaID, part []outbreak.TubeCode) error {
		in, args := store.In([]any{area, b.lab.ID}, part)
		if err := b.tooSoon(ran, boxes, in, args); err != nil {
			return err
		}
		in, args = store.In([]any{area}, part)
		_, err := b.tx.Exec("delete from lab_waiting where area_id = $1 and tube in ("+in+")", args...)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.hours(fresh, boxes); err != nil {
		return err
	}
	return b.raiseEarly()
}

// inChunks calls do for the codes of each issuing area, a few hundred at a time.
func inChunks(codes []outbreak.TubeCode, boxes map[outbreak.TubeCode]registry.Box, do func(outbreak.AreaID, []outbreak.TubeCode) error) error {
	byArea := map[outbreak.AreaID][]outbreak.TubeCode{}
	var order []outbreak.AreaID
	for _, c := range codes {
		a := boxes[c].AreaID
		if byArea[a] == nil {
			order = append(order, a)
		}
		byArea[a] = append(byArea[a], c)
	}
	for _, area := range order {
		for list := byArea[area]; len(list) > 0; {
			n := min(len(list), 400)
			if err := do(area, list[:n]); err != nil {
				return err
			}
			list = list[n:]
		}
	}
	return nil
}
