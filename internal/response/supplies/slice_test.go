package supplies_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
)

var root = outbreak.SystemActor("test")

type house struct {
	ctx      context.Context
	a        *app.App
	s        *supplies.Service
	clock    *outbreak.HandClock
	outbreak outbreak.OutbreakID
	booth    outbreak.BoothID
	lab      outbreak.LabID
	round    outbreak.RoundID
	people   []int64
	tubes    int
}

// houses opens a house on each database, with a sampling point, a laboratory and an open round of 100 people.
func houses(t *testing.T, do func(t *testing.T, h *house)) {
	for engine, where := range map[string]func(*app.Config){
		"sqlite":   func(c *app.Config) { c.Data = testkit.Folder(t, app.Owners()) },
		"postgres": func(c *app.Config) { c.DB, c.Key = testkit.Migrated(t, app.Owners()), t.TempDir()+"/site.key" },
	} {
		t.Run(engine, func(t *testing.T) {
			h := &house{ctx: context.Background(), clock: outbreak.NewHandClock(testkit.Start)}
			c := app.Config{Clock: h.clock, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
			where(&c)
			h.open(t, c)
			do(t, h)
		})
	}
}

func (h *house) open(t *testing.T, c app.Config) {
	t.Helper()
	a, err := app.New(h.ctx, c)
	must(t, err)
	a.Run(h.ctx)
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	h.a, h.s = a, a.House.Supplies
	h.fill(t)
	h.settle(t)
}

// fill makes a sampling point, a laboratory and an open round of 100 people.
func (h *house) fill(t testing.TB) {
	t.Helper()
	a := h.a
	reg := a.House.Registry
	var err error
	_, err = reg.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "2201", Parent: "22", Name: "市"}, {Code: "220101", Parent: "2201", Name: "社区"}}})
	must(t, err)
	h.outbreak, err = reg.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	must(t, err)
	_, err = reg.IssueBox(h.ctx, root, registry.IssueBox{First: "T000001", Last: "T999999", Area: "22", Outbreak: h.outbreak})
	must(t, err)
	b, err := a.House.Screening.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: "220101", Name: "Booth"})
	must(t, err)
	l, err := a.House.Lab.AddLab(h.ctx, root, lab.AddLab{Name: "Lab", Area: "22"})
	must(t, err)
	h.booth, h.lab = b.ID, l.ID
	var load registry.LoadPeople
	for i := range 100 {
		load.People = append(load.People, registry.NewPerson{Area: "220101", Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
	}
	_, err = reg.LoadPeople(h.ctx, root, load)
	must(t, err)
	now := h.clock.Now()
	r, err := a.House.Screening.OpenRound(h.ctx, root, screening.OpenRound{Outbreak: h.outbreak, Areas: []string{"220101"}, Name: "R", Pool: 10, Opens: now, Closes: now.Add(24 * time.Hour)})
	must(t, err)
	h.round = r.ID
	must(t, a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, "", func(no int64) error { h.people = append(h.people, no); return nil })
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) settle(t *testing.T) {
	t.Helper()
	must(t, h.a.House.Journal.Settled(h.ctx))
}

// hand hands a tube with the next people in.
func (h *house) hand(t *testing.T, members ...int) {
	t.Helper()
	h.tubes++
	tube := screening.HandedTube{Tube: outbreak.TubeCode(fmt.Sprintf("T%06d", h.tubes)), Taken: h.clock.Now()}
	for _, m := range members {
		tube.Members = append(tube.Members, screening.HandedMember{No: h.people[m]})
	}
	got, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: h.round, Booth: h.booth, Tubes: []screening.HandedTube{tube}})
	must(t, err)
	if len(got.Rejected) > 0 {
		t.Fatal(got.Rejected)
	}
}

func (h *house) store(t *testing.T, c supplies.OpenStore) supplies.Store {
	t.Helper()
	x, err := h.s.OpenStore(h.ctx, root, c)
	must(t, err)
	return x
}

func (h *house) count(t *testing.T, x supplies.Store, item string, n int64) supplies.Move {
	t.Helper()
	m, err := h.s.Count(h.ctx, root, supplies.Count{Store: x.ID, Items: []supplies.CountedItem{{Item: item, Quantity: n}}})
	must(t, err)
	return m[0]
}

func (h *house) record(t *testing.T, c supplies.Record) supplies.Move {
	t.Helper()
	m, err := h.s.Record(h.ctx, root, c)
	must(t, err)
	return m
}

// stock gives how an item of a store stands.
func (h *house) stock(t *testing.T, x supplies.Store, item string) supplies.Stock {
	t.Helper()
	look, err := h.s.FindStore(h.ctx, root, x.ID)
	must(t, err)
	for _, s := range look.Stocks {
		if s.Item == item {
			return s
		}
	}
	t.Fatalf("%s has no %s", x.Name, item)
	return supplies.Stock{}
}

func (h *house) sound(t *testing.T) {
	t.Helper()
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		wrong, err := supplies.Wrong(tx)
		if wrong != 0 {
			t.Errorf("%d kept balances are not those counted anew", wrong)
		}
		if wrong, judged, err := h.s.Recount(h.ctx); wrong != 0 || !judged || err != nil {
			t.Errorf("%d items whose use is not what was used; %v %v", wrong, judged, err)
		}
		if err != nil {
			return err
		}
		differ, err := board.Differences(tx)
		if differ != 0 {
			t.Errorf("%d rows of the board are not those of the journal", differ)
		}
		return err
	}))
}

// TestHandInsUseTubesAndSwabsUp follows a sampling point that counts, samples and counts again.
func TestHandInsUseTubesAndSwabsUp(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.hand(t, 0, 1, 2)
		h.settle(t)
		x := h.store(t, supplies.OpenStore{Kind: supplies.AtBooth, Booth: h.booth})
		if s := h.stock(t, x, "tube"); s.Known || s.Balance != -1 || s.Daily != 1 || s.Days != -1 {
			t.Errorf("nobody counted yet: %+v", s)
		}
		if m := h.count(t, x, "tube", 20); m.Differs || m.Booked != -1 {
			t.Errorf("a first count says nothing of a book there was none of: %+v", m)
		}
		h.count(t, x, "swab", 60)
		h.clock.Move(time.Hour)
		for i := range 5 {
			h.hand(t, 3+4*i, 4+4*i, 5+4*i, 6+4*i)
		}
		h.settle(t)
		if tubes, swabs := h.stock(t, x, "tube"), h.stock(t, x, "swab"); tubes.Balance != 15 || swabs.Balance != 40 || tubes.Daily != 6 || swabs.Daily != 23 {
			t.Errorf("%+v\n%+v", tubes, swabs)
		}
		// 77 people are owed a swab by one point: 8 tubes, of which there are enough, and 77 swabs, of which there are not
		if s := h.stock(t, x, "swab"); s.Needed != 77 || s.Why != supplies.ByRound || !s.Low || s.Order != 100 {
			t.Errorf("the round needs more swabs: %+v", s)
		}
		if s := h.stock(t, x, "tube"); s.Needed != 8 || s.Why != supplies.ByUse || s.Low {
			t.Errorf("the round has tubes enough: %+v", s)
		}
		if m := h.count(t, x, "tube", 14); m.Differs || m.Booked != 15 {
			t.Errorf("one of fifteen is little: %+v", m)
		}
		odd := h.count(t, x, "swab", 20)
		if !odd.Differs || odd.Booked != 40 {
			t.Errorf("%+v", odd)
		}
		if list, err := h.s.ListMoves(h.ctx, root, supplies.MoveFilter{Differs: true, Most: 5}); err != nil || len(list) != 1 || list[0].ID != odd.ID {
			t.Error(list, err)
		}
		h.settle(t)
		h.sound(t)
		if n := h.waiting(t, board.StockOdd); n != 1 {
			t.Errorf("%d counts wait to be explained", n)
		}
		if _, err := h.s.Explain(h.ctx, root, supplies.Explain{Move: odd.ID, Verdict: "lost"}); err != nil {
			t.Error(err)
		}
		if _, err := h.s.Explain(h.ctx, root, supplies.Explain{Move: odd.ID, Verdict: "lost"}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("explained twice:", err)
		}
		h.settle(t)
		if n := h.waiting(t, board.StockOdd); n != 0 {
			t.Errorf("%d counts wait to be explained", n)
		}
		h.sound(t)
	})
}

// waiting counts what waits at a step of the board.
func (h *house) waiting(t *testing.T, step board.Step) int {
	t.Helper()
	rows, err := h.a.House.Board.ListWaiting(h.ctx, root, board.Filter{Step: step, Most: 100})
	must(t, err)
	return len(rows)
}

// TestWhatRunsOutIsAnnouncedOnce lets a stock run low, be filled up, and go below zero.
func TestWhatRunsOutIsAnnouncedOnce(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		x := h.store(t, supplies.OpenStore{Kind: supplies.AtBooth, Booth: h.booth})
		h.count(t, x, "tube", 6)
		h.hand(t, 0)
		h.hand(t, 1)
		h.hand(t, 2)
		h.settle(t)
		for range 2 {
			must(t, h.s.Tick(h.ctx))
			h.settle(t)
			if n := h.waiting(t, board.StockLow); n != 1 {
				t.Fatalf("%d stocks are too little", n)
			}
		}
		since := h.stock(t, x, "tube").LowSince
		h.clock.Move(time.Minute)
		h.record(t, supplies.Record{Store: x.ID, Item: "tube", How: supplies.Received, Quantity: 500, Lot: "L1", Expires: "2023-01-31"})
		must(t, h.s.Tick(h.ctx))
		h.settle(t)
		if n := h.waiting(t, board.StockLow); n != 0 || since == 0 {
			t.Errorf("%d stocks are too little after a delivery, the one was since %d", n, since)
		}
		m := h.record(t, supplies.Record{Store: x.ID, Item: "tube", How: supplies.Issued, Quantity: 600})
		if m.Booked != -97 {
			t.Errorf("more is issued than there is: it is kept, and the book says so: %+v", m)
		}
		must(t, h.s.Tick(h.ctx))
		h.settle(t)
		if s := h.stock(t, x, "tube"); s.Balance != -97 || !s.Low || s.Order == 0 {
			t.Errorf("%+v", s)
		}
		if w, err := h.s.CountWatched(h.ctx, root); err != nil || w != (supplies.Watched{Low: 1, Below: 1}) {
			t.Error(w, err)
		}
		list, err := h.s.ListStocks(h.ctx, root, supplies.Filter{Show: supplies.ShowLow})
		if err != nil || len(list) != 1 || list[0].Item != "tube" {
			t.Error(list, err)
		}
		h.sound(t)
	})
}

// TestAnIssueArrives moves supplies from a depot to a sampling point: what leaves the one comes in at the other, and counts as the
// depot's use.
func TestAnIssueArrives(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		depot, booth := h.store(t, supplies.OpenStore{Kind: supplies.Depot, Area: "22"}), h.store(t, supplies.OpenStore{Kind: supplies.AtBooth, Booth: h.booth})
		if again := h.store(t, supplies.OpenStore{Kind: supplies.Depot, Area: "22"}); again != depot {
			t.Errorf("a store is opened twice: %+v %+v", again, depot)
		}
		h.record(t, supplies.Record{Store: depot.ID, Item: "swab", How: supplies.Received, Quantity: 1000})
		h.record(t, supplies.Record{Store: depot.ID, Item: "swab", How: supplies.Issued, Quantity: 300, To: booth.ID})
		if s := h.stock(t, depot, "swab"); s.Balance != 700 || s.Daily != 300 || s.Needed != 0 {
			t.Errorf("%+v", s)
		}
		if s := h.stock(t, booth, "swab"); s.Balance != 300 || !s.Known {
			t.Errorf("%+v", s)
		}
		h.record(t, supplies.Record{Store: booth.ID, Item: "swab", How: supplies.Spoiled, Quantity: 280, Note: "wet"})
		if s := h.stock(t, depot, "swab"); s.Needed != 80 { // 100 people, 20 swabs
			t.Errorf("the point below needs more: %+v", s)
		}
		for what, c := range map[string]supplies.Record{"nothing": {How: supplies.Received}, "no such item": {Item: "soup", How: supplies.Received, Quantity: 1}, "to itself": {Item: "swab", How: supplies.Issued, Quantity: 1, To: depot.ID},
			"a receipt to another": {Item: "swab", How: supplies.Received, Quantity: 1, To: booth.ID}, "counted": {Item: "swab", How: supplies.Counted, Quantity: 1}, "no date": {Item: "swab", How: supplies.Received, Quantity: 1, Expires: "31.1.2023"},
			"in the future": {Item: "swab", How: supplies.Received, Quantity: 1, At: h.clock.Now().Add(time.Hour)}} {
			if c.Store = depot.ID; outbreak.KindOf(second(h.s.Record(h.ctx, root, c))) != outbreak.Invalid {
				t.Errorf("%s is recorded", what)
			}
		}
		h.sound(t)
	})
}

func second[T any](_ T, err error) error { return err }

// TestRunsAndHandOutsUseUp follows a laboratory's runs and its own book of a kit, and kits handed out to a community.
func TestRunsAndHandOutsUseUp(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		l := h.a.House.Lab
		kit, err := l.AddKit(h.ctx, root, lab.AddKit{Kit: lab.Kit{Name: "K", Source: "x", Minutes: 1, Rules: lab.Rules{Targets: []lab.Target{{Name: "A", Positive: 38}}, Needs: 1, Controls: []lab.WellKind{lab.NoTemplate}}}})
		must(t, err)
		tool, err := l.AddTool(h.ctx, root, lab.AddTool{Lab: h.lab, Name: "T", Wells: 96, Minutes: 60})
		must(t, err)
		_, err = l.CountSupply(h.ctx, root, lab.CountSupply{Lab: h.lab, Kit: kit.ID, Tests: 100})
		must(t, err)
		now := h.clock.Now()
		_, err = l.EnterRun(h.ctx, root, lab.EnterRun{Tool: tool.ID, Kit: kit.ID, StartedAt: now.Add(-time.Hour), EndedAt: now, Wells: []lab.EnteredWell{{Well: "A1", Kind: lab.Sample, Tube: "T900001"}, {Well: "A2", Kind: lab.Sample, Tube: "T900002"}, {Well: "A3", Kind: lab.NoTemplate}}})
		must(t, err)
		_, err = h.a.House.Screening.HandOutKits(h.ctx, root, screening.HandOutKits{Outbreak: h.outbreak, Area: "220101", Count: 40})
		must(t, err)
		h.settle(t)
		x := h.store(t, supplies.OpenStore{Kind: supplies.AtLab, Lab: h.lab})
		if s := h.stock(t, x, "reagent"); s.Balance != 97 || !s.Known || s.Daily != 3 {
			t.Errorf("%+v", s)
		}
		if s := h.stock(t, x, "extraction"); s.Balance != -2 || s.Known {
			t.Errorf("%+v", s)
		}
		if s := h.stock(t, h.store(t, supplies.OpenStore{Kind: supplies.Depot, Area: "220101"}), "antigen"); s.Daily != 40 || s.Balance != -40 {
			t.Errorf("%+v", s)
		}
		h.sound(t)
	})
}

// TestWhatNothingUsesUpIsUsedAsCountsFindItMissing counts masks on two days.
func TestWhatNothingUsesUpIsUsedAsCountsFindItMissing(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		x := h.store(t, supplies.OpenStore{Kind: supplies.AtLab, Lab: h.lab})
		h.count(t, x, "mask", 100)
		h.clock.Move(24 * time.Hour)
		if m := h.count(t, x, "mask", 40); m.Differs {
			t.Errorf("to be used is no difference: %+v", m)
		}
		if s := h.stock(t, x, "mask"); s.Balance != 40 || s.Daily != 60 || s.Days < 0.66 || s.Days > 0.67 {
			t.Errorf("%+v", s)
		}
		if m := h.count(t, x, "mask", 90); !m.Differs {
			t.Errorf("masks do not grow: %+v", m)
		}
		h.sound(t)
	})
}

// TestTheBookEqualsTheRecount plays movements, hand-ins and counts of all times in any order and compares each kept balance with the
// one counted anew, and with a book of the test's own where nothing was counted.
func TestTheBookEqualsTheRecount(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		draw := rand.New(rand.NewPCG(7, 11))
		x, other := h.store(t, supplies.OpenStore{Kind: supplies.AtBooth, Booth: h.booth}), h.store(t, supplies.OpenStore{Kind: supplies.Depot, Area: "22"})
		own := int64(0) // of the depot, which is never counted
		for i := range 60 {
			at := h.clock.Now().Add(-time.Duration(draw.IntN(48)) * time.Hour)
			n := int64(draw.IntN(50) + 1)
			switch draw.IntN(5) {
			case 0:
				h.hand(t, i)
			case 1:
				_, err := h.s.Count(h.ctx, root, supplies.Count{Store: x.ID, Items: []supplies.CountedItem{{Item: "tube", Quantity: n}, {Item: "swab", Quantity: 3 * n}}, At: at})
				must(t, err)
			case 2:
				h.record(t, supplies.Record{Store: other.ID, Item: "tube", How: supplies.Issued, Quantity: n, To: x.ID, At: at})
				own -= n
			case 3:
				h.record(t, supplies.Record{Store: x.ID, Item: "swab", How: supplies.Hows[draw.IntN(4)], Quantity: n, At: at})
			default:
				h.record(t, supplies.Record{Store: other.ID, Item: "tube", How: supplies.Received, Quantity: n, At: at})
				own += n
			}
			if draw.IntN(4) == 0 {
				h.clock.Move(time.Duration(draw.IntN(5)) * time.Hour)
			}
		}
		h.settle(t)
		h.sound(t)
		if s := h.stock(t, other, "tube"); s.Balance != own {
			t.Errorf("the depot has %d, not %d", s.Balance, own)
		}
	})
}

// TestARecountFindsWhatWasUsed changes the book of use behind the program's back, and lets a correction and added members come in.
func TestARecountFindsWhatWasUsed(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		h.hand(t, 0, 1, 2)
		h.hand(t, 3, 4)
		_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: h.round, Booth: h.booth, Tubes: []screening.HandedTube{{Tube: "T000001", Taken: h.clock.Now(), Members: []screening.HandedMember{{No: h.people[5]}}}}})
		must(t, err)
		_, err = h.a.House.Screening.HandOutKits(h.ctx, root, screening.HandOutKits{Outbreak: h.outbreak, Area: "220101", Count: 7})
		must(t, err)
		h.settle(t)
		h.sound(t)
		for n, change := range []string{"update supply_use set n = n + 1 where item = 'swab'", "update supply_use set n = n + 1 where item = 'tube'", "delete from supply_use where item = 'antigen'"} {
			must(t, h.a.House.DB.Write(h.ctx, func(tx *store.Tx) error { return tx.Must(change) }))
			if wrong, judged, err := h.s.Recount(h.ctx); wrong != int64(n+1) || !judged || err != nil {
				t.Errorf("after %q: %d %v %v", change, wrong, judged, err)
			}
		}
		d, err := h.a.Doctor(h.ctx)
		must(t, err)
		at := slices.IndexFunc(d.Checks, func(c app.Check) bool { return c.Name == "supplies-used" })
		if at < 0 || d.Checks[at].OK || d.Checks[at].Figure != 3 {
			t.Errorf("doctor: %+v", d.Checks)
		}
	})
}

// TestStocksAreSeenWhereOneMay asks with people of other areas and rights.
func TestStocksAreSeenWhereOneMay(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		x := h.store(t, supplies.OpenStore{Kind: supplies.AtBooth, Booth: h.booth})
		h.count(t, x, "tube", 5)
		who := func(role access.Role, area outbreak.Path) outbreak.Actor {
			return outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(role), Area: area}}}
		}
		near, far, reader := who(access.Sampler, "/22/2201/"), who(access.Sampler, "/33/"), who(access.ReadOnly, "")
		for by, want := range map[*outbreak.Actor]int{&near: 1, &far: 0, &reader: 1} {
			list, err := h.s.ListStocks(h.ctx, *by, supplies.Filter{})
			moves, err2 := h.s.ListMoves(h.ctx, *by, supplies.MoveFilter{Most: 9})
			if err != nil || err2 != nil || len(list) != want || len(moves) != want {
				t.Errorf("%+v: %d stocks, %d movements, %v %v", by.Grants, len(list), len(moves), err, err2)
			}
		}
		if _, err := h.s.ListStocks(h.ctx, who(access.Agency, ""), supplies.Filter{}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("an agency sees stocks:", err)
		}
		if _, err := h.s.FindStore(h.ctx, far, x.ID); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		c := supplies.Record{Store: x.ID, Item: "tube", How: supplies.Received, Quantity: 1}
		if _, err := h.s.Record(h.ctx, reader, c); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a reader records:", err)
		}
		if _, err := h.s.Record(h.ctx, far, c); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		if _, err := h.s.Record(h.ctx, near, c); err != nil {
			t.Error(err)
		}
		if _, err := h.s.AddItem(h.ctx, near, supplies.AddItem{Code: "straw", Name: "吸管", Unit: "支", Pack: 1, Source: "x"}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a sampler adds an item:", err)
		}
	})
}

// TestASiteAddsItems adds one, and not twice.
func TestASiteAddsItems(t *testing.T) {
	houses(t, func(t *testing.T, h *house) {
		add := supplies.AddItem{Code: "ice_pack", Name: "冰袋", NameEn: "Ice packs", Unit: "个", UnitEn: "packs", Pack: 20, Source: "the box"}
		i, err := h.s.AddItem(h.ctx, root, add)
		must(t, err)
		if supplies.In(i.Name, "en") != "Ice packs" || supplies.In(i.Unit, "zh") != "个" || !i.Own || !slices.Equal(i.Kinds, supplies.Kinds) {
			t.Errorf("%+v", i)
		}
		for what, c := range map[string]func(*supplies.AddItem){"again": func(c *supplies.AddItem) {}, "known": func(c *supplies.AddItem) { c.Code = "tube" }} {
			x := add
			c(&x)
			if _, err := h.s.AddItem(h.ctx, root, x); outbreak.KindOf(err) != outbreak.Conflict {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, c := range map[string]func(*supplies.AddItem){"code": func(c *supplies.AddItem) { c.Code = "Ice!" }, "name": func(c *supplies.AddItem) { c.Name = " " }, "pack": func(c *supplies.AddItem) { c.Pack = 0 }, "source": func(c *supplies.AddItem) { c.Source = "" }, "kind": func(c *supplies.AddItem) { c.Kinds = []string{"attic"} }} {
			x := add
			c(&x)
			if _, err := h.s.AddItem(h.ctx, root, x); outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		x := h.store(t, supplies.OpenStore{Kind: supplies.Depot, Area: "22"})
		h.count(t, x, "ice_pack", 7)
		if s := h.stock(t, x, "ice_pack"); s.Balance != 7 {
			t.Errorf("%+v", s)
		}
	})
}
