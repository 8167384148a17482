package cases_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// house is the cases on one database, following what screening would say.
type house struct {
	*testing.T
	ctx      context.Context
	db       *store.DB
	clock    *outbreak.HandClock
	journal  *journal.Journal
	tasks    *task.Service
	registry *registry.Service
	cases    *cases.Service
	outbreak outbreak.OutbreakID
	person   outbreak.PersonID
}

// engines runs do in a fresh house on each database.
func engines(t *testing.T, do func(*house)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		h := &house{T: t, ctx: t.Context(), db: db, clock: clock, journal: journal.New(db, testkit.Quiet(), nil)}
		ids := outbreak.NewIDs(clock)
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Embedded()
		h.ok(err)
		reg := registry.New(db, h.journal, ids, rules, vault)
		h.tasks = task.New(db, h.journal, ids)
		h.registry = reg
		h.cases = cases.New(db, h.journal, ids, reg, h.tasks)
		_, err = reg.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}})
		h.ok(err)
		h.outbreak, err = reg.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		h.ok(err)
		p, err := reg.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "22"}})
		h.ok(err)
		h.person = p.ID
		do(h)
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (h *house) refused(err error, key string) {
	h.Helper()
	if e, ok := err.(*outbreak.Error); !ok || e.Msg != key {
		h.Errorf("%v, want the refusal %s", err, key)
	}
}

// say puts an event into the journal and lets the cases follow it.
func (h *house) say(e outbreak.Event) {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		_, err := h.journal.Append(tx, root, e)
		return err
	}))
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

func (h *house) positive(tube outbreak.TubeCode) {
	h.Helper()
	h.say(outbreak.PersonPositive{Scope: outbreak.Scope{Area: "/22/", Outbreak: h.outbreak}, Tube: tube, Person: h.person, At: h.clock.Now(), Via: outbreak.FoundScreening})
}

func (h *house) takenBack(tube outbreak.TubeCode) {
	h.Helper()
	h.say(outbreak.PersonResultRevised{Scope: outbreak.Scope{Area: "/22/", Outbreak: h.outbreak}, Tube: tube, Person: h.person, Result: outbreak.Negative, At: h.clock.Now()})
}

func (h *house) list(s cases.State) []cases.Case {
	h.Helper()
	list, err := h.cases.ListCases(h.ctx, root, cases.Filter{State: s, Most: 100})
	h.ok(err)
	return list
}

// work counts the open tasks.
func (h *house) work() int {
	h.Helper()
	list, err := h.tasks.ListTasks(h.ctx, root, task.Filter{Most: 100})
	h.ok(err)
	return len(list)
}

func (h *house) reason(id outbreak.CaseID) (reason string) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) (err error) {
		reason, _, err = store.One(tx, store.Value[string], "select reason from case_file where id = $1", id)
		return err
	}))
	return reason
}

// said gives the ground in the last entry of a kind, which must not hold the words beside it.
func (h *house) said(kind, words string) (ground string) {
	h.Helper()
	h.ok(h.db.Read(h.ctx, func(tx *store.Tx) error {
		head, err := journal.Head(tx)
		if err != nil {
			return err
		}
		list, err := journal.List(tx, 0, head, []string{kind}, 100)
		for _, e := range list {
			var body struct{ Ground string }
			if err := json.Unmarshal(e.Body, &body); err != nil {
				return err
			}
			if ground = body.Ground; strings.Contains(string(e.Body), words) {
				h.Errorf("the journal holds what was said: %s", e.Body)
			}
		}
		return err
	}))
	return ground
}

func TestAPositiveOpensOneCaseWithItsClocks(t *testing.T) {
	engines(t, func(h *house) {
		h.positive("T1")
		h.positive("T2") // the person is a case already
		list := h.list("")
		h.want("cases", len(list), 1)
		c := list[0]
		h.want("severity", c.Severity, outbreak.ScreenPositive)
		h.want("tube", c.Tube, outbreak.TubeCode("T1"))
		h.want("work", h.work(), 4)
		for range 2 {
			_, err := h.cases.CompleteStep(h.ctx, root, cases.CompleteStep{Key: "k", Case: c.ID, Step: "report"})
			h.ok(err)
		}
		_, err := h.cases.CompleteStep(h.ctx, root, cases.CompleteStep{Case: c.ID, Step: "report"})
		h.refused(err, "cases.step_done")
		_, err = h.cases.CompleteStep(h.ctx, root, cases.CompleteStep{Case: c.ID, Step: "tea"})
		h.refused(err, "cases.no_step")
		_, err = h.cases.CompleteStep(h.ctx, root, cases.CompleteStep{Case: c.ID, Step: "retest", At: h.clock.Now().Add(-time.Hour)})
		h.refused(err, "cases.before_positive")
		h.want("work", h.work(), 3)
	})
}

func TestACaseInQuestionIsDecidedByAPerson(t *testing.T) {
	engines(t, func(h *house) {
		h.positive("T1")
		h.takenBack("T9") // a result the case does not stand on
		h.want("in question", len(h.list(cases.InQuestion)), 0)
		h.clock.Move(time.Hour)
		h.takenBack("T1")
		h.takenBack("T1")
		c := h.list(cases.InQuestion)[0]
		h.want("work", h.work(), 5)
		_, err := h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: c.ID, Uphold: true})
		h.refused(err, "cases.reason_missing")
		_, err = h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: c.ID, Uphold: true, Reason: "retested positive"})
		h.ok(err)
		h.want("work", h.work(), 4)
		_, err = h.cases.ClassifyCase(h.ctx, root, cases.ClassifyCase{Case: c.ID, Classification: outbreak.Confirmed, Severity: outbreak.Mild})
		h.ok(err)
		h.want("the reason of the decision", h.reason(c.ID), "retested positive")
		_, err = h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: c.ID, Uphold: true, Reason: "again"})
		h.refused(err, "cases.not_in_question")

		_, err = h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: c.ID, Ground: "bad luck", Reason: "contaminated run"})
		h.refused(err, "cases.ground_word")
		_, err = h.cases.DecideCase(h.ctx, root, cases.DecideCase{Case: c.ID, Ground: "contaminated", Reason: "contaminated run"})
		h.ok(err)
		h.want("work", h.work(), 0)
		h.want("why", h.reason(c.ID), "contaminated run")
		said, err := h.cases.ListDecisions(h.ctx, root, c.ID)
		h.ok(err)
		h.want("decisions", len(said), 2)
		h.want("the first", said[0], cases.Decision{Upheld: true, Ground: "other", Reason: "retested positive", Actor: root.String(), At: h.clock.Now()})
		h.want("the ground", said[1].Ground, "contaminated")
		h.want("what the journal says of it", h.said("CaseDiscarded", "contaminated run"), "contaminated")
		_, err = h.cases.ListDecisions(h.ctx, outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Sampler)}}}, c.ID)
		h.refused(err, "access.not_allowed")
		h.positive("T3") // infected after all, later
		h.want("a case of its own", len(h.list(cases.Open)), 1)
	})
}

func TestTwentyCallersOpenOneCase(t *testing.T) {
	engines(t, func(h *house) {
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				_, err := h.cases.OpenCase(h.ctx, root, cases.OpenCase{Key: fmt.Sprint(i), Outbreak: h.outbreak, Person: h.person, Severity: outbreak.Mild, Via: outbreak.FoundClinic})
				if err != nil {
					h.Error(err)
				}
			})
		}
		wait.Wait()
		h.want("cases", len(h.list("")), 1)
		h.want("work", h.work(), 3)
	})
}
