package access

import (
	"context"
	"fmt"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Link says which account of an office's own directory a user is.
type Link struct {
	Issuer  string
	Subject string
	User    outbreak.UserID
	By      string
	At      outbreak.Instant
}

// LinkUser lets an account of a directory sign in as a user. It gives no right: what the user may do is what he was granted.
func (s *Service) LinkUser(ctx context.Context, by outbreak.Actor, user outbreak.UserID, issuer, subject, key string) error {
	issuer, subject = strings.TrimSpace(issuer), strings.TrimSpace(subject)
	if issuer == "" || subject == "" || len(issuer) > 500 || len(subject) > 255 {
		return outbreak.Refuse(outbreak.Invalid, "access.link_wrong")
	}
	now := s.wall.Now()
	_, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.LinkUser", Key: key}, []any{user, issuer, subject}, func(tx *store.Tx) (struct{}, error) {
		u, err := userByID(tx, user, now)
		if err != nil {
			return struct{}{}, err
		}
		if err := mayManage(by, u); err != nil {
			return struct{}{}, err
		}
		n, err := tx.Exec("insert into user_link (issuer, subject, user_id, given_by, at) values ($1, $2, $3, $4, $5) on conflict (issuer, subject) do nothing",
			issuer, subject, user, by.String(), now)
		if err != nil {
			return struct{}{}, fmt.Errorf("linking a user: %w", err)
		}
		if n == 0 {
			return struct{}{}, outbreak.Refuse(outbreak.Conflict, "access.linked_already")
		}
		return struct{}{}, s.changed(tx, by, u, "linked", outbreak.Grant{})
	})
	return err
}

// UnlinkUser ends it. Sessions of the user end too.
func (s *Service) UnlinkUser(ctx context.Context, by outbreak.Actor, user outbreak.UserID, issuer, subject, key string) error {
	now := s.wall.Now()
	_, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.UnlinkUser", Key: key}, []any{user, issuer, subject}, func(tx *store.Tx) (struct{}, error) {
		u, err := userByID(tx, user, now)
		if err != nil {
			return struct{}{}, err
		}
		if err := mayManage(by, u); err != nil {
			return struct{}{}, err
		}
		n, err := tx.Exec("delete from user_link where issuer = $1 and subject = $2 and user_id = $3", issuer, subject, user)
		if err != nil {
			return struct{}{}, fmt.Errorf("unlinking a user: %w", err)
		}
		if n == 0 {
			return struct{}{}, outbreak.Refuse(outbreak.NotFound, "access.no_link")
		}
		if err := endSessions(tx, user); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changed(tx, by, u, "unlinked", outbreak.Grant{})
	})
	s.known.forget(user)
	return err
}

// ListLinks reads the links of a user the actor manages.
func (s *Service) ListLinks(ctx context.Context, by outbreak.Actor, user outbreak.UserID) ([]Link, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return nil, err
	}
	if _, err := s.FindUser(ctx, by, user); err != nil {
		return nil, err
	}
	var list []Link
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = store.List(tx, func(r store.Row) (l Link, err error) {
			err = r.Scan(&l.Issuer, &l.Subject, &l.User, &l.By, &l.At)
			return l, err
		}, "select issuer, subject, user_id, given_by, at from user_link where user_id = $1 order by issuer, subject", user)
		return err
	})
	return list, err
}

// SignInLinked starts a session for an account a directory vouches for. strong says that the directory asked for a second
// factor itself; otherwise ours is asked for as after a password.
func (s *Service) SignInLinked(ctx context.Context, issuer, subject string, strong bool, device string) (string, Session, error) {
	var user outbreak.UserID
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		id, ok, err := store.One(tx, store.Value[outbreak.UserID], `select l.user_id from user_link l join users u on u.id = l.user_id
			where l.issuer = $1 and l.subject = $2 and u.disabled_at = 0`, issuer, subject)
		if err != nil {
			return fmt.Errorf("looking for a linked user: %w", err)
		}
		if !ok {
			return outbreak.Refuse(outbreak.Forbidden, "access.not_linked", "subject", subject)
		}
		user = id
		return nil
	})
	if err != nil {
		return "", Session{}, err
	}
	return s.begin(ctx, user, device, strong)
}
