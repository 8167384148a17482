package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
)

// quick is a site's rule book: holds of six hours instead of twelve, core information in two hours, for what runs as well.
const quick = `id = "quick"
disease = "covid-19"
edition = "quick"
title_zh = "本地"
title_en = "Local"
disease_zh = "新冠"
disease_en = "COVID-19"
extends = "cn-covid-2021"

[pool.hold_max]
value = 6
unit = "h"
status = "planning"
note_zh = "临时管控"
note_en = "hold"

[clock.core_info]
value = 2
unit = "h"
status = "planning"
note_zh = "核心信息"
note_en = "core information"
applies = "running"
applies_source = "the district, 14 March 2022"
`

// underSiteRules runs a test in a town whose site has its own rule books, on each database.
func underSiteRules(t *testing.T, do func(*town)) {
	t.Helper()
	rules := t.TempDir()
	if err := os.WriteFile(filepath.Join(rules, "quick.toml"), []byte(quick), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(t *testing.T, c app.Config) {
		clock := outbreak.NewHandClock(testkit.Start)
		c.Protocols, c.Clock, c.Log, c.Cost = rules, clock, testkit.Quiet(), access.Cost{Time: 1, Memory: 64, Threads: 1}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		a, err := app.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		a.Run(ctx)
		w := &town{t: t, ctx: ctx, h: a.House, clock: clock}
		w.found()
		do(w)
		w.sound()
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	t.Run("sqlite", func(t *testing.T) { open(t, app.Config{Data: testkit.Folder(t, app.Owners())}) })
	t.Run("postgres", func(t *testing.T) {
		open(t, app.Config{DB: testkit.Migrated(t, app.Owners()), Key: filepath.Join(t.TempDir(), "key")})
	})
}

// member gives the hold of somebody by his place on the roll.
func (w *town) member(tube string, place int) screening.RecallMember {
	w.t.Helper()
	members, err := w.h.Screening.ListHeld(w.ctx, root, outbreak.TubeCode(tube), screening.Mark{}, 100)
	must(w, 0, err)
	for _, m := range members {
		if m.No == w.people[place] {
			return m
		}
	}
	w.t.Fatalf("%d is not held for %s", place, tube)
	return screening.RecallMember{}
}

// TestARuleBookChangesWhileAPositiveIsOnItsWay changes the edition of a running outbreak: holds end sooner at once, a case's
// core information is due sooner on its page, in its task and on the board, and what begins afterwards begins under it.
func TestARuleBookChangesWhileAPositiveIsOnItsWay(t *testing.T) {
	underSiteRules(t, func(w *town) {
		w.close("T0001", 0, 1, 2)
		w.close("T0002", 3)
		w.settle()
		w.report("T0001", outbreak.Positive)
		w.report("T0002", outbreak.Positive)
		at := w.clock.Now()
		want(w, "the hold before", w.member("T0001", 0).HeldUntil, at.Add(12*time.Hour))

		w.clock.Move(time.Hour)
		must(w, 0, ignore(w.h.Registry.ChangeProtocol(w.ctx, root, registry.ChangeProtocol{Outbreak: w.outbreak, Protocol: "quick", Reason: "order 7"})))
		w.settle()
		want(w, "the hold after", w.member("T0001", 0).HeldUntil, at.Add(6*time.Hour))
		list, err := w.h.Cases.ListCases(w.ctx, root, cases.Filter{Most: 10})
		if must(w, list, err); len(list) != 1 || list[0].Edition != "cn-covid-2021" {
			w.t.Fatalf("the cases: %+v", list)
		}
		rows, err := w.h.Board.ListWaiting(w.ctx, root, board.Filter{Step: board.CoreInfo, Most: 10})
		if must(w, rows, err); len(rows) != 1 || rows[0].Due != at.Add(2*time.Hour) {
			w.t.Errorf("core information on the board: %+v", rows)
		}

		w.clock.MoveTo(at.Add(7 * time.Hour))
		must(w, 0, w.h.Screening.Tick(w.ctx))
		want(w, "the hold ended", w.member("T0001", 0).HeldTo, at.Add(6*time.Hour))
		w.close("T0003", 10, 11)
		w.settle()
		w.report("T0003", outbreak.Positive)
		want(w, "a hold begun after", w.member("T0003", 10).HeldUntil, w.clock.Now().Add(6*time.Hour))
	})
}

// TestEveryDiseaseCanBeWorked declares an outbreak under each rule book that comes with the program and takes a case of it
// from the clinic to a bed, or to no bed where the rule book looks for none; mass testing answers with a sentence.
func TestEveryDiseaseCanBeWorked(t *testing.T) {
	engines(t, func(w *town) {
		must(w, 0, ignore(w.h.Placement.OpenSite(w.ctx, root, placement.OpenSite{Area: "2201", Kind: "hospital_designated", Name: "Hospital", Wards: []placement.NewWard{
			{Name: "A", Kind: "isolation_ward_bed", Beds: 20}, {Name: "B", Kind: "ward_bed", Beds: 30}, {Name: "C", Kind: "icu_bed", Beds: 20}, {Name: "D", Kind: "makeshift_bed", Beds: 20}}})))
		for place, p := range w.h.Protocols.List() {
			ob, err := w.h.Registry.DeclareOutbreak(w.ctx, root, registry.DeclareOutbreak{Name: p.ID, Protocol: p.ID})
			must(w, ob, err)
			person := w.person(place)
			k, err := w.h.Cases.OpenCase(w.ctx, root, cases.OpenCase{Outbreak: ob, Person: person, Severity: outbreak.Severe, Classification: outbreak.Suspected})
			must(w, k, err)
			w.settle()
			_, steps, err := w.h.Cases.FindCase(w.ctx, root, k.ID)
			must(w, steps, err)
			for _, s := range steps {
				clock := map[string]string{"report": "clock.report_positive", "core_info": "clock.core_info", "full_report": "clock.full_report"}[s.Step]
				if d, named := p.Duration(clock); !named || s.Due != s.Started.Add(d) {
					w.t.Errorf("%s: %s is due %v", p.ID, s.Step, s.Due)
				}
			}
			if n := w.beds(person); n != 1 {
				w.t.Errorf("%s: a severe case has %d beds", p.ID, n)
			}
			must(w, k, ignore(w.h.Cases.ClassifyCase(w.ctx, root, cases.ClassifyCase{Case: k.ID, Classification: outbreak.Confirmed, Severity: outbreak.Mild})))
			w.settle()

			mild := w.person(20 + place)
			worse, err := w.h.Cases.OpenCase(w.ctx, root, cases.OpenCase{Outbreak: ob, Person: mild, Severity: outbreak.Mild})
			must(w, worse, err)
			w.settle()
			looked := len(p.List("placement.mild")) > 0
			if got := w.beds(mild) > 0; got != looked {
				w.t.Errorf("%s: a bed was looked for somebody mild: %v, the rule book says %v", p.ID, got, looked)
			}
			must(w, 0, ignore(w.h.Cases.ClassifyCase(w.ctx, root, cases.ClassifyCase{Case: worse.ID, Severity: outbreak.Severe})))
			w.settle()
			want(w, p.ID+": beds of somebody who became worse", w.beds(mild), 1)
			_, timed := p.Duration("round.max_hours")
			_, err = w.h.Screening.OpenRound(w.ctx, root, screening.OpenRound{Outbreak: ob, Name: "Everybody", Areas: []string{"2201"}})
			if refused := outbreak.KindOf(err); timed != (err == nil) || err != nil && refused != outbreak.Invalid {
				w.t.Errorf("%s: a round without an end: %v", p.ID, err)
			}
			r, err := w.h.Screening.OpenRound(w.ctx, root, screening.OpenRound{Outbreak: ob, Name: "Everybody", Areas: []string{"2201"}, Closes: w.clock.Now().Add(time.Hour)})
			if n, _ := p.Number("pool.size"); must(w, r, err).Pool != int(n) {
				w.t.Errorf("%s: a tube takes %d", p.ID, r.Pool)
			}
		}
	})
}

func (w *town) person(place int) (id outbreak.PersonID) {
	w.t.Helper()
	must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) (err error) {
		id, _, err = store.One(tx, store.Value[outbreak.PersonID], "select id from person where no = $1", w.people[place])
		return err
	}))
	return id
}

func (w *town) beds(p outbreak.PersonID) int {
	return w.count("select count(*) from stay where person = $1 and state in ('reserved', 'arrived')", p)
}

func (w *town) count(query string, p outbreak.PersonID) (n int) {
	w.t.Helper()
	must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) error {
		c, err := store.Count(tx, query, p)
		n = int(c)
		return err
	}))
	return n
}
