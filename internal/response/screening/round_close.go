package screening

import (
	"context"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Blockers is what stands between a round and being closed complete.
type Blockers struct {
	Unknown  int      `json:"unknown"`  // people nobody has seen
	Awaiting int      `json:"awaiting"` // people who wait for a result
	Again    int      `json:"again"`    // people who are to be sampled again
	Unsynced []Device `json:"unsynced"` // that made more than is on disk
	Silent   []Device `json:"silent"`   // that may hold something: nobody heard of them
	Lost     []Device `json:"lost"`     // that somebody gave up, without knowing all they held
	Sheets   int      `json:"sheets"`   // door sheets that are neither back nor lost
}

// Owed is how many people are owed a swab or a result.
func (b Blockers) Owed() int { return b.Unknown + b.Awaiting + b.Again }

// None tells that nothing is in the way.
func (b Blockers) None() bool {
	return b.Owed() == 0 && len(b.Unsynced)+len(b.Silent)+len(b.Lost) == 0 && b.Sheets == 0
}

// refusal says what is in the way: what may still come in first, because it changes whom the rest is about.
func (b Blockers) refusal() error {
	switch {
	case len(b.Unsynced)+len(b.Silent) > 0:
		return outbreak.Refuse(outbreak.Conflict, "screening.round_devices", "unsynced", nameDevices(b.Unsynced), "silent", nameDevices(b.Silent))
	case len(b.Lost) > 0:
		return outbreak.Refuse(outbreak.Conflict, "screening.round_lost", "lost", nameDevices(b.Lost))
	case b.Sheets > 0:
		return outbreak.Refuse(outbreak.Conflict, "screening.round_sheets", "n", b.Sheets)
	case b.Owed() > 0:
		return outbreak.Refuse(outbreak.Conflict, "screening.round_owes", "unknown", b.Unknown, "awaiting", b.Awaiting, "again", b.Again)
	}
	return nil
}

// devices lists the numbers of the devices in the way.
func (b Blockers) devices() (list []int64) {
	for _, some := range [][]Device{b.Unsynced, b.Silent, b.Lost} {
		for _, d := range some {
			list = append(list, d.ID)
		}
	}
	return list
}

// blockers finds out what is in the way of a round.
func (s *Service) blockers(tx *store.Tx, r Round) (b Blockers, err error) {
	outcomes := s.coverage.outcomes(r.ID, r.Areas)
	b.Unknown, b.Awaiting, b.Again = outcomes[outbreak.Unknown], outcomes[outbreak.Awaiting], outcomes[outbreak.SampleAgain]
	if err := s.pending(tx, r, &b); err != nil {
		return b, err
	}
	n, err := store.Count(tx, "select count(*) from door_sheet where round = $1 and state = $2", r.ID, SheetOut)
	b.Sheets = int(n)
	return b, err
}

// FindBlockers tells what stands between a round and being closed complete.
func (s *Service) FindBlockers(ctx context.Context, by outbreak.Actor, id outbreak.RoundID) (b Blockers, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return b, err
	}
	err = s.inRound(ctx, id, func(tx *store.Tx, r Round) error {
		if err := access.Require(by, access.RoundRead, r.Scope()); err != nil {
			return err
		}
		b, err = s.blockers(tx, r)
		return err
	})
	b.Unsynced, b.Silent, b.Lost = some(b.Unsynced), some(b.Silent), some(b.Lost)
	return b, err
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// CloseRound is the command that ends a round.
type CloseRound struct {
	Key        string           `json:"-"`
	Round      outbreak.RoundID `json:"round"`
	Incomplete bool             `json:"incomplete"` // close although somebody is owed a swab or a result, or tubes may be on a device still
}

// CloseRound ends a round. While somebody is unknown, waits for a result or is to be sampled again it closes only as
// incomplete, and says so for ever; so it does while a device holds tubes, was not heard of and may, or was given up without
// anybody knowing what it held, and while a door sheet is out.
func (s *Service) CloseRound(ctx context.Context, by outbreak.Actor, c CloseRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	head, err := s.coverage.need(ctx, c.Round)
	if err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.CloseRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, err := s.managed(tx, by, c.Round)
		if err != nil {
			return Round{}, err
		}
		b, err := s.blockers(tx, r)
		if err != nil {
			return Round{}, err
		}
		if r, err = r.close(b, c.Incomplete); err != nil {
			return Round{}, err
		}
		now, err := journal.Head(tx)
		if err != nil {
			return Round{}, err
		}
		if now != head && !c.Incomplete {
			return Round{}, outbreak.Refuse(outbreak.Busy, "screening.round_moving")
		}
		r.ClosedAt = tx.Now
		if err := saveRound(tx, r); err != nil {
			return Round{}, err
		}
		if err := s.keepAcked(tx, r.Outbreak); err != nil {
			return Round{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.RoundClosed{Scope: r.Scope(), Round: r.ID, Complete: r.Complete, Outcomes: s.coverage.outcomes(r.ID, r.Areas),
			Devices: b.devices(), Sheets: b.Sheets})
		return r, err
	})
}
