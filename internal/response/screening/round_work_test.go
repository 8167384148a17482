package screening_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

func worker(id int) outbreak.Actor {
	return outbreak.Actor{User: outbreak.UserID(id), Grants: []outbreak.Grant{{Role: string(access.CommunityWorker)}}}
}

// TestPoolsByZone judges each tube by the limit of where it was taken.
func TestPoolsByZone(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		wide, nos := h.place(t, 8)
		locked, behind := h.place(t, 8)
		for _, wrong := range []screening.OpenRound{
			{Name: "x", Areas: []string{wide}, Pools: []screening.PoolIn{{Area: wide, Pool: 7}}},
			{Name: "x", Areas: []string{wide}, Pools: []screening.PoolIn{{Area: locked, Pool: 5}}},
			{Name: "x", Areas: []string{wide}, Pools: []screening.PoolIn{{Area: wide, Pool: 5}, {Area: wide, Pool: 1}}},
			{Name: "x", Areas: []string{wide}, Pool: 3},
		} {
			wrong.Outbreak = h.outbreak
			_, err := s.OpenRound(h.ctx, root, wrong)
			refusedAs(t, err, outbreak.Invalid, fmt.Sprintf("%+v", wrong.Pools))
		}
		r := h.round(t, screening.OpenRound{Name: "Zones", Areas: []string{wide, locked}, Pool: 10, Pools: []screening.PoolIn{{Area: locked, Pool: 5, Household: true}}})
		if st := h.state(t, r.ID); len(st.Areas) != 2 || len(st.Pools) != 1 || !st.Pools[0].Household {
			t.Errorf("read back: %+v", st.Round)
		}
		booth := func(area, kind string) outbreak.BoothID {
			b, err := s.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: area, Name: area + kind, Kind: kind})
			must(t, err)
			return b.ID
		}
		_, err := s.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: wide, Name: "x", Kind: "bar"})
		refusedAs(t, err, outbreak.Invalid, "a kind nobody knows")
		for _, c := range []struct {
			name     string
			booth    outbreak.BoothID
			people   []int64
			overfull bool
		}{
			{"six in the wide zone", booth(wide, ""), nos[:6], false},
			{"six where one household goes into a tube", booth(locked, ""), behind[:6], true},
			{"one household", booth(locked, ""), behind[6:8], false},
			{"two at the fever clinic", booth(wide, screening.FeverClinic), nos[6:8], true},
			{"one at the isolation site", booth(locked, screening.IsolationSite), behind[:1], false},
			{"six at a booth for the whole province", h.booth, behind[:6], false},
		} {
			tube, done := h.hand(t, r.ID, c.booth, c.people...)
			if got := slices.Contains(done.Anomalies, screening.Overfull); got != c.overfull || done.Accepted != 1 {
				t.Errorf("%s: tube %s: %+v", c.name, tube, done)
			}
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		mixed, err := s.ListAnomalies(h.ctx, root, screening.MixedHouseholds, false, 0, 10)
		if must(t, err); len(mixed) != 1 || mixed[0].Content != "3" {
			t.Errorf("tubes with several households: %+v", mixed)
		}
		// the booth page knows its own limit without a network
		code, err := s.NewDeviceCode(h.ctx, root, screening.NewDeviceCode{Booth: booth(locked, "")})
		must(t, err)
		e, err := s.Enrol(h.ctx, code.Code)
		if must(t, err); len(e.Rounds) != 1 || e.Rounds[0].Pool != 5 || !e.Rounds[0].Household {
			t.Errorf("a device's limit: %+v", e.Rounds)
		}
	})
}

// TestALostDevice blocks no round for ever.
func TestALostDevice(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		wall := outbreak.NewHandClock(outbreak.WallClock{}.Now())
		s.Enrols(h.a.House.Access, wall)
		code, nos := h.place(t, 2)
		old := h.enrol(t)
		_, err := s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: old.Device, Reason: "of a round before"})
		must(t, err)
		wall.Move(time.Second)
		r := h.round(t, screening.OpenRound{Name: "Round", Areas: []string{code}})
		d := h.enrol(t)
		lost := d.op("M600001", screening.Member{No: nos[0]})
		d.beat(t)
		blockers := func() screening.Blockers {
			b, err := s.FindBlockers(h.ctx, root, r.ID)
			must(t, err)
			return b
		}
		if b := blockers(); len(b.Unsynced) != 1 || len(b.Lost) != 0 || b.Unknown != 2 {
			t.Errorf("while it acts: %+v", b)
		}
		_, err = s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: d.Device})
		refusedAs(t, err, outbreak.Invalid, "without a reason")
		_, err = s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: d.Device, Reason: "fell into the river", Whole: true})
		refusedAs(t, err, outbreak.Invalid, "all is known, and nothing named")
		l, err := s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: d.Device, Reason: "fell into the river"})
		if must(t, err); l.Missing != 1 || l.Device.Ended != screening.Lost {
			t.Errorf("%+v", l)
		}
		if _, _, err := h.a.House.Access.ActorOfToken(h.ctx, d.Token); outbreak.KindOf(err) != outbreak.Expired {
			t.Error("its token works:", err)
		}
		if b := blockers(); len(b.Lost) != 1 || len(b.Unsynced)+len(b.Silent) != 0 {
			t.Errorf("given up: %+v", b)
		}
		// everybody is settled: it still closes as incomplete only
		_, err = s.RecordOutcomes(h.ctx, root, screening.RecordOutcomes{Round: r.ID, Items: []screening.OutcomeOf{{No: nos[0], Outcome: outbreak.Excused}, {No: nos[1], Outcome: outbreak.Away}}})
		must(t, err)
		must(t, h.a.House.Screening.Coverage().CatchUp(h.ctx))
		_, err = s.CloseRound(h.ctx, root, screening.CloseRound{Round: r.ID})
		refusedAs(t, err, outbreak.Conflict, "complete, with a lost device")
		// what was on it is found out
		_, err = s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: d.Device, Reason: "the box of tubes tells", Tubes: []outbreak.TubeCode{"m600001", "M600001"}, Whole: true})
		must(t, err)
		if b := blockers(); !b.None() {
			t.Errorf("what it held is known: %+v", b)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		closed, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: r.ID})
		if must(t, err); !closed.Complete {
			t.Errorf("closed: %+v", closed)
		}
		// the tube turns up: it is no refusal, and its person is to be sampled again, since the tube was given up
		if odd := d.by; odd.User == 0 {
			t.Fatal("the device has no account")
		}
		d.by = root
		d.send(t, r.ID, lost)
		must(t, h.a.House.Screening.Coverage().CatchUp(h.ctx))
		if st := h.state(t, r.ID); st.Outcomes[outbreak.SampleAgain] != 1 {
			t.Errorf("%+v", st.Outcomes)
		}
	})
}

// TestARevokedSilentDevice holds something, as far as anybody knows.
func TestARevokedSilentDevice(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		wall := outbreak.NewHandClock(outbreak.WallClock{}.Now())
		s.Enrols(h.a.House.Access, wall)
		code, _ := h.place(t, 1)
		r := h.round(t, screening.OpenRound{Name: "Round", Areas: []string{code}})
		heard, silent := h.enrol(t), h.enrol(t)
		silent.beat(t)
		wall.Move(16 * time.Minute)
		heard.beat(t)
		for _, d := range []*boothDevice{heard, silent} {
			_, err := s.RevokeDevice(h.ctx, root, screening.RevokeDevice{Device: d.Device})
			must(t, err)
		}
		b, err := s.FindBlockers(h.ctx, root, r.ID)
		if must(t, err); len(b.Silent) != 1 || b.Silent[0].ID != silent.Device {
			t.Errorf("%+v", b)
		}
		_, err = s.DeclareLoss(h.ctx, root, screening.DeclareLoss{Device: silent.Device, Reason: "nobody was sampled with it", Whole: true})
		must(t, err)
		if b, err = s.FindBlockers(h.ctx, root, r.ID); err != nil || len(b.Silent)+len(b.Lost) != 0 {
			t.Errorf("%+v %v", b, err)
		}
	})
}

// TestDoorSheets sends sheets out and takes them back.
func TestDoorSheets(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		code, nos := h.place(t, 44) // two to a door, eight to a building
		below := outbreak.Path("/22/" + code + "/")
		r := h.round(t, screening.OpenRound{Name: "Round", Areas: []string{code}})
		_, _ = h.hand(t, r.ID, h.booth, nos[0])
		must(t, s.Coverage().CatchUp(h.ctx))
		list, err := s.ListMissing(h.ctx, root, r.ID, screening.MissingFilter{Most: 1000})
		if must(t, err); len(list) != 43 || list[0].No != nos[1] || list[0].Building != "1号楼" || list[0].Door != "1" {
			t.Fatalf("%d are missing, the first is %+v", len(list), list[0])
		}
		in, err := s.ListMissing(h.ctx, root, r.ID, screening.MissingFilter{Building: "2号楼", Most: 5})
		if must(t, err); len(in) != 5 || in[0].No != nos[8] {
			t.Errorf("of one building: %+v", in)
		}
		if in, err = s.ListMissing(h.ctx, root, r.ID, screening.MissingFilter{Building: "2号楼", Most: 5, After: in[4].No}); err != nil || len(in) != 3 {
			t.Errorf("its second page: %d %v", len(in), err)
		}
		if in, err = s.ListMissing(h.ctx, root, r.ID, screening.MissingFilter{Household: in[0].Home.Household, Most: 5}); err != nil || len(in) != 2 {
			t.Errorf("of one household: %d %v", len(in), err)
		}
		if in, err = s.ListMissing(h.ctx, root, r.ID, screening.MissingFilter{Unhoused: true, Below: below, Most: 5}); err != nil || len(in) != 0 {
			t.Errorf("behind no known door: %d %v", len(in), err)
		}
		buildings, err := s.ListMissingBuildings(h.ctx, root, r.ID, below)
		if must(t, err); len(buildings) != 6 || buildings[0] != (screening.MissingBuilding{Area: below, Building: "1号楼", Households: 4, People: 7}) {
			t.Errorf("%+v", buildings)
		}

		printed, err := s.PrintDoorSheets(h.ctx, root, screening.PrintDoorSheets{Round: r.ID, Below: below, Building: "1号楼"})
		if must(t, err); len(printed.Sheets) != 1 || printed.People != 7 {
			t.Fatalf("%+v", printed)
		}
		rest, err := s.PrintDoorSheets(h.ctx, root, screening.PrintDoorSheets{Round: r.ID, Below: below})
		if must(t, err); len(rest.Sheets) != 5 || rest.People != 36 {
			t.Errorf("%+v", rest)
		}
		_, err = s.PrintDoorSheets(h.ctx, root, screening.PrintDoorSheets{Round: r.ID, Below: below})
		refusedAs(t, err, outbreak.Conflict, "everybody is on a sheet")

		first := printed.Sheets[0]
		_, err = s.FindDoorSheets(h.ctx, root, []screening.DoorNumber{wrongDigit(first)})
		refusedAs(t, err, outbreak.Invalid, "a wrong check digit")
		sheets, err := s.FindDoorSheets(h.ctx, root, []screening.DoorNumber{screening.DoorNumber(" " + strings.ReplaceAll(string(first), "-", " – "))})
		if must(t, err); len(sheets[0].Lines) != 7 || sheets[0].Lines[0].Door != "1" {
			t.Fatalf("%+v", sheets)
		}
		who := worker(7)
		for _, wrong := range []screening.DoorSaid{{Line: 8, Said: "away"}, {Line: 0, Said: "away"}, {Line: 1, Said: "asleep"}, {Line: 1, Said: "away", At: h.now().Add(24 * time.Hour)}} {
			_, err = s.FillDoorSheet(h.ctx, who, screening.FillDoorSheet{Sheet: first, Items: []screening.DoorSaid{wrong}})
			refusedAs(t, err, outbreak.Invalid, fmt.Sprintf("%+v", wrong))
		}
		d, err := s.FillDoorSheet(h.ctx, who, screening.FillDoorSheet{Sheet: first, Back: true, Items: []screening.DoorSaid{
			{Line: 1, Said: screening.Sampled}, {Line: 2, Said: "refused", Reason: "no"}, {Line: 3, Said: "excused", At: h.now().Add(-time.Hour)}, {Line: 4, Said: "away"}, {Line: 5, Said: "unreachable"}}})
		if must(t, err); d.State != screening.SheetBack || d.Said != 5 || d.EndedBy != who.String() {
			t.Errorf("%+v", d)
		}
		must(t, s.Coverage().CatchUp(h.ctx))
		if sheets, err = s.FindDoorSheets(h.ctx, root, []screening.DoorNumber{first}); err != nil || !sheets[0].Lines[0].Tubeless() || sheets[0].Lines[1].Outcome != outbreak.Refused ||
			sheets[0].Lines[1].SaidBy != who.String() || sheets[0].Lines[2].SaidAt != h.now().Add(-time.Hour) || sheets[0].Lines[6].Outcome != outbreak.Unknown {
			t.Errorf("%+v %v", sheets, err)
		}
		st := h.state(t, r.ID)
		if st.Outcomes[outbreak.Refused] != 1 || st.Outcomes[outbreak.Excused] != 1 || st.Outcomes[outbreak.Away] != 1 || st.Outcomes[outbreak.Unreachable] != 1 || st.Outcomes[outbreak.Unknown] != 39 {
			t.Errorf("%+v", st.Outcomes)
		}
		// who is missing still goes on a new sheet; whoever refused or is excused does not
		again, err := s.PrintDoorSheets(h.ctx, root, screening.PrintDoorSheets{Round: r.ID, Below: below, Building: "1号楼"})
		if must(t, err); again.People != 5 {
			t.Errorf("%+v", again)
		}
		_, err = s.LoseDoorSheet(h.ctx, root, screening.LoseDoorSheet{Sheet: again.Sheets[0], Reason: "blown away"})
		must(t, err)
		_, err = s.LoseDoorSheet(h.ctx, root, screening.LoseDoorSheet{Sheet: again.Sheets[0], Reason: "blown away"})
		refusedAs(t, err, outbreak.Conflict, "lost twice")
		out, n, err := s.ListDoorSheets(h.ctx, root, screening.DoorFilter{Round: r.ID, State: screening.SheetOut, Most: 2})
		if must(t, err); n != (screening.DoorCounts{Printed: 7, Out: 5, Back: 1, Lost: 1}) || len(out) != 2 {
			t.Errorf("%+v %d", n, len(out))
		}
		if out, _, err = s.ListDoorSheets(h.ctx, root, screening.DoorFilter{Round: r.ID, State: screening.SheetOut, After: out[1].Number, Most: 10}); err != nil || len(out) != 3 {
			t.Errorf("the next page: %d %v", len(out), err)
		}
		if b, err := s.FindBlockers(h.ctx, root, r.ID); err != nil || b.Sheets != 5 {
			t.Errorf("%+v %v", b, err)
		}
		back, err := s.FillDoorSheet(h.ctx, who, screening.FillDoorSheet{Sheet: again.Sheets[0], Back: true})
		if must(t, err); back.State != screening.SheetBack {
			t.Error("a lost sheet that turns up is", back.State)
		}
		_, err = s.FindDoorSheets(h.ctx, outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.CommunityWorker), Area: "/99/"}}}, []screening.DoorNumber{first})
		refusedAs(t, err, outbreak.NotFound, "a sheet of another area")
	})
}

func wrongDigit(n screening.DoorNumber) screening.DoorNumber {
	last := n[len(n)-1]
	return n[:len(n)-1] + screening.DoorNumber('0'+(last-'0'+1)%10)
}

// TestASheetHoldsEverybodyOut keeps a round from closing complete until the paper is back.
func TestASheetHoldsARoundOpen(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		code, nos := h.place(t, 1)
		r := h.round(t, screening.OpenRound{Name: "Round", Areas: []string{code}})
		printed, err := s.PrintDoorSheets(h.ctx, root, screening.PrintDoorSheets{Round: r.ID})
		must(t, err)
		_, err = s.RecordOutcomes(h.ctx, root, screening.RecordOutcomes{Round: r.ID, Items: []screening.OutcomeOf{{No: nos[0], Outcome: outbreak.Excused}}})
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
		_, err = s.CloseRound(h.ctx, root, screening.CloseRound{Round: r.ID})
		if outbreak.KindOf(err) != outbreak.Conflict || !strings.Contains(err.Error(), "round_sheets") {
			t.Error("closed with a sheet out:", err)
		}
		_, err = s.FillDoorSheet(h.ctx, root, screening.FillDoorSheet{Sheet: printed.Sheets[0], Back: true})
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
		closed, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: r.ID})
		if must(t, err); !closed.Complete {
			t.Errorf("%+v", closed)
		}
	})
}

// TestExcusalsThatLookAlike are checked by calls of somebody else.
func TestExcusalsThatLookAlike(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		code, nos := h.place(t, 120)
		r := h.round(t, screening.OpenRound{Name: "Round", Areas: []string{code}})
		who, other := worker(7), worker(8)
		say := func(by outbreak.Actor, of []int64, out outbreak.Outcome, reason string) {
			t.Helper()
			var items []screening.OutcomeOf
			for _, no := range of {
				items = append(items, screening.OutcomeOf{No: no, Outcome: out, Reason: reason})
			}
			_, err := s.RecordOutcomes(h.ctx, by, screening.RecordOutcomes{Round: r.ID, Items: items})
			must(t, err)
		}
		open := func() []screening.Anomaly {
			t.Helper()
			list, err := s.ListAnomalies(h.ctx, root, screening.LookAlike, false, 0, 100)
			must(t, err)
			return list
		}
		say(other, nos[:29], outbreak.Away, "")
		say(who, nos[29:48], outbreak.Away, "")
		say(who, nos[48:68], outbreak.Unreachable, "") // nobody is let off by that
		if len(open()) != 0 {
			t.Error("too early:", open())
		}
		h.pass(31 * time.Minute)
		say(who, nos[48:59], outbreak.Refused, "")
		if len(open()) != 0 {
			t.Error("the first are too long ago:", open())
		}
		say(who, nos[59:78], outbreak.Excused, "")
		list := open()
		if len(list) != 1 || list[0].Round != r.ID || list[0].Area != outbreak.Path("/22/"+code+"/") || !strings.Contains(list[0].Content, "30") {
			t.Fatalf("%+v", list)
		}
		say(who, nos[78:90], outbreak.Excused, "") // one is enough
		calls, err := s.ListCallBacks(h.ctx, root, list[0].ID, false, 0, 100)
		if must(t, err); len(calls) != 5 || len(open()) != 1 || calls[0].Due != h.now().Add(4*time.Hour) {
			t.Fatalf("%d calls, %d anomalies", len(calls), len(open()))
		}
		drawn := map[int64]bool{}
		for _, c := range calls {
			if i := slices.Index(nos, c.No); i < 48 || i >= 78 || drawn[c.No] {
				t.Errorf("somebody was drawn who was not among them, or twice: %d", i)
			}
			drawn[c.No] = true
		}
		_, err = s.SettleAnomaly(h.ctx, root, screening.SettleAnomaly{Anomaly: list[0].ID, Verdict: "explained"})
		refusedAs(t, err, outbreak.Conflict, "settled before anybody called")
		tracer := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.ContactTracer)}}}
		_, err = s.RecordCallBack(h.ctx, tracer, screening.RecordCallBack{CallBack: calls[0].ID, Found: screening.Confirmed})
		refusedAs(t, err, outbreak.Forbidden, "whoever said it checks it")
		tracer.User = 9
		before := h.state(t, r.ID).Outcomes[outbreak.Unknown]
		for i, found := range []string{screening.Contradicted, screening.Confirmed, screening.NotReached, screening.Confirmed, screening.Confirmed} {
			_, err = s.RecordCallBack(h.ctx, tracer, screening.RecordCallBack{CallBack: calls[i].ID, Found: found})
			must(t, err)
		}
		_, err = s.RecordCallBack(h.ctx, tracer, screening.RecordCallBack{CallBack: calls[1].ID, Found: screening.Contradicted})
		refusedAs(t, err, outbreak.Conflict, "said twice")
		must(t, s.Coverage().CatchUp(h.ctx))
		if now := h.state(t, r.ID).Outcomes[outbreak.Unknown]; now != before+1 {
			t.Errorf("%d are unknown, before %d", now, before)
		}
		own := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.Command)}}}
		_, err = s.SettleAnomaly(h.ctx, own, screening.SettleAnomaly{Anomaly: list[0].ID, Verdict: "explained"})
		refusedAs(t, err, outbreak.Forbidden, "whoever it is about settles it")
		_, err = s.SettleAnomaly(h.ctx, root, screening.SettleAnomaly{Anomaly: list[0].ID, Verdict: "mistake"})
		must(t, err)
		must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select count(*) from task where what in ('audit_excusals', 'call_back') and ended_at = 0")
			if n != 0 {
				t.Error(n, "pieces of work are left")
			}
			return err
		}))
		// one reason for everybody, however slowly
		third := worker(10)
		for i := range 5 {
			h.pass(time.Hour)
			say(third, nos[i*10:i*10+9], outbreak.Away, "返乡")
		}
		if len(open()) != 0 {
			t.Error("45 with one reason:", open())
		}
		h.pass(time.Hour)
		say(third, nos[100:105], outbreak.Away, "返乡")
		if got := open(); len(got) != 1 {
			t.Errorf("50 with one reason: %+v", got)
		}
	})
}

// TestSetsOfRounds compares rounds person by person with what was done.
func TestSetsOfRounds(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		a, one := h.place(t, 130)
		b, two := h.place(t, 6)
		all := append(slices.Clone(one), two...)
		var rounds []outbreak.RoundID
		sampled := make([]map[int64]bool, 4)
		for i := range 4 {
			r := h.round(t, screening.OpenRound{Name: fmt.Sprint("Round ", i), Areas: []string{a, b}})
			rounds, sampled[i] = append(rounds, r.ID), map[int64]bool{}
			for j, no := range all {
				if (j>>i)&1 == 1 {
					sampled[i][no] = true
					h.hand(t, r.ID, h.booth, no)
				}
			}
			if i < 3 {
				must(t, h.a.House.Journal.Settled(h.ctx))
				_, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: r.ID, Incomplete: true})
				must(t, err)
			}
		}
		elsewhere := h.round(t, screening.OpenRound{Name: "Elsewhere", Areas: []string{a}})
		must(t, h.a.House.Journal.Settled(h.ctx))
		check := func(op screening.SetOp, of []int, want func(in []bool) bool) {
			t.Helper()
			q := screening.SetQuestion{Op: op}
			for _, i := range of {
				q.Rounds = append(q.Rounds, rounds[i])
			}
			var expect []int64
			for _, no := range all {
				var in []bool
				for _, i := range of {
					in = append(in, sampled[i][no])
				}
				if want(in) {
					expect = append(expect, no)
				}
			}
			got, err := s.CompareRounds(h.ctx, root, q)
			must(t, err)
			sum := 0
			for _, c := range got.Communities {
				sum += c.People
			}
			if got.People != len(expect) || sum != got.People || got.Roll != len(all) || len(got.Communities) != 2 || got.Rolls[0] != len(all) {
				t.Errorf("%s of %v: %+v, expected %d", op, of, got, len(expect))
			}
			var nos []int64
			for after := int64(0); ; {
				part, err := s.ListCompared(h.ctx, root, q, "", after, 7)
				must(t, err)
				for _, p := range part {
					nos, after = append(nos, p.No), p.No
				}
				if len(part) < 7 {
					break
				}
			}
			if !slices.Equal(nos, expect) {
				t.Errorf("%s of %v: %d rows, expected %d", op, of, len(nos), len(expect))
			}
		}
		either := func(in []bool) bool { return slices.Contains(in, true) }
		both := func(in []bool) bool { return !slices.Contains(in, false) }
		for range 2 { // the second time from what was kept
			check(screening.FirstOnly, []int{0, 3}, func(in []bool) bool { return in[0] && !in[1] })
			check(screening.SecondOnly, []int{1, 2}, func(in []bool) bool { return !in[0] && in[1] })
			check(screening.InAll, []int{0, 1}, both)
			check(screening.InAny, []int{2, 3}, either)
			check(screening.InNone, []int{0, 1, 2, 3}, func(in []bool) bool { return !either(in) })
			check(screening.InAll, []int{3, 2, 1, 0}, both)
		}
		// a late tube of a closed round counts, whether it is in memory or not
		late := all[len(all)-1]
		if sampled[0][late] {
			late = all[len(all)-2]
		}
		h.hand(t, rounds[0], h.booth, late)
		sampled[0][late] = true
		must(t, h.a.House.Journal.Settled(h.ctx))
		check(screening.InNone, []int{0, 1, 2, 3}, func(in []bool) bool { return !either(in) })
		check(screening.FirstOnly, []int{0, 3}, func(in []bool) bool { return in[0] && !in[1] })

		for _, wrong := range []screening.SetQuestion{
			{Rounds: rounds[:1], Op: screening.InAll}, {Rounds: rounds[:3], Op: screening.FirstOnly}, {Rounds: rounds[:2], Op: "xor"}, {Rounds: []outbreak.RoundID{rounds[0], rounds[0]}, Op: screening.InAll},
		} {
			_, err := s.CompareRounds(h.ctx, root, wrong)
			refusedAs(t, err, outbreak.Invalid, fmt.Sprintf("%+v", wrong))
		}
		got, err := s.CompareRounds(h.ctx, root, screening.SetQuestion{Rounds: []outbreak.RoundID{rounds[0], elsewhere.ID}, Op: screening.InNone})
		if must(t, err); got.Roll != len(one) || got.Rolls[0] != len(all) || got.Rolls[1] != len(one) {
			t.Errorf("rounds over other areas: %+v", got)
		}
		near := outbreak.Actor{User: 5, Grants: []outbreak.Grant{{Role: string(access.ReadOnly), Area: outbreak.Path("/22/" + b + "/")}}}
		got, err = s.CompareRounds(h.ctx, near, screening.SetQuestion{Rounds: rounds[:2], Op: screening.InAny})
		if must(t, err); got.Roll != len(two) || len(got.Communities) != 1 {
			t.Errorf("of a reader with a part of the areas: %+v", got)
		}
	})
}

// TestValidResultsCompared counts results, not swabs.
func TestValidResultsCompared(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		code, nos := h.place(t, 2)
		first := h.round(t, screening.OpenRound{Name: "1", Areas: []string{code}})
		tube, _ := h.hand(t, first.ID, h.booth, nos[0])
		second := h.round(t, screening.OpenRound{Name: "2", Areas: []string{code}})
		h.hand(t, second.ID, h.booth, nos[0])
		_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: tube, Result: outbreak.Negative}})
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
		q := screening.SetQuestion{Rounds: []outbreak.RoundID{first.ID, second.ID}, Op: screening.FirstOnly}
		swabs, err := s.CompareRounds(h.ctx, root, q)
		must(t, err)
		q.Valid = true
		results, err := s.CompareRounds(h.ctx, root, q)
		if must(t, err); swabs.People != 0 || results.People != 1 {
			t.Errorf("by swab %d, by result %d", swabs.People, results.People)
		}
	})
}
