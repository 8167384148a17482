package lab

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// shift is how long the floor looks ahead and back: three of them make a day.
const shift = 8 * time.Hour

// Floor is how one laboratory stands: what waits, what runs, what it can do in a shift.
type Floor struct {
	Lab      Lab        `json:"lab"`
	Waiting  int        `json:"waiting"` // tubes booked in without a result
	Oldest   []Waiting  `json:"oldest"`  // of them, the longest waiting first
	Pending  int        `json:"pending"` // results that nobody has released
	Repeats  []Repeat   `json:"repeats"` // tubes to be tested again
	Tools    []ToolNow  `json:"tools"`
	Supplies []Supply   `json:"supplies"`
	Capacity int        `json:"capacity"` // wells that instruments which are not down can read in a shift of eight hours
	Done     int        `json:"done"`     // first results of the last eight hours
	Hours    int        `json:"hours"`    // until what waits is tested, by Capacity; -1: nothing reads
	Compared Positivity `json:"compared"` // the last day against other laboratories; no tubes: not comparable
}

// ToolNow is an instrument with how long it stands so.
type ToolNow struct {
	Tool
	LastRun outbreak.Instant `json:"last_run"`
	Runs    int              `json:"runs"` // in the last day
}

// Repeat is a tube that is to be tested again before its result is reported.
type Repeat struct {
	Tube outbreak.TubeCode `json:"tube"`
	Run  outbreak.RunID    `json:"run"`
	Step Step              `json:"step"`
	At   outbreak.Instant  `json:"at"`
}

// mostShown is how many rows of each list the floor gives.
const mostShown = 20

// FindFloor gives how a laboratory stands now.
func (s *Service) FindFloor(ctx context.Context, by outbreak.Actor, id outbreak.LabID) (f Floor, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return f, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if f.Lab, err = s.labFor(tx, by, id, access.LabRead); err != nil {
			return err
		}
		return f.read(tx)
	})
	return f, err
}

func (f *Floor) read(tx *store.Tx) error {
	lab := f.Lab.ID
	n, err := store.Count(tx, "select count(*) from lab_waiting where lab = $1", lab)
	if err != nil {
		return err
	}
	f.Waiting = int(n)
	if f.Oldest, err = store.List(tx, func(r store.Row) (w Waiting, err error) {
		err = r.Scan(&w.Area, &w.Tube, &w.At)
		return w, err
	}, fmt.Sprintf("select area_id, tube, at from lab_waiting where lab = $1 order by at, tube limit %d", mostShown), lab); err != nil {
		return err
	}
	if n, err = store.Count(tx, "select coalesce(cast(sum(samples) as bigint), 0) from lab_run where lab = $1 and state = 'entered'", lab); err != nil {
		return err
	}
	f.Pending = int(n)
	if f.Repeats, err = store.List(tx, func(r store.Row) (x Repeat, err error) {
		err = r.Scan(&x.Tube, &x.Run, &x.Step, &x.At)
		return x, err
	}, fmt.Sprintf("select tube, run, step, asked_at from lab_repeat where lab = $1 and met_at = 0 order by asked_at, tube limit %d", mostShown), lab); err != nil {
		return err
	}
	if f.Tools, err = toolsNow(tx, lab); err != nil {
		return err
	}
	if f.Supplies, err = suppliesOf(tx, lab, 0); err != nil {
		return err
	}
	if n, err = store.Count(tx, "select coalesce(cast(sum(tubes) as bigint), 0) from lab_hour where lab = $1 and hour > $2", lab, tx.Now.Add(-shift)); err != nil {
		return err
	}
	f.Done = int(n)
	f.plan()
	f.explain()
	counts, err := countsSince(tx, tx.Now.Add(-day))
	if err != nil {
		return err
	}
	f.Compared = compare(counts)[int64(lab)]
	return nil
}

// plan says what the instruments can do with what waits. Without instruments the laboratory's own figure per day is taken.
func (f *Floor) plan() {
	for _, t := range f.Tools {
		if t.State != Down {
			f.Capacity += t.PerDay() / 3
		}
	}
	if len(f.Tools) == 0 {
		f.Capacity = f.Lab.PerDay / 3
	}
	f.Hours = -1
	if f.Capacity > 0 {
		f.Hours = (f.Waiting*8 + f.Capacity - 1) / f.Capacity
	}
}

// explain says why an instrument stands idle where nobody did, as far as the laboratory's own books tell.
func (f *Floor) explain() {
	why := ""
	switch {
	case f.Waiting == 0:
		why = "no_tubes"
	case len(f.Supplies) > 0 && !slices.ContainsFunc(f.Supplies, func(s Supply) bool { return s.Tests > 0 }):
		why = "no_reagent"
	}
	for i, t := range f.Tools {
		if t.State == Idle && t.Why == "" {
			f.Tools[i].Why = why
		}
	}
}

func toolsNow(tx *store.Tx, lab outbreak.LabID) ([]ToolNow, error) {
	tools, err := store.List(tx, scanTool, "select "+toolColumns+" from lab_tool where lab = $1 order by name", lab)
	if err != nil {
		return nil, err
	}
	list, at := make([]ToolNow, len(tools)), map[outbreak.ToolID]int{}
	for i, t := range tools {
		list[i].Tool, at[t.ID] = t, i
	}
	return list, store.Each(tx, func(r store.Row) error {
		var id outbreak.ToolID
		var last outbreak.Instant
		var runs int
		err := r.Scan(&id, &last, &runs)
		if i, known := at[id]; known {
			list[i].LastRun, list[i].Runs = last, runs
		}
		return err
	}, "select tool, max(ended_at), cast(sum(case when started_at > $2 then 1 else 0 end) as bigint) from lab_run where lab = $1 group by tool", lab, tx.Now.Add(-day))
}

func countsSince(tx *store.Tx, since outbreak.Instant) ([]areaCount, error) {
	return store.List(tx, func(r store.Row) (c areaCount, err error) {
		err = r.Scan(&c.lab, &c.area, &c.tubes, &c.positive)
		return c, err
	}, "select lab, area_id, cast(sum(tubes) as bigint), cast(sum(positive) as bigint) from lab_hour where hour > $1 and area_id <> 0 group by lab, area_id", since)
}

// Tick looks at all laboratories for what cannot be; app calls it every minute.
func (s *Service) Tick(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		by := outbreak.SystemActor("laboratories")
		if err := s.raiseLate(tx, by); err != nil {
			return err
		}
		labs, err := store.List(tx, scanLab, "select "+labColumns+" from lab order by id")
		if err != nil {
			return err
		}
		known := map[int64]Lab{}
		for _, l := range labs {
			known[int64(l.ID)] = l
		}
		counts, err := countsSince(tx, tx.Now.Add(-day))
		if err != nil {
			return err
		}
		today := tx.Now.Time().Format(time.DateOnly)
		figures := compare(counts)
		for _, id := range slices.Sorted(maps.Keys(figures)) {
			p, l := figures[id], known[id]
			if p.Chance >= outerLimit {
				continue
			}
			if err := s.raise(tx, by, Alarm{What: OddPositivity, Lab: l.ID, Area: l.Area,
				Figures: map[string]float64{"tubes": float64(p.Tubes), "positive": float64(p.Positive), "expected": p.Expected, "chance": p.Chance}}, today); err != nil {
				return err
			}
		}
		for _, l := range labs {
			if err := s.raiseMore(tx, by, l, today); err != nil {
				return err
			}
		}
		return nil
	})
}

// raiseMore compares a day's results with the wells the instruments have.
func (s *Service) raiseMore(tx *store.Tx, by outbreak.Actor, l Lab, today string) error {
	tools, err := store.List(tx, scanTool, "select "+toolColumns+" from lab_tool where lab = $1", l.ID)
	if err != nil || len(tools) == 0 {
		return err
	}
	wells := 0
	for _, t := range tools {
		wells += t.PerDay()
	}
	n, err := store.Count(tx, "select coalesce(cast(sum(tubes) as bigint), 0) from lab_hour where lab = $1 and hour > $2", l.ID, tx.Now.Add(-day))
	if err != nil || n <= int64(wells) {
		return err
	}
	return s.raise(tx, by, Alarm{What: MoreThanWells, Lab: l.ID, Area: l.Area, Figures: map[string]float64{"tubes": float64(n), "wells": float64(wells)}}, today)
}

// raiseLate raises each transport box of which tubes are overdue.
func (s *Service) raiseLate(tx *store.Tx, by outbreak.Actor) error {
	type late struct {
		Alarm
		tubes int
	}
	list, err := store.List(tx, func(r store.Row) (x late, err error) {
		err = r.Scan(&x.Crate, &x.Lab, &x.Area, &x.At, &x.Tube, &x.tubes)
		return x, err
	}, `select c.id, c.lab, c.lab_area, min(t.due), min(t.tube), count(*) from lab_crate_tube t join lab_crate c on c.id = t.crate
		where t.received_at = 0 and t.due > 0 and t.due <= $1 and not exists (select 1 from lab_alarm a where a.crate = c.id and a.what = 'crate_late')
		group by c.id, c.lab, c.lab_area order by c.id limit 100`, tx.Now)
	if err != nil {
		return err
	}
	for _, x := range list {
		x.What, x.Figures = CrateLate, map[string]float64{"tubes": float64(x.tubes)}
		if err := s.raise(tx, by, x.Alarm, x.Crate.String()); err != nil {
			return err
		}
	}
	return nil
}
