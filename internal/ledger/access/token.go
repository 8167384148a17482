package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// Token is the key of a program that acts for a user: a laboratory system, a booth, a script.
type Token struct {
	ID     TokenID          `json:"id"`
	User   outbreak.UserID  `json:"user"`
	Name   string           `json:"name"`
	At     outbreak.Instant `json:"at"`
	Until  outbreak.Instant `json:"until"`
	UsedAt outbreak.Instant `json:"used_at"` // to the minute; 0: never
	Grants []outbreak.Grant `json:"grants"`  // what it may do at most
	Lang   words.Lang       `json:"lang"`    // of its user
}

// NewToken asks for a token. Without grants it may do what its maker may do now; what he is granted later it does not get.
type NewToken struct {
	Name   string
	Until  outbreak.Instant
	Grants []outbreak.Grant
}

// longestToken is how long a token lives at most; every one has an end.
const longestToken = 366 * 24 * time.Hour

func (n *NewToken) check(by outbreak.Actor, now outbreak.Instant) error {
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" || utf8.RuneCountInString(n.Name) > 100 {
		return outbreak.Refuse(outbreak.Invalid, "access.name_wrong")
	}
	if n.Until <= now || n.Until > now.Add(longestToken) {
		return outbreak.Refuse(outbreak.Invalid, "access.token_expiry")
	}
	if by.Until != 0 && n.Until > by.Until {
		return outbreak.Refuse(outbreak.Forbidden, "access.token_outlives", "until", by.Until)
	}
	for _, g := range n.Grants {
		if err := checkGrant(g); err != nil {
			return err
		}
		if !Covers(by, g) {
			return outbreak.Refuse(outbreak.Forbidden, "access.more_than_own")
		}
	}
	if n.Grants == nil {
		n.Grants = slices.Clone(by.Grants)
	}
	return nil
}

// MakeToken makes a token for the actor himself, which ends with the token he acts with at the latest, and gives its secret, which is shown once and stored nowhere. Therefore it
// takes no key: a repeat makes another token.
func (s *Service) MakeToken(ctx context.Context, by outbreak.Actor, n NewToken) (string, Token, error) {
	now, secret := s.wall.Now(), newSecret("bw_")
	t, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.MakeToken"}, nil, func(tx *store.Tx) (Token, error) {
		if err := RequireAnywhere(by, SelfManage); err != nil {
			return Token{}, err
		}
		if err := n.check(by, now); err != nil {
			return Token{}, err
		}
		u, err := userByID(tx, by.User, now)
		if err != nil {
			return Token{}, err
		}
		t := Token{ID: outbreak.New[TokenID](s.ids), User: u.ID, Name: n.Name, At: now, Until: n.Until, Grants: n.Grants, Lang: u.Lang}
		if err := insertToken(tx, t, digest(secret)); err != nil {
			return Token{}, err
		}
		return t, s.changed(tx, by, u, "token", outbreak.Grant{})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

func insertToken(tx *store.Tx, t Token, hash string) error {
	if err := tx.Must("insert into user_token (id, user_id, secret_hash, name, at, until, used_at, revoked_at) values ($1, $2, $3, $4, $5, $6, 0, 0)",
		t.ID, t.User, hash, t.Name, t.At, t.Until); err != nil {
		return fmt.Errorf("making a token: %w", err)
	}
	var rows [][]any
	for _, g := range t.Grants {
		rows = append(rows, []any{t.ID, g.Role, g.Area, g.Outbreak})
	}
	key := []string{"token", "role", "area", "outbreak"}
	if _, err := tx.Insert("user_token_grant", key, key, rows); err != nil {
		return fmt.Errorf("scoping a token: %w", err)
	}
	return nil
}

// RevokeToken ends a token: one's own, or one of a user the actor manages.
func (s *Service) RevokeToken(ctx context.Context, by outbreak.Actor, id TokenID, key string) error {
	now := s.wall.Now()
	user, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.RevokeToken", Key: key}, id, func(tx *store.Tx) (outbreak.UserID, error) {
		user, ok, err := store.One(tx, store.Value[outbreak.UserID], "select user_id from user_token where id = $1", id)
		if err != nil {
			return 0, fmt.Errorf("finding a token: %w", err)
		}
		if !ok {
			return 0, outbreak.Refuse(outbreak.NotFound, "access.no_token")
		}
		u, err := userByID(tx, user, now)
		if err != nil {
			return 0, err
		}
		if user == by.User {
			err = RequireAnywhere(by, SelfManage)
		} else if !Can(by, UserManage, outbreak.Scope{Area: u.Area}) {
			err = outbreak.Refuse(outbreak.NotFound, "access.no_token")
		}
		if err != nil {
			return 0, err
		}
		n, err := tx.Exec("update user_token set revoked_at = $1 where id = $2 and revoked_at = 0", now, id)
		if err != nil || n == 0 {
			return user, err
		}
		return user, s.changed(tx, by, u, "token_revoked", outbreak.Grant{})
	})
	s.known.forget(user)
	return err
}

// ListTokens reads the live tokens of a user: one's own, or those of a user the actor manages.
func (s *Service) ListTokens(ctx context.Context, by outbreak.Actor, user outbreak.UserID) ([]Token, error) {
	if by.User == user {
		if err := RequireAnywhere(by, SelfManage); err != nil {
			return nil, err
		}
	} else if _, err := s.FindUser(ctx, by, user); err != nil {
		return nil, err
	}
	now := s.wall.Now()
	var list []Token
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = store.List(tx, scanToken, "select "+tokenColumns+` from user_token t join users u on u.id = t.user_id
			where t.user_id = $1 and t.revoked_at = 0 and t.until > $2 order by t.id`, user, now)
		for i := range list {
			if err == nil {
				list[i].Grants, err = grantsOfToken(tx, list[i].ID)
			}
		}
		return err
	})
	return list, err
}

const tokenColumns = "t.id, t.user_id, t.name, t.at, t.until, t.used_at, u.lang"

func scanToken(r store.Row) (t Token, err error) {
	err = r.Scan(&t.ID, &t.User, &t.Name, &t.At, &t.Until, &t.UsedAt, &t.Lang)
	return t, err
}

func grantsOfToken(tx *store.Tx, id TokenID) ([]outbreak.Grant, error) {
	list, err := store.List(tx, func(r store.Row) (g outbreak.Grant, err error) {
		err = r.Scan(&g.Role, &g.Area, &g.Outbreak)
		return g, err
	}, "select role, area, outbreak from user_token_grant where token = $1 order by role, area, outbreak", id)
	if err != nil {
		return nil, fmt.Errorf("reading the scope of a token: %w", err)
	}
	return list, nil
}

// ActorOfToken tells who acts with a token's secret; Expired when it is over, revoked or unknown, or its user disabled.
// The actor holds what both the token and its user hold at this moment.
func (s *Service) ActorOfToken(ctx context.Context, secret string) (outbreak.Actor, Token, error) {
	h, fresh, err := s.holder(ctx, "token:"+digest(secret), func(tx *store.Tx, now outbreak.Instant) (holder, error) {
		t, ok, err := store.One(tx, scanToken, "select "+tokenColumns+` from user_token t join users u on u.id = t.user_id
			where t.secret_hash = $1 and t.until > $2 and t.revoked_at = 0 and u.disabled_at = 0`, digest(secret), now)
		if err != nil {
			return holder{}, fmt.Errorf("reading a token: %w", err)
		}
		if !ok {
			return holder{}, outbreak.Refuse(outbreak.Expired, "access.token_over")
		}
		if t.Grants, err = grantsOfToken(tx, t.ID); err != nil {
			return holder{}, err
		}
		granted, err := grantsOf(tx, t.User, now)
		if err != nil {
			return holder{}, err
		}
		h := holder{actor: outbreak.Actor{User: t.User, Until: t.Until}, token: t, until: t.Until}
		user := outbreak.Actor{User: t.User, Grants: plain(granted)}
		h.take(granted, slices.DeleteFunc(slices.Clone(t.Grants), func(g outbreak.Grant) bool { return !Covers(user, g) }))
		return h, nil
	})
	if err != nil || !fresh {
		return h.actor, h.token, err
	}
	return h.actor, h.token, s.stamp(ctx, "user_token", "used_at", int64(h.token.ID), h.token.UsedAt)
}
