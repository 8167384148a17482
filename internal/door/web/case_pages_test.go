package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// listed is a site with a line list of n generated cases in two districts.
func listed(t testing.TB, n int) *site {
	t.Helper()
	s := open(t)
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err == nil {
		_, err = s.house.Registry.LoadAreas(ctx, s.root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "220200", Name: "吉林市", NameEn: "Jilin City", TimeZone: "Asia/Shanghai", Population: 3_600_000},
			{Code: "220204", Name: "船营区", NameEn: "Chuanying", Parent: "220200", Population: 480_000}, {Code: "220203", Name: "龙潭区", NameEn: "Longtan", Parent: "220200", Population: 520_000}}})
	}
	var ob outbreak.OutbreakID
	if err == nil {
		ob, err = s.house.Registry.DeclareOutbreak(ctx, s.root, registry.DeclareOutbreak{Name: "March 三月", Protocol: "cn-covid-2021"})
	}
	if err == nil {
		err = testkit.LineList{Cases: n, Outbreak: ob, Areas: []outbreak.Path{"/220200/220204/", "/220200/220203/"}, Zone: zone, From: time.Date(2022, 2, 1, 0, 0, 0, 0, zone), Days: 41, Seed: 5}.Write(ctx, s.house.DB)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFiguresOfTheLineListOpenTheirRows(t *testing.T) {
	s := listed(t, 1200)
	b := s.signedIn("root", "en")
	total := func(path string) string {
		t.Helper()
		a := b.get(path)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
		}
		found := a.all(func(n *html.Node) bool { return n.Data == "span" && attr(n, "class") == "num" })
		if len(found) == 0 {
			t.Fatalf("%s says no total", path)
		}
		words := strings.Fields(text(found[0]))
		if len(words) == 2 { // "0 cases"
			return words[0]
		}
		return words[len(words)-1]
	}
	if got := total("/cases"); got != "1,200" {
		t.Fatalf("the list has %s rows", got)
	}
	for _, page := range []string{"/cases/table?rows=area&across=severity", "/cases/table?rows=onset&across=sex&step=week&onset.from=2022-02-10", "/cases/quality?classification.not=not_a_case"} {
		seen := 0
		for _, n := range b.get(page).all(func(n *html.Node) bool {
			return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/cases?") && (n.Parent.Data == "td" || attr(n, "class") == "num")
		}) {
			if seen++; seen > 40 {
				break
			}
			if want, got := text(n), total(attr(n, "href")); got != want {
				t.Errorf("%s: %s shows %s and opens %s rows", page, attr(n, "href"), want, got)
			}
		}
		if seen < 4 {
			t.Errorf("%s has %d figures with rows", page, seen)
		}
	}
	for _, page := range []string{"/cases/curve?onset.from=2022-02-20&onset.to=2022-03-10&by=onset&step=week", "/cases/curve"} {
		seen := 0
		for _, n := range b.get(page).all(func(n *html.Node) bool { return n.Data == "a" && n.Parent.Data == "g" }) {
			if seen++; seen > 30 {
				break
			}
			said := text(n)
			if want, got := said[strings.LastIndex(said, " ")+1:], total(attr(n, "href")); got != want {
				t.Errorf("%s: the bar %q opens %s rows", page, said, got)
			}
		}
		if seen < 4 {
			t.Errorf("%s has %d bars", page, seen)
		}
	}
}

// TestAddressesOfTheLineList goes the way of the forms without scripts.
func TestAddressesOfTheLineList(t *testing.T) {
	s := listed(t, 300)
	b := s.signedIn("root", "en")
	for _, c := range []struct{ q, form, to string }{
		{"/cases", "field=severity&op=in&v=mild&v=severe", "/cases?severity=mild&severity=severe"},
		{"/cases?severity=mild", "field=severity&op=not&v=moderate&none=1", "/cases?severity.not=&severity.not=moderate"},
		{"/cases?severity=mild&sort=-onset", "field=onset&op=fromto&from=2022-02-03&to=", "/cases?onset.from=2022-02-03&severity=mild&sort=-onset"},
		{"/cases/curve?stack=sex", "field=hospital&op=contains&text=hospital+2", "/cases/curve?hospital.has=hospital+2&stack=sex"},
		{"/cases?after=x", "field=area&below=%2F220200%2F220204%2F", "/cases?below=%2F220200%2F220204%2F"},
		{"/cases?sort=age", "jump=1,20", "/cases?jump=120&sort=age"},
		{"/cases", "choose=1&c=onset&c=age", "/cases?columns=onset%2Cage"},
		{"/cases", "known=2022-02-20", "/cases?known=2022-02-20T15%3A59%3A59.999Z"},
		{"/cases?x%3Adoses=2", "field=x:doses&op=missing", "/cases?x%3Adoses.is=missing"},
		{"//evil.example/cases", "jump=3", "/cases?jump=3"},
	} {
		a := b.get("/cases/to?q=" + url.QueryEscape(c.q) + "&" + c.form)
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != c.to {
			t.Errorf("%s with %s: %d %s, want %s", c.q, c.form, a.StatusCode, a.Header.Get("Location"), c.to)
			continue
		}
		if a := b.get(c.to); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", c.to, a.StatusCode)
		}
	}
	if a := b.get("/cases/to?q=%2Fcases%2Fcurve&field=onset&op=fromto&from=yesterday"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="filter"`) {
		t.Errorf("a wrong day: %d", a.StatusCode)
	}
	if a := b.get("/cases?hospitol=x"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a field there is not: %d", a.StatusCode)
	}
}

// TestAViewIsKept goes the way of the forms.
func TestAViewIsKept(t *testing.T) {
	s := listed(t, 50)
	b := s.signedIn("root", "en")
	a := b.post("/cases/views?severity=mild&sort=-age&jump=20&columns=onset,age", "key", "1", "name", "Mild", "role", "", "area", "")
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("keeping a view: %d %s", a.StatusCode, a.body)
	}
	page := b.get(a.Header.Get("Location"))
	tabs := page.all(func(n *html.Node) bool { return attr(n, "class") == "tab" && attr(n, "aria-current") != "" })
	if page.StatusCode != http.StatusOK || len(tabs) != 1 || text(tabs[0]) != "Mild" || !strings.Contains(attr(tabs[0], "href"), "columns=onset%2Cage") || strings.Contains(attr(tabs[0], "href"), "jump") {
		t.Fatalf("%d %s: %d tabs are open", page.StatusCode, a.Header.Get("Location"), len(tabs))
	}
	id := page.Request.URL.Query().Get("view")
	if a := b.post("/cases/views/drop?severity=mild&view="+id, "drop", id); a.StatusCode != http.StatusSeeOther || strings.Contains(b.get("/cases").body, ">Mild<") && len(b.get("/cases").all(func(n *html.Node) bool { return attr(n, "class") == "tab" })) != 1 {
		t.Errorf("dropping it: %d", a.StatusCode)
	}
}

// TestFormsKeepTheListTheyStandOn makes sure that what a form does is done to the list it stands on.
func TestFormsKeepTheListTheyStandOn(t *testing.T) {
	s := listed(t, 120)
	b := s.signedIn("root", "en")
	const list = "severity=mild&sort=-age"
	for _, path := range []string{"/cases?" + list, "/cases/many?" + list, "/cases/curve?" + list, "/cases/table?" + list, "/cases/quality?" + list} {
		seen := 0
		for _, n := range b.get(path).all(func(n *html.Node) bool { return n.Data == "form" || n.Data == "a" }) {
			to := attr(n, "action") + attr(n, "href")
			if strings.Contains(strings.ToLower(to), "severity%3d") {
				t.Errorf("%s leads to %s", path, to)
			}
			if strings.Contains(to, list) {
				seen++
			}
		}
		if seen == 0 {
			t.Errorf("%s has nothing that keeps its list", path)
		}
	}
}
