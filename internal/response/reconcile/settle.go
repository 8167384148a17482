package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// mostSettled is how many differences one act decides.
const mostSettled = 5000

const longestNote = 500

var differenceFields = strings.Split(differenceColumns, ", ")

func putDifferences(tx *store.Tx, list []Difference) error {
	rows := make([][]any, len(list))
	for i, d := range list {
		rows[i] = d.row()
	}
	return tx.Put("difference", differenceFields, "id", rows)
}

// SettleDifferences is the command that decides differences, or gives them to somebody: those named, or all of a filter.
type SettleDifferences struct {
	Key    string           `json:"-"`
	Party  string           `json:"party"`
	IDs    []DifferenceID   `json:"ids,omitempty"`
	All    bool             `json:"all"` // those of the filter instead
	Filter DifferenceFilter `json:"filter"`
	State  State            `json:"state"` // empty: only the owner changes
	Note   string           `json:"note"`  // why; names nobody
	Owner  outbreak.UserID  `json:"owner"` // 0: as it is
}

// Settled is what an act came to.
type Settled struct {
	Done    int               `json:"done"`
	Refused []RefusedSettling `json:"refused,omitempty"`
}

// RefusedSettling is a difference about which nothing could be done, and why.
type RefusedSettling struct {
	Difference DifferenceID    `json:"difference"`
	Why        *outbreak.Error `json:"-"`
	Reason     string          `json:"reason"`
}

func (s *Settled) refuse(d DifferenceID, err error) error {
	e, ours := err.(*outbreak.Error)
	if !ours || e.Kind == outbreak.Internal || e.Kind == outbreak.Busy {
		return err
	}
	s.Refused = append(s.Refused, RefusedSettling{Difference: d, Why: e, Reason: e.Msg})
	return nil
}

// SettleDifferences decides differences: ours is right, theirs is right, both are explained, or it is open again.
func (s *Service) SettleDifferences(ctx context.Context, by outbreak.Actor, c SettleDifferences) (Settled, error) {
	if err := access.RequireAnywhere(by, access.ReconcileSettle); err != nil {
		return Settled{}, err
	}
	c.Note = strings.TrimSpace(c.Note)
	switch {
	case c.State == "" && c.Owner == 0, c.State != "" && !slices.Contains(Decisions, c.State):
		return Settled{}, outbreak.Refuse(outbreak.Invalid, "reconcile.state_word")
	case utf8.RuneCountInString(c.Note) > longestNote:
		return Settled{}, outbreak.Refuse(outbreak.Invalid, "reconcile.note_long", "most", longestNote)
	case c.State == Explained && c.Note == "":
		return Settled{}, outbreak.Refuse(outbreak.Invalid, "reconcile.note_missing")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "reconcile.SettleDifferences", Key: c.Key}, c, func(tx *store.Tx) (Settled, error) {
		p, err := find(tx, by, access.ReconcileRead, c.Party)
		if err != nil {
			return Settled{}, err
		}
		list, err := chosen(tx, by, c.Party, c.IDs, c.All, c.Filter)
		if err != nil {
			return Settled{}, err
		}
		var done Settled
		var moved []Difference
		for _, d := range list {
			next := d
			if c.State != "" {
				if next, err = d.decide(c.State, c.Note, by, tx.Now); err != nil {
					if err := done.refuse(d.ID, err); err != nil {
						return done, err
					}
					continue
				}
			}
			if c.Owner != 0 {
				next.Owner = c.Owner
			}
			moved = append(moved, next)
		}
		done.Done = len(moved)
		if len(moved) == 0 {
			return done, nil
		}
		if err := putDifferences(tx, moved); err != nil {
			return done, err
		}
		if err := s.stillOpen(tx, by, p); err != nil {
			return done, err
		}
		_, err = s.journal.Append(tx, by, outbreak.DifferencesSettled{Scope: p.Scope(), Party: p.Code, State: string(c.State), Count: done.Done, Owner: c.Owner, At: tx.Now})
		return done, err
	})
}

// stillOpen ends the work of settling when nothing is open any more, and opens it when something is again.
func (s *Service) stillOpen(tx *store.Tx, by outbreak.Actor, p Party) error {
	open, err := store.Count(tx, "select count(*) from (select 1 from difference where party = $1 and state = 'open' limit 1) x", p.Code)
	if err != nil {
		return err
	}
	return s.work(tx, by, p, int(open))
}

// chosen reads the differences an act is about: those the actor may settle.
func chosen(tx *store.Tx, by outbreak.Actor, party string, ids []DifferenceID, all bool, f DifferenceFilter) ([]Difference, error) {
	f.Party, f.After = party, 0
	if !all && len(ids) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.none_chosen")
	}
	if len(ids) > mostSettled {
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.too_many", "most", mostSettled)
	}
	where, args := f.where(by, access.ReconcileSettle)
	if all {
		list, err := store.List(tx, scanDifference, "select "+differenceColumns+" from difference where "+where+" order by id limit "+itoa(mostSettled+1), args...)
		if err == nil && len(list) > mostSettled {
			err = outbreak.Refuse(outbreak.Invalid, "reconcile.too_many", "most", mostSettled)
		}
		return list, err
	}
	var list []Difference
	cond, own := access.Within(by, access.ReconcileSettle, "", []any{party})
	for part := range slices.Chunk(ids, 400) {
		in, args := store.In(slices.Clone(own), part)
		some, err := store.List(tx, scanDifference, "select "+differenceColumns+" from difference where party = $1 and "+cond+" and id in ("+in+") order by id", args...)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	if len(list) == 0 {
		return nil, outbreak.Refuse(outbreak.NotFound, "reconcile.no_difference")
	}
	return list, nil
}

// ended notes what was done about differences.
func (s *Service) ended(tx *store.Tx, by outbreak.Actor, p Party, list []Difference, as State) error {
	for i := range list {
		list[i].State, list[i].ChangedAt, list[i].ChangedBy = as, tx.Now, by.String()
	}
	if len(list) == 0 {
		return nil
	}
	if err := putDifferences(tx, list); err != nil {
		return fmt.Errorf("noting what became of differences: %w", err)
	}
	if err := s.stillOpen(tx, by, p); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, outbreak.DifferencesSettled{Scope: p.Scope(), Party: p.Code, State: string(as), Count: len(list), At: tx.Now})
	return err
}
