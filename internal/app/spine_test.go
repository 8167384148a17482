package app_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// root may do everything everywhere.
var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// town is a house with one small area, a round, and everything a positive needs.
type town struct {
	t        *testing.T
	ctx      context.Context
	h        door.House
	clock    *outbreak.HandClock
	outbreak outbreak.OutbreakID
	round    outbreak.RoundID
	booth    outbreak.BoothID
	lab      outbreak.LabID
	site     outbreak.SiteID
	people   []int64
}

// engines runs a test in a town on each database.
func engines(t *testing.T, do func(*town)) {
	t.Helper()
	open := func(t *testing.T, c app.Config) {
		clock := outbreak.NewHandClock(testkit.Start)
		c.Clock, c.Log, c.Cost = clock, testkit.Quiet(), access.Cost{Time: 1, Memory: 64, Threads: 1}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		a, err := app.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		a.Run(ctx)
		defer func() {
			if err := a.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		w := &town{t: t, ctx: ctx, h: a.House, clock: clock}
		w.found()
		do(w)
		w.sound()
	}
	t.Run("sqlite", func(t *testing.T) { open(t, app.Config{Data: testkit.Folder(t, app.Owners())}) })
	t.Run("postgres", func(t *testing.T) {
		open(t, app.Config{DB: testkit.Migrated(t, app.Owners()), Key: filepath.Join(t.TempDir(), "key")})
	})
}

func must[A any](w *town, a A, err error) A {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *town) found() {
	must(w, 0, ignore(w.h.Registry.LoadAreas(w.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{
		{Code: "22", Name: "省", Level: "province", TimeZone: "Asia/Shanghai"}, {Code: "2201", Parent: "22", Name: "市", Level: "city"},
		{Code: "2201-A", Parent: "2201", Name: "甲社区", Level: "community"}, {Code: "2201-B", Parent: "2201", Name: "乙社区", Level: "community"}}})))
	w.outbreak = must2(w)(w.h.Registry.DeclareOutbreak(w.ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"}))
	var roll []registry.NewPerson
	for i := range 40 {
		area := "2201-A"
		if i >= 20 {
			area = "2201-B"
		}
		roll = append(roll, registry.NewPerson{Area: area, Household: fmt.Sprint(i / 3), Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
	}
	must2(w)(w.h.Registry.PlanRoll(w.ctx, root, registry.PlanRoll{Counts: map[string]int{"2201-A": 20, "2201-B": 20}}))
	l, err := w.h.Registry.LoadPeople(w.ctx, root, registry.LoadPeople{People: roll})
	if must(w, l, err); l.Added != 40 {
		w.t.Fatalf("%+v", l)
	}
	must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, "", func(no int64) error { w.people = append(w.people, no); return nil })
	}))
	_, err = w.h.Registry.IssueBox(w.ctx, root, registry.IssueBox{First: "T0001", Last: "T0999", Area: "2201", Outbreak: w.outbreak})
	must(w, 0, err)
	b, err := w.h.Screening.AddBooth(w.ctx, root, screening.AddBooth{Outbreak: w.outbreak, Area: "2201-A", Name: "Booth 1"})
	w.booth = must(w, b, err).ID
	r, err := w.h.Screening.OpenRound(w.ctx, root, screening.OpenRound{Outbreak: w.outbreak, Name: "Round 1", Areas: []string{"2201"}})
	w.round = must(w, r, err).ID
	if r.Pool != 10 || r.Roll != 40 {
		w.t.Fatalf("round %+v", r)
	}
	x, err := w.h.Lab.AddLab(w.ctx, root, lab.AddLab{Name: "Lab", Area: "2201", PerDay: 1000})
	w.lab = must(w, x, err).ID
	s, err := w.h.Placement.OpenSite(w.ctx, root, placement.OpenSite{Area: "2201", Kind: "isolation_site", Name: "Hotel", Wards: []placement.NewWard{{Name: "1", Kind: "single_room", Beds: 1}}})
	w.site = must(w, s, err).ID
}

func ignore[A any](_ A, err error) error { return err }

func must2(w *town) func(v any, err error) outbreak.OutbreakID {
	return func(v any, err error) outbreak.OutbreakID {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		id, _ := v.(outbreak.OutbreakID)
		return id
	}
}

// close hands in a tube with people by their place on the roll.
func (w *town) close(code string, people ...int) screening.Handed {
	w.t.Helper()
	t := screening.HandedTube{Tube: outbreak.TubeCode(code), Taken: w.clock.Now()}
	for _, p := range people {
		t.Members = append(t.Members, screening.HandedMember{No: w.people[p]})
	}
	h, err := w.h.Screening.CloseTubes(w.ctx, root, screening.CloseTubes{Round: w.round, Booth: w.booth, Tubes: []screening.HandedTube{t}})
	return must(w, h, err)
}

// report gives the laboratory's word on a tube and lets everything follow.
func (w *town) report(code string, r outbreak.Result) lab.Taken {
	w.t.Helper()
	t, err := w.h.Lab.ReportResult(w.ctx, root, lab.ReportResult{Lab: w.lab, Report: lab.Report{Tube: outbreak.TubeCode(code), Result: r}})
	must(w, t, err)
	w.settle()
	return t
}

// settle waits until nobody has anything left to follow.
func (w *town) settle() {
	w.t.Helper()
	must(w, 0, w.h.Journal.Settled(w.ctx))
	must(w, 0, ignore(w.h.Screening.FindRound(w.ctx, root, w.round, "")))
	must(w, 0, w.h.Journal.Settled(w.ctx))
}

func (w *town) outcomes() map[outbreak.Outcome]int {
	w.t.Helper()
	st, err := w.h.Screening.FindRound(w.ctx, root, w.round, "")
	must(w, st, err)
	return st.Outcomes
}

func (w *town) waiting(step board.Step) int {
	w.t.Helper()
	b, err := w.h.Board.Backlog(w.ctx, root, board.Filter{Step: step})
	must(w, b, err)
	n := 0
	for _, l := range b.Lines {
		n += l.Waiting
	}
	return n
}

// sound checks what must hold whatever happened.
func (w *town) sound() {
	w.t.Helper()
	w.settle()
	sum := 0
	for _, n := range w.outcomes() {
		sum += n
	}
	if sum != 40 {
		w.t.Errorf("outcomes sum to %d, the roll has 40", sum)
	}
	must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) error {
		if n, err := board.Differences(tx); err != nil || n != 0 {
			w.t.Errorf("the kept board differs from the rebuilt one in %d rows: %v", n, err)
		}
		for _, c := range board.Checks {
			if n, err := c.Count(tx); err != nil || n != 0 {
				w.t.Errorf("%s: %d things do not agree: %v", c.Name, n, err)
			}
		}
		parked, err := journal.ListParked(tx)
		if err != nil || len(parked) != 0 {
			w.t.Errorf("parked: %v %v", parked, err)
		}
		return nil
	}))
	if n, err := w.h.Board.WrongTubes(w.ctx); err != nil || n != 0 {
		w.t.Errorf("%d tubes wait on one side of the house alone: %v", n, err)
	}
	v, err := journal.Verify(w.ctx, w.h.DB)
	if must(w, v, err); len(v.Findings) != 0 {
		w.t.Errorf("journal: %v", v.Findings)
	}
}

func want[T comparable](w *town, what string, got, want T) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestAPositiveTubeFindsItsWayFromSwabToBed(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 0, 1, 2)
		w.close("T0002", 3, 4, 5)
		w.settle()
		want(w, "in transit", w.waiting(board.Transit), 2)
		want(w, "awaiting", w.outcomes()[outbreak.Awaiting], 6)

		w.report("T0002", outbreak.Negative)
		w.report("T0001", outbreak.Positive)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 3)
		want(w, "to be swabbed alone", w.waiting(board.Resample), 3)

		w.clock.Move(time.Hour)
		for i, code := range []string{"T0011", "T0012", "T0013"} {
			w.close(code, i)
		}
		w.settle()
		want(w, "own results owed", w.waiting(board.OwnResult), 3)
		w.report("T0011", outbreak.Negative)
		w.report("T0012", outbreak.Positive)
		want(w, "own results owed", w.waiting(board.OwnResult), 1)
		w.report("T0013", outbreak.Negative)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 6)

		list, err := w.h.Cases.ListCases(w.ctx, root, cases.Filter{Most: 10})
		if must(w, list, err); len(list) != 1 {
			w.t.Fatalf("%d cases", len(list))
		}
		c := list[0]
		want(w, "severity", c.Severity, outbreak.ScreenPositive)
		_, steps, err := w.h.Cases.FindCase(w.ctx, root, c.ID)
		must(w, steps, err)
		for _, s := range steps {
			if s.Step == "core_info" {
				want(w, "core information due", s.Due, c.PositiveAt.Add(4*time.Hour))
			}
		}
		trips, err := w.h.Transfer.ListTrips(w.ctx, root, transfer.Filter{Most: 10})
		if must(w, trips, err); len(trips) != 1 {
			w.t.Fatalf("%d trips", len(trips))
		}
		v, err := w.h.Transfer.AddVehicle(w.ctx, root, transfer.AddVehicle{Area: "2201", Kind: "van", Name: "吉A 1", Seats: 1})
		must(w, v, err)
		must(w, 0, ignore(w.h.Transfer.AssignVehicle(w.ctx, root, transfer.AssignVehicle{Trip: trips[0].ID, Vehicle: v.ID})))
		must(w, 0, ignore(w.h.Transfer.PickUp(w.ctx, root, transfer.PickUp{Trip: trips[0].ID})))
		must(w, 0, ignore(w.h.Transfer.EndTrip(w.ctx, root, transfer.EndTrip{Trip: trips[0].ID, How: transfer.Arrived})))
		w.settle()
		stays, err := w.h.Placement.ListStays(w.ctx, root, w.site, "arrived", 0, 10)
		if must(w, stays, err); len(stays) != 1 || stays[0].Person != c.Person || stays[0].Bed == 0 {
			w.t.Fatalf("stays %+v", stays)
		}
	})
}

func TestACorrectedPoolFreesEverybodyAtOnce(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 0, 1, 2)
		w.report("T0001", outbreak.Positive)
		want(w, "held", w.waiting(board.Resample), 3)
		w.report("T0001", outbreak.Negative)
		want(w, "held", w.waiting(board.Resample), 0)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 3)
		members, err := w.h.Screening.ListHeld(w.ctx, root, "T0001", screening.Mark{}, 10)
		for _, m := range must(w, members, err) {
			want(w, "state", m.State, screening.Unheld)
		}
	})
}

func TestATakenBackResultPutsTheCaseInQuestion(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 7)
		w.report("T0001", outbreak.Positive)
		want(w, "waiting for a vehicle", w.waiting(board.Vehicle), 1)
		w.clock.Move(time.Hour)
		w.report("T0001", outbreak.Negative)
		list, err := w.h.Cases.ListCases(w.ctx, root, cases.Filter{Most: 10})
		must(w, list, err)
		want(w, "state", list[0].State, cases.InQuestion)
		want(w, "questions", w.waiting(board.Question), 1)
		_, err = w.h.Cases.DecideCase(w.ctx, root, cases.DecideCase{Case: list[0].ID, Reason: "contaminated run"})
		must(w, 0, err)
		w.settle()
		want(w, "waiting for a vehicle", w.waiting(board.Vehicle), 0)
		want(w, "clocks", w.waiting(board.CoreInfo), 0)
		sites, err := w.h.Placement.ListSites(w.ctx, root)
		must(w, sites, err)
		want(w, "free rooms", sites[0].Free, 1)
	})
}

func TestAnOrphanIsKeptAndJoinsItsMembersLater(t *testing.T) {
	engines(t, func(w *town) {
		w.report("T0050", outbreak.Positive)
		list, err := w.h.Screening.ListAnomalies(w.ctx, root, screening.Orphan, false, 0, 10)
		if must(w, list, err); len(list) != 1 {
			w.t.Fatalf("%d orphans", len(list))
		}
		w.close("T0050", 0, 1)
		w.settle()
		want(w, "held", w.waiting(board.Resample), 2)
		want(w, "in transit", w.waiting(board.Transit), 0)
		want(w, "orphans", w.waiting(board.Odd), 0)
	})
}

func TestALostTubeSendsEverybodyBackUntilTheNewSwab(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 0, 1, 2)
		must(w, 0, ignore(w.h.Screening.SpoilTube(w.ctx, root, screening.SpoilTube{Tube: "T0001", Reason: "leaked"})))
		w.settle()
		want(w, "again", w.outcomes()[outbreak.SampleAgain], 3)
		want(w, "queue", w.waiting(board.Again), 3)
		w.close("T0002", 0, 1, 2)
		w.settle()
		want(w, "again", w.outcomes()[outbreak.SampleAgain], 0)
		want(w, "queue", w.waiting(board.Again), 0)
		w.report("T0002", outbreak.Negative)
		want(w, "valid", w.outcomes()[outbreak.ValidResult], 3)
	})
}

func TestOddTubesAreKeptAndShown(t *testing.T) {
	engines(t, func(w *town) {
		all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
		if h := w.close("T0001", all...); len(h.Anomalies) != 1 || h.Anomalies[0] != screening.Overfull {
			w.t.Errorf("overfull: %+v", h)
		}
		w.close("T0002", 0, 20)
		w.settle()
		dup, err := w.h.Screening.ListAnomalies(w.ctx, root, screening.DuplicatePerson, false, 0, 10)
		want(w, "in two tubes", len(must(w, dup, err)), 1)
		if h := w.close("T0002", 0, 20); h.Repeated != 1 || h.Accepted != 0 {
			w.t.Errorf("the same again: %+v", h)
		}
		if h := w.close("T0002", 21, 22); h.Accepted != 1 || len(h.Anomalies) != 1 || h.Anomalies[0] != screening.TubeReused {
			w.t.Errorf("other members: %+v", h)
		}
		tube, _, err := w.h.Screening.FindTube(w.ctx, root, "T0002")
		want(w, "members of both", len(must(w, tube, err).Members), 4)
		w.report("T0002", outbreak.Negative)
		want(w, "in transit", w.waiting(board.Transit), 1)
	})
}

func TestAHoldEndsAtItsLimitAndTheSwabIsStillOwed(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 0, 1)
		w.report("T0001", outbreak.Positive)
		w.clock.Move(13 * time.Hour)
		must(w, 0, w.h.Screening.Tick(w.ctx))
		w.settle()
		held, released, err := w.h.Screening.CountHeld(w.ctx, root)
		must(w, held, err)
		want(w, "held", held, 2)
		want(w, "released", released, 2)
		want(w, "swabs owed", w.waiting(board.Resample), 2)
	})
}

func TestWhoArrivesIsThereWhateverThePlanSaid(t *testing.T) {
	engines(t, func(w *town) {
		w.close("T0001", 0)
		w.report("T0001", outbreak.Positive)
		w.close("T0002", 1)
		w.report("T0002", outbreak.Positive)
		want(w, "without a bed", w.waiting(board.Bed), 1)
		list, err := w.h.Placement.ListNeeds(w.ctx, root, "waiting", 0, 10)
		if must(w, list, err); len(list) != 1 {
			w.t.Fatalf("%d wait", len(list))
		}
		st, err := w.h.Placement.RecordArrival(w.ctx, root, placement.RecordArrival{Outbreak: w.outbreak, Person: list[0].Person, Site: w.site})
		must(w, st, err)
		want(w, "bed", st.Bed, outbreak.BedID(0))
		w.settle()
		want(w, "over", w.waiting(board.Over), 1)
		want(w, "without a bed", w.waiting(board.Bed), 0)
	})
}
