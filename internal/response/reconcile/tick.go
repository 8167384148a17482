package reconcile

import (
	"context"
	"slices"
	"time"

	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// How long lists are kept: the newest of each party always, others this long.
const listsKept = 30 * 24 * time.Hour

// Tick asks somebody to look after parties whose list is overdue, and deletes what lies in old lists.
func (s *Service) Tick(ctx context.Context) error {
	var silent []Party
	var old []PartyList
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if silent, err = silentParties(tx); err != nil {
			return err
		}
		old, err = oldLists(tx)
		return err
	}); err != nil {
		return err
	}
	for _, p := range silent {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.askAfter(tx, p) }); err != nil {
			return err
		}
	}
	for _, l := range old {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return sweep(tx, l) }); err != nil {
			return err
		}
	}
	return s.Reseal(ctx)
}

// silentParties lists the parties whose list is overdue.
func silentParties(tx *store.Tx) (silent []Party, err error) {
	parties, err := store.List(tx, scanParty, "select "+partyColumns+" from party where rhythm > 0 and ended_at = 0 order by code")
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		l, _, err := newestList(tx, p.Code)
		if err != nil {
			return nil, err
		}
		if due := p.Due(l.ArrivedAt); due != 0 && tx.Now > due {
			silent = append(silent, p)
		}
	}
	return silent, nil
}

func (s *Service) askAfter(tx *store.Tx, p Party) error {
	l, _, err := newestList(tx, p.Code)
	if err != nil {
		return err
	}
	all, err := task.AllAbout(tx, p.ref())
	if err != nil || slices.ContainsFunc(all, func(t task.Task) bool { return t.What == task.SilentParty && t.Since > l.ArrivedAt }) {
		return err // asked since the last list came
	}
	since := p.Due(l.ArrivedAt)
	if _, err := s.journal.Append(tx, comparer, outbreak.PartySilent{Scope: p.Scope(), Party: p.Code, Since: since, At: tx.Now}); err != nil {
		return err
	}
	return s.tasks.Open(tx, comparer, task.Work{What: task.SilentParty, Subject: p.ref(), Scope: p.Scope(), Clock: outbreak.Deadline{From: since}})
}

// oldLists are those that are not their party's newest and lie long enough.
func oldLists(tx *store.Tx) ([]PartyList, error) {
	return store.List(tx, scanList, "select "+listColumns+` from party_list l where swept_at = 0 and arrived_at < $1 and
		exists (select 1 from party_list n where n.party = l.party and n.arrived_at > l.arrived_at) order by id limit 20`, tx.Now.Add(-listsKept))
}

// sweep deletes the rows of a list and the key they were sealed with; that the list came, and what it was, stays.
func sweep(tx *store.Tx, l PartyList) error {
	if _, err := tx.Exec("delete from party_row where list = $1", l.ID); err != nil {
		return err
	}
	return tx.Must("update party_list set swept_at = $1, lid = null, lid_by = 0 where id = $2", tx.Now, l.ID)
}

// Reseal seals the keys of lists under the newest master key, so that an older one can be forgotten.
func (s *Service) Reseal(ctx context.Context) error {
	newest := s.registry.NewestLid()
	var behind []PartyList
	if err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		behind, err = store.List(tx, scanList, "select "+listColumns+" from party_list where lid_by <> 0 and lid_by < $1 order by id limit 500", newest)
		return err
	}); err != nil {
		return err
	}
	for _, l := range behind {
		lid, err := s.registry.Relid(l.chest(), l.lid)
		if err != nil {
			return err
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error {
			return tx.Must("update party_list set lid = $1, lid_by = $2 where id = $3", lid.Box, lid.By, l.ID)
		}); err != nil {
			return err
		}
	}
	return nil
}

// Waiting is what watchers over the site are told.
type Waiting struct {
	Parties int // whose lists are expected
	Silent  int // of them overdue
	Open    int // differences that nobody decided
}

// Count counts what waits.
func (s *Service) Count(ctx context.Context) (w Waiting, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		parties, err := store.Count(tx, "select count(*) from party where rhythm > 0 and ended_at = 0")
		if err != nil {
			return err
		}
		silent, err := silentParties(tx)
		if err != nil {
			return err
		}
		open, err := store.Count(tx, "select count(*) from difference where state = 'open'")
		w = Waiting{Parties: int(parties), Silent: len(silent), Open: int(open)}
		return err
	})
	return w, err
}
