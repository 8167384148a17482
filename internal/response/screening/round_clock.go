package screening

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// EndSampling is the command that says that no new sampling is planned in a round.
type EndSampling struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
}

// EndSampling puts an open round into closing: what is on the way still comes in, and those who are missing are worked off.
func (s *Service) EndSampling(ctx context.Context, by outbreak.Actor, c EndSampling) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.EndSampling", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, err := s.managed(tx, by, c.Round)
		if err != nil {
			return r, err
		}
		return s.endSampling(tx, by, r)
	})
}

func (s *Service) endSampling(tx *store.Tx, by outbreak.Actor, r Round) (Round, error) {
	r, err := r.end(tx.Now)
	if err != nil {
		return r, err
	}
	if err := saveRound(tx, r); err != nil {
		return r, err
	}
	_, err = s.journal.Append(tx, by, outbreak.RoundClosing{Scope: r.Scope(), Round: r.ID, At: r.ClosingAt})
	return r, err
}

// dueRounds lists the rounds whose instant has come: to open, or to end sampling.
const dueRounds = "select id from round where state = 'planned' and opens <= $1 and held_back = 0 or state = 'open' and closes <= $1 order by id"

// TickRounds opens rounds at their instant and ends their sampling at theirs. A round this version may not open by itself is held
// back, and somebody who commands is asked.
func (s *Service) TickRounds(ctx context.Context) error {
	var due []outbreak.RoundID
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = store.List(tx, store.Value[outbreak.RoundID], dueRounds, tx.Now)
		return err
	}); err != nil {
		return err
	}
	for _, id := range due {
		if err := s.turn(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// turn lets the clock act on one round, if nobody was quicker.
func (s *Service) turn(ctx context.Context, id outbreak.RoundID) error {
	by := outbreak.SystemActor("clock")
	var refused error
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		r, err := roundByID(tx, id)
		if err != nil {
			return err
		}
		switch {
		case r.State == Open && r.Closes <= tx.Now:
			_, err = s.endSampling(tx, by, r)
			return err
		case r.State == Planned && r.Opens <= tx.Now && r.HeldBack == 0:
			_, err = s.begin(tx, by, r, r.Excuse)
			if k := outbreak.KindOf(err); err != nil && (k == outbreak.Conflict || k == outbreak.Invalid) {
				refused = err
			}
			return err
		}
		return nil
	})
	if refused == nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		r, err := roundByID(tx, id)
		if err != nil || r.State != Planned || r.HeldBack != 0 {
			return err
		}
		return s.holdBack(tx, by, r)
	})
}

// holdBack notes that a round did not open at its instant, and asks somebody to decide.
func (s *Service) holdBack(tx *store.Tx, by outbreak.Actor, r Round) error {
	r.HeldBack = tx.Now
	if err := saveRound(tx, r); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.RoundHeldBack{Scope: r.Scope(), Round: r.ID, Version: s.version, At: r.HeldBack}); err != nil {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.OpenRound, Subject: r.ref(), Scope: r.Scope(), Clock: outbreak.Deadline{From: r.Opens, Due: r.Opens}})
}
