package lab

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Doubts are the reasons for which a run is voided.
var Doubts = []string{"contamination", "control", "swap", "kit", "instrument", "other"}

// DoubtRun is the command of the first of the two people who void a run.
type DoubtRun struct {
	Key    string         `json:"-"`
	Run    outbreak.RunID `json:"run"`
	Reason string         `json:"reason"`
	Note   string         `json:"note"`
}

// DoubtRun proposes to void a run. Its results count until somebody else confirms it; one that is not released cannot be
// released meanwhile.
func (s *Service) DoubtRun(ctx context.Context, by outbreak.Actor, c DoubtRun) (Run, error) {
	if err := access.RequireAnywhere(by, access.LabVoid); err != nil {
		return Run{}, err
	}
	if !slices.Contains(Doubts, c.Reason) {
		return Run{}, outbreak.Refuse(outbreak.Invalid, "lab.doubt_word")
	}
	note, err := noteOf(c.Note)
	if err == nil && note == "" {
		err = outbreak.Refuse(outbreak.Invalid, "lab.doubt_note")
	}
	if err != nil {
		return Run{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.DoubtRun", Key: c.Key}, c, func(tx *store.Tx) (Run, error) {
		r, err := s.runFor(tx, by, c.Run)
		if err != nil {
			return r, err
		}
		if r.State == Voided || r.Doubt != "" {
			return r, outbreak.Refuse(outbreak.Conflict, "lab.run_doubted")
		}
		r.Doubt, r.DoubtNote, r.DoubtBy, r.DoubtAt = c.Reason, note, by.User, tx.Now
		if err := s.keepDoubt(tx, r); err != nil {
			return r, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.RunDoubted{Scope: r.scope(), Run: r.ID, Lab: r.Lab, Reason: r.Doubt, At: r.DoubtAt}); err != nil {
			return r, err
		}
		return r, s.tasks.Open(tx, by, task.Work{What: task.DecideRun, Subject: runRef(r.ID), Scope: r.scope(), Clock: outbreak.Deadline{From: tx.Now}})
	})
}

func (s *Service) runFor(tx *store.Tx, by outbreak.Actor, id outbreak.RunID) (Run, error) {
	r, err := runByID(tx, id)
	if err != nil {
		return r, err
	}
	return r, access.Require(by, access.LabVoid, r.scope())
}

func (s *Service) keepDoubt(tx *store.Tx, r Run) error {
	return tx.Must("update lab_run set doubt = $1, doubt_note = $2, doubt_by = $3, doubt_at = $4 where id = $5", r.Doubt, r.DoubtNote, r.DoubtBy, r.DoubtAt, r.ID)
}

// DecideDoubt is the command of the second person.
type DecideDoubt struct {
	Key string         `json:"-"`
	Run outbreak.RunID `json:"run"`
}

// ClearRun turns a proposal down: the run stands. The one who proposed it may take it back.
func (s *Service) ClearRun(ctx context.Context, by outbreak.Actor, c DecideDoubt) (Run, error) {
	if err := access.RequireAnywhere(by, access.LabVoid); err != nil {
		return Run{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.ClearRun", Key: c.Key}, c, func(tx *store.Tx) (Run, error) {
		r, err := s.runFor(tx, by, c.Run)
		if err != nil {
			return r, err
		}
		if r.State == Voided || r.Doubt == "" {
			return r, outbreak.Refuse(outbreak.Conflict, "lab.run_not_doubted")
		}
		r.Doubt, r.DoubtNote, r.DoubtBy, r.DoubtAt = "", "", 0, 0
		if err := s.keepDoubt(tx, r); err != nil {
			return r, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.RunCleared{Scope: r.scope(), Run: r.ID, Lab: r.Lab, At: tx.Now}); err != nil {
			return r, err
		}
		return r, s.tasks.End(tx, by, task.DecideRun, runRef(r.ID), task.Done, tx.Now)
	})
}

// VoidedRun says what voiding a run came to.
type VoidedRun struct {
	Run      Run       `json:"run"`
	Taken    Taken     `json:"taken"`    // the revisions
	Again    int       `json:"again"`    // tubes that have no result any more
	Back     int       `json:"back"`     // tubes of which an earlier result stands again
	Suspects []Suspect `json:"suspects"` // samples that lay beside positives
}

// VoidRun confirms that nothing of a run stands, in one act: every tube whose result came out of it is said to be what still
// stands of it, or invalid. What followed from the old results follows again from these revisions: people are swabbed again,
// recalls end, cases come into question.
func (s *Service) VoidRun(ctx context.Context, by outbreak.Actor, c DecideDoubt) (VoidedRun, error) {
	if err := access.RequireAnywhere(by, access.LabVoid); err != nil {
		return VoidedRun{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.VoidRun", Key: c.Key}, c, func(tx *store.Tx) (VoidedRun, error) {
		r, err := s.runFor(tx, by, c.Run)
		if err != nil {
			return VoidedRun{}, err
		}
		if err := r.void(by.User); err != nil {
			return VoidedRun{}, err
		}
		released := r.State == Released
		r.State, r.VoidedBy, r.VoidedAt = Voided, by.User, tx.Now
		if err := tx.Must("update lab_run set state = $1, voided_by = $2, voided_at = $3 where id = $4", r.State, r.VoidedBy, r.VoidedAt, r.ID); err != nil {
			return VoidedRun{}, err
		}
		kit, err := kitByID(tx, r.Kit)
		if err != nil {
			return VoidedRun{}, err
		}
		wells, err := wellsOf(tx, r)
		if err != nil {
			return VoidedRun{}, err
		}
		v := VoidedRun{Run: r, Suspects: suspects(r.Layout, wells, kit.Rules)}
		v.Taken.Batch = outbreak.New[outbreak.BatchID](s.ids)
		var events []outbreak.Event
		if released {
			if events, err = s.takeBack(tx, by, r, wells, &v); err != nil {
				return v, err
			}
		}
		if err := s.dropRepeats(tx, by, r); err != nil {
			return v, err
		}
		events = append(events, outbreak.RunVoided{Scope: r.scope(), Run: r.ID, Lab: r.Lab, Reason: r.Doubt, Revised: v.Taken.Accepted, Batch: v.Taken.Batch, At: tx.Now})
		if v.Taken.Seq, err = s.journal.Append(tx, by, events...); err != nil {
			return v, err
		}
		for _, what := range []task.What{task.DecideRun, task.ReleaseRun} {
			if err := s.tasks.End(tx, by, what, runRef(r.ID), task.Done, tx.Now); err != nil {
				return v, err
			}
		}
		return v, nil
	})
}

// void decides whether a user may confirm the proposal.
func (r Run) void(user outbreak.UserID) error {
	switch {
	case r.State == Voided:
		return outbreak.Refuse(outbreak.Conflict, "lab.run_decided")
	case r.Doubt == "":
		return outbreak.Refuse(outbreak.Conflict, "lab.run_not_doubted")
	case user == 0 || user == r.DoubtBy:
		return outbreak.Refuse(outbreak.Forbidden, "lab.same_person")
	}
	return nil
}

// takeBack revises every tube whose last result rests on the run.
func (s *Service) takeBack(tx *store.Tx, by outbreak.Actor, r Run, wells []Well, v *VoidedRun) ([]outbreak.Event, error) {
	lab, err := labByID(tx, r.Lab)
	if err != nil {
		return nil, err
	}
	tubes, _ := verdicts(wells)
	boxes, err := registry.BoxesOf(tx, tubes)
	if err != nil {
		return nil, err
	}
	b := newBatch(s, tx, by, lab, v.Taken.Batch)
	b.voids = r.ID
	said, err := b.before(tubes, boxes)
	if err != nil {
		return nil, err
	}
	voided, err := voidedAmong(tx, said)
	if err != nil {
		return nil, err
	}
	var reports []Report
	for _, t := range tubes {
		all := said[t]
		if len(all) == 0 {
			continue
		}
		now := standing(all, voided)
		if now == all[len(all)-1].Result {
			continue // a later statement stands, or the earlier one said the same
		}
		if now == outbreak.InvalidResult {
			v.Again++
		} else {
			v.Back++
		}
		reports = append(reports, Report{Tube: t, Result: now, RanAt: tx.Now, Message: "void " + r.ID.String()})
	}
	v.Taken.Received = len(reports)
	if err := b.report(reports, true, &v.Taken); err != nil {
		return nil, err
	}
	return b.events(), nil
}

// voidedAmong finds the voided runs among those that statements came out of.
func voidedAmong(tx *store.Tx, said map[outbreak.TubeCode][]Result) (map[outbreak.RunID]bool, error) {
	voided := map[outbreak.RunID]bool{}
	var ids []outbreak.RunID
	for _, all := range said {
		for _, x := range all {
			if _, seen := voided[x.Run]; !seen && x.Run != 0 {
				voided[x.Run] = false
				ids = append(ids, x.Run)
			}
		}
	}
	for len(ids) > 0 {
		n := min(len(ids), 400)
		in, args := store.In([]any{Voided}, ids[:n])
		list, err := store.List(tx, store.Value[outbreak.RunID], "select id from lab_run where state = $1 and id in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			voided[id] = true
		}
		ids = ids[n:]
	}
	return voided, nil
}

// dropRepeats takes back what the run asked to test again: nothing is known of these tubes, so that they are tested anyway.
func (s *Service) dropRepeats(tx *store.Tx, by outbreak.Actor, r Run) error {
	tubes, err := store.List(tx, store.Value[outbreak.TubeCode], "select tube from lab_repeat where run = $1 and met_at = 0", r.ID)
	if err != nil || len(tubes) == 0 {
		return err
	}
	if _, err := tx.Exec("update lab_repeat set met_at = $1 where run = $2 and met_at = 0", tx.Now, r.ID); err != nil {
		return err
	}
	for _, t := range tubes {
		if err := s.tasks.End(tx, by, task.RepeatTest, outbreak.Ref{Kind: "tube", ID: string(t)}, task.Removed, tx.Now); err != nil {
			return err
		}
	}
	return nil
}
