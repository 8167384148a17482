package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// Session is a sign-in that lasts. All times are of the wall clock.
type Session struct {
	ID     SessionID        `json:"id"`
	User   outbreak.UserID  `json:"user"`
	Login  string           `json:"login"`
	Name   string           `json:"name"`
	Lang   words.Lang       `json:"lang"`
	Once   bool             `json:"once"` // only the password can be changed until it is the user's own
	At     outbreak.Instant `json:"at"`
	SeenAt outbreak.Instant `json:"seen_at"` // to the minute
	EndAt  outbreak.Instant `json:"end_at"`
	Device string           `json:"device"`

	PassedAt outbreak.Instant `json:"-"` // when the second factor was shown; 0: not
	Step     Step             `json:"-"` // what has to be done before anything else
}

// proven is a user whose password was right.
type proven struct {
	User
	hash string
}

// prove tells whether the password is the account's. A wrong one is counted against account and address; an account that
// does not exist, or is disabled, costs the same work and gets the same answer.
func (s *Service) prove(ctx context.Context, login, password, address string) (User, error) {
	who := subjects(login, address)
	now := s.wall.Now()
	if err := s.db.Read(ctx, func(tx *store.Tx) error { return barred(tx, who, now) }); err != nil {
		return User{}, err
	}
	if err := s.hasher.enter(ctx); err != nil {
		return User{}, err
	}
	defer s.hasher.leave()
	var p proven
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if err := barred(tx, who, now); err != nil {
			return err
		}
		if p, err = findLogin(tx, login); err != nil {
			return err
		}
		locks, err := count(tx, who, now)
		if err == nil && locks && p.ID != 0 {
			err = s.changed(tx, outbreak.SystemActor("access"), p.User, "locked", outbreak.Grant{})
		}
		return err
	})
	if err != nil {
		return User{}, err
	}
	if p.ID == 0 {
		p.hash = s.hasher.nobody()
	}
	right, err := matches(p.hash, password)
	if err != nil {
		return User{}, err
	}
	if !right || p.DisabledAt != 0 {
		return User{}, outbreak.Refuse(outbreak.Invalid, "access.sign_in_wrong")
	}
	return p.User, s.db.Write(ctx, func(tx *store.Tx) error { return uncount(tx, login, address) })
}

// findLogin looks for an account. A login name that no database keeps is nobody's, and is answered and counted like any other
// that is.
func findLogin(tx *store.Tx, login string) (proven, error) {
	if !utf8.ValidString(login) || strings.ContainsRune(login, 0) {
		return proven{}, nil
	}
	p, _, err := store.One(tx, func(r store.Row) (p proven, err error) {
		err = r.Scan(&p.ID, &p.Login, &p.Area, &p.DisabledAt, &p.hash)
		return p, err
	}, "select id, login, area, disabled_at, pass_hash from users where login = $1", foldLogin(login))
	if err != nil {
		return p, fmt.Errorf("looking for an account: %w", err)
	}
	return p, nil
}

// SignIn starts a session and gives its secret, which is stored nowhere. address is where the request came from, device what
// the browser calls itself.
func (s *Service) SignIn(ctx context.Context, login, password, address, device string) (string, Session, error) {
	found, err := s.prove(ctx, login, password, address)
	if err != nil {
		return "", Session{}, err
	}
	return s.begin(ctx, found.ID, device, false)
}

// begin starts a session for a user who proved who he is; passed says that his second factor was shown to somebody we
// believe.
func (s *Service) begin(ctx context.Context, user outbreak.UserID, device string, passed bool) (string, Session, error) {
	secret, now := newSecret(""), s.wall.Now()
	by := outbreak.Actor{User: user}
	session, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.SignIn"}, nil, func(tx *store.Tx) (Session, error) {
		u, err := userByID(tx, user, now)
		if err != nil {
			return Session{}, err
		}
		if u.DisabledAt != 0 {
			return Session{}, outbreak.Refuse(outbreak.Invalid, "access.sign_in_wrong")
		}
		if _, err := tx.Exec("delete from user_session where end_at <= $1 or seen_at <= $2", now, now.Add(-s.Idle)); err != nil {
			return Session{}, fmt.Errorf("clearing sessions that are over: %w", err)
		}
		e := Session{ID: outbreak.New[SessionID](s.ids), User: u.ID, Login: u.Login, Name: u.Name, Lang: u.Lang, Once: u.Once,
			At: now, SeenAt: now, EndAt: now.Add(s.End), Device: cut(device, 200)}
		if passed {
			e.PassedAt = now
		}
		if err := tx.Must("insert into user_session (id, user_id, secret_hash, at, seen_at, end_at, device, passed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
			e.ID, e.User, digest(secret), e.At, e.SeenAt, e.EndAt, e.Device, e.PassedAt); err != nil {
			return Session{}, fmt.Errorf("starting a session: %w", err)
		}
		has, err := hasFactor(tx, u.ID)
		if err != nil {
			return Session{}, err
		}
		e.Step = s.Factor.step(e, has, u.Grants)
		return e, s.changed(tx, by, u, "signed_in", outbreak.Grant{})
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, session, nil
}

func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// SignOut ends the session of a secret. A session that is over already is no error.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	by, session, err := s.ActorOfSession(ctx, secret)
	if outbreak.KindOf(err) == outbreak.Expired {
		return nil
	}
	if err != nil {
		return err
	}
	return s.EndSession(ctx, by, session.ID, "")
}

// ListSessions reads the actor's own sessions, the newest first.
func (s *Service) ListSessions(ctx context.Context, by outbreak.Actor) ([]Session, error) {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return nil, err
	}
	now := s.wall.Now()
	var list []Session
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = store.List(tx, scanSession, "select "+sessionColumns+` from user_session s join users u on u.id = s.user_id
			where s.user_id = $1 and s.end_at > $2 and s.seen_at > $3 order by s.id desc`, by.User, now, now.Add(-s.Idle))
		return err
	})
	return list, err
}

// EndSession ends one of the actor's own sessions. Leaving needs no permission: a user of whom everything was taken may go.
func (s *Service) EndSession(ctx context.Context, by outbreak.Actor, id SessionID, key string) error {
	now := s.wall.Now()
	_, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.EndSession", Key: key}, id, func(tx *store.Tx) (struct{}, error) {
		n, err := tx.Exec("delete from user_session where id = $1 and user_id = $2", id, by.User)
		if err != nil {
			return struct{}{}, fmt.Errorf("ending a session: %w", err)
		}
		if n == 0 {
			return struct{}{}, outbreak.Refuse(outbreak.NotFound, "access.no_session")
		}
		u, err := userByID(tx, by.User, now)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changed(tx, by, u, "signed_out", outbreak.Grant{})
	})
	s.known.forget(by.User)
	return err
}

const sessionColumns = "s.id, s.user_id, s.at, s.seen_at, s.end_at, s.device, s.passed_at, u.login, u.name, u.lang, u.once"

func scanSession(r store.Row) (e Session, err error) {
	var once int64
	err = r.Scan(&e.ID, &e.User, &e.At, &e.SeenAt, &e.EndAt, &e.Device, &e.PassedAt, &e.Login, &e.Name, &e.Lang, &once)
	e.Once = once != 0
	return e, err
}

// ActorOfSession tells who acts with a session's secret; Expired when it is over, unknown, or its user disabled.
// While there is a step to take first, a second factor or a one-time password to be changed, the actor holds nothing.
func (s *Service) ActorOfSession(ctx context.Context, secret string) (outbreak.Actor, Session, error) {
	h, fresh, err := s.holder(ctx, "session:"+digest(secret), func(tx *store.Tx, now outbreak.Instant) (holder, error) {
		e, ok, err := store.One(tx, scanSession, "select "+sessionColumns+` from user_session s join users u on u.id = s.user_id
			where s.secret_hash = $1 and s.end_at > $2 and s.seen_at > $3 and u.disabled_at = 0`, digest(secret), now, now.Add(-s.Idle))
		if err != nil {
			return holder{}, fmt.Errorf("reading a session: %w", err)
		}
		if !ok {
			return holder{}, outbreak.Refuse(outbreak.Expired, "access.session_over")
		}
		granted, err := grantsOf(tx, e.User, now)
		if err != nil {
			return holder{}, err
		}
		has, err := hasFactor(tx, e.User)
		if err != nil {
			return holder{}, err
		}
		e.Step = s.Factor.step(e, has, granted)
		h := holder{actor: outbreak.Actor{User: e.User}, session: e, until: min(e.EndAt, e.SeenAt.Add(s.Idle))}
		if e.Step == StepNone {
			h.take(granted, plain(granted))
		}
		return h, nil
	})
	if err != nil || !fresh {
		return h.actor, h.session, err
	}
	return h.actor, h.session, s.stamp(ctx, "user_session", "seen_at", int64(h.session.ID), h.session.SeenAt)
}

// stamp writes down that a session or token is in use, at most once a minute. A database busy with writing does not keep a
// reader waiting for it: the next request tries again.
func (s *Service) stamp(ctx context.Context, table, column string, id int64, last outbreak.Instant) error {
	now := s.wall.Now()
	if now.Sub(last) < stampEvery {
		return nil
	}
	short, done := context.WithTimeout(ctx, stampPatience)
	defer done()
	err := s.db.Write(short, func(tx *store.Tx) error {
		_, err := tx.Exec("update "+table+" set "+column+" = $1 where id = $2 and "+column+" < $1", now, id)
		return err
	})
	if err != nil && ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || outbreak.KindOf(err) == outbreak.Busy) {
		return nil
	}
	return err
}
