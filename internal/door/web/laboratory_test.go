package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
)

// TestALaboratoryWorksOnItsPages enters a run, is not let to release it alone, and voids it by two.
func TestALaboratoryWorksOnItsPages(t *testing.T) {
	w := newWard(t)
	for _, lang := range []string{"en", "zh"} {
		if a := w.signedIn("root", lang).get("/laboratories/" + w.lab.String()); a.StatusCode != http.StatusOK || strings.Contains(a.body, "web.") {
			t.Errorf("%s: %d", lang, a.StatusCode)
		}
	}
	b, other := w.signedIn("root", "en"), w.signedIn(w.user(access.Laboratory), "en")
	floor := "/laboratories/" + w.lab.String()
	if a := b.get("/laboratories"); !strings.Contains(a.body, "County laboratory") {
		t.Error("the way to the laboratories does not lead to one")
	}
	b.twice(floor, floor+"/tools", "name", "PCR 1", "wells", "96", "minutes", "90")
	b.twice(floor, floor+"/kits", "name", "Kit", "source", "instructions", "minutes", "60", "needs", "2", "targets", "ORF1ab 38 40\nN 38 40\nRNP 35 human", "control", "no_template", "control", "positive_control")
	page := b.get(floor)
	pick := func(id string) string {
		o := page.all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == id })
		if len(o) == 0 {
			t.Fatalf("no %s to choose", id)
		}
		return attr(o[0], "value")
	}
	tool, kit := pick("run-tool"), pick("run-kit")
	b.twice(floor, floor+"/supplies", "kit", kit, "tests", "960")
	b.twice(floor, floor+"/tools/"+tool, "state", "idle", "why", "no_staff")
	if a := b.post(floor+"/runs", "tool", tool, "kit", kit, "started_at", "2022-03-14T07:00", "wells", "A1 nonsense ORF1ab"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(alert(a), "Line 1") {
		t.Errorf("a line that cannot be read: %d %q", a.StatusCode, alert(a))
	}
	tube := string(w.positive(w.people[0]))
	a := b.twice(floor, floor+"/runs", "tool", tool, "kit", kit, "plate", "P1", "started_at", "2022-03-14T07:00", "wells", "A1 "+tube+" ORF1ab=21.5 N=20.3 RNP=27\nA2\tT999\tRNP=26\nH11 PC ORF1ab=25 N=25\nH12 NTC")
	run, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	if page := b.get(run); !strings.Contains(page.body, "21.50") || !strings.Contains(page.body, `id="beside"`) || strings.Contains(page.body, `action="`+run+`/release"`) {
		t.Errorf("the run's page: %d", page.StatusCode)
	}
	other.twice(run, run+"/release")
	other.twice(run, run+"/doubt", "reason", "contamination", "note", "positives in a row")
	if page := other.get(run); strings.Contains(page.body, `action="`+run+`/void"`) {
		t.Error("who proposed may confirm")
	}
	b.twice(run, run+"/void")
	if page := b.get(run); !strings.Contains(page.body, "Voided") {
		t.Error("a voided run does not say so")
	} else if strings.Contains(page.body, `<span class="pill late">positive`) || !strings.Contains(page.body, `<s class="soft">positive</s>`) {
		t.Error("what a voided run said looks as if it stood")
	}
	w.settle()
	if page := b.get("/tubes/" + tube); page.StatusCode != http.StatusOK {
		t.Error(page.StatusCode)
	}
	if page := b.get(floor); page.StatusCode != http.StatusOK || !strings.Contains(page.body, "No staff") {
		t.Errorf("the floor: %d", page.StatusCode)
	}
	ob := attr(b.get("/crates").all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == "crate-outbreak" })[0], "value")
	b.twice("/crates", "/crates", "number", "B-1", "area", "/220200/220204/", "outbreak", ob, "lab", w.lab.String(), "seal", "S1", "temperature", "4,5", "handed_by", "Wang", "tubes", "T998 T997")
	var take string
	for _, f := range b.get("/crates").all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "action"), "/crates/") }) {
		take = attr(f, "action")
	}
	b.twice("/crates", take, "lab", w.lab.String(), "counted", "1", "seal", "S1", "taken_by", "Li")
	page = b.get(floor)
	var settle string
	for _, f := range page.all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "action"), floor+"/alarms/") }) {
		settle = attr(f, "action")
	}
	if box := "/crates#c" + strings.TrimPrefix(take, "/crates/"); !strings.Contains(page.body, `<a href="`+box+`">Transport box B-1</a>`) {
		t.Error("an alarm does not lead to its box")
	}
	b.twice(floor, settle, "verdict", "explained")
	for _, lang := range []string{"en", "zh"} {
		for _, path := range []string{floor, run, "/crates", "/tasks", "/journal"} {
			if a := w.signedIn("root", lang).get(path); a.StatusCode != http.StatusOK {
				t.Errorf("%s %s: %d", lang, path, a.StatusCode)
			}
		}
	}
}

// TestABadgeOnAPaperSheetThatNobodyHasIsNamed makes a paper sheet known with a badge nobody has, and one that is no number.
func TestABadgeOnAPaperSheetThatNobodyHasIsNamed(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	for _, badge := range []string{"777", "a17"} {
		a := b.post("/sheets", "name", "Sheet 4", "round", w.round.String(), "booth", w.booth.String(), "badge", badge)
		field := a.all(func(n *html.Node) bool {
			return attr(n, "name") == "badge" && hasAttr(n, "aria-invalid") && attr(n, "value") == badge
		})
		if a.StatusCode != http.StatusUnprocessableEntity || len(field) != 1 || !strings.Contains(a.body, `value="Sheet 4"`) || !strings.Contains(alert(a), badge) {
			t.Errorf("badge %s: %d %s", badge, a.StatusCode, alert(a))
		}
	}
}

// TestKeyingsThatDifferAreSaidToDiffer lets two people key one paper sheet: who keys second is told what came of it.
func TestKeyingsThatDifferAreSaidToDiffer(t *testing.T) {
	w := newWard(t)
	first := w.signedIn("root", "en")
	second := w.signedIn(w.user(access.Administrator), "en")
	sheet := at(first.post("/sheets", "name", "Sheet 5", "round", w.round.String(), "booth", w.booth.String(), "badge", ""))
	key := func(b *browser, who string) string {
		return b.post(sheet, "day", "2022-03-14", "lines", "W0000031 09:20 1 "+who).Header.Get("Location")
	}
	one, two := fmt.Sprint(w.people[0].No), fmt.Sprint(w.people[1].No)
	if to := key(first, one); to != sheet+"?done=sheet_keyed" {
		t.Error("keyed once:", to)
	}
	if to := key(second, two); to != sheet+"?done=sheet_differs" {
		t.Error("keyed otherwise:", to)
	}
	if a := second.get(sheet + "?done=sheet_differs"); !strings.Contains(a.body, "The two keyings differ") || !strings.Contains(a.body, "Two keyings differ: 1") {
		t.Errorf("what is said of it: %s", alert(a))
	}
	if to := key(second, one); to != "/sheets?done=sheet_agreed" {
		t.Error("agreed:", to)
	}
}
