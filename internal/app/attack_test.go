package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// attack is something somebody would try on a house. run gives what went wrong: nil when the house held.
type attack struct {
	name  string
	tries string // what the attacker does
	must  string // what has to happen
	run   func(*target) error
}

// attacks are all of them, by file.
func attacks() (all []attack) {
	for _, list := range [][]attack{sessionAttacks, tokenAttacks, lockOutAttacks, factorAttacks, passkeyAttacks, siteAttacks, pathAttacks, wireAttacks, fileAttacks} {
		all = append(all, list...)
	}
	return all
}

// TestAttack tries every attack on a house of its own.
func TestAttack(t *testing.T) {
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			if err := a.run(newTarget(t, weakness{})); err != nil {
				t.Errorf("the house fell.\n  tried: %s\n  must:  %s\n  saw:   %v", a.tries, a.must, err)
			}
		})
	}
}

// weakness takes a check away from a house, from outside: no switch for it is in the program.
type weakness struct {
	what   string
	attack string                          // which must succeed then
	config func(*app.Config)               // what an operator would have to write
	front  func(http.Handler) http.Handler // what a broken door would do to requests and answers
	during func(*target)                   // what happens before each try
}

// TestAttackSucceedsOnceACheckIsGone takes checks away one at a time. An attack that fails then as well proves nothing.
func TestAttackSucceedsOnceACheckIsGone(t *testing.T) {
	unhop := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			next.ServeHTTP(w, r)
		})
	}
	astray := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if to := r.URL.Query().Get("next"); r.URL.Path == "/login" && to != "" {
				w.Header()["Location"] = []string{to}
				w.WriteHeader(http.StatusSeeOther)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	sticky := func(next http.Handler) http.Handler { // answers that keep the cookie of before
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/logout" {
				http.Redirect(w, r, "/login?out=1", http.StatusSeeOther)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	moved := func(next http.Handler) http.Handler { // what a proxy says that need not be believed
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login/factor/challenge" {
				r.Header.Set("X-Forwarded-Proto", "https")
			}
			next.ServeHTTP(w, r)
		})
	}
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, w := range []weakness{
		{what: "no check where a form comes from", attack: "a form on another site", front: unhop},
		{what: "every sender is believed to be a proxy", attack: "another address for every guess", config: func(c *app.Config) { c.Proxies = everybody }},
		{what: "every sender is believed to be a proxy", attack: "a claim to be encrypted", config: func(c *app.Config) { c.Proxies = everybody }},
		{what: "unencrypted sign-in is allowed", attack: "a claim to be encrypted", config: func(c *app.Config) { c.PlainHTTP = true }},
		{what: "nobody is asked for a second factor", attack: "going past the second factor", config: func(c *app.Config) { c.SecondFactor = access.FactorNone }},
		{what: "links lead anywhere", attack: "a link that leads elsewhere after signing in", front: astray},
		{what: "signing out ends nothing", attack: "a cookie kept after signing out", front: sticky},
		{what: "an hour passes between guesses", attack: "guessing a password", during: func(v *target) { v.wall.Move(61 * time.Minute) }},
		{what: "one question is asked twice, and no count is kept", attack: "an answer sent again", during: (*target).askAgain},
		{what: "one question is asked of everybody", attack: "the question of another user", during: (*target).askAgain},
		{what: "the house believes to be at another address", attack: "a false page before the house", config: func(c *app.Config) { c.Proxies = everybody }, front: moved},
		{what: "no count is kept", attack: "a copied passkey", during: (*target).askAgain},
		{what: "an hour passes between guesses", attack: "guessing a code", during: func(v *target) { v.wall.Move(61 * time.Minute) }},
	} {
		t.Run(w.what+": "+w.attack, func(t *testing.T) {
			for _, a := range attacks() {
				if a.name != w.attack {
					continue
				}
				err := a.run(newTarget(t, w))
				if err == nil {
					t.Fatal("the attack does not see it")
				}
				t.Log("seen:", err)
				return
			}
			t.Fatal("there is no such attack")
		})
	}
}

const secretWord = "the harbour stays open"

// target is a house under attack, which asks for second factors.
type target struct {
	*testing.T
	*app.App
	url   string
	wall  *outbreak.HandClock
	root  outbreak.Actor
	weak  weakness
	phone string // secret of the administrator's telephone, once he has one
	guest *http.Client
	asked []byte // the question a passkey answered last
}

func newTarget(t *testing.T, w weakness) *target {
	t.Helper()
	v := &target{T: t, wall: outbreak.NewHandClock(outbreak.WallClock{}.Now()), weak: w}
	c := app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0", BoothAddr: "127.0.0.1:0", Clock: outbreak.NewHandClock(testkit.Start), Wall: v.wall,
		SecondFactor: access.FactorNames, Version: "test",
		Cost: access.Cost{Time: 1, Memory: 15 << 10, Threads: 1}} // dear enough that a hash left out shows in the time
	if w.config != nil {
		w.config(&c)
	}
	a, err := app.New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	v.App, v.url = a, a.URL()
	if w.front != nil {
		front := httptest.NewServer(w.front(a.House.Front(a.Handler())))
		t.Cleanup(front.Close)
		v.url = front.URL
	}
	t.Cleanup(func() {
		soon, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := a.Stop(soon); err != nil {
			t.Error(err)
		}
	})
	u, err := a.House.Access.Bootstrap(context.Background(), "root", secretWord, "")
	if err != nil {
		t.Fatal(err)
	}
	v.root = outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	return v
}

// user adds somebody with a role that sees no names, and his own password.
func (v *target) user(login string, role access.Role) outbreak.UserID {
	v.Helper()
	ctx := context.Background()
	u, err := v.House.Access.AddUser(ctx, v.root, access.NewUser{Login: login, Name: login, Lang: "en", Password: secretWord + " once"}, "")
	if err == nil {
		_, err = v.House.Access.Grant(ctx, v.root, u.ID, outbreak.Grant{Role: string(role)}, 0, "")
	}
	if err == nil {
		err = v.House.Access.SetPassword(ctx, outbreak.Actor{User: u.ID}, u.ID, secretWord+" once", secretWord, "")
	}
	if err != nil {
		v.Fatal(err)
	}
	return u.ID
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) to() string { return r.header.Get("Location") }

// cookies are what a browser carries: "name=value".
type cookies string

// ask sends a request as a browser would, with the headers given in pairs over its own; a form is sent by POST.
func (v *target) ask(method, path string, c cookies, form url.Values, header ...string) reply {
	v.Helper()
	return v.askAt(v.url, method, path, c, form, header...)
}

func (v *target) askAt(base, method, path string, c cookies, form url.Values, header ...string) reply {
	v.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, base, body)
	if err != nil {
		v.Fatal(err)
	}
	req.URL.Opaque = path // as it is, nothing tidied
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if c != "" {
		req.Header.Set("Cookie", string(c))
	}
	req.Header.Set("Accept-Language", "en")
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	if v.guest == nil {
		v.guest = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 30 * time.Second}
	}
	res, err := v.guest.Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// given are the cookies an answer sets.
func (r reply) given() cookies {
	var list []string
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.MaxAge >= 0 && c.Value != "" {
			list = append(list, c.Name+"="+c.Value)
		}
	}
	return cookies(strings.Join(list, "; "))
}

func (v *target) try() {
	if v.weak.during != nil {
		v.weak.during(v)
	}
}

func (v *target) login(login, password string, header ...string) reply {
	v.Helper()
	return v.ask("POST", "/login", "", url.Values{"login": {login}, "password": {password}}, header...)
}

// in signs somebody in whose role needs no second factor.
func (v *target) in(login string) cookies {
	v.Helper()
	r := v.login(login, secretWord)
	if r.status != http.StatusSeeOther || r.given() == "" {
		v.Fatalf("%s cannot sign in: %d", login, r.status)
	}
	return r.given()
}

// inside tells whether a cookie opens the board.
func (v *target) inside(c cookies) bool {
	v.Helper()
	return v.ask("GET", "/", c, nil).status == http.StatusOK
}

var typed = regexp.MustCompile(`\b[A-Z2-7]{4}(-[A-Z2-7]{4}){7}\b`)

// enrol gives the administrator a telephone, and gives the cookies of his session before and after.
func (v *target) enrol() (before, after cookies) {
	v.Helper()
	before = v.login("root", secretWord).given()
	v.ask("POST", "/account/factor/begin", before, url.Values{})
	v.phone = typed.FindString(v.ask("GET", "/account/factor", before, nil).body)
	r := v.ask("POST", "/account/factor", before, url.Values{"code": {v.code()}})
	if after = r.given(); after == "" {
		v.Fatal("no second factor:", r.status, r.body)
	}
	v.wall.Move(time.Minute)
	return before, after
}

// code is what the administrator's telephone shows.
func (v *target) code() string {
	v.Helper()
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(v.phone, "-", ""))
	if err != nil {
		v.Fatal(err)
	}
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(v.wall.Now())/30000))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1000000)
}

// token makes a token of a user for programs.
func (v *target) token(user outbreak.UserID, role access.Role, lasts time.Duration) (string, access.Token) {
	v.Helper()
	by := outbreak.Actor{User: user, Grants: []outbreak.Grant{{Role: string(role)}}}
	secret, t, err := v.House.Access.MakeToken(context.Background(), by, access.NewToken{Name: "t", Until: v.wall.Now().Add(lasts)}, "")
	if err != nil {
		v.Fatal(err)
	}
	return secret, t
}

func (v *target) bearer(secret, method, path string) reply {
	v.Helper()
	return v.ask(method, path, "", nil, "Authorization", "Bearer "+secret)
}
