package lab

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// lookAtRun raises what about a run cannot be, or should not be.
func (s *Service) lookAtRun(tx *store.Tx, by outbreak.Actor, lab Lab, r Run, wells []Well, boxes map[outbreak.TubeCode]registry.Box) error {
	a := Alarm{Lab: lab.ID, Area: lab.Area, Run: r.ID, At: r.EndedAt}
	if r.State == Failed {
		a.What, a.Figures = ControlsFailed, map[string]float64{"tubes": float64(r.Samples)}
		if err := s.raise(tx, by, a, r.ID.String()); err != nil {
			return err
		}
	}
	if r.Plate != "" {
		used, err := store.Count(tx, "select coalesce(cast(sum(wells) as bigint), 0) from lab_run where lab = $1 and plate = $2 and state <> 'failed' and state <> 'voided'", lab.ID, r.Plate)
		if err != nil {
			return err
		}
		again, err := usedBefore(tx, r)
		if err != nil {
			return err
		}
		if used > int64(r.Layout) || again > 0 {
			a.What, a.Figures = PlateTwice, map[string]float64{"used": float64(used), "wells": float64(r.Layout)}
			if again > 0 {
				a.Figures["again"] = float64(again)
			}
			if err := s.raise(tx, by, a, r.ID.String()); err != nil {
				return err
			}
		}
	}
	var strangers int
	var one outbreak.TubeCode
	tubes, _ := verdicts(wells)
	for _, t := range tubes {
		at, err := s.ReceivedAt(tx, boxes[t].AreaID, t)
		if err != nil {
			return err
		}
		if at == 0 {
			strangers++
			one = t
		}
	}
	if strangers == 0 {
		return nil
	}
	a.What, a.Tube, a.Figures = StrangerInRun, one, map[string]float64{"tubes": float64(strangers)}
	return s.raise(tx, by, a, r.ID.String())
}

// usedBefore counts the wells of a run that held another sample in an earlier run of the same plate: a well is used once.
func usedBefore(tx *store.Tx, r Run) (int64, error) {
	return store.Count(tx, `select count(distinct w.well) from lab_run o join lab_well was on was.run = o.id and was.kind = $1 join lab_well w on w.run = $2 and w.well = was.well and w.kind = was.kind
		where o.lab = $3 and o.plate = $4 and o.id <> $2 and o.state not in ('failed', 'voided') and (w.area_id <> was.area_id or w.tube <> was.tube)`, Sample, r.ID, r.Lab, r.Plate)
}
