package lab

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// ReleaseRun is the command of the second person.
type ReleaseRun struct {
	Key string         `json:"-"`
	Run outbreak.RunID `json:"run"`
}

// ReleaseRun lets the results of a run count. Whoever entered the run may not release it.
func (s *Service) ReleaseRun(ctx context.Context, by outbreak.Actor, c ReleaseRun) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabRelease); err != nil {
		return Taken{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.ReleaseRun", Key: c.Key}, c, func(tx *store.Tx) (Taken, error) {
		r, err := runByID(tx, c.Run)
		if err != nil {
			return Taken{}, err
		}
		if err := access.Require(by, access.LabRelease, r.scope()); err != nil {
			return Taken{}, err
		}
		if err := r.release(by.User); err != nil {
			return Taken{}, err
		}
		lab, err := labByID(tx, r.Lab)
		if err != nil {
			return Taken{}, err
		}
		kit, err := kitByID(tx, r.Kit)
		if err != nil {
			return Taken{}, err
		}
		wells, err := wellsOf(tx, r)
		if err != nil {
			return Taken{}, err
		}
		tubes, says := verdicts(wells)
		waits := map[outbreak.TubeCode]bool{}
		for _, w := range wells {
			waits[w.Tube] = waits[w.Tube] || w.Step.waits()
		}
		var reports []Report
		for _, t := range tubes {
			if !waits[t] {
				reports = append(reports, Report{Tube: t, Result: says[t], RanAt: r.EndedAt, Message: "run " + r.ID.String()})
			}
		}
		t := Taken{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(reports)}
		b := newBatch(s, tx, by, lab, t.Batch)
		b.run, b.shortest = r.ID, kit.Shortest()
		if err := b.report(reports, true, &t); err != nil { // two people said so: that is the right to correct
			return t, err
		}
		if err := tx.Must("update lab_run set state = $1, released_by = $2, released_at = $3 where id = $4", Released, by.User, tx.Now, r.ID); err != nil {
			return t, err
		}
		events := append(b.events(), outbreak.RunReleased{Scope: r.scope(), Run: r.ID, Lab: r.Lab, Results: len(reports), Kept: len(tubes) - len(reports), At: tx.Now})
		if t.Seq, err = s.journal.Append(tx, by, events...); err != nil {
			return t, err
		}
		return t, s.tasks.End(tx, by, task.ReleaseRun, runRef(r.ID), task.Done, tx.Now)
	})
}

// release decides whether a user may release the run now.
func (r Run) release(user outbreak.UserID) error {
	switch {
	case r.State == Failed:
		return outbreak.Refuse(outbreak.Conflict, "lab.controls_failed")
	case r.State != Entered:
		return outbreak.Refuse(outbreak.Conflict, "lab.run_decided")
	case r.Doubt != "":
		return outbreak.Refuse(outbreak.Conflict, "lab.run_doubted")
	case user == 0 || user == r.EnteredBy:
		return outbreak.Refuse(outbreak.Forbidden, "lab.same_person")
	}
	return nil
}
