package web_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"breakwater/internal/door/web"
	"breakwater/internal/drill"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// screens is the folder pictures of every page are written to; empty: none are taken, and fewer sizes are looked at.
var screens = os.Getenv("BREAKWATER_SCREENS")

// look is one way of looking at a page.
type look struct {
	lang  string
	width int64
	dark  bool
}

func (l look) String() string {
	name := fmt.Sprintf("%s-%d", l.lang, l.width)
	if l.dark {
		name += "-dark"
	}
	return name
}

// city is a site in which a small city has been tested since the morning and half of its work is still to be done.
func city(t testing.TB) *site {
	t.Helper()
	s := open(t)
	secret, _, err := s.house.Access.MakeToken(ctx, s.root, access.NewToken{Name: "drill", Until: outbreak.WallClock{}.Now().Add(time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	_, err = drill.Demo{People: 6000, Days: 1, Seed: 3, Clock: s.clock}.Play(playing, s.app, drill.NewClient(s.url, secret), drill.Told{
		Loading: func(int, int) {},
		City:    func(drill.Started) {},
		Round: func(_ int, opens, now, _ outbreak.Instant) {
			if now >= opens.Add(9*time.Hour) {
				stop()
			}
		},
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := s.house.Journal.Settled(ctx); err != nil { // what was under way when the play ended has followed, too
		t.Fatal(err)
	}
	return s
}

// chromium starts a browser, or skips the test with a word.
func chromium(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() && screens == "" {
		t.Skip("a browser takes a minute: left out of the short tests")
	}
	found := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found = path
			break
		}
	}
	if found == "" && os.Getenv("BREAKWATER_REQUIRE_BROWSER") != "" {
		t.Fatal("no Chromium is installed, and BREAKWATER_REQUIRE_BROWSER asks for one")
	}
	if found == "" {
		t.Skip("no Chromium is installed: pages are not looked at in a browser")
	}
	limit := 2 * time.Minute
	if screens != "" {
		limit = 15 * time.Minute
	}
	base, stop := context.WithTimeout(ctx, limit)
	t.Cleanup(stop)
	alloc, done := chromedp.NewExecAllocator(base, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found))...)
	t.Cleanup(done)
	tab, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	return tab
}

// faults collects what a browser complains of.
type faults struct {
	mu   sync.Mutex
	list []string
}

func (f *faults) follow(t *testing.T, tab context.Context) {
	t.Helper()
	messages := chromedp.Console(tab)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError {
				f.mu.Lock()
				f.list = append(f.list, m.String())
				f.mu.Unlock()
			}
		}
	}()
}

func (f *faults) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.list
	f.list = nil
	return list
}

// place adds a market with a stall and a visit, and gives the market's page.
func (b *browser) place(person string) string {
	b.Helper()
	area := attr(b.get("/places").all(func(n *html.Node) bool {
		return n.Data == "option" && attr(n.Parent, "id") == "place-area" && attr(n, "value") != ""
	})[0], "value")
	market := at(b.post("/places", "name", "东方批发市场", "kind", "market", "area", area, "aliases", "Oriental Wholesale Market\n老东市", "address", "12 Quay Road"))
	b.post("/places", "name", "A-12", "kind", "stall", "parent", strings.TrimPrefix(market, "/places/"))
	ob := attr(b.get(market).all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "name") == "outbreak" })[0], "value")
	b.post(market+"/visits/new", "person", strings.TrimPrefix(person, "/people/"), "outbreak", ob, "from", "2022-03-12T09:20", "from_precision", "minute", "to_precision", "unknown", "source", "interview", "collected", "contact_tracing")
	return market
}

// search makes a positive pool of which every member has an own negative, once, and gives the address of the search into it.
func (s *site) search() string {
	s.Helper()
	must := func(err error) {
		s.Helper()
		if err != nil {
			s.Fatal(err)
		}
	}
	find := func() string {
		list, err := s.house.Screening.ListSearches(ctx, s.root, 0, false, screening.Mark{}, 1)
		must(err)
		if len(list) == 0 {
			return ""
		}
		return "/searches/" + list[0].ID.String()
	}
	if is := find(); is != "" {
		return is
	}
	rounds, err := s.house.Screening.ListRounds(ctx, s.root)
	must(err)
	people, err := s.house.Screening.ListStanding(ctx, s.root, rounds[0].ID, "", outbreak.Unknown, 0, 2)
	must(err)
	booths, err := s.house.Screening.ListBooths(ctx, s.root)
	must(err)
	labs, err := s.house.Lab.ListLabs(ctx, s.root)
	must(err)
	hand := func(tube outbreak.TubeCode, result outbreak.Result, members ...screening.HandedMember) {
		s.clock.Move(time.Minute)
		_, err := s.house.Screening.CloseTubes(ctx, s.root, screening.CloseTubes{Round: rounds[0].ID, Booth: booths[0].ID, Tubes: []screening.HandedTube{{Tube: tube, Members: members}}})
		must(err)
		must(s.house.Journal.Settled(ctx))
		s.clock.Move(time.Minute)
		if result != "" {
			_, err = s.house.Lab.ReportResult(ctx, s.root, lab.ReportResult{Lab: labs[0].ID, Report: lab.Report{Tube: tube, Result: result}})
			must(err)
		}
		must(s.house.Journal.Settled(ctx))
	}
	one, two := screening.HandedMember{No: people[0].No}, screening.HandedMember{No: people[1].No}
	hand("S0000001", "", one)
	hand("S0000002", outbreak.Positive, one, two)
	hand("S0000003", outbreak.Negative, one)
	hand("S0000004", outbreak.Negative, two)
	return find()
}

// firstCase gives the page of the first case of the list.
func (b *browser) firstCase() string {
	b.Helper()
	rows := b.get("/cases").all(func(n *html.Node) bool { return attr(n, "data-case") != "" })
	if len(rows) == 0 {
		b.Fatal("the line list has no case")
	}
	return "/cases/" + attr(rows[0], "data-case")
}

// pageAddresses names one real address for every page of the route table.
func (b *browser) pageAddresses() map[string]string {
	b.Helper()
	first := func(list, prefix string) string {
		for _, n := range b.get(list).all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), prefix) }) {
			if href := attr(n, "href"); !strings.Contains(href[len(prefix):], "/") && href != "/people/duplicates" {
				return href
			}
		}
		b.Fatalf("%s has no link to %s", list, prefix)
		return ""
	}
	addresses := map[string]string{}
	for _, r := range web.Routes {
		if r.Method == http.MethodGet && !r.Open && r.Step != access.StepFactor && r.Page != "" && (!strings.Contains(r.Path, "{") || strings.HasSuffix(r.Path, "{$}")) {
			addresses[r.Page] = strings.TrimSuffix(r.Path, "{$}")
		}
	}
	addresses["round"] = b.firstRound()
	addresses["standing"] = addresses["round"] + "/people?outcome=unknown"
	addresses["round-waiting"] = addresses["round"] + "/waiting"
	addresses["quality"] = addresses["round"] + "/quality"
	addresses["search"] = b.search()
	maps.Copy(addresses, b.roundPages(addresses["round"]))
	maps.Copy(addresses, b.listPages())
	addresses["tube"] = first("/recalls", "/tubes/")
	addresses["case"] = b.firstCase()
	addresses["person"] = first("/cases?columns=person", "/people/")
	addresses["erase"] = addresses["person"] + "/erase"
	b.alike()
	addresses["duplicate"] = first("/people/duplicates", "/duplicates/")
	addresses["place"] = b.place(addresses["person"])
	addresses["site"] = first("/sites", "/sites/")
	addresses["user"] = first("/users", "/users/")
	addresses["outbreak"] = first("/outbreaks", "/outbreaks/")
	addresses["protocol"] = "/protocols/who-covid-19"
	addresses["compare"] = "/protocols/compare?a=cn-covid-2021&b=cn-covid-2022"
	addresses["wall"] = "/?wall=1"
	addresses["lost"] = "/no-such-page"
	return addresses
}

func TestPagesInABrowser(t *testing.T) {
	tab := chromium(t)
	s := city(t)
	var complaints faults
	complaints.follow(t, tab)
	addresses := s.signedIn("root", "en").pageAddresses()
	looks := []look{{"en", 1440, false}, {"zh", 390, false}}
	if screens != "" {
		if err := os.MkdirAll(screens, 0o755); err != nil {
			t.Fatal(err)
		}
		looks = []look{{"zh", 1440, false}, {"en", 1440, false}, {"zh", 390, false}, {"en", 390, false}, {"en", 1024, true}}
	}
	v := viewer{t: t, tab: tab, site: s}
	v.enter()
	for _, l := range looks {
		for name, path := range addresses {
			v.see(name, path, l)
			for _, complaint := range complaints.take() {
				if name != "lost" || !strings.Contains(complaint, "404") {
					t.Errorf("%s %s: %s", name, l, complaint)
				}
			}
		}
	}
	v.answers(addresses, looks)
	v.stays()
}

// answers takes pictures of what stands in answers to forms: details that are open, candidates, the second step, a receipt.
func (v viewer) answers(addresses map[string]string, looks []look) {
	v.t.Helper()
	if screens == "" {
		return
	}
	submit := func(name string, l look, js string) {
		v.do(chromedp.Evaluate[chromedp.Void](js))
		there := false
		for range 50 { // a poll would end with the page that is left
			if ok, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](`document.body?.dataset.ready === "1" && !window.before`)); err == nil && ok {
				there = true
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		if !there {
			v.t.Errorf("%s %s: the form has no answer", name, l)
		}
		v.picture(name, l)
	}
	for _, l := range looks {
		for _, page := range []string{"place", "person"} {
			v.see(page, addresses[page], l)
			submit(page+"-visits", l, `window.before = 1; { const f = document.querySelector("form[action$='/visits']"); f.querySelector("[name=purpose]").value = "investigation"; f.submit(); }`)
			v.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
			v.picture(page+"-open", l)
		}
		v.see("register", "/register", l)
		submit("register-done", l, `window.before = 1; { const f = document.querySelector("form[action='/register']"); f.querySelector("[name=purpose]").value = "sampling"; f.submit(); }`)
		v.see("erase", addresses["erase"], l)
		submit("erase-confirm", l, `window.before = 1; { const f = document.querySelector("form[action$='/erase']"); f.querySelector("[name=reason]").value = "asked"; f.querySelector("[name=basis]").value = "《个人信息保护法》第四十七条"; f.submit(); }`)
	}
}

// viewer looks at pages in a browser.
type viewer struct {
	t    *testing.T
	tab  context.Context
	site *site
}

func (v viewer) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.tab, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// enter signs in through the form.
func (v viewer) enter() {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(v.site.url+"/users?lang=en"))
	v.picture("login", look{"en", 1440, false})
	v.do(chromedp.SendKeys(chromedp.ID("login"), "root"), chromedp.SendKeys(chromedp.ID("password"), password+"\r"))
	v.do(chromedp.WaitReady(chromedp.CSS(".rail")))
	if at, err := chromedp.Run(v.tab, chromedp.Location()); err != nil || !strings.Contains(at, "/users") {
		v.t.Fatalf("after signing in the browser is at %s: %v", at, err)
	}
}

const overflow = `document.documentElement.scrollWidth > document.documentElement.clientWidth + 1`

// see opens a page, waits until it is live and looks whether it fits.
func (v viewer) see(name, path string, l look) {
	v.t.Helper()
	url := v.site.url + path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + l.lang
	colours := "light"
	if l.dark {
		colours = "dark"
	}
	v.do(chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(url),
		chromedp.Evaluate[chromedp.Void](`localStorage.setItem("look", "`+colours+`"); document.documentElement.dataset.look = "`+colours+`"`))
	if _, err := chromedp.Run(v.tab, chromedp.Poll[bool](`document.body.dataset.ready === "1"`, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		v.t.Errorf("%s %s never gets ready: %v", name, l, err)
		return
	}
	wide, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](overflow))
	if err != nil {
		v.t.Fatal(err)
	}
	if wide {
		what, _ := chromedp.Run(v.tab, chromedp.Evaluate[string](`[...document.querySelectorAll("main *, .topbar *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 4).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 40)).join(" | ")`))
		v.t.Errorf("%s %s is wider than its window: %s", name, l, what)
	}
	v.picture(name, l)
}

func (v viewer) picture(name string, l look) {
	v.t.Helper()
	if screens == "" {
		return
	}
	png, err := chromedp.Run(v.tab, chromedp.FullScreenshot(100))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screens, name+"-"+l.String()+".png"), png, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// stays keeps the journal open while something happens, sees it arrive, then ends the session and is led to the door.
func (v viewer) stays() {
	v.t.Helper()
	v.do(chromedp.Navigate(v.site.url + "/journal?lang=en"))
	wait := func(js string) {
		v.t.Helper()
		if _, err := chromedp.Run(v.tab, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(15*time.Second))); err != nil {
			v.t.Fatalf("waiting for %s: %v", js, err)
		}
	}
	wait(`document.body.dataset.ready === "1"`)
	before, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`document.querySelector("#list tbody tr").id`))
	if err != nil {
		v.t.Fatal(err)
	}
	v.site.user(access.Auditor)
	wait(`document.querySelector("#list tbody tr").id !== "` + before + `"`)
	sessions, err := v.site.house.Access.ListSessions(ctx, v.site.root)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range sessions {
		if err := v.site.house.Access.EndSession(ctx, v.site.root, e.ID, ""); err != nil {
			v.t.Fatal(err)
		}
	}
	v.do(chromedp.WaitReady(chromedp.CSS("body.door")))
	if at, err := chromedp.Run(v.tab, chromedp.Location()); err != nil || !strings.Contains(at, "/login?") || !strings.Contains(at, "next=%2Fjournal") {
		v.t.Errorf("after the session the browser is at %s: %v", at, err)
	}
}
