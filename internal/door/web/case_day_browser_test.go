package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/words"
)

// TestAnEpidemiologistsDay works with the line list as somebody does in a day, in a browser, in both languages: filter, sort, jump,
// keep a view, change many cases and take it back, meet a colleague in one case, draw, cross, take out.
func TestAnEpidemiologistsDay(t *testing.T) {
	tab := chromium(t)
	s := listed(t, 1500)
	var complaints faults
	complaints.follow(t, tab)
	v := viewer{t: t, tab: tab, site: s}
	v.enter()
	for _, l := range []look{{"en", 1440, false}, {"zh", 1440, false}} {
		d := day{viewer: v, look: l}
		d.do(chromedp.EmulateViewport(l.width, 900), chromedp.Navigate(s.url+"/cases?lang="+l.lang))
		d.ready()
		d.filterAndSort()
		d.jump()
		d.keepAView()
		d.changeMany()
		d.meetAColleague()
		d.drawAndCross()
		d.takeOut()
		d.byKeys()
		for _, complaint := range complaints.take() {
			if !strings.Contains(complaint, "409") { // the colleague was first
				t.Errorf("%s: %s", l, complaint)
			}
		}
	}
	if n := s.log.broken.Load(); n != 0 {
		t.Errorf("the pages broke the content security policy %d times", n)
	}
}

// day is somebody's day at the line list in one language.
type day struct {
	viewer
	look look
}

func (d day) ready() { d.t.Helper(); d.until(`document.body?.dataset.ready === "1" && !window.before`) }

// leads does something that leads to another page, and waits for that.
func (d day) leads(js string) {
	d.t.Helper()
	d.do(chromedp.Evaluate[chromedp.Void](`window.before = true; { ` + js + ` }`))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if is, err := chromedp.Run(d.tab, chromedp.Evaluate[bool](`document.body?.dataset.ready === "1" && !window.before`)); is && err == nil {
			return
		}
	}
	d.t.Fatalf("%s: at %s nothing follows on %s", d.look, d.address(), js)
}

func (d day) text(css string) string {
	d.t.Helper()
	text, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`document.querySelector(`+strconv.Quote(css)+`)?.textContent.trim().replace(/\s+/g, " ") ?? ""`))
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

func (d day) address() string {
	d.t.Helper()
	at, err := chromedp.Run(d.tab, chromedp.Location())
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.TrimPrefix(at, d.site.url)
}

func (d day) want(what, got, want string) {
	d.t.Helper()
	if !strings.Contains(got, want) {
		d.t.Errorf("%s %s: %q has no %q", d.look, what, got, want)
	}
}

// says is a sentence of the catalogue in the day's language.
func (d day) says(key string, slots ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(slots); i += 2 {
		m[slots[i].(string)] = slots[i+1]
	}
	return words.Text(words.Lang(d.look.lang), key, m)
}

func (d day) filterAndSort() {
	d.t.Helper()
	d.leads(`const f = document.querySelector("#add-filter"); f.value = "severity"; f.dispatchEvent(new Event("change", { bubbles: true }))`)
	d.leads(`document.querySelector("#filter [value=mild]").click(); document.querySelector("#filter [value=severe]").click(); document.querySelector("#filter button").click()`)
	d.want("the address of a filter", d.address(), "/cases?severity=mild&severity=severe")
	d.want("the chip", d.text(".chip"), d.says("web.severity.severe"))
	d.leads(`document.querySelector('a.sort[href*="sort=age"]').click()`)
	d.leads(`document.querySelector('a.sort[href*="sort=-age"]').click()`)
	d.want("the address of a sort", d.address(), "sort=-age")
	d.want("the head of the column", d.text("th[aria-sort=descending]"), "↓")
	ages, err := chromedp.Run(d.tab, chromedp.Evaluate[bool](`{ const at = [...document.querySelectorAll(".grid thead th")].findIndex(th => th.hasAttribute("aria-sort")); const ages = [...document.querySelectorAll(".grid tbody tr")].map(tr => Number(tr.children[at].textContent)); ages.length === 100 && ages.every((n, i) => i === 0 || n <= ages[i - 1]); }`))
	if err != nil || !ages {
		d.t.Errorf("%s: the rows are not sorted by age: %v", d.look, err)
	}
}

func (d day) jump() {
	d.t.Helper()
	d.leads(`document.querySelector("[name=jump]").value = "201"; document.querySelector("[name=jump]").form.requestSubmit()`)
	d.want("where the page stands", d.text(".pager .num"), "201")
	d.leads(`document.querySelector("[rel=prev]").click()`)
	d.want("the page before", d.text(".pager .num"), "101")
	d.leads(`document.querySelector("[rel=last]").click()`)
	if next, err := chromedp.Run(d.tab, chromedp.Evaluate[bool](`!!document.querySelector("[rel=next]")`)); err != nil || next {
		d.t.Errorf("%s: there is a page behind the last: %v", d.look, err)
	}
}

func (d day) keepAView() {
	d.t.Helper()
	name := "Severe by age " + d.look.lang
	d.leads(`document.querySelector("#view-name").value = "` + name + `"; document.querySelector("#view-name").form.requestSubmit()`)
	d.want("the tab of the view", d.text(".view-tabs [aria-current]"), name)
	d.leads(`document.querySelector(".view-tabs a").click()`)
	d.leads(`[...document.querySelectorAll(".view-tabs a")].find(a => a.textContent.includes("` + name + `")).click()`)
	d.want("the address of the view", d.address(), "severity=severe&sort=-age")
}

func (d day) changeMany() {
	d.t.Helper()
	d.do(chromedp.Navigate(d.site.url + "/cases?state=open&sort=onset"))
	d.ready()
	d.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("[name=case]")].slice(0, 5).forEach(box => box.click())`))
	d.want("how many are chosen", d.text("[data-chosen]"), "5")
	d.leads(`document.querySelector(".bulk-bar button").click()`)
	cluster := "market " + d.look.lang
	d.leads(`{ const f = document.querySelector("[name=cluster]"); f.value = "` + cluster + `"; f.dispatchEvent(new Event("change", { bubbles: true })); f.form.requestSubmit(); }`)
	d.want("the preview", d.text("#preview"), d.says("caselist.many.would", "n", "5"))
	if n := d.count("cluster=" + strings.ReplaceAll(cluster, " ", "+")); n != 0 {
		d.t.Errorf("%s: the preview changed %d cases", d.look, n)
	}
	d.picture("day-preview", d.look)
	d.leads(`document.querySelector("#reason").value = "asked again"; document.querySelector("#reason").form.requestSubmit()`)
	d.want("what was done", d.text("#done"), d.says("caselist.many.done", "n", "5"))
	if n := d.count("cluster=" + strings.ReplaceAll(cluster, " ", "+")); n != 5 {
		d.t.Errorf("%s: %d cases are in the cluster", d.look, n)
	}
	d.picture("day-done", d.look)
	d.leads(`document.querySelector("#done form").requestSubmit()`)
	d.want("what was taken back", d.text("#undone"), d.says("caselist.edits.undone", "n", "5"))
	if n := d.count("cluster=" + strings.ReplaceAll(cluster, " ", "+")); n != 0 {
		d.t.Errorf("%s: %d cases are still in the cluster", d.look, n)
	}
	d.picture("day-edits", d.look)
}

// count says how many rows the list has, by the page itself.
func (d day) count(query string) int {
	d.t.Helper()
	a := d.site.signedIn("root", "en").get("/cases?" + query)
	return len(a.all(func(n *html.Node) bool { return n.Data == "tr" && attr(n, "data-case") != "" }))
}

// meetAColleague opens a case, somebody else changes it, and both changes are kept.
func (d day) meetAColleague() {
	d.t.Helper()
	d.do(chromedp.Navigate(d.site.url + "/cases?state=open&classification=confirmed&sort=-recorded"))
	d.ready()
	row := map[string]string{"en": "1", "zh": "2"}[d.look.lang]
	id, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`document.querySelectorAll("tr[data-case]")[`+row+`].dataset.case`))
	if err != nil {
		d.t.Fatal(err)
	}
	d.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("tr[data-case]")[` + row + `].children[3].click()`))
	d.until(`!document.querySelector("#pane").hidden && !!document.querySelector("#pane a")`)
	d.want("the case beside the list", d.text("#pane"), id)
	d.picture("day-pane", d.look)
	d.leads(`document.querySelector("#pane .button").click()`)
	key, err := outbreak.ParseID[outbreak.CaseID](id)
	if err != nil {
		d.t.Fatal(err)
	}
	k, _, err := d.site.house.Cases.FindCase(ctx, d.site.root, key)
	if err == nil {
		_, err = d.site.house.Cases.EditCase(ctx, d.site.root, cases.EditCase{Case: key, Version: k.Version, Values: cases.Values{"occupation": "pilot", "hospital": "Third"}})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.leads(`document.querySelector("#e-cluster").value = "harbour"; document.querySelector("#e-hospital").value = "First"; document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true }))`)
	for _, said := range []string{"pilot", "harbour", "Third", "First"} {
		d.want("what both said", d.text("#conflict"), said)
	}
	d.picture("day-conflict", d.look)
	d.leads(`document.querySelector("#conflict button").click()`)
	says, err := d.site.house.Cases.ReadValues(ctx, d.site.root, key)
	if err != nil || says["occupation"] != "pilot" || says["cluster"] != "harbour" || says["hospital"] != "First" {
		d.t.Errorf("%s: after keeping both the case says %v: %v", d.look, says, err)
	}
	d.want("the history", d.text("#changes"), "Third")
	d.picture("day-case", d.look)
}

func (d day) drawAndCross() {
	d.t.Helper()
	d.do(chromedp.Navigate(d.site.url + "/cases?classification=confirmed"))
	d.ready()
	d.leads(`document.querySelector('.case-tabs [href^="/cases/curve"]').click()`)
	d.leads(`const f = document.querySelector("#step"); f.value = "week"; f.dispatchEvent(new Event("change", { bubbles: true }))`)
	d.want("the address of the curve", d.address(), "classification=confirmed&stack=classification&step=week")
	said := d.text(".curve-svg g a title")
	d.leads(`location.assign(document.querySelector(".curve-svg g a").getAttribute("href"))`)
	d.want("the rows of a bar", d.text(".pager .num"), figure(said))
	d.leads(`document.querySelector('.case-tabs [href^="/cases/table"]').click()`)
	d.leads(`const f = document.querySelector("#rows"); f.value = "sex"; f.dispatchEvent(new Event("change", { bubbles: true }))`)
	d.leads(`document.querySelector("[name=exposed][value=male]").click(); document.querySelector("[name=hit][value=recovered]").click(); document.querySelector("[name=two]").form.requestSubmit()`)
	d.want("the two by two table", d.text("#two dl"), d.says("caselist.two.risk_ratio"))
}

// figure is the number at the end of what a bar says.
func figure(said string) string {
	fields := strings.FieldsFunc(said, func(r rune) bool { return (r < '0' || r > '9') && r != ',' })
	return fields[len(fields)-1]
}

func (d day) takeOut() {
	d.t.Helper()
	d.do(chromedp.Navigate(d.site.url + "/cases?severity=severe&sort=-onset&columns=onset,age,outcome"))
	d.ready()
	d.leads(`document.querySelector("#out-purpose").value = "` + string(outbreak.Purposes[0]) + `"; document.querySelector("[name=take]").form.querySelector("[value=csv]").click()`)
	d.picture("day-taken", d.look)
	href, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`document.querySelector("#taken a").getAttribute("href")`))
	if err != nil {
		d.t.Fatal(err)
	}
	body, err := chromedp.Run(d.tab, chromedp.Evaluate[string](`fetch("`+href+`").then(r => r.text())`, chromedp.EvalAwaitPromise))
	if err != nil {
		d.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	d.want("the digest", d.text("#taken"), hex.EncodeToString(sum[:]))
	rows, err := csv.NewReader(bytes.NewReader([]byte(body))).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "case,onset,age,outcome" {
		d.t.Fatalf("%s: the file begins with %v: %v", d.look, rows[0], err)
	}
	d.want("the control total", d.text("#taken dd"), strconv.Itoa(len(rows)-1))
	d.want("the first row of the list", d.text("tr[data-case] .pin code"), rows[1][0])
}

// byKeys goes through rows, chooses one and opens it without a mouse.
func (d day) byKeys() {
	d.t.Helper()
	key := func(k string) string {
		return `(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key: "` + k + `", bubbles: true }));`
	}
	d.do(chromedp.Evaluate[chromedp.Void](`document.activeElement?.blur(); ` + key("j") + key("j") + key("x")))
	if second, err := chromedp.Run(d.tab, chromedp.Evaluate[bool](`document.querySelectorAll("[name=case]")[1].checked && document.activeElement.closest("tr") === document.querySelectorAll("tr[data-case]")[1]`)); err != nil || !second {
		d.t.Errorf("%s: J J X does not choose the second row: %v", d.look, err)
	}
}

// TestNamesOpenForAPurpose makes sure that a page of names, and an export with names, leave their readers in the journal.
func TestNamesOpenForAPurpose(t *testing.T) {
	w := newWard(t)
	w.positive(w.people[0])
	if err := w.house.Journal.Settled(ctx); err != nil {
		t.Fatal(err)
	}
	b := w.signedIn("root", "en")
	list := b.get("/cases")
	people := ""
	for _, n := range list.all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == "people" }) {
		people = attr(n, "value")
	}
	if people == "" || strings.Contains(list.body, "李一") {
		t.Fatalf("the list names %q before anybody asked", people)
	}
	if a := b.post("/cases/names", "people", people); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a purpose: %d", a.StatusCode)
	}
	_, before, _ := w.head()
	a := b.post("/cases/names?sort=-onset", "people", people, "purpose", "investigation")
	_, after, _ := w.head()
	if !strings.Contains(a.body, "李一") || after != before+1 {
		t.Errorf("with a purpose: %d, %d entries", a.StatusCode, after-before)
	}
	found := b.post("/cases/name?severity=screen_positive", "name", "李一", "purpose", "investigation")
	to := found.Header.Get("Location")
	if found.StatusCode != http.StatusSeeOther || strings.Contains(to, "%E6%9D%8E") || !strings.Contains(to, "person=") || !strings.Contains(to, "severity=screen_positive") {
		t.Fatalf("a search by name goes to %d %s", found.StatusCode, to)
	}
	if a := b.get(to); len(a.all(func(n *html.Node) bool { return attr(n, "data-case") != "" })) != 1 {
		t.Errorf("the search finds %d cases", len(a.all(func(n *html.Node) bool { return attr(n, "data-case") != "" })))
	}
	reader := w.signedIn(w.user(access.ReadOnly), "en")
	if page := reader.get("/cases"); strings.Contains(page.body, "/cases/names") || strings.Contains(page.body, "/cases/many") || strings.Contains(page.body, "/cases/out") {
		t.Error("who may only read is offered names, changes or files")
	}
}
