package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
)

// at gives where a form led, without what it says there.
func at(a answer) string {
	path, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	return path
}

// action gives the address of the first form of a page that begins with one and ends with another.
func (a answer) action(begin, end string) string {
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "method") == "post" }) {
		if to := attr(n, "action"); strings.HasPrefix(to, begin) && strings.HasSuffix(to, end) {
			return to
		}
	}
	return ""
}

func TestPlacesAreAddedChangedAndMergedOnTheirPages(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	market := at(b.twice("/places", "/places", "name", "东方市场", "kind", "market", "area", "/220200/220204/", "aliases", "East Market\n\n老东市", "address", "Quay 1"))
	if page := b.get(market); !strings.Contains(page.body, "老东市") || !strings.Contains(page.body, "Quay 1") {
		t.Errorf("%s does not show what was said", market)
	}
	code := strings.TrimPrefix(market, "/places/")
	stall := at(b.twice("/places?within="+code, "/places", "name", "A-12", "kind", "stall", "parent", code, "area", "",
		"coordinates", "GCJ02", "lat", "43.84", "lon", "-126.5500001"))
	if page := b.get(stall); !strings.Contains(page.body, "东方市场") || !strings.Contains(page.body, `value="-126.55"`) {
		t.Error("the stall does not show the market around it, or not where it is")
	}
	b.twice(market, market, "name", "Eastern Hall", "kind", "market", "area", "/220200/220204/")
	b.twice(market, market+"/names", "alias", "Halle Ost", "lang", "de")
	if page := b.get(market); !strings.Contains(page.body, "<h1>Eastern Hall</h1>") || !strings.Contains(page.body, "东方市场") || !strings.Contains(page.body, "Halle Ost") {
		t.Error("a name went lost")
	}
	double := at(b.twice("/places", "/places", "name", "东市", "kind", "market", "area", "/220200/220204/"))
	b.twice(market, market+"/merge", "other", strings.TrimPrefix(double, "/places/"), "reason", "one hall")
	if page := b.get(double); !strings.Contains(page.body, "one hall") || !strings.Contains(page.body, "notice soon") {
		t.Error("the newer one does not point to the older")
	}
	b.twice(market, b.get(market).action(market+"/merges/", "/undo"), "reason", "two halls")
	if page := b.get(double); strings.Contains(page.body, "notice soon") {
		t.Error("the decision stands still")
	}

	zh := w.signedIn("root", "zh-CN")
	for say, form := range map[string][]string{
		"度数":    {"name", "x1", "kind", "shop", "area", "/220200/220204/", "lat", "north", "lon", "1", "coordinates", "WGS84"},
		"编号":    {"name", "x1", "kind", "stall", "parent", "nonsense!"},
		"区划代码":  {"name", "x1", "kind", "shop", "area", "/999999/"},
		"坐标系":   {"name", "x1", "kind", "shop", "area", "/220200/220204/", "lat", "4"},
		"名称":    {"name", " · ", "kind", "shop", "area", "/220200/220204/"},
		"类型":    {"name", "x1", "kind", "cave", "area", "/220200/220204/"},
		"日期和时间": {"name", "x1", "kind", "shop", "area", "/220200/220204/", "open_from", "yesterday"},
	} {
		a := zh.post("/places", append(zh.get("/places").form(t, "/places"), form...)...)
		if a.StatusCode != http.StatusUnprocessableEntity || alert(a) == "" || !strings.Contains(a.body, `value="`+form[1]+`"`) {
			t.Errorf("%s: %d %s; what was typed is gone", say, a.StatusCode, alert(a))
		}
	}
	if a := b.post(market+"/merge", "other", "rubbish", "reason", "x"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.StatusCode)
	}
	tracer := w.signedIn(w.user(access.Auditor), "en")
	if a := tracer.post("/places", "name", "x1", "kind", "shop", "area", "/220200/220204/"); a.StatusCode != http.StatusForbidden {
		t.Errorf("an auditor adds a place: %d", a.StatusCode)
	}
}

func TestVisitsAreRecordedCorrectedEndedAndWithdrawn(t *testing.T) {
	w := newWard(t)
	b := w.signedIn(w.user(access.ContactTracer), "en")
	place := at(b.twice("/places", "/places", "name", "东方市场", "kind", "market", "area", "/220200/220204/"))
	id := w.people[0].ID.String()
	person := "/people/" + id
	ob := attr(b.get(person).all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "name") == "outbreak" })[0], "value")
	said := []string{"place", "东方", "outbreak", ob, "from", "2022-03-12T09:20", "from_precision", "half_day", "to", "", "to_precision", "minute", "source", "interview", "collected", "contact_tracing"}
	b.twice(person, person+"/visits/new", said...)
	b.twice(place, place+"/visits/new", "person", w.people[1].ID.String(), "outbreak", ob, "from", "2022-03-12T10:00", "from_precision", "minute", "to", "2022-03-12T11:00", "to_precision", "hour",
		"source", "payment", "collected", "contact_tracing", "until", "2022-04-01")

	open := func(page string) answer {
		t.Helper()
		a := b.post(page+"/visits", "purpose", "investigation")
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", page, a.StatusCode, alert(a))
		}
		return a
	}
	if a := open(place); !strings.Contains(a.body, id) || !strings.Contains(a.body, w.people[1].ID.String()) {
		t.Error("the place does not show both")
	}
	a := open(person)
	if !strings.Contains(a.body, "to half a day") || !strings.Contains(a.body, `value="2022-03-12T00:00"`) {
		t.Error("a half-day does not begin where it begins")
	}
	row := a.action(person+"/visits/", "")
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "form" }) {
		if to := attr(n, "action"); strings.HasPrefix(to, person+"/visits/") && !strings.HasSuffix(to, "/new") {
			row = to
		}
	}
	again := func(more ...string) answer { // the same form, sent twice
		t.Helper()
		form := append([]string{"key", "k" + strings.Join(more, "")}, more...)
		first := b.post(row, form...)
		before := b.settledAt()
		if second := b.post(row, form...); second.StatusCode != first.StatusCode || b.settledAt() != before {
			t.Errorf("%s sent twice: %d, then %d", row, first.StatusCode, second.StatusCode)
		}
		return first
	}
	code := strings.TrimPrefix(place, "/places/")
	wrong := again("visit", "1", "place", code, "from", "2022-03-12T09:00", "from_precision", "minute", "to", "2022-03-11T09:00", "to_precision", "minute", "source", "interview", "collected", "contact_tracing")
	if wrong.StatusCode != http.StatusUnprocessableEntity || wrong.action(row, "") == "" || !strings.Contains(wrong.body, `value="2022-03-11T09:00"`) {
		t.Errorf("a refused correction: %d %s; the form does not come back with what was typed", wrong.StatusCode, alert(wrong))
	}
	if a := again("visit", "1", "place", code, "from", "2022-03-12T09:20", "from_precision", "minute", "to", "2022-03-12T10:20", "to_precision", "minute", "source", "ticket", "collected", "contact_tracing"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("a correction: %d %s", a.StatusCode, alert(a))
	}
	if a = open(person); !strings.Contains(a.body, "ticket") || strings.Contains(a.body, "to half a day</span>") {
		t.Error("the correction does not stand")
	}
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "form" }) {
		if to := attr(n, "action"); strings.HasPrefix(to, person+"/visits/") && !strings.HasSuffix(to, "/new") {
			row = to
		}
	}
	if a := again("how", "gone"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdrawn: %d %s", a.StatusCode, alert(a))
	}
	if a := open(person); !strings.Contains(a.body, "No visit may be shown") {
		t.Error("a visit that was withdrawn is shown")
	}

	for say, change := range map[string][2]string{
		"no place":      {"place", "nowhere at all"},
		"a precision":   {"from_precision", "roughly"},
		"a source":      {"source", "rumour"},
		"a purpose":     {"collected", "curiosity"},
		"an end":        {"until", "soon"},
		"no moment":     {"from", "noon"},
		"the future":    {"from", "2032-03-12T09:20"},
		"no outbreak":   {"outbreak", ""},
		"another code":  {"outbreak", "!!"},
		"kept for ever": {"until", "2032-03-12"},
	} {
		form := append([]string{}, said...)
		for i := 0; i < len(form); i += 2 {
			if form[i] == change[0] {
				form[i+1] = change[1]
			}
		}
		if change[0] == "until" {
			form = append(form, change[:]...)
		}
		a := b.post(person+"/visits/new", form...)
		if a.StatusCode == http.StatusSeeOther || a.StatusCode >= 500 || alert(a) == "" {
			t.Errorf("%s: %d %s", say, a.StatusCode, alert(a))
		}
	}
	worker := w.signedIn(w.user(access.CommunityWorker), "zh-CN")
	if a := worker.post(person+"/visits/new", said...); a.StatusCode != http.StatusForbidden {
		t.Errorf("a community worker records a visit: %d", a.StatusCode)
	}
	if page := worker.get(person); page.action(person+"/visits", "") != "" {
		t.Error("a community worker is offered visits")
	}
}

func TestPlacesAndVisitsComeInByFile(t *testing.T) {
	w := newWard(t)
	b := w.signedIn(w.user(access.ContactTracer), "zh-CN")
	key := func() []string { return b.get("/files").form(t, "/files/places") }
	places := "名称,类型,社区代码\n东方市场,市场,220204\n洞,洞穴,220204\n"
	for i, want := range [][4]int{{2, 1, 0, 1}, {2, 0, 1, 1}} {
		a := b.upload("/files/places", "places.csv", places, key()...)
		if got := totals(t, a); got != want {
			t.Errorf("time %d: %v, want %v", i, got, want)
		}
		if len(a.all(func(n *html.Node) bool {
			return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/files/rejected/")
		})) != 1 {
			t.Error("the rejected rows do not come back")
		}
	}
	ob := attr(b.get("/files").all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == "file-outbreak" })[1], "value")
	visits := "person,place,from,to\n" + w.people[0].ID.String() + ",东方市场,2022-03-12 09:20,2022-03-12 10:00\n" + w.people[1].ID.String() + ",哪里,2022-03-12,\n"
	for _, want := range [][4]int{{2, 1, 0, 1}, {2, 0, 1, 1}} {
		if got := totals(t, b.upload("/files/visits", "visits.csv", visits, append(key(), "outbreak", ob)...)); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if a := b.upload("/files/visits", "visits.csv", "\x00\x01\x02", key()...); a.StatusCode != http.StatusUnprocessableEntity || alert(a) == "" {
		t.Errorf("rubbish: %d", a.StatusCode)
	}
	if a := b.upload("/files/visits", "visits.csv", visits, append(key(), "outbreak", ob, "purpose", "curiosity")...); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a purpose nobody has: %d", a.StatusCode)
	}
	if a := w.signedIn(w.user(access.Auditor), "en").upload("/files/visits", "visits.csv", visits); a.StatusCode != http.StatusForbidden {
		t.Errorf("an auditor brings visits: %d", a.StatusCode)
	}
}
