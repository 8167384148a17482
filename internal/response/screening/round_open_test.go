package screening_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// place loads people of a fresh community, some doors of one building each, and gives its code and their numbers in order.
func (h *mergeHouse) place(t *testing.T, people int) (code string, nos []int64) {
	t.Helper()
	h.areas++
	code = fmt.Sprint("22-R", h.areas)
	reg := h.a.House.Registry
	_, err := reg.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: code, Parent: "22", Name: "社区"}}})
	must(t, err)
	var list []registry.NewPerson
	for i := range people {
		list = append(list, registry.NewPerson{Area: code, Building: fmt.Sprint(i/8+1, "号楼"), Door: fmt.Sprint(i/2 + 1), Identity: registry.Identity{Name: fmt.Sprint("人", h.areas, " ", i)}})
	}
	for part := range slices.Chunk(list, 1000) {
		_, err = reg.LoadPeople(h.ctx, root, registry.LoadPeople{People: part})
		must(t, err)
	}
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, outbreak.Path("/22/"+code+"/"), func(no int64) error { nos = append(nos, no); return nil })
	}))
	if len(nos) != people {
		t.Fatalf("%d of %d people are on the roll", len(nos), people)
	}
	return code, nos
}

func (h *mergeHouse) now() outbreak.Instant { return h.a.House.Clock.Now() }

func (h *mergeHouse) pass(d time.Duration) { h.a.House.Clock.(*outbreak.HandClock).Move(d) }

func (h *mergeHouse) round(t *testing.T, c screening.OpenRound) screening.Round {
	t.Helper()
	c.Outbreak = h.outbreak
	r, err := h.a.House.Screening.OpenRound(h.ctx, root, c)
	must(t, err)
	return r
}

func (h *mergeHouse) state(t *testing.T, id outbreak.RoundID) screening.RoundStatus {
	t.Helper()
	st, err := h.a.House.Screening.FindRound(h.ctx, root, id, "")
	must(t, err)
	return st
}

// hand hands in a tube at the house's booth.
func (h *mergeHouse) hand(t *testing.T, round outbreak.RoundID, booth outbreak.BoothID, nos ...int64) (outbreak.TubeCode, screening.Handed) {
	t.Helper()
	h.tubes++
	tube := screening.HandedTube{Tube: outbreak.TubeCode(fmt.Sprintf("M7%05d", h.tubes))}
	for _, no := range nos {
		tube.Members = append(tube.Members, screening.HandedMember{No: no})
	}
	done, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: round, Booth: booth, Tubes: []screening.HandedTube{tube}})
	must(t, err)
	return tube.Tube, done
}

func refusedAs(t *testing.T, err error, kind outbreak.Kind, what string) {
	t.Helper()
	if outbreak.KindOf(err) != kind {
		t.Errorf("%s: %v", what, err)
	}
}

// TestRoundsArePlannedAndClosed walks rounds through all their states: by a person, and by the clock.
func TestRoundsArePlannedAndClosed(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		code, nos := h.place(t, 2)
		planned := h.round(t, screening.OpenRound{Name: "Ahead", Areas: []string{code}, Opens: h.now().Add(6 * time.Hour), Closes: h.now().Add(10 * time.Hour)})
		if planned.State != screening.Planned || planned.Roll != 2 {
			t.Fatalf("planned: %+v", planned)
		}
		if _, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: planned.ID, Incomplete: true}); err == nil {
			t.Error("a planned round is closed")
		}
		d := h.enrol(t)
		if i := slices.IndexFunc(d.Rounds, func(r screening.DeviceRound) bool { return r.Round == planned.ID }); i < 0 || d.Rounds[i].State != screening.Planned {
			t.Errorf("a device is not told of the round that opens soon: %+v", d.Rounds)
		}
		// a tube comes before it opens: it is taken in, and counted once the round is open
		if _, done := h.hand(t, planned.ID, h.booth, nos[0]); done.Accepted != 1 || !slices.Contains(done.Anomalies, screening.WrongClock) {
			t.Errorf("an early tube: %+v", done)
		}
		must(t, s.TickRounds(h.ctx))
		if st := h.state(t, planned.ID); st.State != screening.Planned || st.RollNow != 0 {
			t.Errorf("before its instant: %+v", st)
		}
		h.pass(6 * time.Hour)
		must(t, s.TickRounds(h.ctx))
		st := h.state(t, planned.ID)
		if st.State != screening.Open || st.RollNow != 2 || st.Outcomes[outbreak.Awaiting] != 1 || st.Tubes != 1 {
			t.Errorf("opened by the clock: %+v", st)
		}
		if _, err := s.BeginRound(h.ctx, root, screening.BeginRound{Round: planned.ID}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("it opens twice:", err)
		}
		h.pass(4 * time.Hour)
		must(t, s.TickRounds(h.ctx))
		if st := h.state(t, planned.ID); st.State != screening.Closing || st.ClosingAt == 0 {
			t.Errorf("its sampling ended: %+v", st.Round)
		}
		// what is on the way is welcome, and no anomaly
		if _, done := h.hand(t, planned.ID, h.booth, nos[1]); len(done.Anomalies) != 0 {
			t.Errorf("a late tube is odd: %v", done.Anomalies)
		}
		_, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: planned.ID})
		refusedAs(t, err, outbreak.Conflict, "closed complete with results owed")
		closed, err := s.CloseRound(h.ctx, root, screening.CloseRound{Round: planned.ID, Incomplete: true})
		if must(t, err); closed.State != screening.Closed || closed.Complete {
			t.Errorf("closed: %+v", closed)
		}
		if _, done := h.hand(t, planned.ID, h.booth, nos[1]); !slices.Contains(done.Anomalies, screening.AfterClose) {
			t.Errorf("after its end: %v", done.Anomalies)
		}

		early := h.round(t, screening.OpenRound{Name: "Early", Areas: []string{code}, Opens: h.now().Add(time.Hour), Closes: h.now().Add(5 * time.Hour)})
		early, err = s.BeginRound(h.ctx, root, screening.BeginRound{Round: early.ID})
		if must(t, err); early.State != screening.Open || early.Opens != h.now() {
			t.Errorf("opened by a person: %+v", early)
		}
		early, err = s.EndSampling(h.ctx, root, screening.EndSampling{Round: early.ID})
		if must(t, err); early.State != screening.Closing {
			t.Errorf("its sampling ended by a person: %+v", early)
		}
		gone := h.round(t, screening.OpenRound{Name: "Gone", Areas: []string{code}, Opens: h.now().Add(time.Hour), Closes: h.now().Add(5 * time.Hour)})
		gone, err = s.CancelRound(h.ctx, root, screening.CancelRound{Round: gone.ID})
		if must(t, err); gone.State != screening.Cancelled {
			t.Errorf("cancelled: %+v", gone)
		}
		h.pass(2 * time.Hour)
		must(t, s.TickRounds(h.ctx))
		if st := h.state(t, gone.ID); st.State != screening.Cancelled {
			t.Errorf("a cancelled round opened: %+v", st.Round)
		}
	})
}

// TestAnUnrehearsedVersion keeps large rounds from opening by themselves.
func TestAnUnrehearsedVersion(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		s.Runs("v1")
		engine := string(h.a.House.DB.Engine())
		code, _ := h.place(t, 10_000) // as many as the rule book wants rehearsed
		big := screening.OpenRound{Outbreak: h.outbreak, Name: "Big", Areas: []string{code}}
		_, err := s.OpenRound(h.ctx, root, big)
		refusedAs(t, err, outbreak.Conflict, "a large round opens on a version that was never rehearsed")

		big.Opens, big.Closes = h.now().Add(time.Hour), h.now().Add(5*time.Hour)
		planned, err := s.OpenRound(h.ctx, root, big)
		must(t, err)
		if from, err := s.FindWanted(h.ctx, root, planned.ID); err != nil || from != 10_000 {
			t.Errorf("what keeps the plan from opening by itself: %d %v", from, err)
		}
		h.pass(time.Hour)
		must(t, s.TickRounds(h.ctx))
		if st := h.state(t, planned.ID); st.State != screening.Planned || st.HeldBack == 0 {
			t.Errorf("not held back: %+v", st.Round)
		}
		waits := func() (n int64) {
			must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) (err error) {
				n, err = store.Count(tx, "select count(*) from task where what = 'open_round' and ended_at = 0")
				return err
			}))
			return n
		}
		if waits() != 1 {
			t.Error("nobody is asked to open it")
		}
		must(t, s.TickRounds(h.ctx)) // once is enough
		_, err = s.BeginRound(h.ctx, root, screening.BeginRound{Round: planned.ID})
		refusedAs(t, err, outbreak.Conflict, "opened without a reason")
		opened, err := s.BeginRound(h.ctx, root, screening.BeginRound{Round: planned.ID, Excuse: " nobody  can wait "})
		if must(t, err); opened.Excuse != "nobody can wait" || opened.ExcuseBy != root.String() {
			t.Errorf("opened with a reason: %+v", opened)
		}
		if waits() != 0 {
			t.Error("the work is still there")
		}

		pass := screening.RecordRehearsal{Version: "v1", Engine: engine, People: 50_000, Tubes: 5000, Kills: 3, Seconds: 60, Rate: 900}
		for _, spoilt := range []func(*screening.RecordRehearsal){
			func(c *screening.RecordRehearsal) { c.Lost = 1 }, func(c *screening.RecordRehearsal) { c.Duplicated = 1 }, func(c *screening.RecordRehearsal) { c.Ghosts = 1 }, func(c *screening.RecordRehearsal) { c.Engine = "x" },
		} {
			bad := pass
			spoilt(&bad)
			_, err := s.RecordRehearsal(h.ctx, root, bad)
			refusedAs(t, err, outbreak.Invalid, "a failed rehearsal is kept")
		}
		big.Opens, big.Closes = 0, 0
		for _, useless := range []func(*screening.RecordRehearsal){
			func(c *screening.RecordRehearsal) { c.Version = "v0" }, func(c *screening.RecordRehearsal) { c.Kills = 0 }, func(c *screening.RecordRehearsal) { c.People = 9_999 },
			func(c *screening.RecordRehearsal) {
				c.Engine = map[string]string{"sqlite": "postgres", "postgres": "sqlite"}[engine]
			},
		} {
			other := pass
			useless(&other)
			_, err := s.RecordRehearsal(h.ctx, root, other)
			must(t, err)
			_, err = s.OpenRound(h.ctx, root, big)
			refusedAs(t, err, outbreak.Conflict, fmt.Sprintf("opened after a rehearsal %+v", other))
		}
		kept, err := s.RecordRehearsal(h.ctx, root, pass)
		must(t, err)
		later := big
		later.Opens, later.Closes = h.now().Add(time.Hour), h.now().Add(5*time.Hour)
		if from, err := s.FindWanted(h.ctx, root, h.round(t, later).ID); err != nil || from != 0 {
			t.Errorf("after the rehearsal a plan still wants one: %d %v", from, err)
		}
		big.Excuse = "not needed"
		r, err := s.OpenRound(h.ctx, root, big)
		if must(t, err); r.Rehearsed != kept.ID || r.Excuse != "" {
			t.Errorf("opened after the rehearsal: %+v", r)
		}
		x, err := s.ListRehearsals(h.ctx, root, 100)
		if must(t, err); len(x.List) != 5 || x.List[0].ID != kept.ID || x.Version != "v1" || x.Engine != engine {
			t.Errorf("%+v", x)
		}
	})
}
