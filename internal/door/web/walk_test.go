package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"breakwater/internal/drill"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

// ward is a site with a handful of people on its roll, an open round, a laboratory and free beds, all made by a program
// through the interface.
type ward struct {
	*site
	program *drill.Client
	round   outbreak.RoundID
	booth   outbreak.BoothID
	lab     outbreak.LabID
	people  []screening.Standing
	sent    int // tubes
}

func newWard(t testing.TB) *ward {
	t.Helper()
	w := &ward{site: open(t)}
	secret, _, err := w.house.Access.MakeToken(ctx, w.root, access.NewToken{Name: "program", Until: outbreak.WallClock{}.Now().Add(time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	w.program = drill.NewClient(w.url, secret)
	type m = map[string]any
	var ob struct{ ID outbreak.OutbreakID }
	var booth screening.Booth
	var l lab.Lab
	var round screening.Round
	w.post("/areas", m{"areas": []m{{"code": "220200", "name": "吉林市", "name_en": "Jilin City", "time_zone": "Asia/Shanghai"},
		{"code": "220204", "name": "船营区", "name_en": "Chuanying", "parent": "220200"}}}, nil)
	w.post("/outbreaks", m{"name": "March", "protocol": "cn-covid-2021"}, &ob)
	w.post("/boxes", m{"first": "W0000001", "last": "W0009999", "area": "220204", "outbreak": ob.ID}, nil)
	w.post("/roll/people", m{"people": []m{{"area": "220204", "name": "李一"}, {"area": "220204", "name": "李二"}, {"area": "220204", "name": "李三"}}}, nil)
	w.post("/booths", m{"outbreak": ob.ID, "area": "220204", "name": "Gate 1"}, &booth)
	w.post("/labs", m{"name": "County laboratory", "area": "220204", "per_day": 5000}, &l)
	w.post("/sites", m{"area": "220204", "kind": "hospital_makeshift", "name": "会展中心 Convention Centre", "wards": []m{{"name": "A", "kind": "makeshift_bed", "beds": 8},
		{"name": "B", "kind": "single_room", "beds": 8}, {"name": "C", "kind": "ward_bed", "beds": 8}}}, nil)
	w.post("/vehicles", m{"area": "220204", "kind": "ambulance", "name": "吉B 120", "seats": 2}, nil)
	w.post("/rounds", m{"outbreak": ob.ID, "name": "Round 1 第1轮", "areas": []string{"220204"}, "pool": 1}, &round)
	w.booth, w.lab, w.round = booth.ID, l.ID, round.ID
	if w.people, err = drill.All[screening.Standing](ctx, w.program, "/rounds/"+round.ID.String()+"/people", map[string][]string{"outcome": {"unknown"}}); err != nil || len(w.people) != 3 {
		t.Fatalf("%d people on the roll: %v", len(w.people), err)
	}
	return w
}

// post sends a command of the program.
func (w *ward) post(path string, body, into any) {
	w.Helper()
	w.sent++
	if err := w.program.Post(ctx, path, fmt.Sprint("walk-", w.sent), body, into); err != nil {
		w.Fatalf("%s: %v", path, err)
	}
}

// positive hands in somebody's own tube and reports it positive, as a booth's and a laboratory's programs do.
func (w *ward) positive(who screening.Standing) outbreak.TubeCode {
	w.Helper()
	tube := outbreak.TubeCode(fmt.Sprintf("W%07d", w.sent))
	w.post("/rounds/"+w.round.String()+"/tubes", map[string]any{"booth": w.booth, "tubes": []any{map[string]any{"tube": tube, "members": []any{map[string]any{"no": who.No}}}}}, nil)
	w.post("/labs/"+w.lab.String()+"/received", map[string]any{"tubes": []any{tube}}, nil)
	w.post("/tubes/"+string(tube)+"/result", map[string]any{"lab": w.lab, "result": "positive"}, nil)
	return tube
}

// TestAPositiveWalksToItsBed is the product's promise in a browser: the board is open when a laboratory's program reports
// a positive; the number moves without a reload; and from that number on a reader comes by links alone to the person's bed.
func TestAPositiveWalksToItsBed(t *testing.T) {
	tab := chromium(t)
	w := newWard(t)
	var complaints faults
	complaints.follow(t, tab)
	v := viewer{t: t, tab: tab, site: w.site}
	v.enter()
	for i, l := range []look{{"en", 1440, false}, {"zh", 390, false}} {
		v.walk(w, w.people[i], l)
		for _, complaint := range complaints.take() {
			t.Errorf("%s: %s", l, complaint)
		}
	}
	if n := w.log.broken.Load(); n != 0 {
		t.Errorf("the pages broke the content security policy %d times", n)
	}
}

// number reads what the board shows for cases to be reported.
const number = `document.querySelector('a.big[href^="/waiting?step=case_report"]')?.textContent`

func (v viewer) walk(w *ward, who screening.Standing, l look) {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(w.url+"/?lang="+l.lang))
	v.until(`document.body?.dataset.ready === "1"`)
	before, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`window.opened = "before the result"; `+number))
	if err != nil {
		v.t.Fatal(err)
	}
	w.positive(who)
	v.until(number + ` !== "` + before + `"`)
	if still, err := chromedp.Run(v.tab, chromedp.Evaluate[bool](`window.opened === "before the result"`)); err != nil || !still {
		v.t.Fatalf("the board was loaded again instead of changing: %v", err)
	}
	v.picture("walk-board", l)
	person := who.ID.String()
	v.follow("the number of the board", `a.big[href^="/waiting?step=case_report"]`, "", "/waiting")
	v.follow("the case", `#list tr a[href^="/cases/"]`, person, "/cases/")
	v.follow("the person", `main a[href="/people/`+person+`"]`, "", "/people/"+person)
	v.picture("walk-person", l)

	_, stays, err := w.house.Placement.ListStaysOf(ctx, w.root, who.ID)
	if err != nil || len(stays) != 1 || stays[0].Bed == 0 {
		v.t.Fatalf("the person has %d stays: %v", len(stays), err)
	}
	v.follow("the trip", `main a[href^="/transfers"]`, "", "/transfers")
	v.shows("the trip", `#list tr[id^="t"]`, person, "会展中心 Convention Centre")
	v.follow("the person of the trip", `#list a[href="/people/`+person+`"]`, "", "/people/"+person)
	v.follow("the bed", `main dt a[href^="/sites/`+stays[0].Site.String()+`"]`, "", "/sites/")
	v.shows("the bed", "h1", "会展中心 Convention Centre")
	v.shows("the bed", `[id="y`+stays[0].ID.String()+`"]`, person, v.bedOf(w, stays[0], l))
	v.picture("walk-bed", l)
}

// bedOf is what a page must show of a stay for somebody to find the bed.
func (v viewer) bedOf(w *ward, s placement.Stay, l look) string {
	v.t.Helper()
	names, err := w.house.Placement.NameBeds(ctx, w.root, []outbreak.BedID{s.Bed})
	if err != nil || names[s.Bed].Label == "" {
		v.t.Fatalf("the bed has no name: %v %v", names, err)
	}
	return words.Text(words.Lang(l.lang), "web.site.bed_at", map[string]any{"ward": names[s.Bed].Ward, "label": names[s.Bed].Label})
}

// until waits for a page to be as an expression says; a page on its way to another answers nothing, and is asked again.
func (v viewer) until(js string) {
	v.t.Helper()
	var is bool
	var err error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if is, err = chromedp.Run(v.tab, chromedp.Evaluate[bool](js)); is && err == nil {
			return
		}
	}
	v.t.Fatalf("waiting for %s: %v", js, err)
}

// follow clicks a link as a reader does, with the mouse, and waits for the page behind it. With in, only a link in a row
// that names it will do.
func (v viewer) follow(what, css, in, to string) {
	v.t.Helper()
	v.until(`(() => { const link = [...document.querySelectorAll(` + "`" + css + "`" + `)].find(a => (a.closest("tr") ?? a).textContent.includes("` + in + `"));
		if (link) link.dataset.walk = "1"; return !!link; })()`)
	v.do(chromedp.Click(chromedp.CSS("[data-walk]")))
	v.until(`location.pathname.startsWith("` + to + `") && document.body?.dataset.ready === "1"`)
	if lost, _ := chromedp.Run(v.tab, chromedp.Evaluate[bool](`!!document.querySelector(".sorry")`)); lost {
		v.t.Fatalf("the link to %s leads to an error", what)
	}
}

// shows fails unless an element of the page holds every text, and can be seen.
func (v viewer) shows(what, css string, texts ...string) {
	v.t.Helper()
	shown, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`[...document.querySelectorAll(`+"`"+css+"`"+`)].filter(e => e.getClientRects().length).map(e => e.textContent).join(" ")`))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			v.t.Errorf("the page of %s does not show %q in %s: %q", what, text, css, strings.Join(strings.Fields(shown), " "))
		}
	}
}
