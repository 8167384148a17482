package cases

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RunningStep is a step still owed for a case, with its end under the rule book its outbreak runs under now.
type RunningStep struct {
	Case    Case             `json:"case"`
	Step    Step             `json:"step"`
	Would   outbreak.Instant `json:"would"` // its end under that rule book; 0: it names none
	turn    outbreak.Turn
	ofClock string
}

// followProtocol gives the clocks that run the ends of the new rule book where it makes them shorter and says that it applies
// to them. The others go on as they were started.
func (s *Service) followProtocol(tx *store.Tx, by outbreak.Actor, e outbreak.ProtocolChanged) error {
	p, err := s.registry.ProtocolOf(tx, e.Outbreak)
	if err != nil || p.ID != e.Protocol {
		return err // changed again since: that entry is still to come
	}
	running, err := s.running(tx, e.Outbreak, p)
	if err != nil {
		return err
	}
	for i := 0; i < len(running); {
		c, moved := running[i].Case, []RunningStep(nil)
		for ; i < len(running) && running[i].Case.ID == c.ID; i++ {
			if running[i].turn == outbreak.Sooner {
				moved = append(moved, running[i])
			}
		}
		if err := s.moveClocks(tx, by, c, moved, outbreak.Sooner); err != nil {
			return err
		}
	}
	return nil
}

// running lists what is owed for the live cases of an outbreak, case by case, as the rule book would have it.
func (s *Service) running(tx *store.Tx, ob outbreak.OutbreakID, p outbreak.Protocol) ([]RunningStep, error) {
	list, err := store.List(tx, scan, "select "+columns+" from case_file where outbreak = $1 and live = 1 order by id", ob)
	if err != nil {
		return nil, err
	}
	owed, err := openSteps(tx, ob)
	if err != nil {
		return nil, err
	}
	var all []RunningStep
	for _, c := range list {
		for _, st := range owed[c.ID] {
			all = append(all, RunningStep{Case: c, Step: st, ofClock: clockOf(st.Step)})
		}
		if c.State != InQuestion {
			continue
		}
		asked, err := task.OpenAbout(tx, task.DecideCase, c.ref())
		if err != nil {
			return nil, err
		}
		for _, t := range asked {
			all = append(all, RunningStep{Case: c, Step: Step{Step: "question", Started: t.Since, Due: t.Due}, ofClock: "clock.question"})
		}
	}
	for i, r := range all {
		clock, turn := p.Rerun(r.ofClock, outbreak.Deadline{From: r.Step.Started, Due: r.Step.Due}, tx.Now)
		all[i].turn, all[i].Would = turn, clock.Due
		if turn == outbreak.Kept {
			all[i].Would = p.Deadline(r.ofClock, r.Step.Started).Due
		}
	}
	return all, nil
}

// moveClocks keeps the new ends of clocks of one case, of its work and of the board.
func (s *Service) moveClocks(tx *store.Tx, by outbreak.Actor, c Case, moved []RunningStep, how outbreak.Turn) error {
	if len(moved) == 0 {
		return nil
	}
	e := outbreak.CaseClocksMoved{Scope: c.Scope(), Case: c.ID, Person: c.Person, At: moved[0].Step.Started, How: how}
	for _, m := range moved {
		work, is := workOf(m.Step.Step)
		if !is {
			work = task.DecideCase
		} else if err := tx.Must("update case_step set due = $1, recorded_at = $2 where case_id = $3 and step = $4", m.Would, tx.Now, c.ID, m.Step.Step); err != nil {
			return err
		}
		if err := s.tasks.Move(tx, by, work, c.ref(), m.Would); err != nil {
			return err
		}
		e.Steps = append(e.Steps, outbreak.CaseClock{Step: m.Step.Step, Due: m.Would})
	}
	_, err := s.journal.Append(tx, by, e)
	return err
}

// ListKept lists the clocks that the rule book in force would let end later and that go on as they were started: a person may
// decide each of them with ExtendClock.
func (s *Service) ListKept(ctx context.Context, by outbreak.Actor, ob outbreak.OutbreakID) (kept []RunningStep, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		p, err := s.registry.ProtocolOf(tx, ob)
		if err != nil {
			return err
		}
		running, err := s.running(tx, ob, p)
		for _, r := range running {
			if r.turn == outbreak.Kept && access.Can(by, access.CaseRead, r.Case.Scope()) {
				kept = append(kept, r)
			}
		}
		return err
	})
	return kept, err
}

// ExtendClock is the command of the person who lets a clock have the later end of the rule book in force.
type ExtendClock struct {
	Key    string          `json:"-"`
	Case   outbreak.CaseID `json:"case"`
	Step   string          `json:"step"`
	Reason string          `json:"reason"`
}

// ExtendClock lets one clock of a case end later, as the rule book in force says; nothing else can be asked for.
func (s *Service) ExtendClock(ctx context.Context, by outbreak.Actor, c ExtendClock) (Case, error) {
	if err := access.RequireAnywhere(by, access.OutbreakManage); err != nil {
		return Case{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.ExtendClock", Key: c.Key}, c, func(tx *store.Tx) (Case, error) {
		k, err := s.find(tx, by, access.OutbreakManage, c.Case)
		if err != nil {
			return k, err
		}
		if c.Reason == "" {
			return k, outbreak.Refuse(outbreak.Invalid, "cases.reason_missing")
		}
		p, err := s.registry.ProtocolOf(tx, k.Outbreak)
		if err != nil {
			return k, err
		}
		running, err := s.running(tx, k.Outbreak, p)
		if err != nil {
			return k, err
		}
		for _, r := range running {
			if r.Case.ID == k.ID && r.Step.Step == c.Step && r.turn == outbreak.Kept {
				if err := tx.Must("insert into case_clock_decision (case_id, step, was, due, reason, actor, recorded_at) values ($1, $2, $3, $4, $5, $6, $7)",
					k.ID, c.Step, r.Step.Due, r.Would, c.Reason, by.String(), tx.Now); err != nil {
					return k, err
				}
				return k, s.moveClocks(tx, by, k, []RunningStep{r}, outbreak.Decided)
			}
		}
		return k, outbreak.Refuse(outbreak.Conflict, "cases.not_kept")
	})
}

func clockOf(step string) string {
	for _, s := range steps {
		if s.step == step {
			return s.clock
		}
	}
	return ""
}
