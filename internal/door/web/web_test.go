package web_test

import (
	"bufio"
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"breakwater/internal/door/web"
	"breakwater/internal/ledger/access"
)

func TestFirstRunMakesTheAdministratorOnce(t *testing.T) {
	s := bare(t)
	b := s.browser("en")
	if a := b.get("/login"); a.Header.Get("Location") != "/setup" {
		t.Fatalf("a new house sends to %q, not to its set-up", a.Header.Get("Location"))
	}
	if a := b.post("/setup", "login", "root", "password", password, "again", "something else"); a.StatusCode != 422 || !strings.Contains(a.body, "not the same") {
		t.Fatalf("two different passwords: %d", a.StatusCode)
	}
	if a := b.post("/setup", "login", "root", "password", password, "again", password); a.Header.Get("Location") != "/" {
		t.Fatalf("set-up answers %d to %q: %s", a.StatusCode, a.Header.Get("Location"), a.body)
	}
	if a := b.get("/users"); a.StatusCode != 200 {
		t.Fatalf("the administrator sees users with %d", a.StatusCode)
	}
	if a := b.get("/"); a.Header.Get("Content-Language") != "en" {
		t.Errorf("who set the house up in English reads on in %s", a.Header.Get("Content-Language"))
	}
	if a := s.browser("en").post("/setup", "login", "second", "password", password, "again", password); a.Header.Get("Location") != "/login" {
		t.Fatalf("a second set-up: %d", a.StatusCode)
	}
}

func TestSessionEndsAndComesBackToThePage(t *testing.T) {
	s := open(t)
	b := s.signedIn("root", "en")
	if a := b.post("/logout"); a.Header.Get("Location") != "/login?out=1" {
		t.Fatalf("signing out goes to %q", a.Header.Get("Location"))
	}
	a := b.get("/journal?before=7")
	if a.Header.Get("Location") != "/login?next=%2Fjournal%3Fbefore%3D7" {
		t.Fatalf("without a session the way is %q", a.Header.Get("Location"))
	}
	if a := b.get("/journal", "HX-Request", "true"); a.StatusCode != 401 || a.Header.Get("HX-Redirect") == "" {
		t.Fatalf("a fragment without a session: %d %v", a.StatusCode, a.Header)
	}
	if a := b.post("/login", "login", "root", "password", password, "next", "/journal?before=7"); a.Header.Get("Location") != "/journal?before=7" {
		t.Fatalf("after signing in the way is %q", a.Header.Get("Location"))
	}
	for _, elsewhere := range []string{"https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"} {
		b := s.browser("en")
		if a := b.post("/login", "login", "root", "password", password, "next", elsewhere); a.Header.Get("Location") != "/" {
			t.Errorf("next=%s leads to %q", elsewhere, a.Header.Get("Location"))
		}
	}
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	s := open(t)
	a := s.browser("zh-CN").post("/login", "login", "root", "password", "wrong password")
	if a.StatusCode != 422 {
		t.Fatalf("a wrong password: %d", a.StatusCode)
	}
	fields := a.all(func(n *html.Node) bool { return attr(n, "name") == "login" })
	if len(fields) != 1 || attr(fields[0], "value") != "root" {
		t.Error("the user name was lost")
	}
	if strings.Contains(a.body, "wrong password") {
		t.Error("the page repeats a password")
	}
	alerts := a.all(func(n *html.Node) bool { return attr(n, "role") == "alert" })
	if len(alerts) != 1 || text(alerts[0]) == "" {
		t.Errorf("the page does not say what is wrong: %d sentences", len(alerts))
	}
}

// TestRightsOnEveryRoute walks every role over every route: who has no session is sent to sign in, who may not is refused
// with 403, and who may is neither.
func TestRightsOnEveryRoute(t *testing.T) {
	s := open(t)
	slot := regexp.MustCompile(`\{\w+\}`)
	ask := func(b *browser, r web.Route) answer {
		path := slot.ReplaceAllString(strings.TrimSuffix(r.Path, "{$}"), "0000000000001Z")
		if r.Method == http.MethodGet {
			return b.get(path)
		}
		return b.post(path)
	}
	nobody := s.browser("en")
	for _, r := range web.Routes {
		if a := ask(nobody, r); !r.Open && !strings.HasPrefix(a.Header.Get("Location"), "/login") {
			t.Errorf("%s %s without a session: %d to %q", r.Method, r.Path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	for _, role := range access.Roles {
		holds := map[access.Permission]bool{}
		for _, p := range access.Table[role] {
			holds[p] = true
		}
		b := s.signedIn(s.user(role), "en")
		for _, r := range web.Routes {
			if r.Open || r.Path == "/logout" || strings.HasPrefix(r.Path, "/account/") {
				continue
			}
			a := ask(b, r)
			switch may := (r.May == "" || holds[r.May]) && (r.Also == "" || holds[r.Also]); {
			case may && (a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusUnauthorized || a.StatusCode >= 500):
				t.Errorf("%s may %s %s and gets %d", role, r.Method, r.Path, a.StatusCode)
			case !may && a.StatusCode != http.StatusForbidden:
				t.Errorf("%s may not %s %s and gets %d", role, r.Method, r.Path, a.StatusCode)
			}
		}
	}
}

func TestEveryPageInBothLanguages(t *testing.T) {
	s := open(t)
	bareKey := regexp.MustCompile(`\[[a-z]+\.[a-z_.]+\]`)
	slot := regexp.MustCompile(`\{[a-z_]+\}`)
	for _, lang := range []string{"zh-CN", "en"} {
		b := s.signedIn("root", lang)
		for _, r := range web.Routes {
			if r.Method != http.MethodGet || r.Open || r.Step == access.StepFactor || r.Page == "" || strings.Contains(r.Path, "{") && r.Path != "/{$}" {
				continue
			}
			a := b.get(strings.TrimSuffix(r.Path, "{$}") + "?lang=" + lang[:2])
			if a.StatusCode != 200 {
				t.Errorf("%s in %s: %d", r.Path, lang, a.StatusCode)
				continue
			}
			if k := bareKey.FindString(a.body); k != "" {
				t.Errorf("%s in %s shows the key %s", r.Path, lang, k)
			}
			if k := slot.FindString(strings.ReplaceAll(a.body, "htmx-config", "")); k != "" {
				t.Errorf("%s in %s shows the slot %s", r.Path, lang, k)
			}
			root := a.all(func(n *html.Node) bool { return n.Data == "html" })[0]
			if attr(root, "lang") != lang {
				t.Errorf("%s says it is in %q", r.Path, attr(root, "lang"))
			}
			if len(a.all(func(n *html.Node) bool { return n.Data == "h1" })) != 1 {
				t.Errorf("%s has not one heading", r.Path)
			}
			if a.Header.Get("Cache-Control") != "no-store" || !strings.Contains(a.Header.Get("Vary"), "HX-Request") {
				t.Errorf("%s may be kept: %v", r.Path, a.Header)
			}
		}
	}
}

func TestAddUserGrantAndRevoke(t *testing.T) {
	s := open(t)
	b := s.signedIn("root", "en")
	a := b.post("/users", "login", "wang", "name", "Wang Fang", "lang", "zh", "password", password+" once")
	page, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(page, "/users/") {
		t.Fatalf("adding a user: %d %s", a.StatusCode, a.body)
	}
	if a := b.post("/users", "login", "wang", "name", "Wang Fang", "lang", "zh", "password", password+" once"); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "Wang Fang") {
		t.Fatalf("the same login again: %d", a.StatusCode)
	}
	if a := b.post(page+"/grants", "role", "sampler"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("granting: %d %s", a.StatusCode, a.body)
	}
	a = b.get(page)
	forms := a.all(func(n *html.Node) bool { return n.Data == "form" && strings.HasSuffix(attr(n, "action"), "/revoke") })
	if len(forms) != 1 {
		t.Fatalf("%d roles can be taken back", len(forms))
	}
	if a := b.post(attr(forms[0], "action")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("taking back: %d", a.StatusCode)
	}
	once := s.browser("en")
	if a := once.post("/login", "login", "wang", "password", password+" once"); a.Header.Get("Location") != "/account?once=1" {
		t.Fatalf("a one-time password leads to %q", a.Header.Get("Location"))
	}
	if a := once.get("/users"); a.Header.Get("Location") != "/account?once=1" {
		t.Fatalf("with a one-time password /users leads to %d %q", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestTokenIsShownOnce(t *testing.T) {
	s := open(t)
	b := s.signedIn("root", "en")
	a := b.post("/account/tokens", "name", "lab machine", "days", "30")
	secret := a.all(func(n *html.Node) bool { return attr(n, "class") == "secret" })
	if a.StatusCode != 200 || len(secret) != 1 || !strings.HasPrefix(text(secret[0]), "bw_") {
		t.Fatalf("making a key: %d, %d secrets", a.StatusCode, len(secret))
	}
	if again := b.get("/account"); strings.Contains(again.body, text(secret[0])) || !strings.Contains(again.body, "lab machine") {
		t.Error("the key is shown again, or not listed")
	}
}

func TestAssetsMayBeKeptForEver(t *testing.T) {
	s := open(t)
	a := s.browser("en").get("/login")
	links := a.all(func(n *html.Node) bool { return n.Data == "script" || n.Data == "link" })
	if len(links) < 5 {
		t.Fatalf("%d files", len(links))
	}
	sum := 0
	for _, n := range links {
		path := attr(n, "src") + attr(n, "href")
		req, _ := http.NewRequest(http.MethodGet, s.url+path, nil)
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := bufio.NewReader(res.Body).WriteTo(discard{})
		res.Body.Close()
		sum += int(n)
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
	if sum > 60<<10 {
		t.Errorf("the files of a page weigh %d bytes", sum)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func TestLiveStreamShowsAChangeAndEndsWithTheSession(t *testing.T) {
	s := open(t)
	b := s.signedIn("root", "en")
	short, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	req, _ := http.NewRequestWithContext(short, http.MethodGet, s.url+"/live?at=/journal", nil)
	req.Header.Set("Accept-Language", "en")
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream is %q", res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	until := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("the stream ended before %q", want)
	}
	until("id: ")
	s.user(access.Sampler)
	until("User account changed")
	if a := b.post("/logout"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing out: %d", a.StatusCode)
	}
	until("event: signed-out")
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "id: ") {
			t.Error("the stream goes on after its session")
		}
	}
}
