package cases_test

import (
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// edition is a site's rule book that differs from the eighth edition in one clock of the investigation.
func edition(id, hours, applies string) string {
	return `id = "` + id + `"
disease = "covid-19"
edition = "` + id + `"
title_zh = "本地"
title_en = "Local"
disease_zh = "新冠"
disease_en = "COVID-19"
extends = "cn-covid-2021"

[clock.core_info]
value = ` + hours + `
unit = "h"
status = "planning"
note_zh = "核心信息"
note_en = "core information"
` + applies
}

const running = `applies = "running"
applies_source = "the district, 14 March 2022"
`

// editions runs do in a fresh house that also knows shorter and longer rule books.
func editions(t *testing.T, do func(*house, *registry.Service)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		h := &house{T: t, ctx: t.Context(), db: db, clock: clock, journal: journal.New(db, testkit.Quiet(), nil)}
		ids := outbreak.NewIDs(clock)
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Load(fstest.MapFS{
			"shorter.toml": {Data: []byte(edition("shorter", "2", running))}, "longer.toml": {Data: []byte(edition("longer", "9", running))},
			"fresh.toml": {Data: []byte(edition("fresh", "2", ""))}})
		h.ok(err)
		reg := registry.New(db, h.journal, ids, rules, vault)
		h.tasks = task.New(db, h.journal, ids)
		h.cases = cases.New(db, h.journal, ids, reg, h.tasks)
		_, err = reg.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}})
		h.ok(err)
		h.outbreak, err = reg.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		h.ok(err)
		do(h, reg)
	})
}

// case opens a case of somebody new by hand.
func (h *house) open(reg *registry.Service) outbreak.CaseID {
	h.Helper()
	p, err := reg.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "22"}})
	h.ok(err)
	c, err := h.cases.OpenCase(h.ctx, root, cases.OpenCase{Outbreak: h.outbreak, Person: p.ID, Severity: outbreak.Mild})
	h.ok(err)
	return c.ID
}

// change changes the rule book and lets the cases follow the last entry.
func (h *house) change(reg *registry.Service, to string) {
	h.Helper()
	_, err := reg.ChangeProtocol(h.ctx, root, registry.ChangeProtocol{Outbreak: h.outbreak, Protocol: to, Reason: "order of the district"})
	h.ok(err)
	h.followLast()
}

func (h *house) followLast() {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, head-1, head, nil, 1)
		if err != nil {
			return err
		}
		return h.cases.Consumer().Follow(tx, outbreak.Actor{System: "cases", Cause: head}, list[0])
	}))
}

// owes gives how long after its start a step of a case, and the work for it, are due.
func (h *house) owes(c outbreak.CaseID, step string) time.Duration {
	h.Helper()
	k, steps, err := h.cases.FindCase(h.ctx, root, c)
	h.ok(err)
	for _, s := range steps {
		if s.Step != step {
			continue
		}
		h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
			work, err := task.OpenAbout(tx, task.CoreInfo, outbreak.Ref{Kind: "case", ID: k.ID.String()})
			if err == nil && step == "core_info" && s.DoneAt == 0 && (len(work) != 1 || work[0].Due != s.Due) {
				h.Errorf("the work is due at another time than the step: %+v, %v", work, s.Due)
			}
			return err
		}))
		return s.Due.Sub(s.Started)
	}
	h.Fatalf("the case owes no %s", step)
	return 0
}

func TestACaseKeepsTheClockItWasOpenedUnder(t *testing.T) {
	editions(t, func(h *house, reg *registry.Service) {
		before := h.open(reg)
		h.clock.Move(time.Hour)
		h.change(reg, "fresh")
		after := h.open(reg)
		h.want("core information of the case opened before", h.owes(before, "core_info"), 4*time.Hour)
		h.want("core information of the case opened after", h.owes(after, "core_info"), 2*time.Hour)
		k, _, err := h.cases.FindCase(h.ctx, root, before)
		h.ok(err)
		h.want("the edition of the case opened before", k.Edition, "cn-covid-2021")
		kept, err := h.cases.ListKept(h.ctx, root, h.outbreak)
		h.ok(err)
		h.want("clocks to decide", len(kept), 0)
	})
}

func TestAShorterRunningValueAppliesAtOnce(t *testing.T) {
	editions(t, func(h *house, reg *registry.Service) {
		open, done := h.open(reg), h.open(reg)
		_, err := h.cases.CompleteStep(h.ctx, root, cases.CompleteStep{Case: done, Step: "core_info"})
		h.ok(err)
		h.change(reg, "shorter")
		h.want("core information that is owed", h.owes(open, "core_info"), 2*time.Hour)
		h.want("core information that was given", h.owes(done, "core_info"), 4*time.Hour)
		h.want("a clock that did not change", h.owes(open, "full_report"), 24*time.Hour)
		h.followLast() // an entry of ours: nothing
		h.want("followed again", h.owes(open, "core_info"), 2*time.Hour)
	})
}

func TestALongerValueWaitsForAPerson(t *testing.T) {
	editions(t, func(h *house, reg *registry.Service) {
		c := h.open(reg)
		h.change(reg, "longer")
		h.want("core information", h.owes(c, "core_info"), 4*time.Hour)
		kept, err := h.cases.ListKept(h.ctx, root, h.outbreak)
		h.ok(err)
		if len(kept) != 1 || kept[0].Case.ID != c || kept[0].Would.Sub(kept[0].Step.Started) != 9*time.Hour {
			h.Fatalf("to decide: %+v", kept)
		}
		_, err = h.cases.ExtendClock(h.ctx, root, cases.ExtendClock{Case: c, Step: "core_info"})
		h.refused(err, "cases.reason_missing")
		_, err = h.cases.ExtendClock(h.ctx, root, cases.ExtendClock{Case: c, Step: "full_report", Reason: "x"})
		h.refused(err, "cases.not_kept")
		_, err = h.cases.ExtendClock(h.ctx, root, cases.ExtendClock{Case: c, Step: "core_info", Reason: "the district said so"})
		h.ok(err)
		h.want("core information, decided", h.owes(c, "core_info"), 9*time.Hour)
		_, err = h.cases.ExtendClock(h.ctx, root, cases.ExtendClock{Case: c, Step: "core_info", Reason: "again"})
		h.refused(err, "cases.not_kept")
	})
}

func TestAPlannedRuleBookComesAtItsTime(t *testing.T) {
	editions(t, func(h *house, reg *registry.Service) {
		c := h.open(reg)
		from := h.clock.Now().Add(time.Hour)
		planned, err := reg.ChangeProtocol(h.ctx, root, registry.ChangeProtocol{Outbreak: h.outbreak, Protocol: "longer", From: from, Reason: "first plan"})
		h.ok(err)
		h.want("state", planned.State, registry.EditionPlanned)
		_, err = reg.ChangeProtocol(h.ctx, root, registry.ChangeProtocol{Outbreak: h.outbreak, Protocol: "shorter", From: from, Reason: "second plan"})
		h.ok(err)
		h.ok(reg.Tick(h.ctx))
		h.want("before its time", h.owes(h.open(reg), "core_info"), 4*time.Hour)
		h.clock.MoveTo(from)
		h.ok(reg.Tick(h.ctx))
		h.ok(reg.Tick(h.ctx))
		h.followLast()
		h.want("a clock that runs", h.owes(c, "core_info"), 2*time.Hour)
		o, changes, err := reg.FindOutbreak(h.ctx, root, h.outbreak)
		h.ok(err)
		h.want("the rule book in force", o.Protocol, "shorter")
		if len(changes) != 2 || changes[0].State != registry.EditionDropped || changes[1].State != registry.EditionInForce || changes[1].InForceAt != from {
			h.Errorf("the changes: %+v", changes)
		}
	})
}

func TestWhatChangeOfARuleBookIsRefused(t *testing.T) {
	editions(t, func(h *house, reg *registry.Service) {
		for _, c := range []struct {
			change registry.ChangeProtocol
			key    string
		}{
			{registry.ChangeProtocol{Protocol: "shorter"}, "registry.edition_reason"},
			{registry.ChangeProtocol{Protocol: "nothing", Reason: "x"}, "registry.no_protocol"},
			{registry.ChangeProtocol{Protocol: "cn-covid-2021", Reason: "x"}, "registry.same_protocol"},
			{registry.ChangeProtocol{Protocol: "who-measles", Reason: "x"}, "registry.other_disease"},
			{registry.ChangeProtocol{Protocol: "shorter", Reason: "x", From: 1}, "registry.edition_before_outbreak"},
		} {
			c.change.Outbreak = h.outbreak
			_, err := reg.ChangeProtocol(h.ctx, root, c.change)
			h.refused(err, c.key)
		}
		_, err := reg.ChangeProtocol(h.ctx, root, registry.ChangeProtocol{Outbreak: 1, Protocol: "shorter", Reason: "x"})
		h.refused(err, "registry.no_outbreak")
		planned := registry.ChangeProtocol{Outbreak: h.outbreak, Protocol: "shorter", Reason: "x", From: h.clock.Now().Add(time.Hour)}
		_, err = reg.ChangeProtocol(h.ctx, root, planned)
		h.ok(err)
		e, err := reg.ChangeProtocol(h.ctx, root, registry.ChangeProtocol{Outbreak: h.outbreak, Protocol: "cn-covid-2021", Reason: "not after all"})
		h.ok(err)
		h.want("the plan", e.State, registry.EditionDropped)
		h.clock.Move(2 * time.Hour)
		h.ok(reg.Tick(h.ctx))
		o, _, err := reg.FindOutbreak(h.ctx, root, h.outbreak)
		h.ok(err)
		h.want("the rule book in force", o.Protocol, "cn-covid-2021")
	})
}
