package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type resetKind struct{}

// ResetID names a request to take a second factor away.
type ResetID = outbreak.ID[resetKind]

// FactorReset is a second factor to be taken away from somebody who lost it. One administrator asks, another confirms.
type FactorReset struct {
	ID    ResetID
	User  outbreak.UserID
	Login string
	Asked string // the actor who asked
	At    outbreak.Instant
	Until outbreak.Instant // nobody can confirm it after
}

// resetTime is how long a request waits for the second administrator.
const resetTime = 24 * time.Hour

// AskFactorReset asks that a user's second factor be taken away. Nothing happens until somebody else confirms it.
func (s *Service) AskFactorReset(ctx context.Context, by outbreak.Actor, user outbreak.UserID, key string) (FactorReset, error) {
	now := s.wall.Now()
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "access.AskFactorReset", Key: key}, user, func(tx *store.Tx) (FactorReset, error) {
		u, err := userByID(tx, user, now)
		if err != nil {
			return FactorReset{}, err
		}
		if err := mayManage(by, u); err != nil {
			return FactorReset{}, err
		}
		if by.User == user && by.System == "" {
			return FactorReset{}, outbreak.Refuse(outbreak.Forbidden, "access.reset_own")
		}
		has, err := hasFactor(tx, user)
		if err != nil {
			return FactorReset{}, err
		}
		if !has {
			return FactorReset{}, outbreak.Refuse(outbreak.Invalid, "access.reset_none")
		}
		r := FactorReset{ID: outbreak.New[ResetID](s.ids), User: user, Login: u.Login, Asked: by.String(), At: now, Until: now.Add(resetTime)}
		if _, err := tx.Exec("delete from factor_reset where user_id = $1 and done_at = 0", user); err != nil { // an older request has had its time
			return FactorReset{}, fmt.Errorf("dropping an older request: %w", err)
		}
		if err := tx.Must("insert into factor_reset (id, user_id, asked_by, at, until, confirmed_by, done_at) values ($1, $2, $3, $4, $5, '', 0)",
			r.ID, r.User, r.Asked, r.At, r.Until); err != nil {
			return FactorReset{}, fmt.Errorf("asking for a reset: %w", err)
		}
		return r, s.changed(tx, by, u, "factor_reset_asked", outbreak.Grant{})
	})
}

const resetColumns = "r.id, r.user_id, u.login, r.asked_by, r.at, r.until"

func scanReset(r store.Row) (x FactorReset, err error) {
	err = r.Scan(&x.ID, &x.User, &x.Login, &x.Asked, &x.At, &x.Until)
	return x, err
}

// ListFactorResets reads the requests that wait for somebody to confirm them, of users the actor manages.
func (s *Service) ListFactorResets(ctx context.Context, by outbreak.Actor) ([]FactorReset, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return nil, err
	}
	now := s.wall.Now()
	var list []FactorReset
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		args := []any{now}
		var areas []string
		for _, reach := range Reach(by, UserManage) {
			args = append(args, reach.Area, reach.Area.Upto())
			areas = append(areas, fmt.Sprintf("u.area >= $%d and u.area < $%d", len(args)-1, len(args)))
		}
		list, err = store.List(tx, scanReset, "select "+resetColumns+` from factor_reset r join users u on u.id = r.user_id
			where r.done_at = 0 and r.until > $1 and (`+strings.Join(areas, " or ")+") order by r.id", args...)
		return err
	})
	return list, err
}

// ConfirmFactorReset takes the second factors away that another administrator asked for: telephone, passkeys and codes on
// paper are worth nothing, sessions end, and the user sets up a new one when he signs in with his password. Neither of the two may be
// the user himself. The console of the server confirms its own request only while nobody else could.
func (s *Service) ConfirmFactorReset(ctx context.Context, by outbreak.Actor, id ResetID, key string) error {
	now := s.wall.Now()
	user, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.ConfirmFactorReset", Key: key}, id, func(tx *store.Tx) (outbreak.UserID, error) {
		r, ok, err := store.One(tx, scanReset, "select "+resetColumns+` from factor_reset r join users u on u.id = r.user_id
			where r.id = $1 and r.done_at = 0 and r.until > $2`, id, now)
		if err != nil {
			return 0, fmt.Errorf("finding a reset: %w", err)
		}
		if !ok {
			return 0, outbreak.Refuse(outbreak.NotFound, "access.no_reset")
		}
		u, err := userByID(tx, r.User, now)
		if err != nil {
			return 0, err
		}
		if err := mayManage(by, u); err != nil {
			return 0, err
		}
		if err := s.twoPeople(tx, by, r); err != nil {
			return 0, err
		}
		for _, sql := range []string{"delete from user_factor where user_id = $1", "delete from user_passkey where user_id = $1", "delete from user_recovery_code where user_id = $1", "delete from user_session where user_id = $1"} {
			if _, err := tx.Exec(sql, r.User); err != nil {
				return 0, fmt.Errorf("taking a second factor away: %w", err)
			}
		}
		if err := forgive(tx, ofFactor(r.User)); err != nil {
			return 0, err
		}
		if err := tx.Must("update factor_reset set confirmed_by = $1, done_at = $2 where id = $3 and done_at = 0", by.String(), now, id); err != nil {
			return 0, fmt.Errorf("closing a reset: %w", err)
		}
		return r.User, s.changed(tx, by, u, "factor_reset", outbreak.Grant{})
	})
	s.known.forget(user)
	return err
}

// twoPeople refuses a reset that is not between two people, neither of them the user.
func (s *Service) twoPeople(tx *store.Tx, by outbreak.Actor, r FactorReset) error {
	if by.System == "" && by.User == r.User {
		return outbreak.Refuse(outbreak.Forbidden, "access.reset_own")
	}
	if by.String() != r.Asked {
		return nil
	}
	if by.System == "" {
		return outbreak.Refuse(outbreak.Forbidden, "access.reset_same")
	}
	others, err := store.Count(tx, `select count(*) from user_grant g join users u on u.id = g.user_id
		where g.role = $1 and g.area = '' and g.outbreak = 0 and g.revoked_at = 0 and g.until = 0 and u.disabled_at = 0 and u.id <> $2`, Administrator, r.User)
	if err != nil {
		return fmt.Errorf("counting administrators: %w", err)
	}
	if others > 0 {
		return outbreak.Refuse(outbreak.Forbidden, "access.reset_same")
	}
	return nil
}
