package board

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		_ = f.Value.Set("40") // each lengthens a history on a real database; ask for more by the flag
	}
	testkit.Main(m)
}

const (
	eight = outbreak.Instant(1_647_216_000_000) // when things happen
	ten   = eight + 7_200_000                   // when they are due
	c5    = outbreak.CaseID(5)
)

var here = outbreak.Scope{Area: "/22/2201/", Outbreak: 7}

func entry(t *testing.T, seq int64, e outbreak.Event) outbreak.Entry {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return outbreak.Entry{Seq: seq, At: eight, Kind: e.Kind(), Scope: e.Where(), Body: body}
}

// shown lists the rows of a board as "step key", and what was counted as "what n".
func shown(m *memory) string {
	var list []string
	for _, r := range m.rows {
		list = append(list, string(r.Step)+" "+r.Key)
	}
	for c, n := range m.tally {
		list = append(list, fmt.Sprintf("%s=%d", c.What, n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// areas are the paths of the areas of these tests.
func areas(ids []outbreak.AreaID) (map[outbreak.AreaID]outbreak.Path, error) {
	paths := map[outbreak.AreaID]outbreak.Path{}
	for _, id := range ids {
		paths[id] = outbreak.Path(fmt.Sprintf("/22/220%d/", id))
	}
	return paths, nil
}

// TestEachEntryMovesItsRows says for every kind of entry the board follows what it leaves waiting and what it counts.
func TestEachEntryMovesItsRows(t *testing.T) {
	type ev = []outbreak.Event
	p := outbreak.PersonID(3)
	person, caseKey, trip, need, stay, odd := "T1 "+p.String(), c5.String(), outbreak.TripID(6).String(), outbreak.NeedID(8).String(), outbreak.StayID(9).String(), outbreak.AnomalyID(4).String()
	hour := int64(eight) / 3_600_000
	handed := outbreak.TubesHandedIn{Scope: here, First: 1, Last: 3, Tubes: 3, Members: 7, Counts: []outbreak.HandedCount{{1, hour, 2, 4}, {2, hour, 1, 3}}}
	more := outbreak.TubesHandedIn{Scope: here, First: 4, Last: 4, Again: []outbreak.TubeCode{"T1"}, Members: 2, Counts: []outbreak.HandedCount{{1, hour, 0, 2}}}
	opened := outbreak.CaseOpened{Scope: here, Case: c5, Person: p, At: eight, Steps: []outbreak.CaseClock{{Step: "report", Due: ten}, {Step: "core_info", Due: ten}}}
	question := outbreak.CaseInQuestion{Scope: here, Case: c5, Person: p, At: eight, Due: ten}
	held := outbreak.MemberHeld{Scope: here, Tube: "T1", Person: p, At: eight, ResampleDue: ten}
	swabbed := outbreak.MemberResampled{Scope: here, Tube: "T1", Single: "T9", Person: p, At: eight, ResultDue: ten}
	asked := outbreak.SampleAgainAsked{Scope: here, Tube: "T1", Person: p, At: eight, Due: ten}
	needed := outbreak.BedNeeded{Scope: here, Need: 8, Person: p, At: eight, Due: ten}
	over := outbreak.PersonArrived{Scope: here, Stay: 9, Person: p, Over: true, At: eight}
	requested := outbreak.TripRequested{Scope: here, Trip: 6, Person: p, At: eight, Due: ten}
	assigned := outbreak.VehicleAssigned{Scope: here, Trip: 6, Person: p, At: eight, Due: ten}
	fetched := outbreak.PickedUp{Scope: here, Trip: 6, Person: p, At: eight, Due: ten}
	raised := outbreak.AnomalyRaised{Scope: here, Anomaly: 4, What: "orphan", Tube: "T1", At: eight}
	positive := outbreak.TubeResulted{Scope: here, Tube: "T1", Result: outbreak.Positive, Revision: 1, At: eight}
	negative := outbreak.TubesNegative{Scope: here, At: eight, Tubes: []outbreak.TubeCode{"T1", "T2"}}
	parked := outbreak.EventParked{Scope: here, Consumer: "cases", Seq: 12}

	run, alarm, search := outbreak.RunID(11).String(), outbreak.AlarmID(13).String(), outbreak.SearchID(15).String()
	entered := outbreak.RunEntered{Scope: here, Run: 11, At: eight}
	alarmed := outbreak.LabAlarmRaised{Scope: here, Alarm: 13, At: eight}
	sought := outbreak.PoolSearchOpened{Scope: here, Search: 15, Tube: "T1", At: eight, Due: ten}
	telling := outbreak.TellingOpened{Scope: here, Tube: "T1", Person: p, At: eight, Due: ten}

	stock, move := outbreak.StoreID(17).String()+" tube", outbreak.MoveID(19).String()
	low := outbreak.StockLow{Scope: here, Store: 17, Item: "tube", RunsOut: ten, At: eight}
	counted := outbreak.StockCounted{Scope: here, Store: 17, Item: "tube", Move: 19, Differs: true, At: eight}

	silent := outbreak.PartySilent{Scope: here, Party: "lab", Since: eight, At: ten}

	covered := map[string]bool{}
	for _, c := range []struct {
		why    string
		events ev
		want   string
	}{
		{"tubes of two areas", ev{handed}, "sampled=3, sampled=4, tubes=1, tubes=2"},
		{"a further hand-in is counted by its members alone", ev{handed, more}, "sampled=3, sampled=6, tubes=1, tubes=2"},
		{"as journals told it before", ev{outbreak.TubesClosed{Scope: here, Tubes: []outbreak.ClosedTube{{Tube: "T1", At: eight, Due: ten, Members: 3}}}}, "sampled=3, tubes=1"},
		{"a revision counts no second time", ev{positive, outbreak.TubeResulted{Scope: here, Tube: "T1", Revision: 2, At: eight}}, "resulted=1"},
		{"a batch of negatives", ev{negative}, "resulted=2"},
		{"owed a new swab", ev{asked}, "sample_again " + person},
		{"swabbed again", ev{asked, outbreak.SampleAgainMet{Scope: here, Tube: "T2", Was: "T1", Person: p}}, ""},
		{"swabbed again for another tube", ev{asked, outbreak.SampleAgainMet{Scope: here, Tube: "T3", Was: "T2", Person: p}}, "sample_again " + person},
		{"held", ev{held}, "hold_resample " + person},
		{"held again while a result is owed", ev{held, swabbed, held}, "hold_resample " + person},
		{"swabbed alone", ev{held, swabbed}, "hold_result " + person},
		{"released", ev{held, swabbed, outbreak.MemberReleased{Scope: here, Tube: "T1", Person: p, Done: true}}, ""},
		{"the hold ran out, the swab is owed", ev{held, outbreak.MemberReleased{Scope: here, Tube: "T1", Person: p, Reason: "limit"}}, "hold_resample " + person},
		{"a positive pool", ev{outbreak.RecallOpened{Scope: here, Tube: "T1", At: eight}}, "positive_pools=1"},
		{"a positive person", ev{outbreak.PersonPositive{Scope: here, Tube: "T1", Person: p, At: eight}}, "positive_people=1"},
		{"a party whose list is overdue", ev{silent}, "party_silent lab"},
		{"its list came", ev{silent, outbreak.ListLoaded{Scope: here, Party: "lab"}}, ""},
		{"its lists are expected on", ev{silent, outbreak.PartyKept{Scope: here, Party: "lab", Expected: true}}, "party_silent lab"},
		{"its lists are expected no more", ev{silent, outbreak.PartyKept{Scope: here, Party: "lab"}}, ""},
		{"something odd", ev{raised}, "anomaly " + odd},
		{"explained", ev{raised, outbreak.AnomalySettled{Scope: here, Anomaly: 4}}, ""},
		{"a case and its clocks", ev{opened}, "case_core_info " + caseKey + ", case_report " + caseKey + ", cases=1"},
		{"one clock met", ev{opened, outbreak.CaseStepDone{Scope: here, Case: c5, Step: "report"}}, "case_core_info " + caseKey + ", cases=1"},
		{"a case in question", ev{opened, question}, "case_core_info " + caseKey + ", case_question " + caseKey + ", case_report " + caseKey + ", cases=1"},
		{"upheld", ev{opened, question, outbreak.CaseUpheld{Scope: here, Case: c5}}, "case_core_info " + caseKey + ", case_report " + caseKey + ", cases=1"},
		{"a clock that ends sooner", ev{opened, outbreak.CaseClocksMoved{Scope: here, Case: c5, Steps: []outbreak.CaseClock{{Step: "report", Due: eight + 1}}}}, "case_core_info " + caseKey + ", case_report " + caseKey + ", cases=1"},
		{"a clock that was met before it moved", ev{opened, outbreak.CaseStepDone{Scope: here, Case: c5, Step: "report"}, outbreak.CaseClocksMoved{Scope: here, Case: c5, Steps: []outbreak.CaseClock{{Step: "report", Due: eight + 1}}}}, "case_core_info " + caseKey + ", cases=1"},
		{"no case", ev{opened, question, outbreak.CaseDiscarded{Scope: here, Case: c5}}, "cases=1"},
		{"without a bed", ev{needed}, "bed " + need},
		{"no bed needed any more", ev{needed, outbreak.BedNeedEnded{Scope: here, Need: 8}}, ""},
		{"a bed found", ev{needed, outbreak.BedReserved{Scope: here, Need: 8}}, ""},
		{"there", ev{outbreak.PersonArrived{Scope: here, Stay: 9, Bed: 2, At: eight}}, "arrived=1"},
		{"there without a bed", ev{over}, "arrived=1, over " + stay},
		{"given a bed that became free", ev{over, outbreak.BedGiven{Scope: here, Stay: 9, Bed: 2}}, "arrived=1"},
		{"left", ev{over, outbreak.PersonDischarged{Scope: here, Stay: 9, At: eight}}, "arrived=1, discharged=1"},
		{"a trip without a vehicle", ev{requested}, "vehicle " + trip},
		{"a vehicle", ev{requested, assigned}, "pick_up " + trip},
		{"fetched", ev{requested, assigned, fetched}, "hand_over " + trip},
		{"handed over", ev{requested, assigned, fetched, outbreak.TripEnded{Scope: here, Trip: 6, How: "arrived"}}, ""},
		{"cancelled before a vehicle came", ev{requested, outbreak.TripEnded{Scope: here, Trip: 6, How: "cancelled"}}, ""},
		{"a run nobody released", ev{entered}, "run_release " + run},
		{"a run that gives nothing", ev{outbreak.RunEntered{Scope: here, Run: 11, Failed: "negative_control", At: eight}}, ""},
		{"released by a second person", ev{entered, outbreak.RunReleased{Scope: here, Run: 11}}, ""},
		{"voided", ev{entered, outbreak.RunVoided{Scope: here, Run: 11}}, ""},
		{"an alarm at a laboratory", ev{alarmed}, "lab_alarm " + alarm},
		{"found out", ev{alarmed, outbreak.LabAlarmSettled{Scope: here, Alarm: 13}}, ""},
		{"a positive pool without a positive member", ev{sought}, "pool_search " + search},
		{"concluded", ev{sought, outbreak.PoolSearchEnded{Scope: here, Search: 15}}, ""},
		{"to be told", ev{telling}, "positive_tell " + person},
		{"told", ev{telling, outbreak.PositiveTold{Scope: here, Tube: "T1", Person: p}}, ""},
		{"nothing to tell any more", ev{telling, outbreak.TellingDropped{Scope: here, Tube: "T1", Person: p}}, ""},
		{"supplies that will not last", ev{low}, "stock_low " + stock},
		{"too little of something else", ev{low, outbreak.StockEnough{Scope: here, Store: 17, Item: "swab", At: eight}}, "stock_low " + stock},
		{"enough again", ev{low, outbreak.StockEnough{Scope: here, Store: 17, Item: "tube", At: eight}}, ""},
		{"a count that differs", ev{counted}, "stock_odd " + move},
		{"a count that does not", ev{outbreak.StockCounted{Scope: here, Store: 17, Item: "tube", Move: 19, At: eight}}, ""},
		{"the count explained", ev{counted, outbreak.StockExplained{Scope: here, Store: 17, Item: "tube", Move: 19}}, ""},
		{"put aside", ev{parked}, "parked cases 12"},
		{"worked on after all", ev{parked, outbreak.EventUnparked{Scope: here, Consumer: "cases", Seq: 12}}, ""},
	} {
		m := newMemory(areas)
		for i, e := range c.events {
			if err := apply(m, entry(t, int64(i+1), e)); err != nil {
				t.Fatal(err)
			}
		}
		covered[c.events[len(c.events)-1].Kind()] = true
		if got := shown(m); got != c.want {
			t.Errorf("%s:\n\tgot    %s\n\twanted %s", c.why, got, c.want)
		}
		for _, r := range m.rows {
			if r.Outbreak != here.Outbreak || r.Area != here.Area || r.Since == 0 {
				t.Errorf("%s: the row does not say where and since when: %+v", c.why, r)
			}
		}
	}
	for _, k := range Kinds {
		if !covered[k] {
			t.Errorf("no case says what %s does", k)
		}
	}
}

// drawn makes any entry the board follows, about few things, so that they meet.
func drawn(t *rapid.T) outbreak.Event {
	few := func(what string) int64 { return rapid.Int64Range(1, 3).Draw(t, what) }
	sc := outbreak.Scope{Area: rapid.SampledFrom([]outbreak.Path{"/22/2201/", "/22/2202/"}).Draw(t, "area"), Outbreak: outbreak.OutbreakID(few("outbreak"))}
	code := func() outbreak.TubeCode { return outbreak.TubeCode(fmt.Sprint("T", few("tube"))) }
	p := outbreak.PersonID(few("person"))
	at := eight + outbreak.Instant(rapid.Int64Range(0, 10_000_000).Draw(t, "at"))
	due := at * outbreak.Instant(rapid.Int64Range(0, 1).Draw(t, "clock"))
	c, n, s, trip, a := outbreak.CaseID(few("id")), outbreak.NeedID(few("id")), outbreak.StayID(few("id")), outbreak.TripID(few("id")), outbreak.AnomalyID(few("id"))
	step := rapid.SampledFrom([]string{"report", "core_info", "full_report", "retest"}).Draw(t, "step")
	yes := rapid.Bool().Draw(t, "yes")
	all := map[string]outbreak.Event{}
	for _, e := range []outbreak.Event{
		outbreak.TubesClosed{Scope: sc, Tubes: []outbreak.ClosedTube{{Tube: code(), At: at, Due: due, Members: int(few("members")) - 1, Again: yes}, {Tube: code(), At: at, Due: due, Members: 1}}},
		outbreak.TubesHandedIn{Scope: sc, First: 1, Last: 2, Counts: []outbreak.HandedCount{{few("count"), int64(at) / 3_600_000, few("n") - 1, few("members")}}}, outbreak.TubesNegative{Scope: sc, At: at, Tubes: []outbreak.TubeCode{code()}},
		outbreak.TubeResulted{Scope: sc, Tube: code(), Revision: int(few("revision")), At: at},
		outbreak.SampleAgainAsked{Scope: sc, Tube: code(), Person: p, At: at, Due: due}, outbreak.SampleAgainMet{Scope: sc, Was: code(), Person: p, At: at},
		outbreak.MemberHeld{Scope: sc, Tube: code(), Person: p, At: at, ResampleDue: due}, outbreak.MemberResampled{Scope: sc, Tube: code(), Person: p, At: at, ResultDue: due},
		outbreak.MemberReleased{Scope: sc, Tube: code(), Person: p, At: at, Done: yes}, outbreak.RecallOpened{Scope: sc, Tube: code(), At: at},
		outbreak.PersonPositive{Scope: sc, Tube: code(), Person: p, At: at}, outbreak.AnomalyRaised{Scope: sc, Anomaly: a, Person: p, At: at}, outbreak.AnomalySettled{Scope: sc, Anomaly: a},
		outbreak.CaseOpened{Scope: sc, Case: c, Person: p, At: at, Steps: []outbreak.CaseClock{{Step: step, Due: due}}}, outbreak.CaseStepDone{Scope: sc, Case: c, Step: step, At: at},
		outbreak.CaseInQuestion{Scope: sc, Case: c, Person: p, At: at, Due: due}, outbreak.CaseUpheld{Scope: sc, Case: c}, outbreak.CaseDiscarded{Scope: sc, Case: c},
		outbreak.CaseClocksMoved{Scope: sc, Case: c, Person: p, At: at, Steps: []outbreak.CaseClock{{Step: step, Due: due}}},
		outbreak.BedNeeded{Scope: sc, Need: n, Person: p, At: at, Due: due}, outbreak.BedNeedEnded{Scope: sc, Need: n}, outbreak.BedReserved{Scope: sc, Need: n, At: at},
		outbreak.PersonArrived{Scope: sc, Stay: s, Person: p, Over: yes, At: at}, outbreak.BedGiven{Scope: sc, Stay: s, At: at}, outbreak.PersonDischarged{Scope: sc, Stay: s, At: at},
		outbreak.TripRequested{Scope: sc, Trip: trip, Person: p, At: at, Due: due}, outbreak.VehicleAssigned{Scope: sc, Trip: trip, Person: p, At: at, Due: due},
		outbreak.PickedUp{Scope: sc, Trip: trip, Person: p, At: at, Due: due}, outbreak.TripEnded{Scope: sc, Trip: trip, At: at},
		outbreak.RunEntered{Scope: sc, Run: outbreak.RunID(few("run")), At: at}, outbreak.RunReleased{Scope: sc, Run: outbreak.RunID(few("run"))}, outbreak.RunVoided{Scope: sc, Run: outbreak.RunID(few("run"))},
		outbreak.LabAlarmRaised{Scope: sc, Alarm: outbreak.AlarmID(few("alarm")), At: at}, outbreak.LabAlarmSettled{Scope: sc, Alarm: outbreak.AlarmID(few("alarm"))},
		outbreak.PoolSearchOpened{Scope: sc, Search: outbreak.SearchID(few("search")), Tube: code(), At: at, Due: due}, outbreak.PoolSearchEnded{Scope: sc, Search: outbreak.SearchID(few("search"))},
		outbreak.TellingOpened{Scope: sc, Tube: code(), Person: p, At: at, Due: due}, outbreak.PositiveTold{Scope: sc, Tube: code(), Person: p}, outbreak.TellingDropped{Scope: sc, Tube: code(), Person: p},
		outbreak.StockLow{Scope: sc, Store: outbreak.StoreID(few("store")), Item: "tube", RunsOut: due, At: at}, outbreak.StockEnough{Scope: sc, Store: outbreak.StoreID(few("store")), Item: "tube", At: at},
		outbreak.StockCounted{Scope: sc, Store: outbreak.StoreID(few("store")), Item: "tube", Move: outbreak.MoveID(few("move")), Differs: yes, At: at}, outbreak.StockExplained{Scope: sc, Move: outbreak.MoveID(few("move"))},
		outbreak.PartySilent{Scope: sc, Party: string(code()), Since: at}, outbreak.ListLoaded{Scope: sc, Party: string(code())}, outbreak.PartyKept{Scope: sc, Party: string(code()), Expected: yes},
		outbreak.EventParked{Scope: sc, Consumer: "cases", Seq: few("seq")}, outbreak.EventUnparked{Scope: sc, Consumer: "cases", Seq: few("seq")},
	} {
		all[e.Kind()] = e
	}
	return all[rapid.SampledFrom(Kinds).Draw(t, "kind")]
}

// TestAKeptBoardEqualsARebuiltOne lets anything follow anything. The board that was kept entry by entry, the one replayed
// from the journal and the one that Rebuild writes are the same.
func TestAKeptBoardEqualsARebuiltOne(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, registry.Migrations, Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		ctx, stop := context.WithCancel(context.Background())
		j, s := journal.New(db, testkit.Quiet(), nil), New(db, nil)
		over := make(chan struct{})
		go func() { j.Run(ctx, s.Consumer()); close(over) }() // ends with the test
		defer func() { stop(); <-over }()
		rapid.Check(t, func(t *rapid.T) {
			var events []outbreak.Event
			for range rapid.IntRange(1, 25).Draw(t, "entries") {
				events = append(events, drawn(t))
			}
			err := db.Write(ctx, func(tx *store.Tx) error { _, err := j.Append(tx, outbreak.SystemActor("test"), events...); return err })
			if err == nil {
				err = j.Settled(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
			before := keptNow(t, db, 0)
			if err := s.Rebuild(ctx); err != nil {
				t.Fatal(err)
			}
			after := keptNow(t, db, 0)
			if !maps.Equal(before.rows, after.rows) || !maps.Equal(before.tally, after.tally) {
				t.Fatalf("kept    %s\nrebuilt %s", shown(before), shown(after))
			}
		})
		spoilAndMend(t, db, s)
	})
}

// keptNow reads the kept board, which must differ from a replayed one in so many rows.
func keptNow(t interface{ Fatalf(string, ...any) }, db *store.DB, want int) (m *memory) {
	err := db.Read(context.Background(), func(tx *store.Tx) (err error) {
		n, err := Differences(tx)
		if err == nil && n != want {
			t.Fatalf("%d differences, want %d", n, want)
		}
		if err == nil {
			m, err = kept(tx)
		}
		return err
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

// spoilAndMend shows that a difference is seen: a row too many, one changed, a count changed; and that Rebuild mends it.
func spoilAndMend(t *testing.T, db *store.DB, s *Service) {
	t.Helper()
	ctx := context.Background()
	for _, q := range []string{
		"insert into board_waiting (" + rowColumns + ") values ('bed', 'nobody', 0, '/', 'person', 'nobody', 0, 1, 1)",
		"update board_tally set n = n + 1 where what = 'tubes' and hour = (select min(hour) from board_tally where what = 'tubes') and area = (select min(area) from board_tally where what = 'tubes' and hour = (select min(hour) from board_tally where what = 'tubes'))",
	} {
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
			t.Fatal(err)
		}
		err := db.Read(ctx, func(tx *store.Tx) error {
			n, err := Differences(tx)
			if n == 0 {
				t.Errorf("nothing is seen of %s", q)
			}
			return err
		})
		if err == nil {
			err = s.Rebuild(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		keptNow(t, db, 0)
	}
}
