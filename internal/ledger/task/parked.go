package task

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Parked opens the work of an entry that a consumer put aside; it is the journal's Parked.
func (s *Service) Parked(tx *store.Tx, consumer string, e outbreak.Entry, _ error) error {
	return s.Open(tx, outbreak.Actor{System: consumer, Cause: e.Seq}, Work{What: WorkParked, Subject: stuckIn(consumer),
		Scope: e.Scope, Clock: outbreak.Deadline{From: e.At}})
}

func stuckIn(consumer string) outbreak.Ref { return outbreak.Ref{Kind: "parked", ID: consumer} }

// ParkedEntry is an entry that a consumer put aside, with what is needed to deal with it.
type ParkedEntry struct {
	Consumer string              `json:"consumer"`
	Seq      int64               `json:"seq"`
	Kind     string              `json:"kind"`
	Area     outbreak.Path       `json:"area"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Error    string              `json:"error"` // as the consumer gave it; for whoever looks after the machine
	ParkedAt outbreak.Instant    `json:"parked_at"`
}

func (p ParkedEntry) scope() outbreak.Scope {
	return outbreak.Scope{Area: p.Area, Outbreak: p.Outbreak}
}

// ListParked lists the parked entries the actor may deal with, the oldest first.
func (s *Service) ListParked(ctx context.Context, by outbreak.Actor) (list []ParkedEntry, err error) {
	if err := access.RequireAnywhere(by, access.EventRetry); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = parkedFor(tx, by)
		return err
	})
	return list, err
}

// parkedFor reads what is put aside where the actor may deal with it.
func parkedFor(tx *store.Tx, by outbreak.Actor) (list []ParkedEntry, err error) {
	all, err := journal.ListParked(tx)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		found, err := journal.List(tx, p.Seq-1, p.Seq, nil, 1)
		if err != nil {
			return nil, err
		}
		x := ParkedEntry{Consumer: p.Consumer, Seq: p.Seq, Error: p.Error, ParkedAt: p.At}
		if len(found) > 0 {
			x.Kind, x.Area, x.Outbreak = found[0].Kind, found[0].Scope.Area, found[0].Scope.Outbreak
		}
		if access.Can(by, access.EventRetry, x.scope()) {
			list = append(list, x)
		}
	}
	return list, nil
}

// DealWithParked is the command of somebody who deals with a parked entry.
type DealWithParked struct {
	Key      string `json:"-"`
	Consumer string `json:"consumer"`
	Seq      int64  `json:"seq"`
}

// RetryParked lets the consumer try a parked entry again. It succeeds as a whole, effects and end of the task, or is refused
// and leaves everything as it was.
func (s *Service) RetryParked(ctx context.Context, by outbreak.Actor, c DealWithParked) (ParkedEntry, error) {
	if err := access.RequireAnywhere(by, access.EventRetry); err != nil {
		return ParkedEntry{}, err
	}
	return s.deal(ctx, by, "task.RetryParked", c, s.journal.Retry, Done)
}

// DismissParked says that a parked entry needs no more work; the journal keeps who said so.
func (s *Service) DismissParked(ctx context.Context, by outbreak.Actor, c DealWithParked) (ParkedEntry, error) {
	if err := access.RequireAnywhere(by, access.EventRetry); err != nil {
		return ParkedEntry{}, err
	}
	return s.deal(ctx, by, "task.DismissParked", c, s.journal.Dismiss, Removed)
}

func (s *Service) deal(ctx context.Context, by outbreak.Actor, route string, c DealWithParked,
	do func(*store.Tx, outbreak.Actor, string, int64) error, how State) (ParkedEntry, error) {
	return store.Do(ctx, s.db, store.By{Actor: by, Route: route, Key: c.Key}, c, func(tx *store.Tx) (ParkedEntry, error) {
		list, err := parkedFor(tx, by)
		if err != nil {
			return ParkedEntry{}, err
		}
		for _, p := range list {
			if p.Consumer != c.Consumer || p.Seq != c.Seq {
				continue
			}
			if err := do(tx, by, c.Consumer, c.Seq); err != nil {
				return ParkedEntry{}, err
			}
			return p, s.endParked(tx, by, c, how)
		}
		return ParkedEntry{}, outbreak.Refuse(outbreak.NotFound, "journal.no_entry")
	})
}

// endParked ends the work of a parked entry, if nobody ended it by hand.
func (s *Service) endParked(tx *store.Tx, by outbreak.Actor, c DealWithParked, how State) error {
	open, err := openFrom(tx, WorkParked, c.Seq, stuckIn(c.Consumer))
	if err != nil {
		return err
	}
	for _, t := range open {
		t.State, t.EndedAt = how, tx.Now
		if err := s.keepEnd(tx, by, t); err != nil {
			return err
		}
	}
	return nil
}
