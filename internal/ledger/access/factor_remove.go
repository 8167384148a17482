package access

import (
	"context"
	"crypto/sha256"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

func siteHash(site string) []byte {
	sum := sha256.Sum256([]byte(site))
	return sum[:]
}

// RemovePasskey takes one of the user's own passkeys away, for a code or the answer of a passkey, which may be the same one.
// The last second factor of somebody who has to have one stays.
func (s *Service) RemovePasskey(ctx context.Context, session Session, id PasskeyID, given, address, key string) error {
	return s.remove(ctx, session, store.By{Route: "access.RemovePasskey", Key: key}, id, "passkey_removed", given, address, func(tx *store.Tx) (int64, error) {
		return tx.Exec("delete from user_passkey where id = $1 and user_id = $2", id, session.User)
	})
}

// RemoveTelephone takes the user's own telephone away, under the rule of RemovePasskey.
func (s *Service) RemoveTelephone(ctx context.Context, session Session, given, address, key string) error {
	return s.remove(ctx, session, store.By{Route: "access.RemoveTelephone", Key: key}, 0, "telephone_removed", given, address, func(tx *store.Tx) (int64, error) {
		return tx.Exec("delete from user_factor where user_id = $1 and at > 0", session.User)
	})
}

func (s *Service) remove(ctx context.Context, session Session, command store.By, id PasskeyID, what, given, address string, take func(*store.Tx) (int64, error)) error {
	command.Actor = outbreak.Actor{User: session.User}
	if _, done, err := store.Answered[struct{}](ctx, s.db, command, id); err != nil || done {
		return err
	}
	has, err := s.ownFactor(ctx, session)
	if err != nil {
		return err
	}
	if !has {
		return outbreak.Refuse(outbreak.NotFound, "access.no_factor")
	}
	now := s.wall.Now()
	x, err := s.weigh(ctx, session, given, address, now)
	if err != nil {
		return err
	}
	_, err = store.Do(ctx, s.db, command, id, func(tx *store.Tx) (struct{}, error) {
		if err := s.spend(tx, session.User, x, address, now); err != nil {
			return struct{}{}, err
		}
		n, err := take(tx)
		if err != nil {
			return struct{}{}, fmt.Errorf("taking a second factor away: %w", err)
		}
		if n == 0 {
			return struct{}{}, outbreak.Refuse(outbreak.NotFound, "access.no_factor")
		}
		u, err := userByID(tx, session.User, now)
		if err != nil {
			return struct{}{}, err
		}
		if err := s.keepOne(tx, u); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changed(tx, command.Actor, u, what, outbreak.Grant{})
	})
	s.known.forget(session.User)
	return err
}

// keepOne refuses to leave somebody without a second factor who has to have one, and takes the codes on paper of somebody who
// does not: they alone are no factor.
func (s *Service) keepOne(tx *store.Tx, u User) error {
	left, err := hasFactor(tx, u.ID)
	if err != nil || left {
		return err
	}
	if s.Factor.demands(u.Grants) {
		return outbreak.Refuse(outbreak.Conflict, "access.last_factor")
	}
	if _, err := tx.Exec("delete from user_recovery_code where user_id = $1", u.ID); err != nil {
		return fmt.Errorf("dropping recovery codes: %w", err)
	}
	return nil
}
