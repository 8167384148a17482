package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const day = 24 * time.Hour

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

// RunRead is a run with its wells.
type RunRead struct {
	Run      Run       `json:"run"`
	Wells    []Well    `json:"wells"`
	Suspects []Suspect `json:"suspects"` // samples beside positives
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

// ReleaseRun is the command of the second person.
type ReleaseRun struct {
	Key string         `json:"-"`
	Run outbreak.RunID `json:"run"`
}

// ReleaseRun lets the results of a run count. Whoever entered the run may not release it.
func (s *Service) ReleaseRun(ctx context.Context, by outbreak.Actor, c ReleaseRun) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabRelease); err != nil {
		return Taken{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.ReleaseRun", Key: c.Key}, c, func(tx *store.Tx) (Taken, error) {
		r, err := runByID(tx, c.Run)
		if err != nil {
			return Taken{}, err
		}
		if err := access.Require(by, access.LabRelease, r.scope()); err != nil {
			return Taken{}, err
		}
		if err := r.release(by.User); err != nil {
			return Taken{}, err
		}
		lab, err := labByID(tx, r.Lab)
		if err != nil {
			return Taken{}, err
		}
		kit, err := kitByID(tx, r.Kit)
		if err != nil {
			return Taken{}, err
		}
		wells, err := wellsOf(tx, r)
		if err != nil {
			return Taken{}, err
		}
		tubes, says := verdicts(wells)
		waits := map[outbreak.TubeCode]bool{}
		for _, w := range wells {
			waits[w.Tube] = waits[w.Tube] || w.Step.waits()
		}
		var reports []Report
		for _, t := range tubes {
			if !waits[t] {
				reports = append(reports, Report{Tube: t, Result: says[t], RanAt: r.EndedAt, Message: "run " + r.ID.String()})
			}
		}
		t := Taken{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(reports)}
		b := newBatch(s, tx, by, lab, t.Batch)
		b.run, b.shortest = r.ID, kit.Shortest()
		if err := b.report(reports, true, &t); err != nil { // two people said so: that is the right to correct
			return t, err
		}
		if err := tx.Must("update lab_run set state = $1, released_by = $2, released_at = $3 where id = $4", Released, by.User, tx.Now, r.ID); err != nil {
			return t, err
		}
		events := append(b.events(), outbreak.RunReleased{Scope: r.scope(), Run: r.ID, Lab: r.Lab, Results: len(reports), Kept: len(tubes) - len(reports), At: tx.Now})
		if t.Seq, err = s.journal.Append(tx, by, events...); err != nil {
			return t, err
		}
		return t, s.tasks.End(tx, by, task.ReleaseRun, runRef(r.ID), task.Done, tx.Now)
	})
}

// release decides whether a user may release the run now.
func (r Run) release(user outbreak.UserID) error {
	switch {
	case r.State == Failed:
		return outbreak.Refuse(outbreak.Conflict, "lab.controls_failed")
	case r.State != Entered:
		return outbreak.Refuse(outbreak.Conflict, "lab.run_decided")
	case r.Doubt != "":
		return outbreak.Refuse(outbreak.Conflict, "lab.run_doubted")
	case user == 0 || user == r.EnteredBy:
		return outbreak.Refuse(outbreak.Forbidden, "lab.same_person")
	}
	return nil
}

// FindRun gives a run with its wells.
func (s *Service) FindRun(ctx context.Context, by outbreak.Actor, id outbreak.RunID) (read RunRead, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return read, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if read.Run, err = runByID(tx, id); err != nil {
			return err
		}
		if access.Require(by, access.LabRead, read.Run.scope()) != nil {
			return outbreak.Refuse(outbreak.NotFound, "lab.no_run")
		}
		kit, err := kitByID(tx, read.Run.Kit)
		if err != nil {
			return err
		}
		if read.Wells, err = wellsOf(tx, read.Run); err != nil {
			return err
		}
		read.Suspects = suspects(read.Run.Layout, read.Wells, kit.Rules)
		return nil
	})
	return read, err
}

// ListRuns lists runs the actor may see, those that wait for a decision first, then the newest.
func (s *Service) ListRuns(ctx context.Context, by outbreak.Actor, of outbreak.LabID, most int) (list []Run, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		where, args := within(by, access.LabRead, "area", nil)
		if of != 0 {
			args = append(args, of)
			where += fmt.Sprintf(" and lab = $%d", len(args))
		}
		args = append(args, most)
		list, err = store.List(tx, scanRun, "select "+runColumns+" from lab_run where "+where+
			fmt.Sprintf(" order by case when state = 'entered' or (doubt <> '' and state <> 'voided') then 0 else 1 end, started_at desc, id desc limit $%d", len(args)), args...)
		return err
	})
	return list, err
}

// Pending is what a run says of a tube that nobody has released.
type Pending struct {
	Run   outbreak.RunID   `json:"run"`
	Well  string           `json:"well"`
	Call  outbreak.Result  `json:"call"`
	Step  Step             `json:"step"`
	State RunState         `json:"state"`
	At    outbreak.Instant `json:"at"`
	Cts   map[string]Ct    `json:"cts"`
}

func runsOfTube(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) ([]Pending, error) {
	return store.List(tx, func(r store.Row) (p Pending, err error) {
		var at int
		var layout Layout
		var cts string
		if err = r.Scan(&p.Run, &at, &layout, &p.Call, &p.Step, &p.State, &p.At, &cts); err != nil {
			return p, err
		}
		if err := json.Unmarshal([]byte(cts), &p.Cts); err != nil {
			return p, fmt.Errorf("reading the cycles of a well of run %s: %w", p.Run, err)
		}
		p.Well = layout.Name(at)
		return p, nil
	}, "select r.id, w.well, r.layout, w.call, w.step, r.state, r.ended_at, w.cts from lab_well w join lab_run r on r.id = w.run where w.area_id = $1 and w.tube = $2 order by r.ended_at, w.well", area, tube)
}
