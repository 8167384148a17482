package web_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"image/png"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"breakwater/internal/app"
	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// strict is a site that asks whoever can open names for a second factor, under a clock of its own for sign-ins.
func strict(t testing.TB, more ...func(*app.Config)) (*site, *outbreak.HandClock) {
	t.Helper()
	clock, wall := outbreak.NewHandClock(testkit.Start), outbreak.NewHandClock(testkit.Start)
	c := app.Config{Data: testkit.Folder(t, app.Owners()), Addr: "127.0.0.1:0", Clock: clock, Wall: wall, SecondFactor: access.FactorNames,
		Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}, Version: "test"}
	for _, m := range more {
		m(&c)
	}
	a, err := app.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		soon, stop := context.WithTimeout(ctx, 10*time.Second)
		defer stop()
		if err := a.Stop(soon); err != nil {
			t.Error(err)
		}
	})
	s := &site{TB: t, app: a, house: a.House, url: a.URL(), clock: clock}
	u, err := s.house.Access.Bootstrap(ctx, "root", password, "")
	if err != nil {
		t.Fatal(err)
	}
	s.root = outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	return s, wall
}

// codeOf is what a telephone shows that was told the secret.
func codeOf(t testing.TB, typed string, at outbreak.Instant) string {
	t.Helper()
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(typed, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at)/30000))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1000000)
}

var (
	typedSecret = regexp.MustCompile(`\b[A-Z2-7]{4}(-[A-Z2-7]{4}){7}\b`)
	paperCode   = regexp.MustCompile(`\b[A-Z2-7]{4}(-[A-Z2-7]{4}){3}\b`)
)

// enrol sets up a telephone for a browser that has to, and gives its secret and the codes on paper.
func (b *browser) enrol(wall *outbreak.HandClock) (secret string, codes []string) {
	b.Helper()
	if a := b.post("/account/factor/begin"); a.StatusCode != http.StatusSeeOther {
		b.Fatal(a.StatusCode, a.body)
	}
	a := b.get("/account/factor")
	secret = typedSecret.FindString(a.body)
	if secret == "" {
		b.Fatal(a.body)
	}
	done := b.post("/account/factor", "code", codeOf(b, secret, wall.Now()))
	codes = paperCode.FindAllString(done.body, -1)
	if done.StatusCode != http.StatusOK || len(codes) != 10 {
		b.Fatal(done.StatusCode, codes, done.body)
	}
	wall.Move(time.Minute)
	return secret, codes
}

func TestNothingOpensBeforeTheSecondFactor(t *testing.T) {
	s, wall := strict(t)
	b := s.browser("en")
	if a := b.post("/login?lang=en", "login", "root", "password", password); a.Header.Get("Location") != "/account/factor" {
		t.Fatal(a.StatusCode, a.Header.Get("Location"))
	}
	closed := func(b *browser, to string, allowed ...string) {
		t.Helper()
		for _, r := range web.Routes {
			path := strings.NewReplacer("{$}", "", "{id}", "BW0000000000", "{code}", "1", "{step}", "x", "{stay}", "x", "{grant}", "x", "{reset}", "x", "{consumer}", "x", "{seq}", "1").Replace(r.Path)
			if r.Open || slices.Contains(allowed, r.Path) {
				continue
			}
			var a answer
			if r.Method == http.MethodGet {
				a = b.get(path)
			} else {
				a = b.post(path)
			}
			if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got, to) {
				t.Errorf("%s %s: %d to %q", r.Method, r.Path, a.StatusCode, got)
			}
		}
		if a := b.get("/live?at=/"); a.StatusCode != http.StatusForbidden {
			t.Errorf("the live stream: %d", a.StatusCode)
		}
	}
	closed(b, "/account/factor", "/account/factor", "/account/factor/picture", "/account/factor/begin", "/account/factor/codes",
		"/account/factor/remove", "/account/factor/challenge", "/account/factor/passkeys/begin", "/account/factor/passkeys", "/account/factor/passkeys/{id}/remove", "/logout")
	if a := b.get("/account/factor"); !strings.Contains(a.body, "can open names") {
		t.Error("nobody says why:", a.body)
	}
	if a := b.post("/account/factor/begin"); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	a := b.get("/account/factor/picture")
	if _, err := png.Decode(bytes.NewReader([]byte(a.body))); err != nil || a.Header.Get("Cache-Control") != "no-store" {
		t.Error("no picture to scan, or one that is kept:", err)
	}
	secret, codes := b.enrol(wall)
	if a := b.get("/users"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "second factor") {
		t.Fatal(a.StatusCode)
	}
	if a := b.get("/account/factor"); paperCode.MatchString(a.body) || typedSecret.MatchString(a.body) {
		t.Error("secrets are shown again")
	}
	b = s.browser("en")
	if a := b.post("/login?lang=en", "login", "root", "password", password, "next", "/users"); a.Header.Get("Location") != "/login/factor?next=%2Fusers" {
		t.Fatal(a.Header.Get("Location"))
	}
	closed(b, "/login/factor", "/login/factor", "/login/factor/challenge", "/logout")
	if a := b.post("/login/factor", "code", "000000"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(alert(a), "wrong") {
		t.Error(a.StatusCode, alert(a))
	}
	if a := b.post("/login/factor", "code", codeOf(t, secret, wall.Now()), "next", "/users"); a.Header.Get("Location") != "/users" {
		t.Fatal(a.StatusCode, a.body)
	}
	if a := b.get("/users"); a.StatusCode != http.StatusOK {
		t.Error(a.StatusCode)
	}
	if a := b.get("/login/factor"); a.Header.Get("Location") != "/" {
		t.Error("asked again", a.StatusCode)
	}
	b = s.browser("zh-CN")
	b.post("/login?lang=zh", "login", "root", "password", password)
	if a := b.get("/login/factor"); len(a.all(func(n *html.Node) bool { return n.Data == "h1" })) != 1 || !strings.Contains(a.body, "备用码") {
		t.Error(a.body)
	}
	if a := b.post("/login/factor", "code", codes[0]); a.Header.Get("Location") != "/" {
		t.Error("a code on paper:", a.StatusCode)
	}
}

func TestAFactorIsTakenAwayByTwoOnPages(t *testing.T) {
	s, wall := strict(t)
	one := s.browser("en")
	one.post("/login?lang=en", "login", "root", "password", password)
	one.enrol(wall)
	lost := s.browser("en")
	login := s.user(access.Investigator)
	lost.post("/login?lang=en", "login", login, "password", password)
	lost.enrol(wall)
	two := s.browser("en")
	second := s.user(access.Administrator)
	two.post("/login?lang=en", "login", second, "password", password)
	two.enrol(wall)
	u, err := s.house.Access.FindUserByLogin(ctx, s.root, login)
	if err != nil {
		t.Fatal(err)
	}
	page := "/users/" + u.ID.String()
	form := one.get(page).form(t, page+"/factor/resets")
	if a := one.post(page+"/factor/resets", form...); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode, a.body)
	}
	confirm := regexp.MustCompile(regexp.QuoteMeta(page) + `/factor/resets/[^/"]+/confirm`)
	if a := one.get(page); confirm.MatchString(a.body) || !strings.Contains(a.body, "Another administrator has to confirm") {
		t.Error("who asked may confirm as well")
	}
	action := confirm.FindString(two.get(page).body)
	if action == "" || !strings.Contains(two.get("/users").body, "to be taken away") {
		t.Fatal("the second administrator finds nothing to confirm")
	}
	if a := one.post(action); a.StatusCode != http.StatusForbidden {
		t.Error("the one who asked confirms:", a.StatusCode)
	}
	if a := two.post(action); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode, a.body)
	}
	if a := lost.get("/"); !strings.HasPrefix(a.Header.Get("Location"), "/login") {
		t.Error("the old session goes on:", a.StatusCode)
	}
	if a := lost.post("/login?lang=en", "login", login, "password", password); a.Header.Get("Location") != "/account/factor" {
		t.Error(a.Header.Get("Location"))
	}
}
