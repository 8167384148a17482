package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// EnterRun is the command that says what an instrument read.
type EnterRun struct {
	Key       string           `json:"-"`
	Tool      outbreak.ToolID  `json:"tool"`
	Kit       outbreak.KitID   `json:"kit"`
	Lot       string           `json:"lot"`
	Plate     string           `json:"plate"`
	Layout    Layout           `json:"layout"` // 0: as the instrument has
	StartedAt outbreak.Instant `json:"started_at"`
	EndedAt   outbreak.Instant `json:"ended_at"` // 0: now
	Wells     []EnteredWell    `json:"wells"`
}

// EnterRun keeps a run and calls its results by the kit. They do not count before somebody else releases them. The same plate
// that was started at the same moment on the same instrument is the same run.
func (s *Service) EnterRun(ctx context.Context, by outbreak.Actor, c EnterRun) (RunRead, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return RunRead{}, err
	}
	lot, err := noteOf(c.Lot)
	if err != nil {
		return RunRead{}, err
	}
	name, err := noteOf(c.Plate)
	if err != nil {
		return RunRead{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.EnterRun", Key: c.Key}, c, func(tx *store.Tx) (RunRead, error) {
		tool, lab, err := s.toolFor(tx, by, c.Tool, access.LabReport)
		if err != nil {
			return RunRead{}, err
		}
		kit, err := kitByID(tx, c.Kit)
		if err != nil {
			return RunRead{}, err
		}
		r := Run{ID: outbreak.New[outbreak.RunID](s.ids), Lab: lab.ID, Area: lab.Area, Tool: tool.ID, Kit: kit.ID, Lot: lot, Plate: name, Layout: c.Layout, StartedAt: c.StartedAt,
			State: Entered, EnteredBy: by.User, EnteredAt: tx.Now}
		if r.EndedAt, err = momentOf(c.EndedAt, tx.Now); err != nil {
			return RunRead{}, err
		}
		if r.StartedAt == 0 || r.StartedAt > r.EndedAt {
			return RunRead{}, outbreak.Refuse(outbreak.Invalid, "lab.run_times")
		}
		if r.Layout == 0 {
			r.Layout = tool.Wells
		}
		wells, err := plate(r.Layout, kit, c.Wells)
		if err != nil {
			return RunRead{}, err
		}
		return s.keepRun(tx, by, lab, kit, r, wells)
	})
}

func (s *Service) keepRun(tx *store.Tx, by outbreak.Actor, lab Lab, kit Kit, r Run, wells []Well) (RunRead, error) {
	r.FailedBy, r.Wells = failedControl(kit, wells), len(wells)
	if r.FailedBy != "" {
		r.State = Failed
	}
	var codes []outbreak.TubeCode
	for i := range wells {
		if wells[i].Kind == Sample {
			r.Samples++
			codes = append(codes, wells[i].Tube)
			wells[i].Call = kit.Call(wells[i].Cts)
		}
	}
	if len(codes) == 0 {
		return RunRead{}, outbreak.Refuse(outbreak.Invalid, "lab.run_empty")
	}
	n, err := tx.Exec("insert into lab_run ("+runColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, '', '', 0, 0, 0, 0)
		on conflict (lab, tool, started_at, plate) do nothing`, r.ID, r.Lab, r.Area, r.Tool, r.Kit, r.Lot, r.Plate, int(r.Layout), r.StartedAt, r.EndedAt, r.State, r.FailedBy, r.Samples, r.Wells, r.EnteredBy, r.EnteredAt)
	if err != nil {
		return RunRead{}, err
	}
	if n == 0 {
		return s.sameRun(tx, r, kit, wells)
	}
	boxes, err := registry.BoxesOf(tx, codes)
	if err != nil {
		return RunRead{}, err
	}
	events, err := s.decideSteps(tx, by, lab, r, wells, boxes)
	if err != nil {
		return RunRead{}, err
	}
	rows := make([][]any, len(wells))
	calls := map[string]int{}
	sum := sha256.New()
	for i, w := range wells {
		rows[i] = []any{r.ID, w.At, w.Kind, w.Area, w.Tube, w.text(), kit.human(w.Cts).hundredths(), w.Call, w.Step}
		fmt.Fprintln(sum, w.At, w.Kind, w.Tube, w.text(), w.Call)
		if w.Kind == Sample {
			calls[string(w.Call)]++
		}
	}
	if err := tx.Add("lab_well", []string{"run", "well", "kind", "area_id", "tube", "cts", "human", "call", "step"}, rows); err != nil {
		return RunRead{}, err
	}
	events = append([]outbreak.Event{outbreak.RunEntered{Scope: r.scope(), Run: r.ID, Lab: r.Lab, Tool: r.Tool, Kit: r.Kit, At: r.EndedAt, Failed: string(r.FailedBy), Tubes: r.Samples, Calls: calls,
		Digest: hex.EncodeToString(sum.Sum(nil)[:16])}}, events...)
	if _, err := s.journal.Append(tx, by, events...); err != nil {
		return RunRead{}, err
	}
	if err := s.lookAtRun(tx, by, lab, r, wells, boxes); err != nil {
		return RunRead{}, err
	}
	read := RunRead{Run: r, Wells: wells, Suspects: suspects(r.Layout, wells, kit.Rules)}
	if r.State == Failed {
		return read, nil
	}
	return read, s.tasks.Open(tx, by, task.Work{What: task.ReleaseRun, Subject: runRef(r.ID), Scope: r.scope(), Clock: outbreak.Deadline{From: r.EndedAt}})
}

func runRef(id outbreak.RunID) outbreak.Ref { return outbreak.Ref{Kind: "run", ID: id.String()} }

// sameRun gives the run that is there, when the same was read of it.
func (s *Service) sameRun(tx *store.Tx, r Run, kit Kit, wells []Well) (RunRead, error) {
	was, _, err := store.One(tx, scanRun, "select "+runColumns+" from lab_run where lab = $1 and tool = $2 and started_at = $3 and plate = $4", r.Lab, r.Tool, r.StartedAt, r.Plate)
	if err != nil {
		return RunRead{}, err
	}
	kept, err := wellsOf(tx, was)
	if err != nil {
		return RunRead{}, err
	}
	differs := len(kept) != len(wells) || was.Kit != r.Kit || was.Layout != r.Layout
	for i := 0; i < len(kept) && !differs; i++ {
		a, b := kept[i], wells[i]
		differs = a.At != b.At || a.Kind != b.Kind || a.Tube != b.Tube || a.text() != b.text()
	}
	if differs {
		return RunRead{}, outbreak.Refuse(outbreak.Conflict, "lab.run_known")
	}
	return RunRead{Run: was, Wells: kept, Suspects: suspects(was.Layout, kept, kit.Rules)}, nil
}

// decideSteps says of each well what is done with it, opens the repeats that are owed and ends those that are answered.
func (s *Service) decideSteps(tx *store.Tx, by outbreak.Actor, lab Lab, r Run, wells []Well, boxes map[outbreak.TubeCode]registry.Box) ([]outbreak.Event, error) {
	tubes, says := verdicts(wells)
	before, err := undecided(tx, boxes, tubes)
	if err != nil {
		return nil, err
	}
	b := newBatch(s, tx, by, lab, 0)
	steps := map[outbreak.TubeCode]Step{}
	var events []outbreak.Event
	for _, t := range tubes {
		if r.State == Failed {
			steps[t] = NoStep
			continue
		}
		p, err := b.protocol(boxes[t].Outbreak)
		if err != nil {
			return nil, err
		}
		step := next(p, says[t], before[t])
		if steps[t] = step; step == NewSample {
			steps[t] = ReportIt
		}
		if err := s.meetRepeats(tx, by, boxes[t].AreaID, t, r.EndedAt); err != nil {
			return nil, err
		}
		if !step.waits() {
			continue
		}
		if _, err := tx.Exec("insert into lab_repeat (area_id, tube, run, lab, step, asked_at, met_at) values ($1, $2, $3, $4, $5, $6, 0) on conflict (area_id, tube, run) do nothing",
			boxes[t].AreaID, t, r.ID, lab.ID, step, r.EndedAt); err != nil {
			return nil, err
		}
		scope := outbreak.Scope{Area: lab.Area, Outbreak: boxes[t].Outbreak}
		events = append(events, outbreak.RepeatAsked{Scope: scope, Lab: lab.ID, Run: r.ID, Tube: t, Call: says[t], Step: string(step), At: r.EndedAt})
		if err := s.tasks.Open(tx, by, task.Work{What: task.RepeatTest, Subject: outbreak.Ref{Kind: "tube", ID: string(t)}, Scope: scope, Clock: outbreak.Deadline{From: r.EndedAt}}); err != nil {
			return nil, err
		}
	}
	for i, w := range wells {
		wells[i].Area, wells[i].Step = boxes[w.Tube].AreaID, steps[w.Tube]
		if w.Kind != Sample {
			wells[i].Step = NoStep
		}
	}
	return events, nil
}

// undecided counts in how many good runs until now each tube was neither positive nor negative since it last was.
func undecided(tx *store.Tx, boxes map[outbreak.TubeCode]registry.Box, tubes []outbreak.TubeCode) (map[outbreak.TubeCode]int, error) {
	n := map[outbreak.TubeCode]int{}
	err := inChunks(tubes, boxes, func(area outbreak.AreaID, part []outbreak.TubeCode) error {
		in, args := store.In([]any{area}, part)
		return store.Each(tx, func(r store.Row) error {
			var t outbreak.TubeCode
			var runs int
			err := r.Scan(&t, &runs)
			n[t] = runs
			return err
		}, "select tube, count(*) from lab_repeat where area_id = $1 and tube in ("+in+") and run in (select id from lab_run where state <> 'voided') group by tube", args...)
	})
	return n, err
}

// meetRepeats ends what a tube was to be tested again for.
func (s *Service) meetRepeats(tx *store.Tx, by outbreak.Actor, area outbreak.AreaID, tube outbreak.TubeCode, at outbreak.Instant) error {
	n, err := tx.Exec("update lab_repeat set met_at = $1 where area_id = $2 and tube = $3 and met_at = 0", at, area, tube)
	if err != nil || n == 0 {
		return err
	}
	return s.tasks.End(tx, by, task.RepeatTest, outbreak.Ref{Kind: "tube", ID: string(tube)}, task.Done, at)
}
