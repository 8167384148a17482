package access_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/words"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	ctx   = context.Background()
	cheap = access.Cost{Time: 1, Memory: 64, Threads: 1}
)

const (
	password = "the harbour stays open"
	province = outbreak.Path("/220000/")
	city     = outbreak.Path("/220000/220200/")
	county   = outbreak.Path("/220000/220200/220204/")
	other    = outbreak.Path("/220000/220100/")
)

// house is one service on one database, with its administrator.
type house struct {
	*testing.T
	*access.Service
	db    *store.DB
	clock *outbreak.HandClock
	root  outbreak.Actor
}

func both(t *testing.T, do func(h house)) {
	t.Helper()
	testkit.Engines(t, []store.Migrations{journal.Migrations, access.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := access.New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), clock, cheap)
		root, err := s.Bootstrap(ctx, "root", password, "")
		if err != nil {
			t.Fatal(err)
		}
		h := house{T: t, Service: s, db: db, clock: clock}
		h.root, _ = h.signIn(root.Login, password)
		do(h)
	})
}

func (h house) signIn(login, password string) (outbreak.Actor, string) {
	h.Helper()
	secret, _, err := h.SignIn(ctx, login, password, "192.0.2.1", "test")
	if err != nil {
		h.Fatal(err)
	}
	by, _, err := h.ActorOfSession(ctx, secret)
	if err != nil {
		h.Fatal(err)
	}
	return by, secret
}

// user adds somebody with his own password and grants, and signs him in.
func (h house) user(login string, grants ...outbreak.Grant) (outbreak.Actor, string) {
	h.Helper()
	u, err := h.AddUser(ctx, h.root, access.NewUser{Login: login, Name: login, Password: password + " once"}, "")
	if err != nil {
		h.Fatal(err)
	}
	for _, g := range grants {
		h.grant(u.ID, g, 0)
	}
	if err := h.SetPassword(ctx, outbreak.Actor{User: u.ID}, u.ID, password+" once", password, ""); err != nil {
		h.Fatal(err)
	}
	return h.signIn(login, password)
}

func (h house) grant(user outbreak.UserID, g outbreak.Grant, until outbreak.Instant) access.GrantID {
	h.Helper()
	made, err := h.Grant(ctx, h.root, user, g, until, "")
	if err != nil {
		h.Fatal(err)
	}
	return made.ID
}

func (h house) refused(err error, kind outbreak.Kind, msg string) {
	h.Helper()
	e, ok := err.(*outbreak.Error)
	if !ok || e.Kind != kind || e.Msg != msg {
		h.Fatalf("%v instead of %s", err, msg)
	}
}

func give(role access.Role, area outbreak.Path, ob outbreak.OutbreakID) outbreak.Grant {
	return outbreak.Grant{Role: string(role), Area: area, Outbreak: ob}
}

func TestSignInSessionAndSignOut(t *testing.T) {
	both(t, func(h house) {
		_, err := h.Bootstrap(ctx, "second", password, "")
		h.refused(err, outbreak.Conflict, "access.users_exist")
		by, secret := h.user("Li.Na", give(access.Laboratory, city, 0))
		if !access.Can(by, access.LabReport, outbreak.Scope{Area: county}) || access.Can(by, access.LabReport, outbreak.Scope{Area: other}) {
			h.Fatal("the rights are not those granted")
		}
		if _, _, err := h.SignIn(ctx, " LI.NA ", password, "", ""); err != nil {
			h.Fatal("a login name is one in any case:", err)
		}
		list, err := h.ListSessions(ctx, by)
		if err != nil || len(list) != 2 {
			h.Fatal(list, err)
		}
		if err := h.SignOut(ctx, secret); err != nil {
			h.Fatal(err)
		}
		_, _, err = h.ActorOfSession(ctx, secret)
		h.refused(err, outbreak.Expired, "access.session_over")
		if err := h.SignOut(ctx, secret); err != nil {
			h.Fatal("signing out twice:", err)
		}
	})
}

func TestSessionsEndByIdlingAndByAge(t *testing.T) {
	both(t, func(h house) {
		_, idle := h.user("idle", give(access.ReadOnly, "", 0))
		_, busy := h.signIn("idle", password)
		for range 13 {
			h.clock.Move(59 * time.Minute)
			if _, _, err := h.ActorOfSession(ctx, busy); err != nil {
				if h.clock.Now().Sub(testkit.Start) < 12*time.Hour {
					h.Fatal("over while in use:", err)
				}
				h.refused(err, outbreak.Expired, "access.session_over")
				break
			}
		}
		if h.clock.Now().Sub(testkit.Start) < 12*time.Hour {
			h.Fatal("never over")
		}
		_, _, err := h.ActorOfSession(ctx, idle)
		h.refused(err, outbreak.Expired, "access.session_over")
	})
}

func TestOneTimePasswordGivesNothingUntilChanged(t *testing.T) {
	both(t, func(h house) {
		by, _ := h.user("wang", give(access.Investigator, "", 0))
		if err := h.SetPassword(ctx, h.root, by.User, "", "another long word", ""); err != nil {
			h.Fatal(err)
		}
		secret, session, err := h.SignIn(ctx, "wang", "another long word", "", "")
		if err != nil || !session.Once {
			h.Fatal(session, err)
		}
		by, _, err = h.ActorOfSession(ctx, secret)
		if err != nil || len(by.Grants) != 0 {
			h.Fatal(by, err)
		}
		h.refused(h.SetPassword(ctx, by, by.User, "wrong old password", "a third long word", ""), outbreak.Invalid, "access.sign_in_wrong")
		h.refused(h.SetPassword(ctx, by, by.User, "another long word", "another long word", ""), outbreak.Invalid, "access.password_same")
		if err := h.SetPassword(ctx, by, by.User, "another long word", "a third long word", ""); err != nil {
			h.Fatal(err)
		}
		if by, _ = h.signIn("wang", "a third long word"); len(by.Grants) != 1 {
			h.Fatal(by)
		}
	})
}

func TestLockOutTellsNothingOfAccounts(t *testing.T) {
	both(t, func(h house) {
		h.user("zhao")
		for _, login := range []string{"zhao", "nobody-of-that-name"} {
			for range 5 {
				_, _, err := h.SignIn(ctx, login, "wrong", "", "")
				h.refused(err, outbreak.Invalid, "access.sign_in_wrong")
			}
			_, _, err := h.SignIn(ctx, login, password, "", "")
			h.refused(err, outbreak.Busy, "access.locked")
			if wait := err.(*outbreak.Error).RetryAfter; wait != 30*time.Second {
				h.Fatal(wait)
			}
		}
		h.clock.Move(31 * time.Second)
		_, _, err := h.SignIn(ctx, "zhao", "wrong", "", "")
		h.refused(err, outbreak.Invalid, "access.sign_in_wrong")
		_, _, err = h.SignIn(ctx, "zhao", password, "", "")
		if wait := err.(*outbreak.Error).RetryAfter; wait != time.Minute {
			h.Fatal("the wait does not double:", wait)
		}
		h.clock.Move(61 * time.Second)
		h.signIn("zhao", password)
		h.signIn("zhao", password)
	})
}

func TestLockOutByAddress(t *testing.T) {
	both(t, func(h house) {
		h.user("office")
		for i := range 30 {
			h.signIn("office", password)
			_, _, err := h.SignIn(ctx, fmt.Sprint("guess", i), "wrong", "192.0.2.1", "")
			h.refused(err, outbreak.Invalid, "access.sign_in_wrong")
		}
		_, _, err := h.SignIn(ctx, "office", password, "192.0.2.1", "")
		h.refused(err, outbreak.Busy, "access.locked")
		if _, _, err := h.SignIn(ctx, "office", password, "192.0.2.2", ""); err != nil {
			h.Fatal("another address is locked too:", err)
		}
	})
}

func TestManyGuessesAtOnceDoNotSlipUnderTheLimit(t *testing.T) {
	both(t, func(h house) {
		h.user("target")
		var tried, barred int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, _, err := h.SignIn(ctx, "target", "wrong", "", "")
				mu.Lock()
				defer mu.Unlock()
				switch outbreak.KindOf(err) {
				case outbreak.Invalid:
					tried++
				case outbreak.Busy:
					barred++
				}
			})
		}
		all.Wait()
		if tried != 5 || barred != 15 {
			h.Fatalf("%d tried, %d barred", tried, barred)
		}
	})
}

func TestNobodyGrantsMoreThanHeHas(t *testing.T) {
	both(t, func(h house) {
		admin, _ := h.user("city-admin", give(access.Administrator, city, 7))
		boss, _ := h.user("province-admin", give(access.Administrator, province, 0))
		plain, err := h.AddUser(ctx, boss, access.NewUser{Login: "plain", Name: "Plain", Area: city, Password: password}, "")
		if err != nil {
			h.Fatal(err)
		}
		for _, c := range []struct {
			by   outbreak.Actor
			g    outbreak.Grant
			want string
		}{
			{admin, give(access.Sampler, county, 7), ""},
			{admin, give(access.Sampler, county, 0), "access.more_than_own"}, // every outbreak
			{admin, give(access.Sampler, county, 8), "access.outside_scope"},
			{admin, give(access.Sampler, province, 7), "access.outside_scope"},
			{admin, give(access.Sampler, other, 7), "access.outside_scope"},
			{boss, give(access.Administrator, city, 0), ""},
			{boss, give(access.Administrator, "", 0), "access.outside_scope"},
			{boss, give("emperor", city, 0), "access.more_than_own"},
			{plainActor(plain), give(access.ReadOnly, city, 0), "access.not_allowed"},
		} {
			_, err := h.Grant(ctx, c.by, plain.ID, c.g, 0, "")
			if got := msg(err); got != c.want {
				h.Errorf("%v gives %v: %q instead of %q", c.by.Grants, c.g, got, c.want)
			}
		}
		// who holds less may neither take over the account nor take from it
		u, err := h.FindUser(ctx, boss, plain.ID)
		if err != nil {
			h.Fatal(err)
		}
		h.refused(h.SetPassword(ctx, admin, plain.ID, "", "taken over by me", ""), outbreak.Forbidden, "access.more_than_own")
		h.refused(h.Disable(ctx, admin, plain.ID, ""), outbreak.Forbidden, "access.more_than_own")
		for _, g := range u.Grants {
			if err := h.Revoke(ctx, boss, g.ID, ""); err != nil {
				h.Fatal(err)
			}
		}
		if u, _ = h.FindUser(ctx, boss, plain.ID); len(u.Grants) != 0 {
			h.Fatal(u.Grants)
		}
		for _, u := range list(h, admin) {
			if u.Area != city {
				h.Error("a city's administrator sees", u.Login)
			}
		}
		_, err = h.FindUser(ctx, admin, h.root.User)
		h.refused(err, outbreak.NotFound, "access.no_user")
	})
}

func plainActor(u access.User) outbreak.Actor { return outbreak.Actor{User: u.ID} }

func list(h house, by outbreak.Actor) []access.User {
	h.Helper()
	all, err := h.ListUsers(ctx, by, "", 100)
	if err != nil || len(all) == 0 {
		h.Fatal(all, err)
	}
	return all
}

func msg(err error) string {
	if e, ok := err.(*outbreak.Error); ok {
		return e.Msg
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestTheLastAdministratorStays(t *testing.T) {
	both(t, func(h house) {
		u, err := h.FindUser(ctx, h.root, h.root.User)
		if err != nil {
			h.Fatal(err)
		}
		h.refused(h.Revoke(ctx, h.root, u.Grants[0].ID, ""), outbreak.Conflict, "access.last_administrator")
		h.refused(h.Disable(ctx, outbreak.SystemActor("x"), u.ID, ""), outbreak.Conflict, "access.last_administrator")
		second, _ := h.user("second", give(access.Administrator, "", 0))
		if err := h.Disable(ctx, second, u.ID, ""); err != nil {
			h.Fatal(err)
		}
	})
}

func TestRightsEndAtOnce(t *testing.T) {
	both(t, func(h house) {
		by, secret := h.user("ends", give(access.Sampler, city, 0))
		id := h.grant(by.User, give(access.Dispatcher, city, 0), 0)
		h.grant(by.User, give(access.Laboratory, city, 0), h.clock.Now().Add(2*time.Second))
		holds := func() (n int) {
			h.Helper()
			by, _, err := h.ActorOfSession(ctx, secret)
			if err != nil {
				h.Fatal(err)
			}
			return len(by.Grants)
		}
		if n := holds(); n != 3 {
			h.Fatal(n)
		}
		if err := h.Revoke(ctx, h.root, id, ""); err != nil {
			h.Fatal(err)
		}
		if n := holds(); n != 2 {
			h.Fatal("revoked, and still held")
		}
		h.clock.Move(2 * time.Second)
		if n := holds(); n != 1 {
			h.Fatal("over, and still held")
		}
		if err := h.Disable(ctx, h.root, by.User, ""); err != nil {
			h.Fatal(err)
		}
		_, _, err := h.ActorOfSession(ctx, secret)
		h.refused(err, outbreak.Expired, "access.session_over")
		_, _, err = h.SignIn(ctx, "ends", password, "", "")
		h.refused(err, outbreak.Invalid, "access.sign_in_wrong")
	})
}

func TestAnotherProcessSeesAChangeWithinMoments(t *testing.T) {
	both(t, func(h house) {
		by, secret := h.user("there", give(access.Sampler, city, 0))
		elsewhere := access.New(h.db, journal.New(h.db, testkit.Quiet(), nil), outbreak.NewIDs(h.clock), h.clock, cheap)
		if err := elsewhere.Disable(ctx, h.root, by.User, ""); err != nil {
			h.Fatal(err)
		}
		h.clock.Move(5 * time.Second)
		_, _, err := h.ActorOfSession(ctx, secret)
		h.refused(err, outbreak.Expired, "access.session_over")
	})
}

func TestTokensHoldNoMoreThanTheirUser(t *testing.T) {
	both(t, func(h house) {
		by, _ := h.user("lab", give(access.Laboratory, city, 0))
		until := h.clock.Now().Add(24 * time.Hour)
		_, _, err := h.MakeToken(ctx, by, access.NewToken{Name: "analyser", Until: until, Grants: []outbreak.Grant{give(access.Administrator, city, 0)}}, "")
		h.refused(err, outbreak.Forbidden, "access.more_than_own")
		_, _, err = h.MakeToken(ctx, by, access.NewToken{Name: "analyser", Until: h.clock.Now().Add(400 * 24 * time.Hour)}, "")
		h.refused(err, outbreak.Invalid, "access.token_expiry")
		secret, token, err := h.MakeToken(ctx, by, access.NewToken{Name: "analyser", Until: until, Grants: []outbreak.Grant{give(access.Laboratory, county, 0)}}, "")
		if err != nil {
			h.Fatal(err)
		}
		acts := func(secret string) outbreak.Actor {
			h.Helper()
			by, _, err := h.ActorOfToken(ctx, secret)
			if err != nil {
				h.Fatal(err)
			}
			return by
		}
		narrow := acts(secret)
		if !access.Can(narrow, access.LabReport, outbreak.Scope{Area: county}) || access.Can(narrow, access.LabReport, outbreak.Scope{Area: city}) {
			h.Fatal("a token is not cut to its scope:", narrow)
		}
		wide, _, err := h.MakeToken(ctx, narrow, access.NewToken{Name: "made by a token", Until: until}, "")
		if err != nil || access.Can(acts(wide), access.LabReport, outbreak.Scope{Area: city}) {
			h.Fatal("a token made a wider one", err)
		}
		h.grant(by.User, give(access.Investigator, city, 0), 0)
		if len(acts(secret).Grants) != 1 {
			h.Fatal("a token grew")
		}
		all, err := h.ListTokens(ctx, by, by.User)
		if err != nil || len(all) != 2 || len(all[0].Grants) != 1 {
			h.Fatal(all, err)
		}
		u, _ := h.FindUser(ctx, h.root, by.User)
		for _, g := range u.Grants {
			if g.Role == access.Laboratory {
				if err := h.Revoke(ctx, h.root, g.ID, ""); err != nil {
					h.Fatal(err)
				}
			}
		}
		if len(acts(secret).Grants) != 0 {
			h.Fatal("a token kept what its user lost")
		}
		if err := h.RevokeToken(ctx, h.root, token.ID, ""); err != nil {
			h.Fatal(err)
		}
		_, _, err = h.ActorOfToken(ctx, secret)
		h.refused(err, outbreak.Expired, "access.token_over")
		h.clock.Move(24 * time.Hour)
		_, _, err = h.ActorOfToken(ctx, wide)
		h.refused(err, outbreak.Expired, "access.token_over")
		_, _, err = h.ActorOfSession(ctx, wide)
		h.refused(err, outbreak.Expired, "access.session_over")
	})
}

func TestRepeatsHaveNoSecondEffectAndSecretsAreNotStored(t *testing.T) {
	both(t, func(h house) {
		n := access.NewUser{Login: "again", Name: "Again", Password: password}
		a, err := h.AddUser(ctx, h.root, n, "k1")
		if err != nil {
			h.Fatal(err)
		}
		b, err := h.AddUser(ctx, h.root, n, "k1")
		if err != nil || a.ID != b.ID {
			h.Fatal(a, b, err)
		}
		_, err = h.AddUser(ctx, h.root, n, "k2")
		h.refused(err, outbreak.Conflict, "access.login_taken")
		secret, _, err := h.MakeToken(ctx, h.root, access.NewToken{Name: "t", Until: h.clock.Now().Add(time.Hour)}, "")
		if err != nil {
			h.Fatal(err)
		}
		_, session := h.signIn("root", password)
		for _, table := range []string{"users", "user_token", "user_session", "sign_in_attempt", "answer", "journal"} {
			for _, column := range columns(h, table) {
				n := int64(0)
				err := h.db.Read(ctx, func(tx *store.Tx) (err error) {
					for _, hidden := range []string{password, secret, session} {
						k, err := store.Count(tx, fmt.Sprintf("select count(*) from %s where cast(%s as text) like $1", table, column), "%"+hidden+"%")
						if err != nil {
							return err
						}
						n += k
					}
					return nil
				})
				if err != nil || n != 0 {
					h.Error(table, column, n, err)
				}
			}
		}
		if v, err := journal.Verify(ctx, h.db); err != nil || len(v.Findings) != 0 {
			h.Fatal(v, err)
		}
	})
}

func columns(h house, table string) []string {
	return map[string][]string{"users": {"login", "name", "pass_hash"}, "user_token": {"secret_hash", "name"}, "user_session": {"secret_hash", "device"},
		"sign_in_attempt": {"subject"}, "answer": {"digest", "answer"}, "journal": {"body"}}[table]
}

func TestBadInput(t *testing.T) {
	both(t, func(h house) {
		good := access.NewUser{Login: "good", Name: "Good", Password: password}
		for want, spoil := range map[string]func(*access.NewUser){
			"access.login_wrong":     func(n *access.NewUser) { n.Login = "a b" },
			"access.name_wrong":      func(n *access.NewUser) { n.Name = "  " },
			"access.language_wrong":  func(n *access.NewUser) { n.Lang = "fr" },
			"access.area_wrong":      func(n *access.NewUser) { n.Area = "/22" }, // would reach /220000/ as a prefix
			"access.password_length": func(n *access.NewUser) { n.Password = "short" },
			"access.password_easy":   func(n *access.NewUser) { n.Password = "1234567890" },
		} {
			n := good
			spoil(&n)
			_, err := h.AddUser(ctx, h.root, n, "")
			h.refused(err, outbreak.Invalid, want)
		}
		_, err := h.Grant(ctx, h.root, h.root.User, give(access.Sampler, "/22", 0), 0, "")
		h.refused(err, outbreak.Invalid, "access.area_wrong")
		_, err = h.Grant(ctx, h.root, h.root.User, give(access.Sampler, city, 0), h.clock.Now(), "")
		h.refused(err, outbreak.Invalid, "access.expiry_past")
	})
}

// A grant that Covers lets through never gives a permission the grantor lacks, wherever it is asked.
func TestAGrantNeverGivesWhatTheGrantorLacks(t *testing.T) {
	paths := []outbreak.Path{"", province, city, county, other, "/110000/"}
	grants := rapid.Custom(func(t *rapid.T) outbreak.Grant {
		return give(rapid.SampledFrom(access.Roles).Draw(t, "role"), rapid.SampledFrom(paths).Draw(t, "area"), rapid.SampledFrom([]outbreak.OutbreakID{0, 1, 2}).Draw(t, "outbreak"))
	})
	rapid.Check(t, func(t *rapid.T) {
		by := outbreak.Actor{User: 1, Grants: rapid.SliceOfN(grants, 0, 4).Draw(t, "held")}
		want := grants.Draw(t, "want")
		if !access.Covers(by, want) {
			return
		}
		given := outbreak.Actor{User: 2, Grants: []outbreak.Grant{want}}
		for _, p := range access.Table[access.Role(want.Role)] {
			for _, area := range paths {
				for ob := range outbreak.OutbreakID(4) {
					where := outbreak.Scope{Area: area, Outbreak: ob}
					if access.Can(given, p, where) && !access.Can(by, p, where) {
						t.Fatalf("%v in %v", p, where)
					}
				}
			}
		}
	})
}

func TestTheAdministratorCanGiveEveryRole(t *testing.T) {
	by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{give(access.Administrator, "", 0)}}
	for _, role := range access.Roles {
		if !access.Covers(by, give(role, "", 0)) {
			t.Errorf("%s holds something the administrator lacks", role)
		}
	}
	if len(access.Roles) != len(access.Table) {
		t.Error("a role is missing in the list or the table")
	}
}

func TestSeesAsksForAPurpose(t *testing.T) {
	by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{give(access.Investigator, city, 0)}}
	where := outbreak.Scope{Area: county}
	if access.Sees(by, where) {
		t.Error("names without a purpose")
	}
	by.Purpose = outbreak.PurposeInvestigation
	if !access.Sees(by, where) || access.Sees(by, outbreak.Scope{Area: other}) {
		t.Error("a purpose does not open what was granted, or opens more")
	}
}

func TestEveryPermissionRoleAndPurposeHasItsSentence(t *testing.T) {
	var keys []string
	for role, list := range access.Table {
		keys = append(keys, "access.role."+string(role))
		for _, p := range list {
			keys = append(keys, "access.may."+string(p))
		}
	}
	for _, p := range outbreak.Purposes {
		keys = append(keys, "access.purpose."+string(p))
	}
	for _, lang := range words.Langs {
		for _, key := range keys {
			if !words.Has(lang, key) || strings.TrimSpace(words.Sentence(lang, key)) == "" {
				t.Errorf("%s has no %s", lang, key)
			}
		}
	}
}
