package access

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// setupTime is how long somebody has between being shown a new secret and typing its first code.
const setupTime = 15 * time.Minute

// BeginFactor makes the secret of a new telephone and gives what the telephone has to be told. A user who has a factor shows
// it first: given is a code of the old telephone, one on paper, or the answer of a passkey. The old one works until the new one is confirmed.
func (s *Service) BeginFactor(ctx context.Context, session Session, given, address string) (Telephone, error) {
	now := s.wall.Now()
	has, err := s.ownFactor(ctx, session)
	if err != nil {
		return Telephone{}, err
	}
	var x shown
	if has {
		if x, err = s.weigh(ctx, session, given, address, now); err != nil {
			return Telephone{}, err
		}
	}
	secret := random(secretBytes)
	box, key, err := s.Seals.SealSecret(about(session.User), secret)
	if err != nil {
		return Telephone{}, fmt.Errorf("sealing a second factor: %w", err)
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if has {
			if err := s.spend(tx, session.User, x, address, now); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`insert into user_factor (user_id, sealed, sealed_by, at, last_step, pending, pending_by, pending_at) values ($1, $2, 0, 0, 0, $3, $4, $5)
			on conflict (user_id) do update set pending = excluded.pending, pending_by = excluded.pending_by, pending_at = excluded.pending_at`,
			session.User, nothing, box, key, now)
		return err
	})
	if err != nil {
		return Telephone{}, fmt.Errorf("beginning a second factor: %w", err)
	}
	return telephone(secret, session.Login), nil
}

// ownFactor tells whether the user of a session has a second factor; the session must have shown it then.
func (s *Service) ownFactor(ctx context.Context, session Session) (has bool, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		has, err = hasFactor(tx, session.User)
		return err
	})
	if err == nil && has && session.PassedAt == 0 {
		err = outbreak.Refuse(outbreak.Forbidden, "access.factor_first")
	}
	return has, err
}

// PendingTelephone gives again what a telephone has to be told, while its first code has not been typed.
func (s *Service) PendingTelephone(ctx context.Context, session Session) (Telephone, error) {
	if _, err := s.ownFactor(ctx, session); err != nil {
		return Telephone{}, err
	}
	var f keptFactor
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		f, _, err = factorOf(tx, session.User)
		return err
	})
	if err != nil {
		return Telephone{}, err
	}
	secret, err := s.pending(session.User, f)
	if err != nil {
		return Telephone{}, err
	}
	return telephone(secret, session.Login), nil
}

func (s *Service) pending(user outbreak.UserID, f keptFactor) ([]byte, error) {
	if f.begun == 0 || s.wall.Now().Sub(outbreak.Instant(f.begun)) > setupTime {
		return nil, outbreak.Refuse(outbreak.Invalid, "access.factor_not_begun")
	}
	secret, err := s.Seals.OpenSecret(about(user), f.pending, f.pendingBy)
	if err != nil {
		return nil, fmt.Errorf("opening a second factor: %w", err)
	}
	return secret, nil
}

// ConfirmFactor takes the first code of a new telephone. It gives the session's new secret and the recovery codes, which are
// shown once and stored nowhere. Every other session of the user ends.
func (s *Service) ConfirmFactor(ctx context.Context, session Session, given, address string) (secret string, codes []string, err error) {
	if _, err := s.ownFactor(ctx, session); err != nil {
		return "", nil, err
	}
	now := s.wall.Now()
	f, _, err := s.tried(ctx, session, false, address, now)
	if err != nil {
		return "", nil, err
	}
	shared, err := s.pending(session.User, f)
	if err != nil {
		return "", nil, err
	}
	step, ok := match(shared, fold(given), now, 0)
	if !ok {
		return "", nil, outbreak.Refuse(outbreak.Invalid, "access.factor_wrong")
	}
	secret, codes = newSecret(""), newCodes()
	by := outbreak.Actor{User: session.User}
	_, err = store.Do(ctx, s.db, store.By{Actor: by, Route: "access.ConfirmFactor"}, nil, func(tx *store.Tx) (struct{}, error) {
		n, err := tx.Exec(`update user_factor set sealed = pending, sealed_by = pending_by, at = $1, last_step = $2, pending = $3, pending_by = 0, pending_at = 0
			where user_id = $4 and pending_at = $5`, now, step, nothing, session.User, f.begun)
		if err != nil {
			return struct{}{}, fmt.Errorf("keeping a second factor: %w", err)
		}
		if n == 0 {
			return struct{}{}, outbreak.Refuse(outbreak.Conflict, "access.factor_not_begun")
		}
		if err := s.putCodes(tx, session.User, codes); err != nil {
			return struct{}{}, err
		}
		if err := endOtherSessions(tx, session); err != nil {
			return struct{}{}, err
		}
		if err := forgiveFactor(tx, session.User, address); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.pass(tx, session, secret, "factor_set", now)
	})
	s.known.forget(session.User)
	if err != nil {
		return "", nil, err
	}
	return secret, codes, nil
}

// recoveryLength is that of a code on paper: 80 bits, so that a stolen digest cannot be guessed.
const recoveryLength = 16

func newCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = grouped(base32Plain.EncodeToString(random(recoveryLength * 5 / 8)))
	}
	return codes
}

// putCodes replaces the codes on paper.
func (s *Service) putCodes(tx *store.Tx, user outbreak.UserID, codes []string) error {
	if _, err := tx.Exec("delete from user_recovery_code where user_id = $1", user); err != nil {
		return fmt.Errorf("dropping old recovery codes: %w", err)
	}
	var rows [][]any
	for _, c := range codes {
		rows = append(rows, []any{user, digest(fold(c))})
	}
	columns := []string{"user_id", "code_hash"}
	if _, err := tx.Insert("user_recovery_code", columns, columns, rows); err != nil {
		return fmt.Errorf("keeping recovery codes: %w", err)
	}
	return nil
}

// RenewCodes makes new codes on paper for a code or the answer of a passkey; the old ones are worth nothing then.
func (s *Service) RenewCodes(ctx context.Context, session Session, given, address string) ([]string, error) {
	if _, err := s.ownFactor(ctx, session); err != nil {
		return nil, err
	}
	now := s.wall.Now()
	x, err := s.weigh(ctx, session, given, address, now)
	if err != nil {
		return nil, err
	}
	codes := newCodes()
	by := outbreak.Actor{User: session.User}
	_, err = store.Do(ctx, s.db, store.By{Actor: by, Route: "access.RenewCodes"}, nil, func(tx *store.Tx) (struct{}, error) {
		if err := s.spend(tx, session.User, x, address, now); err != nil {
			return struct{}{}, err
		}
		if err := s.putCodes(tx, session.User, codes); err != nil {
			return struct{}{}, err
		}
		u, err := userByID(tx, session.User, now)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changed(tx, by, u, "recovery_renewed", outbreak.Grant{})
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// Reseal seals every second factor under the key that is current, so that an older one can be forgotten. It may run at any
// time and any number of times.
func (s *Service) Reseal(ctx context.Context) error {
	if s.Seals == nil {
		return nil
	}
	key := s.Seals.SecretKey()
	return s.db.Write(ctx, func(tx *store.Tx) error {
		users, err := store.List(tx, store.Value[outbreak.UserID], "select user_id from user_factor where at > 0 and sealed_by <> $1", key)
		if err != nil {
			return fmt.Errorf("looking for factors under older keys: %w", err)
		}
		for _, user := range users {
			f, _, err := factorOf(tx, user)
			if err != nil {
				return err
			}
			secret, err := s.Seals.OpenSecret(about(user), f.sealed, f.sealedBy)
			if err != nil {
				return fmt.Errorf("opening a second factor: %w", err)
			}
			box, by, err := s.Seals.SealSecret(about(user), secret)
			if err != nil {
				return fmt.Errorf("sealing a second factor: %w", err)
			}
			if err := tx.Must("update user_factor set sealed = $1, sealed_by = $2 where user_id = $3", box, by, user); err != nil {
				return fmt.Errorf("keeping a second factor: %w", err)
			}
		}
		return nil
	})
}
