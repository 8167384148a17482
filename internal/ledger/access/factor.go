package access

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Seals seals small secrets under the master key of the house. about binds a box to what it belongs to: moved elsewhere it
// does not open. key numbers the master key, which changes in time.
type Seals interface {
	SealSecret(about string, plain []byte) (box []byte, key int64, err error)
	OpenSecret(about string, box []byte, key int64) ([]byte, error)
	SecretKey() int64 // the key a new box would be sealed under
}

// FactorRule says who has to show a second factor.
type FactorRule string

// The rules. Whoever has set a factor up is asked for it under every rule.
const (
	FactorNone  FactorRule = "none"  // nobody has to
	FactorNames FactorRule = "names" // whoever can open names
	FactorAll   FactorRule = "all"   // everybody
)

// demands tells whether a holder of these grants has to have a second factor.
func (r FactorRule) demands(grants []Granted) bool {
	switch r {
	case FactorAll:
		return true
	case FactorNames:
		return slices.ContainsFunc(grants, func(g Granted) bool { return holds[g.Role][PersonIdentity] })
	}
	return false
}

// Step is what a signed-in user has to do before he may do anything else.
type Step string

// The steps, in the order they come.
const (
	StepNone     Step = ""
	StepFactor   Step = "factor"   // show the second factor
	StepPassword Step = "password" // change a password somebody else knows
	StepEnrol    Step = "enrol"    // set a second factor up
)

func (r FactorRule) step(e Session, has bool, grants []Granted) Step {
	switch {
	case has && e.PassedAt == 0:
		return StepFactor
	case e.Once:
		return StepPassword
	case !has && e.PassedAt == 0 && r.demands(grants):
		return StepEnrol
	}
	return StepNone
}

// Factor is what is known of a user's second factors; the zero value is none.
type Factor struct {
	User     outbreak.UserID
	At       outbreak.Instant // when the telephone was set up; 0: there is none
	Passkeys []Passkey
	Codes    int // recovery codes that are left
}

// Has tells whether there is any.
func (f Factor) Has() bool { return f.At != 0 || len(f.Passkeys) > 0 }

// WorksAt tells whether one of the passkeys works at a site.
func (f Factor) WorksAt(site Site) bool {
	return slices.ContainsFunc(f.Passkeys, func(p Passkey) bool { return p.Site == site.Name && site.Passkeys() })
}

// recoveryCodes is how many codes on paper a user gets.
const recoveryCodes = 10

// kept is a factor as its row holds it.
type keptFactor struct {
	sealed, pending     []byte
	sealedBy, pendingBy int64
	at, last, begun     int64
}

// nothing stands where a secret would: an empty blob reads back as none.
var nothing = []byte{0}

func factorOf(tx *store.Tx, user outbreak.UserID) (keptFactor, bool, error) {
	f, ok, err := store.One(tx, func(r store.Row) (f keptFactor, err error) {
		err = r.Scan(&f.sealed, &f.sealedBy, &f.at, &f.last, &f.pending, &f.pendingBy, &f.begun)
		return f, err
	}, "select sealed, sealed_by, at, last_step, pending, pending_by, pending_at from user_factor where user_id = $1", user)
	if err != nil {
		return f, false, fmt.Errorf("reading a second factor: %w", err)
	}
	return f, ok, nil
}

func about(user outbreak.UserID) string { return "factor of user " + user.String() }

func ofFactor(user outbreak.UserID) subject {
	return subject{"factor:" + digest(user.String()), freeAccount}
}

func factorSubjects(user outbreak.UserID, address string) []subject {
	if address == "" {
		return []subject{ofFactor(user)}
	}
	return []subject{ofFactor(user), ofAddress(address)}
}

// tried counts an attempt to show a factor before it is looked at, and gives the telephone and, for the answer of a passkey,
// what had been asked; the count is committed, and the question taken, whatever comes of it.
func (s *Service) tried(ctx context.Context, session Session, answer bool, address string, now outbreak.Instant) (f keptFactor, asked challenge, err error) {
	who := factorSubjects(session.User, address)
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := barred(tx, who, now); err != nil {
			return err
		}
		if f, _, err = factorOf(tx, session.User); err != nil {
			return err
		}
		if answer {
			if asked, err = takeChallenge(tx, session.ID, toShow, now); err != nil {
				return err
			}
		}
		locks, err := count(tx, who, now)
		if err != nil || !locks {
			return err
		}
		u, err := userByID(tx, session.User, now)
		if err != nil {
			return err
		}
		return s.changed(tx, outbreak.SystemActor("access"), u, "factor_locked", outbreak.Grant{})
	})
	return f, asked, err
}

// weigh tells whether what was given is a second factor of the session's user: a typed code, or the answer of a passkey.
func (s *Service) weigh(ctx context.Context, session Session, given, address string, now outbreak.Instant) (shown, error) {
	answer := isAnswer(given)
	f, asked, err := s.tried(ctx, session, answer, address, now)
	if err != nil {
		return shown{}, err
	}
	if answer {
		return s.lookPasskey(ctx, session.User, asked, given)
	}
	return s.look(session.User, f, given, now)
}

// shown is a factor that was shown: a code of the telephone, by its step, one on paper, by its digest, or a passkey, by its
// count.
type shown struct {
	step    int64
	paper   string
	passkey PasskeyID
	count   int64
}

// what is the journal's word for it.
func (x shown) what() string {
	switch {
	case x.paper != "":
		return "recovery_used"
	case x.passkey != 0:
		return "passkey_shown"
	}
	return "factor_shown"
}

// look tells whether a typed code is one of the factor's.
func (s *Service) look(user outbreak.UserID, f keptFactor, given string, now outbreak.Instant) (shown, error) {
	wrong := outbreak.Refuse(outbreak.Invalid, "access.factor_wrong")
	given = fold(given)
	if len(given) == recoveryLength {
		return shown{paper: digest(given)}, nil
	}
	if len(given) != codeDigits || f.at == 0 {
		return shown{}, wrong
	}
	secret, err := s.Seals.OpenSecret(about(user), f.sealed, f.sealedBy)
	if err != nil {
		return shown{}, fmt.Errorf("opening a second factor: %w", err)
	}
	step, ok := match(secret, given, now, f.last)
	if !ok {
		return shown{}, wrong
	}
	return shown{step: step}, nil
}

// spend takes a shown factor, once.
func (s *Service) spend(tx *store.Tx, user outbreak.UserID, x shown, address string, now outbreak.Instant) error {
	var n int64
	var err error
	switch {
	case x.paper != "":
		n, err = tx.Exec("delete from user_recovery_code where user_id = $1 and code_hash = $2", user, x.paper)
	case x.passkey != 0:
		n, err = spendPasskey(tx, user, x, now)
	default:
		n, err = tx.Exec("update user_factor set last_step = $1 where user_id = $2 and last_step < $1", x.step, user)
	}
	if err != nil {
		return fmt.Errorf("taking a code: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Invalid, "access.factor_wrong")
	}
	return forgiveFactor(tx, user, address)
}

// forgiveFactor takes back what was counted for an attempt that was right.
func forgiveFactor(tx *store.Tx, user outbreak.UserID, address string) error {
	if err := forgive(tx, ofFactor(user)); err != nil || address == "" {
		return err
	}
	return forgiveOnce(tx, ofAddress(address))
}

// PassFactor shows the second factor of a session: a code of the telephone, one of those on paper, or the answer of a passkey. The session gets a new
// secret, which is given, so that one that was known before opens nothing.
func (s *Service) PassFactor(ctx context.Context, session Session, given, address string) (string, error) {
	now := s.wall.Now()
	x, err := s.weigh(ctx, session, given, address, now)
	if err != nil {
		return "", err
	}
	secret := newSecret("")
	by := outbreak.Actor{User: session.User}
	_, err = store.Do(ctx, s.db, store.By{Actor: by, Route: "access.PassFactor"}, nil, func(tx *store.Tx) (struct{}, error) {
		if err := s.spend(tx, session.User, x, address, now); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.pass(tx, session, secret, x.what(), now)
	})
	s.known.forget(session.User)
	if err != nil {
		return "", err
	}
	return secret, nil
}

// pass marks a session as one whose second factor was shown, under a new secret.
func (s *Service) pass(tx *store.Tx, session Session, secret, what string, now outbreak.Instant) error {
	if session.ID == 0 { // a program acts: there is no session to be passed on
		return s.told(tx, session, what, now)
	}
	n, err := tx.Exec("update user_session set secret_hash = $1, passed_at = $2 where id = $3 and user_id = $4", digest(secret), now, session.ID, session.User)
	if err != nil {
		return fmt.Errorf("passing a session on: %w", err)
	}
	if n == 0 {
		return outbreak.Refuse(outbreak.Expired, "access.session_over")
	}
	return s.told(tx, session, what, now)
}

// told journals what the user of a session did with his own factors.
func (s *Service) told(tx *store.Tx, session Session, what string, now outbreak.Instant) error {
	u, err := userByID(tx, session.User, now)
	if err != nil {
		return err
	}
	return s.changed(tx, outbreak.Actor{User: session.User}, u, what, outbreak.Grant{})
}

// FactorOf reads one's own second factors.
func (s *Service) FactorOf(ctx context.Context, session Session) (Factor, error) {
	list, err := s.factors(ctx, []outbreak.UserID{session.User})
	return list[session.User], err
}

// ListFactors reads which second factors the users the actor manages have.
func (s *Service) ListFactors(ctx context.Context, by outbreak.Actor, users []User) (map[outbreak.UserID]Factor, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return nil, err
	}
	var ids []outbreak.UserID
	for _, u := range users {
		if Can(by, UserManage, outbreak.Scope{Area: u.Area}) {
			ids = append(ids, u.ID)
		}
	}
	return s.factors(ctx, ids)
}

func (s *Service) factors(ctx context.Context, users []outbreak.UserID) (map[outbreak.UserID]Factor, error) {
	found := map[outbreak.UserID]Factor{}
	if len(users) == 0 {
		return found, nil
	}
	in, args := store.In(nil, users)
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		clear(found)
		list, err := store.List(tx, func(r store.Row) (f Factor, err error) {
			err = r.Scan(&f.User, &f.At, &f.Codes)
			return f, err
		}, `select u.id, coalesce((select f.at from user_factor f where f.user_id = u.id), 0), (select count(*) from user_recovery_code c where c.user_id = u.id)
			from users u where u.id in (`+in+")", args...)
		if err != nil {
			return fmt.Errorf("reading second factors: %w", err)
		}
		for _, f := range list {
			found[f.User] = f
		}
		keys, err := store.List(tx, scanPasskey, "select "+passkeyColumns+" from user_passkey where user_id in ("+in+") order by id", args...)
		if err != nil {
			return fmt.Errorf("reading passkeys: %w", err)
		}
		for _, k := range keys {
			f := found[k.User]
			f.Passkeys = append(f.Passkeys, k.Passkey)
			found[k.User] = f
		}
		return nil
	})
	return found, err
}

// SealedAbout is what the secret of a user's second factor is bound to.
func SealedAbout(user outbreak.UserID) string { return about(user) }
