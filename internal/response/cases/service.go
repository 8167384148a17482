package cases

import (
	"cmp"
	"context"
	"embed"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of cases.
var Migrations = store.Migrations{Owner: "cases", FS: migrations}

// Service is the door of the cases inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
	owners   Owners // nil: every field is ours
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, t *task.Service) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, tasks: t}
}

// OpenCase is the command that opens a case by hand: a clinic, an entry point, a call.
type OpenCase struct {
	Key            string                  `json:"-"`
	Outbreak       outbreak.OutbreakID     `json:"outbreak"`
	Person         outbreak.PersonID       `json:"person"`
	Severity       outbreak.Severity       `json:"severity"`
	Classification outbreak.Classification `json:"classification"`
	Via            outbreak.FoundVia       `json:"via"`
	At             outbreak.Instant        `json:"at"` // the positive or the diagnosis; 0: now
	OnsetAt        outbreak.Instant        `json:"onset_at"`
}

// OpenCase opens a case by hand; a person with a live case in the outbreak keeps that one.
func (s *Service) OpenCase(ctx context.Context, by outbreak.Actor, c OpenCase) (Case, error) {
	if err := access.RequireAnywhere(by, access.CaseOpen); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.OpenCase", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		p, ok, err := registry.PersonByID(tx, c.Person)
		if err != nil {
			return Case{}, err
		}
		if !ok || access.Require(by, access.CaseOpen, outbreak.Scope{Area: p.Area, Outbreak: c.Outbreak}) != nil {
			return Case{}, outbreak.Refuse(outbreak.NotFound, "registry.no_person")
		}
		if _, ok, err := registry.OutbreakByID(tx, c.Outbreak); err != nil || !ok {
			if err == nil {
				err = outbreak.Refuse(outbreak.Invalid, "cases.no_outbreak")
			}
			return Case{}, err
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) || c.OnsetAt > tx.Now.Add(outbreak.Drift) {
			return Case{}, outbreak.Refuse(outbreak.Invalid, "cases.at_in_future")
		}
		n := Case{Outbreak: c.Outbreak, Person: p.ID, Area: p.Area, Severity: outbreak.Mild, Classification: outbreak.NotClassified, Via: outbreak.FoundUnknown, PositiveAt: at, OnsetAt: c.OnsetAt, Listed: listedOf(p, at)}
		if c.Via != "" {
			n.Via = c.Via
		}
		if n, err = n.classify(c.Classification, c.Severity); err != nil {
			return Case{}, err
		}
		n, _, err = s.open(tx, by, n)
		return n, err
	})
}

// open keeps a new case with its clocks and work, or gives the live one the person has.
func (s *Service) open(tx *store.Tx, by outbreak.Actor, c Case) (Case, bool, error) {
	old, err := liveOf(tx, c.Outbreak, c.Person)
	if err != nil || len(old) > 0 {
		return first(old), false, err
	}
	p, err := s.registry.ProtocolOf(tx, c.Outbreak)
	if err != nil {
		return c, false, err
	}
	c.ID, c.State, c.Edition, c.RecordedAt = outbreak.New[outbreak.CaseID](s.ids), Open, p.ID, tx.Now
	owed := c.owed(p)
	if err := insert(tx, []Case{c}, map[outbreak.CaseID][]Step{c.ID: owed}); err != nil {
		return c, false, fmt.Errorf("opening a case: %w", err)
	}
	if err := s.registry.Meet(tx, by, []outbreak.PersonID{c.Person}); err != nil {
		return c, false, err
	}
	return c, true, s.begun(tx, by, c, owed)
}

// begun tells of a new case and puts what is owed for it into the queues.
func (s *Service) begun(tx *store.Tx, by outbreak.Actor, c Case, owed []Step) error {
	e := outbreak.CaseOpened{Scope: c.Scope(), Case: c.ID, Person: c.Person, Severity: c.Severity, Classification: c.Classification, Via: c.Via, Tube: c.Tube, At: c.PositiveAt}
	for _, o := range owed {
		e.Steps = append(e.Steps, outbreak.CaseClock{Step: o.Step, Due: o.Due})
	}
	if _, err := s.journal.Append(tx, by, e); err != nil {
		return err
	}
	for _, o := range owed {
		work, _ := workOf(o.Step)
		if err := s.tasks.Open(tx, by, task.Work{What: work, Subject: c.ref(), Scope: c.Scope(), Clock: outbreak.Deadline{From: o.Started, Due: o.Due}}); err != nil {
			return err
		}
	}
	return nil
}

// CompleteStep is the command that says a step of a case was done.
type CompleteStep struct {
	Key  string           `json:"-"`
	Case outbreak.CaseID  `json:"case"`
	Step string           `json:"step"`
	At   outbreak.Instant `json:"at"` // 0: now
}

// CompleteStep notes that a step was done.
func (s *Service) CompleteStep(ctx context.Context, by outbreak.Actor, c CompleteStep) (Case, error) {
	if err := access.RequireAnywhere(by, access.CaseStep); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.CompleteStep", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		k, err := s.find(tx, by, access.CaseStep, c.Case)
		if err != nil {
			return k, err
		}
		all, err := stepsOf(tx, k.ID)
		if err != nil {
			return k, err
		}
		for _, st := range all {
			if st.Step != c.Step {
				continue
			}
			if st, err = st.done(c.At, tx.Now, k); err != nil {
				return k, err
			}
			return k, s.keepDone(tx, by, k, st)
		}
		return k, outbreak.Refuse(outbreak.NotFound, "cases.no_step", "step", c.Step)
	})
}

func (s *Service) keepDone(tx *store.Tx, by outbreak.Actor, k Case, st Step) error {
	if err := saveStep(tx, k.ID, st); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.CaseStepDone{Scope: k.Scope(), Case: k.ID, Person: k.Person, Step: st.Step, At: st.DoneAt}); err != nil {
		return err
	}
	work, _ := workOf(st.Step)
	return s.tasks.End(tx, by, work, k.ref(), task.Done, st.DoneAt)
}

// ClassifyCase is the command that classifies a case.
type ClassifyCase struct {
	Key            string                  `json:"-"`
	Case           outbreak.CaseID         `json:"case"`
	Classification outbreak.Classification `json:"classification"`
	Severity       outbreak.Severity       `json:"severity"`
}

// ClassifyCase sets classification and severity; placement follows the severity.
func (s *Service) ClassifyCase(ctx context.Context, by outbreak.Actor, c ClassifyCase) (Case, error) {
	if err := access.RequireAnywhere(by, access.CaseClassify); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.ClassifyCase", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		k, err := s.find(tx, by, access.CaseClassify, c.Case)
		if err != nil {
			return k, err
		}
		now, err := k.classify(c.Classification, c.Severity)
		if err != nil {
			return k, err
		}
		if k, err = keepOne(tx, by, k, now, ""); err != nil {
			return k, err
		}
		_, err = s.journal.Append(tx, by, outbreak.CaseClassified{Scope: k.Scope(), Case: k.ID, Person: k.Person, Classification: k.Classification, Severity: k.Severity, At: tx.Now})
		return k, err
	})
}

// DecideCase is the command of the person who answers a case in question, or finds that a case is none.
type DecideCase struct {
	Key    string          `json:"-"`
	Case   outbreak.CaseID `json:"case"`
	Uphold bool            `json:"uphold"` // false: not a case
	Ground string          `json:"ground"` // one of Grounds; empty: other
	Reason string          `json:"reason"` // in words
}

// DecideCase upholds a case in question or discards it; whoever was restricted for it alone is released by those who follow.
func (s *Service) DecideCase(ctx context.Context, by outbreak.Actor, c DecideCase) (Case, error) {
	if err := access.RequireAnywhere(by, access.CaseClassify); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.DecideCase", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		k, err := s.find(tx, by, access.CaseClassify, c.Case)
		if err != nil {
			return k, err
		}
		now, err := k.decide(c.Uphold, c.Reason)
		if err != nil {
			return k, err
		}
		d := Decision{Upheld: c.Uphold, Ground: cmp.Or(c.Ground, "other"), Reason: c.Reason, Actor: by.String(), At: tx.Now}
		if err := d.check(); err != nil {
			return k, err
		}
		if err := keepDecision(tx, k.ID, d); err != nil {
			return k, err
		}
		if k, err = keepOne(tx, by, k, now, c.Reason); err != nil {
			return k, err
		}
		var e outbreak.Event = outbreak.CaseUpheld{Scope: k.Scope(), Case: k.ID, Person: k.Person, At: tx.Now, Ground: d.Ground}
		if k.State == Discarded {
			e = outbreak.CaseDiscarded{Scope: k.Scope(), Case: k.ID, Person: k.Person, Reason: "decided", At: tx.Now, Ground: d.Ground}
		}
		if _, err := s.journal.Append(tx, by, e); err != nil {
			return k, err
		}
		return k, s.endWork(tx, by, k)
	})
}

// endWork ends the question, and for a case that is none everything else that was owed for it.
func (s *Service) endWork(tx *store.Tx, by outbreak.Actor, k Case) error {
	if err := s.tasks.End(tx, by, task.DecideCase, k.ref(), task.Done, tx.Now); err != nil || k.State != Discarded {
		return err
	}
	for _, st := range steps {
		if err := s.tasks.End(tx, by, st.work, k.ref(), task.Removed, tx.Now); err != nil {
			return err
		}
	}
	return s.oneLeft(tx, by, k)
}

func (s *Service) find(tx *store.Tx, by outbreak.Actor, p access.Permission, id outbreak.CaseID) (Case, error) {
	c, ok, err := byID(tx, id)
	if err != nil {
		return c, err
	}
	if !ok || !access.Can(by, access.CaseRead, c.Scope()) {
		return Case{}, outbreak.Refuse(outbreak.NotFound, "cases.none")
	}
	return c, access.Require(by, p, c.Scope())
}

// FindCase gives a case with its steps.
func (s *Service) FindCase(ctx context.Context, by outbreak.Actor, id outbreak.CaseID) (c Case, owed []Step, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return c, nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if c, err = s.find(tx, by, access.CaseRead, id); err != nil {
			return err
		}
		owed, err = stepsOf(tx, id)
		return err
	})
	return c, owed, err
}

// Filter cuts the list of cases.
type Filter struct {
	Person outbreak.PersonID
	State  State
	Below  outbreak.Path
	After  outbreak.CaseID
	Most   int
}

// ListCases lists the cases the actor may see, the oldest first.
func (s *Service) ListCases(ctx context.Context, by outbreak.Actor, f Filter) (list []Case, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		l := registry.Listing{May: access.CaseRead, After: int64(f.After), Below: f.Below, Person: f.Person, People: []string{"person"}, Most: f.Most}
		if f.State != "" {
			l.Equal = map[string]any{"state": f.State}
		}
		where, args, err := l.Where(tx, by)
		if err != nil {
			return err
		}
		list, err = store.List(tx, scan, "select "+columns+" from case_file where "+where, args...)
		return err
	})
	return list, err
}
