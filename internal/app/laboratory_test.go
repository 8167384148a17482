package app_test

import (
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/view/board"
)

// colleague is somebody else at the laboratory.
var colleague = outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Laboratory)}}}

// bench is an instrument with its kit.
type bench struct {
	*town
	tool outbreak.ToolID
	kit  outbreak.KitID
}

func newBench(w *town) *bench {
	w.t.Helper()
	b := &bench{town: w}
	k, err := w.h.Lab.AddKit(w.ctx, root, lab.AddKit{Kit: lab.Kit{Name: "Kit", Source: "instructions, edition 1", Minutes: 60, Rules: lab.Rules{
		Targets: []lab.Target{{Name: "ORF1ab", Positive: 38, Grey: 40}, {Name: "N", Positive: 38, Grey: 40}, {Name: "RNP", Positive: 35, Human: true}},
		Needs:   2, Controls: []lab.WellKind{lab.PositiveControl, lab.NoTemplate}}}})
	b.kit = must(w, k, err).ID
	t, err := w.h.Lab.AddTool(w.ctx, root, lab.AddTool{Lab: w.lab, Name: "PCR 1", Wells: 96, Minutes: 90})
	b.tool = must(w, t, err).ID
	return b
}

// cycles of samples by what they come to.
var (
	strong = map[string]lab.Ct{"ORF1ab": 21.5, "N": 20.25, "RNP": 27}
	clean  = map[string]lab.Ct{"RNP": 26.5}
	weak   = map[string]lab.Ct{"ORF1ab": 37.2, "RNP": 27}
	empty  = map[string]lab.Ct{}
)

type inWell struct {
	well, tube string
	cts        map[string]lab.Ct
}

// run books tubes in, lets the assay take its time and enters what was read.
func (b *bench) run(plate string, water map[string]lab.Ct, wells ...inWell) lab.RunRead {
	b.t.Helper()
	c := lab.EnterRun{Tool: b.tool, Kit: b.kit, Plate: plate, StartedAt: b.clock.Now()}
	in := lab.ReceiveTubes{Lab: b.lab}
	for _, x := range wells {
		c.Wells = append(c.Wells, lab.EnteredWell{Well: x.well, Tube: outbreak.TubeCode(x.tube), Cts: x.cts})
		in.Tubes = append(in.Tubes, outbreak.TubeCode(x.tube))
	}
	must(b.town, 0, ignore(b.h.Lab.ReceiveTubes(b.ctx, root, in)))
	b.clock.Move(2 * time.Hour)
	c.Wells = append(c.Wells, lab.EnteredWell{Well: "H11", Kind: lab.PositiveControl, Cts: strong}, lab.EnteredWell{Well: "H12", Kind: lab.NoTemplate, Cts: water})
	r, err := b.h.Lab.EnterRun(b.ctx, root, c)
	must(b.town, r, err)
	b.settle()
	return r
}

func (b *bench) release(r lab.RunRead) lab.Taken {
	b.t.Helper()
	t, err := b.h.Lab.ReleaseRun(b.ctx, colleague, lab.ReleaseRun{Run: r.Run.ID})
	must(b.town, t, err)
	b.settle()
	return t
}

func (b *bench) void(r lab.RunRead) lab.VoidedRun {
	b.t.Helper()
	must(b.town, 0, ignore(b.h.Lab.DoubtRun(b.ctx, colleague, lab.DoubtRun{Run: r.Run.ID, Reason: "contamination", Note: "positives in a row"})))
	v, err := b.h.Lab.VoidRun(b.ctx, root, lab.DecideDoubt{Run: r.Run.ID})
	must(b.town, v, err)
	b.settle()
	return v
}

func (b *bench) alarms(what string) (n int) {
	b.t.Helper()
	list, err := b.h.Lab.ListAlarms(b.ctx, root, 0, 100)
	for _, a := range must(b.town, list, err) {
		if a.What == what {
			n++
		}
	}
	return n
}

func (b *bench) open(what task.What) int {
	b.t.Helper()
	list, err := b.h.Tasks.ListTasks(b.ctx, root, task.Filter{What: what, Most: 100})
	return len(must(b.town, list, err))
}

func TestAResultOfARunCountsWhenASecondPersonReleasedIt(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0, 1, 2)
		b.close("T0002", 3, 4)
		r := b.run("P1", empty, inWell{"A1", "T0001", strong}, inWell{"A2", "T0002", clean})
		want(w, "state", r.Run.State, lab.Entered)
		want(w, "to release", b.open(task.ReleaseRun), 1)
		want(w, "held before release", w.waiting(board.Resample), 0)
		want(w, "valid before release", w.outcomes()[outbreak.ValidResult], 0)
		_, err := w.h.Lab.ReleaseRun(w.ctx, root, lab.ReleaseRun{Run: r.Run.ID})
		want(w, "released by who entered it", outbreak.KindOf(err), outbreak.Forbidden)
		got := b.release(r)
		want(w, "results", got.Accepted, 2)
		want(w, "to release", b.open(task.ReleaseRun), 0)
		want(w, "held", w.waiting(board.Resample), 3)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 2)
		want(w, "too soon", b.alarms(lab.TooSoon), 0)
		h, err := w.h.Lab.FindTube(w.ctx, root, "T0002")
		must(w, h, err)
		var stages []string
		for _, s := range h.Seen {
			stages = append(stages, s.Stage)
		}
		want(w, "stages", len(stages), 4) // received, run, resulted, validated
		_, err = w.h.Lab.ReleaseRun(w.ctx, colleague, lab.ReleaseRun{Run: r.Run.ID})
		want(w, "released twice", outbreak.KindOf(err), outbreak.Conflict)
	})
}

func TestARunWithAFailedControlGivesNoResults(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0, 1, 2)
		r := b.run("P1", strong, inWell{"A1", "T0001", strong}) // water came out positive
		want(w, "state", r.Run.State, lab.Failed)
		want(w, "failed by", r.Run.FailedBy, lab.NoTemplate)
		_, err := w.h.Lab.ReleaseRun(w.ctx, colleague, lab.ReleaseRun{Run: r.Run.ID})
		want(w, "released", outbreak.KindOf(err), outbreak.Conflict)
		want(w, "alarm", b.alarms(lab.ControlsFailed), 1)
		f, err := w.h.Lab.FindFloor(w.ctx, root, w.lab)
		must(w, f, err)
		want(w, "waiting", f.Waiting, 1)
		want(w, "held", w.waiting(board.Resample), 0)
		b.release(b.run("P2", empty, inWell{"A1", "T0001", clean}))
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 3)
	})
}

func TestAnIndeterminateTubeIsTestedAgainBeforeItIsReported(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0, 1)
		b.close("T0002", 2, 3)
		r := b.run("P1", empty, inWell{"A1", "T0001", weak}, inWell{"A3", "T0002", empty})
		want(w, "step", r.Wells[0].Step, lab.RepeatExtract)
		want(w, "to repeat", b.open(task.RepeatTest), 2)
		want(w, "results", b.release(r).Accepted, 0)
		want(w, "awaiting", w.outcomes()[outbreak.Awaiting], 4)
		r = b.run("P2", empty, inWell{"A1", "T0001", clean}, inWell{"A3", "T0002", empty})
		want(w, "to repeat", b.open(task.RepeatTest), 0)
		want(w, "results", b.release(r).Accepted, 2)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 2)        // negative when repeated
		want(w, "sample again", w.outcomes()[outbreak.SampleAgain], 2) // invalid twice
	})
}

func TestAVoidedRunTakesBackEverythingThatFollowedFromIt(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0, 1, 2) // a pool: positive, its members held
		b.close("T0002", 3)       // somebody's own tube: positive, a case
		b.close("T0003", 4, 5)    // negative in the run, beside the positives
		b.close("T0004", 6, 7)    // negative before, positive in the run
		b.close("T0005", 8, 9)    // positive in the run, and said negative afterwards by another
		w.clock.Move(time.Hour)
		w.report("T0004", outbreak.Negative)
		r := b.run("P1", empty, inWell{"A1", "T0001", strong}, inWell{"A2", "T0002", strong}, inWell{"B1", "T0003", clean}, inWell{"C1", "T0004", strong}, inWell{"E5", "T0005", strong})
		b.release(r)
		want(w, "held", w.waiting(board.Resample), 7)
		w.report("T0005", outbreak.Negative)
		want(w, "held", w.waiting(board.Resample), 5)
		list, err := w.h.Cases.ListCases(w.ctx, root, cases.Filter{Most: 10})
		if must(w, list, err); len(list) != 1 {
			w.t.Fatalf("%d cases", len(list))
		}

		_, err = w.h.Lab.VoidRun(w.ctx, root, lab.DecideDoubt{Run: r.Run.ID})
		want(w, "voided without a proposal", outbreak.KindOf(err), outbreak.Conflict)
		must(w, 0, ignore(w.h.Lab.DoubtRun(w.ctx, root, lab.DoubtRun{Run: r.Run.ID, Reason: "contamination", Note: "positives in a row"})))
		_, err = w.h.Lab.VoidRun(w.ctx, root, lab.DecideDoubt{Run: r.Run.ID})
		want(w, "voided by one alone", outbreak.KindOf(err), outbreak.Forbidden)
		must(w, 0, ignore(w.h.Lab.ClearRun(w.ctx, colleague, lab.DecideDoubt{Run: r.Run.ID})))
		want(w, "held after the proposal was turned down", w.waiting(board.Resample), 5)

		v := b.void(r)
		want(w, "without a result now", v.Again, 3)
		want(w, "back to an earlier result", v.Back, 1)
		beside := map[outbreak.TubeCode]bool{}
		for _, s := range v.Suspects {
			beside[s.Tube] = true
		}
		want(w, "beside a positive", beside["T0003"], true)
		want(w, "beside nothing", beside["T0005"], false)
		want(w, "held", w.waiting(board.Resample), 0)
		list, err = w.h.Cases.ListCases(w.ctx, root, cases.Filter{Most: 10})
		must(w, list, err)
		want(w, "case", list[0].State, cases.InQuestion)
		got := w.outcomes()
		want(w, "valid", got[outbreak.ValidResult], 4)        // T0004 as before, T0005 as another said
		want(w, "sample again", got[outbreak.SampleAgain], 6) // T0001, T0002, T0003
		h, err := w.h.Lab.FindTube(w.ctx, root, "T0001")
		must(w, h, err)
		last := h.Results[len(h.Results)-1]
		want(w, "kept", len(h.Results), 2)
		want(w, "last", last.Result, outbreak.InvalidResult)
		want(w, "because of", last.Voids, r.Run.ID)
		_, err = w.h.Lab.VoidRun(w.ctx, root, lab.DecideDoubt{Run: r.Run.ID})
		want(w, "voided twice", outbreak.KindOf(err), outbreak.Conflict)

		b.close("T0011", 0) // the swab that was asked for
		b.release(b.run("P3", empty, inWell{"A1", "T0011", clean}))
		want(w, "sample again", w.outcomes()[outbreak.SampleAgain], 5)
	})
}

func TestATransportBoxIsComparedAndItsLostTubesAreListed(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0)
		b.close("T0002", 1)
		warm := 4.5
		c, err := w.h.Lab.SendCrate(w.ctx, root, lab.SendCrate{Number: "B-7", Outbreak: w.outbreak, Area: "2201-A", Lab: w.lab, Counted: 3, Seal: "S1", Temperature: &warm, HandedBy: "Wang",
			Tubes: []outbreak.TubeCode{"T0001", "T0002"}})
		must(w, c, err)
		if c.Due == 0 || c.Missing != 2 {
			w.t.Fatalf("%+v", c)
		}
		w.clock.Move(time.Hour)
		c, err = w.h.Lab.TakeCrate(w.ctx, colleague, lab.TakeCrate{Crate: c.ID, Lab: w.lab, Counted: 2, Seal: "S2", TakenBy: "Li"})
		must(w, c, err)
		want(w, "count", b.alarms(lab.CountDiffers), 1)
		want(w, "seal", b.alarms(lab.SealDiffers), 1)
		want(w, "work", b.open(task.LabAlarm), 2)
		must(w, 0, ignore(w.h.Lab.ReceiveTubes(w.ctx, colleague, lab.ReceiveTubes{Lab: w.lab, Tubes: []outbreak.TubeCode{"T0001"}})))
		late := func() []lab.NeverCame {
			list, err := w.h.Lab.ListNeverCame(w.ctx, root, 0, 10)
			return must(w, list, err)
		}
		want(w, "late", len(late()), 0)
		w.clock.Move(5 * time.Hour)
		if list := late(); len(list) != 1 || list[0].Tube != "T0002" || !list[0].Taken {
			w.t.Errorf("%+v", list)
		}
		must(w, 0, w.h.Lab.Tick(w.ctx))
		must(w, 0, w.h.Lab.Tick(w.ctx))
		want(w, "raised", b.alarms(lab.CrateLate), 1)
		must(w, 0, ignore(w.h.Lab.ReceiveTubes(w.ctx, colleague, lab.ReceiveTubes{Lab: w.lab, Tubes: []outbreak.TubeCode{"T0002"}})))
		want(w, "late", len(late()), 0)
		crates, err := w.h.Lab.ListCrates(w.ctx, root, w.lab, 10)
		if must(w, crates, err); len(crates) != 1 || crates[0].Listed != 2 || crates[0].Missing != 0 || *crates[0].SentWarm != 4.5 || crates[0].TakenWarm != nil {
			w.t.Errorf("%+v", crates)
		}
		list, err := w.h.Lab.ListAlarms(w.ctx, root, w.lab, 10)
		must(w, 0, ignore(w.h.Lab.SettleAlarm(w.ctx, colleague, lab.SettleAlarm{Alarm: must(w, list, err)[0].ID, Verdict: "explained"})))
		want(w, "work", b.open(task.LabAlarm), 2)
	})
}

func TestResultsSoonerThanTheAssayAreRaisedToSomebodyElse(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.close("T0001", 0, 1)
		must(w, 0, ignore(w.h.Lab.ReceiveTubes(w.ctx, root, lab.ReceiveTubes{Lab: w.lab, Tubes: []outbreak.TubeCode{"T0001"}})))
		w.clock.Move(10 * time.Minute)
		w.report("T0001", outbreak.Negative)
		want(w, "counted all the same", w.outcomes()[outbreak.ValidResult], 2)
		want(w, "too soon", b.alarms(lab.TooSoon), 1)
		list, err := w.h.Lab.ListAlarms(w.ctx, root, 0, 10)
		must(w, list, err)
		_, err = w.h.Lab.SettleAlarm(w.ctx, colleague, lab.SettleAlarm{Alarm: list[0].ID, Verdict: "mistake"})
		want(w, "settled by the laboratory itself", outbreak.KindOf(err), outbreak.Forbidden)
		must(w, 0, ignore(w.h.Lab.SettleAlarm(w.ctx, root, lab.SettleAlarm{Alarm: list[0].ID, Verdict: "mistake"})))
		want(w, "work", b.open(task.AuditLab), 0)
	})
}

func TestAWellThatHeldTwoSamplesIsRaised(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		b.run("P1", empty, inWell{"A1", "T0001", clean}, inWell{"A2", "T0002", clean})
		b.run("P1", empty, inWell{"A1", "T0001", clean}, inWell{"A2", "T0002", clean}) // read once more
		b.run("P1", empty, inWell{"B1", "T0003", clean})                               // what was left of it
		b.run("P2", empty, inWell{"A1", "T0004", clean})
		want(w, "another sample in a well", b.alarms(lab.PlateTwice), 0)
		b.run("P1", empty, inWell{"A1", "T0005", clean}, inWell{"A3", "T0006", clean})
		want(w, "another sample in a well", b.alarms(lab.PlateTwice), 1)
		list, err := w.h.Lab.ListAlarms(w.ctx, root, w.lab, 10)
		for _, a := range must(w, list, err) {
			if a.What == lab.PlateTwice {
				want(w, "wells used again", a.Figures["again"], 1)
			}
		}
	})
}

func TestTheFloorShowsWhatRunsAndWhatIsLeft(t *testing.T) {
	engines(t, func(w *town) {
		b := newBench(w)
		must(w, 0, ignore(w.h.Lab.CountSupply(w.ctx, root, lab.CountSupply{Lab: w.lab, Kit: b.kit, Tests: 100})))
		b.close("T0001", 0)
		r := b.run("P1", empty, inWell{"A1", "T0001", clean})
		must(w, 0, ignore(w.h.Lab.ReceiveTubes(w.ctx, root, lab.ReceiveTubes{Lab: w.lab, Tubes: []outbreak.TubeCode{"T0009"}})))
		must(w, 0, ignore(w.h.Lab.SetTool(w.ctx, colleague, lab.SetTool{Tool: b.tool, State: lab.Idle, Why: "no_staff"})))
		f, err := w.h.Lab.FindFloor(w.ctx, colleague, w.lab)
		must(w, f, err)
		want(w, "waiting", f.Waiting, 2)
		want(w, "oldest", f.Oldest[0].Tube, "T0001")
		want(w, "pending", f.Pending, 1)
		want(w, "capacity", f.Capacity, 96*16/3)
		want(w, "reagents", f.Supplies[0].Tests, 97)
		want(w, "hours", f.Supplies[0].Hours, 97*24/3)
		want(w, "why", f.Tools[0].Why, "no_staff")
		b.release(r)
		s, err := w.h.Lab.CountSupply(w.ctx, root, lab.CountSupply{Lab: w.lab, Kit: b.kit, Tests: 50, Found: true})
		want(w, "found", must(w, s, err).Tests, 50)
		f, err = w.h.Lab.FindFloor(w.ctx, colleague, w.lab)
		must(w, f, err)
		want(w, "waiting", f.Waiting, 1)
		want(w, "done", f.Done, 1)
	})
}
