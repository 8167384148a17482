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

// MakeToken makes a token for the actor himself, which ends with the token he acts with at the latest, and gives its secret,
// which is shown once and stored nowhere. A repeat with the same key makes no other token and cannot give the secret again: it
// is a Conflict.
func (s *Service) MakeToken(ctx context.Context, by outbreak.Actor, n NewToken, key string) (string, Token, error) {
	now, secret, made := s.wall.Now(), newSecret("bw_"), false
	t, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.MakeToken", Key: key}, n, func(tx *store.Tx) (Token, error) {
		made = true
		if err := RequireAnywhere(by, SelfManage); err != nil {
			return Token{}, err
		}
		if err := n.check(by, now); err != nil {
			return Token{}, err
		}
		if err := stillGood(tx, TokenID(by.Token)); err != nil {
			return Token{}, err
		}
		u, err := userByID(tx, by.User, now)
		if err != nil {
			return Token{}, err
		}
		t := Token{ID: outbreak.New[TokenID](s.ids), User: u.ID, Name: n.Name, At: now, Until: n.Until, Grants: n.Grants, Lang: u.Lang}
		if err := insertToken(tx, t, digest(secret), TokenID(by.Token)); err != nil {
			return Token{}, err
		}
		return t, s.changed(tx, by, u, "token", outbreak.Grant{})
	})
	if err == nil && !made {
		err = outbreak.Refuse(outbreak.Conflict, "access.secret_once", "name", t.Name)
	}
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// stillGood refuses a maker that was revoked while we still remember it.
func stillGood(tx *store.Tx, maker TokenID) error {
	if maker == 0 {
		return nil
	}
	n, err := store.Count(tx, "select count(*) from user_token where id = $1 and revoked_at = 0", maker)
	if err != nil {
		return fmt.Errorf("looking at the token a token is made with: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Expired, "access.token_over")
	}
	return nil
}

func insertToken(tx *store.Tx, t Token, hash string, maker TokenID) error {
	if err := tx.Must("insert into user_token (id, user_id, secret_hash, name, at, until, used_at, revoked_at, made_with) values ($1, $2, $3, $4, $5, $6, 0, 0, $7)",
		t.ID, t.User, hash, t.Name, t.At, t.Until, maker); err != nil {
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

// RevokeToken ends a token, one's own or one of a user the actor manages, and every token that was made with it, and with
// those. Each has its entry in the journal.
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
		gone, err := revokeWith(tx, id, now)
		for i := range gone {
			if err == nil {
				err = s.changed(tx, by, u, revokedAs(i), outbreak.Grant{})
			}
		}
		return user, err
	})
	s.known.forget(user)
	return err
}

// revokedAs is the journal's word for the token that was revoked, and for those that went with it.
func revokedAs(i int64) string {
	if i == 0 {
		return "token_revoked"
	}
	return "token_revoked_with"
}

// revokeWith ends a token with all that came of it, and counts those that were live.
func revokeWith(tx *store.Tx, id TokenID, now outbreak.Instant) (int64, error) {
	n, err := tx.Exec(`with recursive gone(id) as (select id from user_token where id = $1 union select t.id from user_token t join gone g on t.made_with = g.id)
		update user_token set revoked_at = $2 where revoked_at = 0 and id in (select id from gone)`, id, now)
	if err != nil {
		return 0, fmt.Errorf("revoking a token: %w", err)
	}
	return n, nil
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
		h := holder{actor: outbreak.Actor{User: t.User, Until: t.Until, Token: int64(t.ID)}, token: t, until: t.Until}
		user := outbreak.Actor{User: t.User, Grants: plain(granted)}
		h.take(granted, slices.DeleteFunc(slices.Clone(t.Grants), func(g outbreak.Grant) bool { return !Covers(user, g) }))
		return h, nil
	})
	if err != nil || !fresh {
		return h.actor, h.token, err
	}
	return h.actor, h.token, s.stamp(ctx, "user_token", "used_at", int64(h.token.ID), h.token.UsedAt)
}
