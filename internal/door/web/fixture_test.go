package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"breakwater/internal/app"
	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

const password = "the harbour stays open"

var ctx = context.Background()

// site is the whole house on a fresh SQLite file, listening.
type site struct {
	testing.TB
	app    *app.App
	config app.Config
	house  door.House
	url    string
	clock  *outbreak.HandClock
	root   outbreak.Actor
	log    *policyLog
}

// policyLog is a log that keeps nothing but how often a page broke the content security policy.
type policyLog struct{ broken atomic.Int64 }

func (l *policyLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (l *policyLog) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *policyLog) WithGroup(string) slog.Handler                    { return l }

func (l *policyLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "security policy") {
		l.broken.Add(1)
	}
	return nil
}

// bare is a site nobody has set up.
func bare(t testing.TB) *site {
	t.Helper()
	clock, log := outbreak.NewHandClock(testkit.Start), &policyLog{}
	s := &site{TB: t, clock: clock, log: log, config: app.Config{Data: testkit.Folder(t, app.Owners()), Addr: "127.0.0.1:0", Clock: clock,
		Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}, Log: slog.New(log), Version: "test"}}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *site) start() {
	s.Helper()
	a, err := app.New(ctx, s.config)
	if err != nil {
		s.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		s.Fatal(err)
	}
	s.app, s.house, s.url = a, a.House, a.URL()
}

func (s *site) stop() {
	soon, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	if err := s.app.Stop(soon); err != nil {
		s.Error(err)
	}
}

// startAnew ends the program and starts it on the same folder.
func (s *site) startAnew() {
	s.Helper()
	s.stop()
	s.start()
}

// open is a site with its administrator.
func open(t testing.TB) *site {
	t.Helper()
	s := bare(t)
	u, err := s.house.Access.Bootstrap(ctx, "root", password, "")
	if err != nil {
		t.Fatal(err)
	}
	s.root = outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	return s
}

// user adds somebody with a role and gives his login name; his password is his own.
func (s *site) user(role access.Role) string {
	s.Helper()
	login := string(role) + ".user"
	u, err := s.house.Access.AddUser(ctx, s.root, access.NewUser{Login: login, Name: "Li Hua", Lang: "en", Password: password + " once"}, "")
	if err == nil {
		_, err = s.house.Access.Grant(ctx, s.root, u.ID, outbreak.Grant{Role: string(role)}, 0, "")
	}
	if err == nil {
		err = s.house.Access.SetPassword(ctx, outbreak.Actor{User: u.ID}, u.ID, password+" once", password, "")
	}
	if err != nil {
		s.Fatal(err)
	}
	return login
}

// browser is a visitor with his own cookies, who does not follow redirects.
type browser struct {
	*site
	client *http.Client
	lang   string
}

func (s *site) browser(lang string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &browser{site: s, lang: lang, client: &http.Client{Jar: looseJar{jar}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// looseJar keeps Secure cookies for http on this machine, as browsers do.
type looseJar struct{ http.CookieJar }

func (j looseJar) SetCookies(u *url.URL, list []*http.Cookie) {
	for _, c := range list {
		c.Secure = false
	}
	j.CookieJar.SetCookies(u, list)
}

func (s *site) signedIn(login, lang string) *browser {
	s.Helper()
	b := s.browser(lang)
	if a := b.post("/login?lang="+lang[:2], "login", login, "password", password); a.StatusCode != http.StatusSeeOther {
		s.Fatalf("signing in as %s: %d %s", login, a.StatusCode, a.body)
	}
	return b
}

// answer is what came back, its body read and, for pages, parsed.
type answer struct {
	*http.Response
	body string
	doc  *html.Node
}

func (b *browser) get(path string, header ...string) answer {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.send(req, header...)
}

func (b *browser) post(path string, form ...string) answer {
	b.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	return b.send(req, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

func (b *browser) send(req *http.Request, header ...string) answer {
	b.Helper()
	req.Header.Set("Accept-Language", b.lang)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	a := answer{Response: res, body: string(body)}
	if a.doc, err = html.Parse(strings.NewReader(a.body)); err != nil {
		b.Fatal(err)
	}
	return a
}

// all gives the elements for which want holds, in the order of the page.
func (a answer) all(want func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range a.doc.Descendants() {
		if n.Type == html.ElementNode && want(n) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
