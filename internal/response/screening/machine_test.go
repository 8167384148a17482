package screening_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
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

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("12") // each is a house with a random history; ask for more by the flag
	}
	if flag.Lookup("test.bench").Value.String() == "" {
		screening.ShortRuns()
	}
	testkit.Main(m)
}

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// tubeModel is what a person with a notebook would know of a tube.
type tubeModel struct {
	closed  bool
	members []int
	spoiled bool
	result  outbreak.Result
	ops     []opModel            // in their order
	body    screening.HandedTube // as it was handed in last
	report  lab.Report           // as it was said last
}

// opModel is one operation on a tube.
type opModel struct {
	op       int64
	members  []int
	replaced bool
}

// did notes an operation, and who is in the tube by it.
func (t *tubeModel) did(op int64, members []int) {
	t.closed, t.ops = true, append(t.ops, opModel{op: op, members: members})
	t.members = nil
	for _, o := range t.ops {
		for _, p := range o.members {
			if !o.replaced && !slices.Contains(t.members, p) {
				t.members = append(t.members, p)
			}
		}
	}
}

// left tells whether a person was in the tube and is not.
func (t tubeModel) left(p int) bool {
	return !slices.Contains(t.members, p) && slices.ContainsFunc(t.ops, func(o opModel) bool { return slices.Contains(o.members, p) })
}

func (t tubeModel) single() bool { return len(t.members) == 1 }

// recalled tells whether the tube's members are to be held.
func (t tubeModel) recalled() bool {
	return t.closed && len(t.members) > 1 && (t.result == outbreak.Positive || t.result == outbreak.Indeterminate)
}

// machine drives a house and keeps a notebook beside it.
type machine struct {
	ctx   context.Context
	a     *app.App
	clock *outbreak.HandClock
	round outbreak.RoundID
	booth outbreak.BoothID
	lab   outbreak.LabID
	site  outbreak.SiteID
	ob    outbreak.OutbreakID
	nos   []int64 // of the roll

	tubes    map[outbreak.TubeCode]*tubeModel
	recorded map[int]outbreak.Outcome
	said     int
	ops      int64
}

const onRoll = 8

func newMachine(t *rapid.T, dir string) *machine {
	m := &machine{ctx: context.Background(), clock: outbreak.NewHandClock(testkit.Start), tubes: map[outbreak.TubeCode]*tubeModel{}, recorded: map[int]outbreak.Outcome{}}
	a, err := app.New(m.ctx, app.Config{Data: dir, Clock: m.clock, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}})
	ok(t, err)
	m.a = a
	a.Run(m.ctx)
	h := a.House
	_, err = h.Registry.LoadAreas(m.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "22-A", Parent: "22", Name: "甲"}, {Code: "22-B", Parent: "22", Name: "乙"}}})
	ok(t, err)
	m.ob, err = h.Registry.DeclareOutbreak(m.ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	ok(t, err)
	var people []registry.NewPerson
	for i := range onRoll {
		people = append(people, registry.NewPerson{Area: []string{"22-A", "22-B"}[i%2], Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
	}
	_, err = h.Registry.LoadPeople(m.ctx, root, registry.LoadPeople{People: people})
	ok(t, err)
	ok(t, h.DB.Read(m.ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, "", func(no int64) error { m.nos = append(m.nos, no); return nil })
	}))
	_, err = h.Registry.IssueBox(m.ctx, root, registry.IssueBox{First: "T00", Last: "T19", Area: "22", Outbreak: m.ob})
	ok(t, err)
	b, err := h.Screening.AddBooth(m.ctx, root, screening.AddBooth{Outbreak: m.ob, Area: "22-A", Name: "Booth"})
	ok(t, err)
	r, err := h.Screening.OpenRound(m.ctx, root, screening.OpenRound{Outbreak: m.ob, Name: "Round", Areas: []string{"22"}})
	ok(t, err)
	l, err := h.Lab.AddLab(m.ctx, root, lab.AddLab{Name: "Lab", Area: "22"})
	ok(t, err)
	s, err := h.Placement.OpenSite(m.ctx, root, placement.OpenSite{Area: "22", Kind: "isolation_site", Name: "Site", Wards: []placement.NewWard{{Name: "1", Kind: "single_room", Beds: 2}}})
	ok(t, err)
	m.booth, m.round, m.lab, m.site = b.ID, r.ID, l.ID, s.ID
	return m
}

func ok(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) stop() { _ = m.a.Stop(context.Background()) }

// aCode draws a serial; the last few were issued to nobody.
func (m *machine) aCode(t *rapid.T) outbreak.TubeCode {
	return outbreak.TubeCode(fmt.Sprintf("T%02d", rapid.IntRange(0, 21).Draw(t, "serial")))
}

func (m *machine) tube(code outbreak.TubeCode) *tubeModel {
	if m.tubes[code] == nil {
		m.tubes[code] = &tubeModel{}
	}
	return m.tubes[code]
}

// known draws one of the tubes for which something is true.
func (m *machine) known(t *rapid.T, is func(*tubeModel) bool) (outbreak.TubeCode, *tubeModel) {
	var codes []outbreak.TubeCode
	for _, c := range slices.Sorted(maps.Keys(m.tubes)) {
		if is(m.tubes[c]) {
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		t.Skip("no such tube")
	}
	c := rapid.SampledFrom(codes).Draw(t, "tube")
	return c, m.tubes[c]
}

func (m *machine) hand(t *rapid.T, h screening.HandedTube) screening.Handed {
	handed, err := m.a.House.Screening.CloseTubes(m.ctx, root, screening.CloseTubes{Round: m.round, Booth: m.booth, Tubes: []screening.HandedTube{h}})
	ok(t, err)
	return handed
}

func (m *machine) say(t *rapid.T, r lab.Report) lab.Taken {
	taken, err := m.a.House.Lab.ReportResult(m.ctx, root, lab.ReportResult{Lab: m.lab, Report: r})
	ok(t, err)
	return taken
}

// Close hands in a tube that no booth has handed in, or one again with other members.
func (m *machine) Close(t *rapid.T) {
	code := m.aCode(t)
	x := m.tube(code)
	if x.closed && rapid.IntRange(0, 3).Draw(t, "again") > 0 {
		t.Skip("in already")
	}
	least := 1
	if x.closed {
		least = 2
	}
	people := rapid.SliceOfNDistinct(rapid.IntRange(0, onRoll-1), least, 4, rapid.ID).Draw(t, "people")
	m.ops++
	h := screening.HandedTube{Tube: code, Op: m.ops, Taken: m.clock.Now()}
	for _, p := range people {
		h.Members = append(h.Members, screening.HandedMember{No: m.nos[p]})
	}
	if got := m.hand(t, h); got.Accepted != 1 {
		t.Fatalf("%s was not taken: %+v", code, got)
	}
	x.did(m.ops, people)
	x.body = h
}

// Amend says of an operation on a tube that others were meant.
func (m *machine) Amend(t *rapid.T) {
	code, x := m.known(t, func(x *tubeModel) bool {
		return slices.ContainsFunc(x.ops, func(o opModel) bool { return !o.replaced })
	})
	var live []int
	for i, o := range x.ops {
		if !o.replaced {
			live = append(live, i)
		}
	}
	was := &x.ops[rapid.SampledFrom(live).Draw(t, "operation")]
	people := rapid.SliceOfNDistinct(rapid.IntRange(0, onRoll-1), 0, 3, rapid.ID).Draw(t, "people")
	m.ops++
	o := screening.Operation{Op: m.ops, Amends: was.op, Reason: "read wrongly", Taken: m.clock.Now()}
	ok(t, o.Tidy(string(code), "amend", false))
	for _, p := range people {
		o.Members = append(o.Members, screening.Member{No: m.nos[p]})
	}
	ok(t, m.a.House.Screening.Take(m.ctx, root, m.round, m.booth, []*screening.Operation{&o}))
	if got, _ := o.Status(); got != screening.Stored {
		t.Fatalf("the correction of %s was %s", code, got)
	}
	was.replaced = true
	x.did(m.ops, people)
}

// Swab takes the own tube of one person, as the team of a recall would.
func (m *machine) Swab(t *rapid.T) {
	code := m.aCode(t)
	x := m.tube(code)
	if x.closed {
		t.Skip("in already")
	}
	p := rapid.IntRange(0, onRoll-1).Draw(t, "person")
	m.ops++
	h := screening.HandedTube{Tube: code, Op: m.ops, Taken: m.clock.Now(), Members: []screening.HandedMember{{No: m.nos[p]}}}
	if got := m.hand(t, h); got.Accepted != 1 {
		t.Fatalf("%s was not taken: %+v", code, got)
	}
	x.did(m.ops, []int{p})
	x.body = h
}

// CloseTwice sends a tube again as it was sent.
func (m *machine) CloseTwice(t *rapid.T) {
	code, x := m.known(t, func(x *tubeModel) bool { return x.closed })
	if got := m.hand(t, x.body); got.Repeated != 1 || got.Accepted != 0 {
		t.Fatalf("%s again: %+v", code, got)
	}
}

// Report says a result of any tube, known or not, as the first or as a revision.
func (m *machine) Report(t *rapid.T) {
	code := m.aCode(t)
	if len(m.tubes) > 0 && rapid.IntRange(0, 3).Draw(t, "known") > 0 {
		code, _ = m.known(t, func(*tubeModel) bool { return true })
	}
	x := m.tube(code)
	m.said++
	r := lab.Report{Tube: code, Result: rapid.SampledFrom(outbreak.Results).Draw(t, "result"), Message: fmt.Sprint("message ", m.said)}
	if got := m.say(t, r); got.Accepted != 1 {
		t.Fatalf("%s of %s was not taken: %+v", r.Result, code, got)
	}
	x.result, x.report = r.Result, r
}

// ReportTwice says again what was said last.
func (m *machine) ReportTwice(t *rapid.T) {
	code, x := m.known(t, func(x *tubeModel) bool { return x.result != "" })
	if got := m.say(t, x.report); got.Repeated != 1 || got.Accepted != 0 {
		t.Fatalf("%s again: %+v", code, got)
	}
}

// Receive books a tube in at the laboratory.
func (m *machine) Receive(t *rapid.T) {
	_, err := m.a.House.Lab.ReceiveTubes(m.ctx, root, lab.ReceiveTubes{Lab: m.lab, Tubes: []outbreak.TubeCode{m.aCode(t)}})
	ok(t, err)
}

// Spoil loses a tube, whether a booth has handed it in or not.
func (m *machine) Spoil(t *rapid.T) {
	code := m.aCode(t)
	_, err := m.a.House.Screening.SpoilTube(m.ctx, root, screening.SpoilTube{Tube: code, Reason: "lost"})
	ok(t, err)
	x := m.tube(code)
	x.spoiled = true
}

// Record notes why somebody was not sampled.
func (m *machine) Record(t *rapid.T) {
	p := rapid.IntRange(0, onRoll-1).Draw(t, "person")
	o := rapid.SampledFrom([]outbreak.Outcome{outbreak.Excused, outbreak.Refused, outbreak.Away, outbreak.Unreachable}).Draw(t, "outcome")
	_, err := m.a.House.Screening.RecordOutcomes(m.ctx, root, screening.RecordOutcomes{Round: m.round, Items: []screening.OutcomeOf{{No: m.nos[p], Outcome: o}}})
	ok(t, err)
	m.recorded[p] = o
}

// Wait lets hours pass; holds run into their limit.
func (m *machine) Wait(t *rapid.T) {
	m.clock.Move(time.Duration(rapid.IntRange(1, 14).Draw(t, "hours")) * time.Hour)
	ok(t, m.a.House.Screening.Tick(m.ctx))
}

// Settle says of an anomaly what it turned out to be.
func (m *machine) Settle(t *rapid.T) {
	list, err := m.a.House.Screening.ListAnomalies(m.ctx, root, "", false, 0, 100)
	ok(t, err)
	if len(list) == 0 {
		t.Skip("nothing is odd")
	}
	a := list[rapid.IntRange(0, len(list)-1).Draw(t, "anomaly")]
	_, err = m.a.House.Screening.SettleAnomaly(m.ctx, root, screening.SettleAnomaly{Anomaly: a.ID, Verdict: "explained"})
	ok(t, err)
}

// Decide answers a case, whatever its state.
func (m *machine) Decide(t *rapid.T) {
	list, err := m.a.House.Cases.ListCases(m.ctx, root, cases.Filter{Most: 100})
	ok(t, err)
	list = slices.DeleteFunc(list, func(c cases.Case) bool { return c.State == cases.Discarded })
	if len(list) == 0 {
		t.Skip("no case")
	}
	c := list[rapid.IntRange(0, len(list)-1).Draw(t, "case")]
	_, err = m.a.House.Cases.DecideCase(m.ctx, root, cases.DecideCase{Case: c.ID, Uphold: c.State == cases.InQuestion && rapid.Bool().Draw(t, "uphold"), Reason: "looked at"})
	ok(t, err)
}

// Move lets a trip end, or somebody leave a site.
func (m *machine) Move(t *rapid.T) {
	trips, err := m.a.House.Transfer.ListTrips(m.ctx, root, transfer.Filter{State: transfer.Requested, Most: 100})
	ok(t, err)
	if len(trips) > 0 && rapid.Bool().Draw(t, "trip") {
		how := rapid.SampledFrom([]transfer.State{transfer.Arrived, transfer.Cancelled, transfer.Died}).Draw(t, "how")
		_, err := m.a.House.Transfer.EndTrip(m.ctx, root, transfer.EndTrip{Trip: trips[rapid.IntRange(0, len(trips)-1).Draw(t, "which")].ID, How: how, Reason: "drawn"})
		ok(t, err)
		return
	}
	stays, err := m.a.House.Placement.ListStays(m.ctx, root, 0, "arrived", 0, 100)
	ok(t, err)
	if len(stays) == 0 {
		t.Skip("nobody is there")
	}
	_, err = m.a.House.Placement.DischargePerson(m.ctx, root, placement.DischargePerson{Stay: stays[rapid.IntRange(0, len(stays)-1).Draw(t, "stay")].ID, Reason: "recovered"})
	ok(t, err)
}

// outcome is where the notebook says that a person stands.
func (m *machine) outcome(p int) (stands outbreak.Outcome, byPool bool) {
	var open, negative, waiting, any, left bool
	for _, x := range m.tubes {
		left = left || x.left(p)
		if !x.closed || !slices.Contains(x.members, p) {
			continue
		}
		any = true
		switch {
		case x.single() && (x.result == outbreak.Positive || x.result == outbreak.Negative):
			return outbreak.ValidResult, false
		case x.recalled():
			open = true
		case x.result == outbreak.Negative:
			negative = true
		case x.result == "" && !x.spoiled:
			waiting = true
		}
	}
	switch {
	case open:
		return outbreak.Awaiting, true
	case negative:
		return outbreak.ValidResult, false
	case waiting:
		return outbreak.Awaiting, false
	case any:
		return outbreak.SampleAgain, false
	case m.recorded[p] != "":
		return m.recorded[p], false
	case left:
		return outbreak.SampleAgain, false
	}
	return outbreak.Unknown, false
}

// positive tells whether a person has a positive own tube.
func (m *machine) positive(p int) bool {
	for _, x := range m.tubes {
		if x.closed && x.single() && x.members[0] == p && x.result == outbreak.Positive {
			return true
		}
	}
	return false
}

// Check runs after every step.
func (m *machine) Check(t *rapid.T) {
	m.clock.Move(time.Minute)
	for range 2 {
		ok(t, m.a.House.Journal.Settled(m.ctx))
		ok(t, m.a.House.Screening.Tick(m.ctx))
		_, err := m.a.House.Screening.FindRound(m.ctx, root, m.round, "")
		ok(t, err)
	}
	m.checkOutcomes(t)
	m.checkHolds(t)
	m.checkAgain(t)
	m.checkAnomalies(t)
	ok(t, m.a.House.DB.Read(m.ctx, func(tx *store.Tx) error { m.checkHouse(t, tx); return nil }))
}

// checkOutcomes holds everybody against the notebook.
func (m *machine) checkOutcomes(t *rapid.T) {
	st, err := m.a.House.Screening.FindRound(m.ctx, root, m.round, "")
	ok(t, err)
	sum := 0
	stands := map[int64]outbreak.Outcome{}
	for _, o := range outbreak.Outcomes {
		people, err := m.a.House.Screening.ListStanding(m.ctx, root, m.round, "", o, 0, 100)
		ok(t, err)
		if len(people) != st.Outcomes[o] {
			t.Fatalf("%d people stand in %s, the figure is %d", len(people), o, st.Outcomes[o])
		}
		for _, p := range people {
			stands[p.No] = o
		}
		sum += st.Outcomes[o]
	}
	if sum != onRoll || st.RollNow != onRoll || len(stands) != onRoll {
		t.Fatalf("the outcomes sum to %d of %d: %v", sum, onRoll, st.Outcomes)
	}
	for p, no := range m.nos {
		if want, _ := m.outcome(p); stands[no] != want {
			t.Fatalf("person %d stands in %s, the notebook says %s", p, stands[no], want)
		}
	}
}

// checkHolds makes sure that each positive pool has its members, that nobody waits for a pool without being held, and that
// nobody is held for a pool that is not positive any more.
func (m *machine) checkHolds(t *rapid.T) {
	owed := map[int64]bool{}
	for code, x := range m.tubes {
		if !x.closed {
			continue
		}
		members, err := m.a.House.Screening.ListHeld(m.ctx, root, code, screening.Mark{}, 100)
		ok(t, err)
		sum := map[screening.MemberState]int{}
		for _, h := range members {
			sum[h.State]++
			waits := h.State == screening.Held || h.State == screening.Resampled
			if waits != (h.EndedAt == 0) {
				t.Fatalf("%s: number %d is %s and ended at %v", code, h.No, h.State, h.EndedAt)
			}
			if waits && !x.recalled() {
				t.Fatalf("%s is %q, and number %d is %s for it", code, x.result, h.No, h.State)
			}
			if h.State == screening.Resampled && m.tubes[h.Single].result != "" {
				t.Fatalf("%s: number %d waits for the result of %s, which is %s", code, h.No, h.Single, m.tubes[h.Single].result)
			}
			owed[h.No] = owed[h.No] || waits
		}
		n := sum[screening.Held] + sum[screening.Resampled] + sum[screening.Freed] + sum[screening.Infected] + sum[screening.Unheld]
		if n != len(members) || x.recalled() && slices.ContainsFunc(x.members, func(p int) bool {
			return !slices.ContainsFunc(members, func(h screening.RecallMember) bool { return h.No == m.nos[p] })
		}) {
			t.Fatalf("%s has %d members, of whom %v are known to its recall", code, len(x.members), sum)
		}
	}
	for p, no := range m.nos {
		if _, byPool := m.outcome(p); byPool && !owed[no] {
			t.Fatalf("person %d waits because of a pool, and nobody calls", p)
		}
	}
}

// checkAgain makes sure that nobody is asked for a swab in place of a tube that has a valid result.
func (m *machine) checkAgain(t *rapid.T) {
	owed, err := m.a.House.Screening.ListAgain(m.ctx, root, screening.Mark{}, 1000)
	ok(t, err)
	for _, a := range owed {
		if x := m.tubes[a.Tube]; x.result == outbreak.Negative && slices.ContainsFunc(x.members, func(p int) bool { return m.nos[p] == a.No }) {
			t.Fatalf("number %d is to be sampled again for %s, which is negative", a.No, a.Tube)
		}
	}
}

// checkAnomalies makes sure that an anomaly about a person names the person, and nobody twice.
func (m *machine) checkAnomalies(t *rapid.T) {
	list, err := m.a.House.Screening.ListAnomalies(m.ctx, root, screening.DuplicatePerson, false, 0, 1000)
	ok(t, err)
	seen := map[string]bool{}
	for _, a := range list {
		key := fmt.Sprint(a.Tube, " ", a.Person)
		if a.Person == 0 || seen[key] {
			t.Fatalf("an anomaly about %s in %s: %+v", a.Content, a.Tube, a)
		}
		seen[key] = true
	}
}

// checkHouse looks across the slices.
func (m *machine) checkHouse(t *rapid.T, tx *store.Tx) {
	for _, c := range board.Checks {
		if n, err := c.Count(tx); err != nil || n != 0 {
			t.Fatalf("%s: %d %v", c.Name, n, err)
		}
	}
	if n, err := board.Differences(tx); err != nil || n != 0 {
		t.Fatalf("the kept board differs from the rebuilt one in %d rows: %v", n, err)
	}
	people, err := registry.PeopleByNo(tx, m.nos)
	ok(t, err)
	for code, x := range m.tubes {
		told, err := store.List(tx, store.Value[int64], "select no from positive_telling where tube = $1 and ended_at = 0", code)
		ok(t, err)
		var want []int64
		if x.closed && x.single() && x.result == outbreak.Positive {
			want = []int64{m.nos[x.members[0]]}
		}
		if !slices.Equal(told, want) {
			t.Fatalf("%s is to be told to %v, not to %v", code, told, want)
		}
	}
	for p, no := range m.nos {
		ref := outbreak.Ref{Kind: "person", ID: people[no].ID.String()}
		live, err := store.Count(tx, "select count(*) from case_file where person = $1 and state <> 'discarded'", people[no].ID)
		if ok(t, err); live > 1 {
			t.Fatalf("person %d has %d live cases", p, live)
		}
		ever, err := store.Count(tx, "select count(*) from case_file where person = $1", people[no].ID)
		if ok(t, err); ever == 0 && m.positive(p) {
			t.Fatalf("person %d has a positive own tube and never had a case", p)
		}
		owed, err := store.Count(tx, "select count(*) from sample_again where no = $1 and met_at = 0", no)
		ok(t, err)
		again, err := task.OpenAbout(tx, task.SwabAgain, ref)
		if ok(t, err); (owed > 0) != (len(again) > 0) {
			t.Fatalf("person %d is owed a swab for %d tubes, with %d open tasks", p, owed, len(again))
		}
		if stands, _ := m.outcome(p); stands == outbreak.SampleAgain {
			swab, err := task.OpenAbout(tx, task.Resample, ref)
			if ok(t, err); len(again)+len(swab) == 0 {
				t.Fatalf("person %d is to be sampled again, and nobody is asked to", p)
			}
		}
		for what, states := range map[task.What]string{task.Resample: "held", task.AwaitSingle: "resampled"} {
			held, err := store.Count(tx, "select count(*) from recall_member where no = $1 and state = $2", no, states)
			ok(t, err)
			work, err := task.OpenAbout(tx, what, ref)
			if ok(t, err); (held > 0) != (len(work) > 0) {
				t.Fatalf("person %d is %s in %d recalls, with %d open tasks %s", p, states, held, len(work), what)
			}
		}
	}
}

// TestARandomHistoryKeepsEverybodyAccountedFor drives a house through random histories of swabs, losses, results, revisions,
// repeats and late uploads, and holds it against a notebook after every step.
func TestARandomHistoryKeepsEverybodyAccountedFor(t *testing.T) {
	whole := t
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t, testkit.Folder(whole, app.Owners()))
		defer m.stop()
		t.Repeat(map[string]func(*rapid.T){
			"close": m.Close, "amend": m.Amend, "swab": m.Swab, "close twice": m.CloseTwice, "report": m.Report, "report too": m.Report, "report twice": m.ReportTwice,
			"receive": m.Receive, "spoil": m.Spoil, "record": m.Record, "wait": m.Wait, "settle": m.Settle, "decide": m.Decide, "move": m.Move, "": m.Check,
		})
		m.checkRestart(t)
	})
}

// checkRestart makes sure that a process that starts now sees what the running one sees, and that the board made anew is the
// board kept.
func (m *machine) checkRestart(t *rapid.T) {
	running, err := m.a.House.Screening.FindRound(m.ctx, root, m.round, "")
	ok(t, err)
	h := m.a.House
	if wrong, _, err := h.Screening.WrongRuns(m.ctx); err != nil || wrong != 0 {
		t.Fatalf("%d packed runs say something else than their rows: %v", wrong, err)
	}
	anew := screening.New(h.DB, h.Journal, h.IDs, h.Registry, h.Tasks, h.Lab)
	before := m.head(t)
	ok(t, anew.Coverage().CatchUp(m.ctx))
	if after := m.head(t); after != before {
		t.Fatalf("a start alone wrote %d entries", after-before)
	}
	started, err := anew.FindRound(m.ctx, root, m.round, "")
	ok(t, err)
	if !maps.Equal(running.Outcomes, started.Outcomes) || running.WalkIns != started.WalkIns {
		t.Fatalf("running %v, started anew %v", running.Outcomes, started.Outcomes)
	}
	for _, o := range outbreak.Outcomes {
		a, err := h.Screening.ListStanding(m.ctx, root, m.round, "", o, 0, 100)
		ok(t, err)
		b, err := anew.ListStanding(m.ctx, root, m.round, "", o, 0, 100)
		if ok(t, err); !slices.Equal(a, b) {
			t.Fatalf("%s: running %v, started anew %v", o, a, b)
		}
	}
	for range 2 {
		before := m.picture(t)
		ok(t, h.Board.Rebuild(m.ctx))
		if after := m.picture(t); after != before {
			t.Fatalf("made anew the board changed:\n%s\n%s", before, after)
		}
	}
}

func (m *machine) head(t *rapid.T) (head int64) {
	ok(t, m.a.House.DB.Read(m.ctx, func(tx *store.Tx) (err error) {
		head, err = journal.Head(tx)
		return err
	}))
	return head
}

func (m *machine) picture(t *rapid.T) string {
	b, err := m.a.House.Board.Backlog(m.ctx, root, board.Filter{})
	ok(t, err)
	rows, err := m.a.House.Board.ListWaiting(m.ctx, root, board.Filter{Most: 1000})
	ok(t, err)
	counts, err := m.a.House.Board.ListCounts(m.ctx, root, board.Filter{}, 0)
	ok(t, err)
	return fmt.Sprint(b.Lines, rows, counts)
}
