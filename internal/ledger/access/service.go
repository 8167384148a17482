package access

import (
	"context"
	"embed"
	"fmt"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of users and their rights.
var Migrations = store.Migrations{Owner: "access", FS: migrations}

// Service is the room's commands and reads.
type Service struct {
	db      *store.DB
	journal *journal.Journal
	ids     *outbreak.IDs
	wall    outbreak.Clock
	hasher  *hasher
	known   *actors
	Idle    time.Duration // a session not used for so long is over
	End     time.Duration // a session is over after so long in any case
	Factor  FactorRule    // who has to show a second factor; empty: nobody
	Seals   Seals         // seals second factors; nobody can set one up without
}

// New makes the service. Sessions end after an hour without use and after twelve hours in any case, unless set otherwise
// before the first request.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, wall outbreak.Clock, cost Cost) *Service {
	return &Service{db: db, journal: j, ids: ids, wall: wall, hasher: newHasher(cost), known: newActors(), Idle: time.Hour, End: 12 * time.Hour}
}

// changed journals what was done to a user.
func (s *Service) changed(tx *store.Tx, by outbreak.Actor, u User, what string, g outbreak.Grant) error {
	scope := outbreak.Scope{Area: u.Area}
	if g.Role != "" {
		scope = outbreak.Scope{Area: g.Area, Outbreak: g.Outbreak}
	}
	_, err := s.journal.Append(tx, by, outbreak.UserChanged{Scope: scope, User: u.ID, What: what, Role: g.Role})
	return err
}

// Bootstrap makes the first administrator, who holds everything everywhere. It works only while there are no users.
func (s *Service) Bootstrap(ctx context.Context, login, password string, lang words.Lang) (User, error) {
	by := outbreak.SystemActor("bootstrap")
	n := NewUser{Login: login, Name: login, Lang: lang, Password: password}
	return s.add(ctx, by, n, "", func(tx *store.Tx, u *User) error {
		others, err := store.Count(tx, "select count(*) from users where id <> $1", u.ID)
		if err != nil {
			return fmt.Errorf("counting users: %w", err)
		}
		if others > 0 {
			return outbreak.Refuse(outbreak.Conflict, "access.users_exist")
		}
		g := Granted{ID: outbreak.New[GrantID](s.ids), Role: Administrator, By: by.String(), At: u.CreatedAt}
		u.Grants, u.Once = []Granted{g}, false
		if err := tx.Must("update users set once = 0 where id = $1", u.ID); err != nil {
			return fmt.Errorf("making the first administrator: %w", err)
		}
		if err := insertGrant(tx, u.ID, g); err != nil {
			return err
		}
		return s.changed(tx, by, *u, "granted", g.grant())
	})
}

// AddUser adds somebody to an office the actor manages. He may do nothing until he is granted a role, and has to change the
// password at his first sign-in.
func (s *Service) AddUser(ctx context.Context, by outbreak.Actor, n NewUser, key string) (User, error) {
	return s.add(ctx, by, n, key, func(*store.Tx, *User) error { return nil })
}

func (s *Service) add(ctx context.Context, by outbreak.Actor, n NewUser, key string, more func(*store.Tx, *User) error) (User, error) {
	if err := Require(by, UserManage, outbreak.Scope{Area: n.Area}); err != nil { // before the work of a hash
		return User{}, err
	}
	if err := n.check(); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, n.Password)
	if err != nil {
		return User{}, fmt.Errorf("hashing a password: %w", err)
	}
	now := s.wall.Now()
	n.Password = "" // a fast digest of the request is kept beside its key: it must not cover a password
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "access.AddUser", Key: key}, n, func(tx *store.Tx) (User, error) {
		u := User{ID: outbreak.New[outbreak.UserID](s.ids), Login: n.Login, Name: n.Name, Lang: n.Lang, Area: n.Area, Once: true, CreatedAt: now}
		if err := insertUser(tx, u, hash); err != nil {
			return User{}, err
		}
		if err := more(tx, &u); err != nil {
			return User{}, err
		}
		return u, s.changed(tx, by, u, "added", outbreak.Grant{})
	})
}

// SetPassword changes the actor's own password, which takes the old one, or gives another user a one-time password, which
// takes the right to manage him and everything he holds. All sessions of the user end; his tokens end too when somebody
// else set the password. A repeat with the same key changes nothing and asks for no old password again, whatever passwords it
// carries: a digest of them that could be compared could be guessed at, too.
func (s *Service) SetPassword(ctx context.Context, by outbreak.Actor, user outbreak.UserID, old, new, key string) error {
	own := by.User == user && user != 0
	command := store.By{Actor: by, Route: "access.SetPassword", Key: key}
	if _, done, err := store.Answered[struct{}](ctx, s.db, command, user); err != nil || done {
		return err
	}
	u, err := s.find(ctx, user)
	if err != nil {
		return err
	}
	if own {
		_, err = s.prove(ctx, u.Login, old, "")
	} else {
		err = mayManage(by, u)
	}
	if err != nil {
		return err
	}
	if err := checkPassword(u.Login, new); err != nil {
		return err
	}
	if own && old == new {
		return outbreak.Refuse(outbreak.Invalid, "access.password_same")
	}
	hash, err := s.hasher.hash(ctx, new)
	if err != nil {
		return fmt.Errorf("hashing a password: %w", err)
	}
	now := s.wall.Now()
	_, err = store.Do(ctx, s.db, command, user, func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, s.putPassword(tx, by, u.ID, hash, own, now)
	})
	s.known.forget(user)
	return err
}

func (s *Service) putPassword(tx *store.Tx, by outbreak.Actor, user outbreak.UserID, hash string, own bool, now outbreak.Instant) error {
	u, err := userByID(tx, user, now)
	if err != nil {
		return err
	}
	if !own { // his rights may have grown since we looked
		if err := mayManage(by, u); err != nil {
			return err
		}
		if err := revokeTokens(tx, user, now); err != nil {
			return err
		}
	}
	if err := tx.Must("update users set pass_hash = $1, once = $2 where id = $3", hash, flag(!own), user); err != nil {
		return fmt.Errorf("storing a password: %w", err)
	}
	if err := forgive(tx, ofAccount(u.Login)); err != nil {
		return err
	}
	if err := endSessions(tx, user); err != nil {
		return err
	}
	return s.changed(tx, by, u, "password", outbreak.Grant{})
}

// Disable keeps a user out for good: no sign-in, sessions and tokens over. What he did stays his.
func (s *Service) Disable(ctx context.Context, by outbreak.Actor, user outbreak.UserID, key string) error {
	now := s.wall.Now()
	_, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.Disable", Key: key}, user, func(tx *store.Tx) (struct{}, error) {
		u, err := userByID(tx, user, now)
		if err != nil {
			return struct{}{}, err
		}
		if err := mayManage(by, u); err != nil {
			return struct{}{}, err
		}
		if u.DisabledAt != 0 {
			return struct{}{}, nil
		}
		if err := tx.Must("update users set disabled_at = $1 where id = $2", now, user); err != nil {
			return struct{}{}, fmt.Errorf("disabling a user: %w", err)
		}
		if err := keepAdministrator(tx, u.Grants...); err != nil {
			return struct{}{}, err
		}
		if err := endSessions(tx, user); err != nil {
			return struct{}{}, err
		}
		if err := revokeTokens(tx, user, now); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changed(tx, by, u, "disabled", outbreak.Grant{})
	})
	s.known.forget(user)
	return err
}

func (s *Service) find(ctx context.Context, user outbreak.UserID) (u User, err error) {
	now := s.wall.Now()
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		u, err = userByID(tx, user, now)
		return err
	})
	return u, err
}

// FindUser reads one user: oneself, or somebody of an office the actor manages.
func (s *Service) FindUser(ctx context.Context, by outbreak.Actor, user outbreak.UserID) (User, error) {
	if by.User != user || user == 0 {
		if err := RequireAnywhere(by, UserManage); err != nil {
			return User{}, err
		}
	}
	u, err := s.find(ctx, user)
	if err == nil && by.User != user && !Can(by, UserManage, outbreak.Scope{Area: u.Area}) {
		return User{}, outbreak.Refuse(outbreak.NotFound, "access.no_user")
	}
	return u, err
}

// ListUsers reads the users of the offices the actor manages, by login name, after one (empty: from the first).
func (s *Service) ListUsers(ctx context.Context, by outbreak.Actor, after string, most int) ([]User, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return nil, err
	}
	var list []User
	now := s.wall.Now()
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = listUsers(tx, Reach(by, UserManage), after, most)
		for i := range list {
			if list[i].Grants, err = grantsOf(tx, list[i].ID, now); err != nil {
				return err
			}
		}
		return err
	})
	return list, err
}

// FindUserByLogin reads the user of a login name among those the actor manages.
func (s *Service) FindUserByLogin(ctx context.Context, by outbreak.Actor, login string) (User, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return User{}, err
	}
	var id outbreak.UserID
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		p, err := findLogin(tx, login)
		id = p.ID
		return err
	})
	if err != nil {
		return User{}, err
	}
	return s.FindUser(ctx, by, id)
}
