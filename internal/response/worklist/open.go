package worklist

import (
	"context"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// openFor is how long the lines of a list stay open to somebody who named a purpose.
const openFor = 30 * time.Minute

// OpenLines is the command of somebody who has to see the lines as they were pasted.
type OpenLines struct {
	Key  string              `json:"-"`
	List outbreak.WorkListID `json:"list"`
}

// OpenLines opens the lines of a list to the actor for half an hour, for the purpose he names; the journal says so.
func (s *Service) OpenLines(ctx context.Context, by outbreak.Actor, c OpenLines) (List, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return List{}, err
	}
	if by.Purpose == outbreak.PurposeNone {
		return List{}, outbreak.Refuse(outbreak.Forbidden, "registry.purpose_missing")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.OpenLines", Key: c.Key}, []any{c, by.Purpose}, func(tx *store.Tx) (List, error) {
		l, err := findOpen(tx, by, c.List)
		if err != nil {
			return l, err
		}
		if err := access.Require(by, access.PersonIdentity, l.Scope()); err != nil {
			return List{}, err
		}
		if err := openTo(tx, by, l); err != nil {
			return l, err
		}
		_, err = s.journal.Append(tx, by, outbreak.WorkListOpened{Scope: l.Scope(), List: l.ID, Purpose: by.Purpose, At: tx.Now})
		return l, err
	})
}

func openTo(tx *store.Tx, by outbreak.Actor, l List) error {
	_, err := tx.Exec(`insert into work_open (list, user_id, purpose, until_at) values ($1, $2, $3, $4)
		on conflict (list, user_id) do update set purpose = excluded.purpose, until_at = excluded.until_at`, l.ID, by.User, by.Purpose, tx.Now.Add(openFor))
	return err
}

// openUntil tells until when somebody sees the lines; 0: he does not, or may no more.
func openUntil(tx *store.Tx, by outbreak.Actor, l List) (outbreak.Instant, error) {
	if !access.Can(by, access.PersonIdentity, l.Scope()) || l.EndedAt != 0 || tx.Now >= l.ExpiresAt {
		return 0, nil
	}
	until, _, err := store.One(tx, store.Value[outbreak.Instant], "select until_at from work_open where list = $1 and user_id = $2", l.ID, by.User)
	if tx.Now >= until {
		return 0, err
	}
	return until, err
}

// ShareList is the command of an owner who lets somebody else work with a list, or no more.
type ShareList struct {
	Key  string              `json:"-"`
	List outbreak.WorkListID `json:"list"`
	User outbreak.UserID     `json:"user"`
	Role access.Role         `json:"role"`
	Ends bool                `json:"ends"`
}

// ShareList shares a list with a user or a role. Everybody sees of it what his own rights allow.
func (s *Service) ShareList(ctx context.Context, by outbreak.Actor, c ShareList) (List, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return List{}, err
	}
	if _, known := access.Table[c.Role]; (c.User == 0) == (c.Role == "") || c.Role != "" && !known {
		return List{}, outbreak.Refuse(outbreak.Invalid, "worklist.share_with")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.ShareList", Key: c.Key}, c, func(tx *store.Tx) (List, error) {
		l, err := findOwn(tx, by, c.List)
		if err != nil {
			return l, err
		}
		if c.Ends {
			_, err = tx.Exec("delete from work_share where list = $1 and user_id = $2 and role = $3", l.ID, c.User, c.Role)
		} else {
			_, err = tx.Exec("insert into work_share (list, user_id, role, at) values ($1, $2, $3, $4) on conflict (list, user_id, role) do nothing", l.ID, c.User, c.Role, tx.Now)
		}
		if err != nil {
			return l, err
		}
		_, err = s.journal.Append(tx, by, outbreak.WorkListShared{Scope: l.Scope(), List: l.ID, User: c.User, Role: string(c.Role), Ends: c.Ends, At: tx.Now})
		return l, err
	})
}

// EndList is the command of an owner whose list is over.
type EndList struct {
	Key  string              `json:"-"`
	List outbreak.WorkListID `json:"list"`
}

// EndList ends a list: nobody works with it any more, and some days later its rows are deleted.
func (s *Service) EndList(ctx context.Context, by outbreak.Actor, c EndList) (List, error) {
	if err := access.RequireAnywhere(by, access.WorklistUse); err != nil {
		return List{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "worklist.EndList", Key: c.Key}, c, func(tx *store.Tx) (List, error) {
		l, err := findOwn(tx, by, c.List)
		if err != nil {
			return l, err
		}
		return s.end(tx, by, l, false)
	})
}

func (s *Service) end(tx *store.Tx, by outbreak.Actor, l List, expired bool) (List, error) {
	l.EndedAt = tx.Now
	if err := tx.Must("update work_list set ended_at = $1 where id = $2", l.EndedAt, l.ID); err != nil {
		return l, err
	}
	_, err := s.journal.Append(tx, by, outbreak.WorkListEnded{Scope: l.Scope(), List: l.ID, Expired: expired, At: tx.Now})
	return l, err
}
