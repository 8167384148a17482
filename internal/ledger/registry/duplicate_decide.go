package registry

import (
	"context"
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// settle notes what became of a pair that is in the queue in a state.
func settle(tx *store.Tx, one, other outbreak.PersonID, from, state string, at outbreak.Instant) error {
	_, err := tx.Exec("update duplicate set state = $1, decided_at = $2 where one = $3 and other = $4 and state = $5", state, at, min(one, other), max(one, other), from)
	if err != nil {
		return fmt.Errorf("noting what became of two codes: %w", err)
	}
	return nil
}

// unsettle puts a pair back to where it was before somebody made it one person: apart, when that had been said, else waiting.
func unsettle(tx *store.Tx, one, other outbreak.PersonID) error {
	at, apart, err := store.One(tx, store.Value[outbreak.Instant], "select at from person_apart where one = $1 and other = $2", min(one, other), max(one, other))
	if err != nil {
		return err
	}
	if apart {
		return settle(tx, one, other, StateMerged, StateApart, at)
	}
	return settle(tx, one, other, StateMerged, StateWaiting, 0)
}

// PutBack is the command of somebody who found that a pair was put aside, or into one household, by mistake.
type PutBack struct {
	Key string      `json:"-"`
	ID  DuplicateID `json:"id"`
}

// PutBack lets a pair wait for a decision again. Codes that were made one person are parted by UnmergePeople.
func (s *Service) PutBack(ctx context.Context, by outbreak.Actor, c PutBack) (Duplicate, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return Duplicate{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.PutBack", Key: c.Key}, c, func(tx *store.Tx) (Duplicate, error) {
		d, err := duplicateFor(tx, by, c.ID)
		if err != nil {
			return d, err
		}
		var event outbreak.Event = outbreak.PeoplePutBack{Scope: outbreak.Scope{Area: d.One.Area}, One: d.One.ID, Other: d.Other.ID}
		switch d.State {
		case StateApart:
			if _, err := tx.Exec("delete from person_apart where one = $1 and other = $2", d.One.ID, d.Other.ID); err != nil {
				return d, err
			}
		case StateJoined:
			event, err = d.leave(tx)
			if err != nil {
				return d, err
			}
		default:
			return d, outbreak.Refuse(outbreak.Conflict, "registry.not_put_aside")
		}
		if err := tx.Must("update duplicate set state = $1, decided_at = 0, moved = 0, was = 0 where id = $2", StateWaiting, d.ID); err != nil {
			return d, err
		}
		d.State, d.DecidedAt = StateWaiting, 0
		_, err = s.journal.Append(tx, by, event)
		return d, err
	})
}

// JoinHousehold is the command of somebody who found that two people are of one household.
type JoinHousehold struct {
	Key string      `json:"-"`
	ID  DuplicateID `json:"id"`
}

// JoinHousehold puts one of two people into the household of the other: who is in none before who is in one, who is not on the
// roll before who is, the newer before the older.
func (s *Service) JoinHousehold(ctx context.Context, by outbreak.Actor, c JoinHousehold) (Duplicate, error) {
	if err := access.RequireAnywhere(by, access.PersonMerge); err != nil {
		return Duplicate{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "registry.JoinHousehold", Key: c.Key}, c, func(tx *store.Tx) (Duplicate, error) {
		d, err := duplicateFor(tx, by, c.ID)
		if err != nil {
			return d, err
		}
		if d.State != StateWaiting || d.Kind != KindHousehold {
			return d, outbreak.Refuse(outbreak.Conflict, "registry.not_waiting")
		}
		stays, moves := d.One, d.Other
		if moves.Household != 0 && (stays.Household == 0 || moves.OnRoll && !stays.OnRoll) {
			stays, moves = moves, stays
		}
		if stays.Household == 0 {
			stays.Household = outbreak.New[outbreak.HouseholdID](s.ids)
			if err := s.newHome(tx, stays); err != nil {
				return d, err
			}
		}
		if err := tx.Must("update person set household = $1 where id = $2", stays.Household, moves.ID); err != nil {
			return d, err
		}
		if err := tx.Must("update duplicate set state = $1, decided_at = $2, moved = $3, was = $4 where id = $5", StateJoined, tx.Now, moves.ID, moves.Household, d.ID); err != nil {
			return d, err
		}
		d.State, d.DecidedAt = StateJoined, tx.Now
		_, err = s.journal.Append(tx, by, outbreak.HouseholdJoined{Scope: outbreak.Scope{Area: moves.Area}, Person: moves.ID, Household: stays.Household, Was: moves.Household})
		return d, err
	})
}

// newHome makes a household for somebody who is in none: nobody said which door it is behind.
func (s *Service) newHome(tx *store.Tx, p Person) error {
	_, eyes, err := s.keys(tx)
	if err != nil {
		return err
	}
	h := &household{id: p.Household, area: Area{ID: p.AreaID, Path: p.Area}, ukey: "joined " + p.Household.String()}
	if err := eyes.insertHouseholds(tx, []*household{h}); err != nil {
		return err
	}
	return tx.Must("update person set household = $1 where id = $2", p.Household, p.ID)
}

// leave puts whom a pair moved back to where he was, unless he was moved on since.
func (d Duplicate) leave(tx *store.Tx) (outbreak.Event, error) {
	p, stays := d.One, d.Other
	if d.moved == stays.ID {
		p, stays = stays, p
	}
	e := outbreak.HouseholdJoined{Scope: outbreak.Scope{Area: p.Area}, Person: p.ID, Household: d.was, Was: p.Household, Undone: true}
	if p.Household != stays.Household {
		return e, outbreak.Refuse(outbreak.Conflict, "registry.moved_since")
	}
	return e, tx.Must("update person set household = $1 where id = $2", d.was, p.ID)
}
