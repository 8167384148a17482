package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
)

// registered gives the code on the page after somebody was registered; empty when nobody was.
func registered(a answer) string {
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "section" && attr(n, "id") == "done" }) {
		for d := range n.Descendants() {
			if d.Data == "code" {
				return text(d)
			}
		}
	}
	return ""
}

func TestAWalkInIsRegisteredAfterALookAtWhoIsKnown(t *testing.T) {
	w := newWard(t)
	sampler, worker := w.signedIn(w.user(access.Sampler), "en"), w.signedIn(w.user(access.CommunityWorker), "zh-CN")
	said := []string{"area", "/220200/220204/", "name", "王小明", "kind", "passport", "number", "E7654321", "sex", "male", "born", "1990"}
	form := append(sampler.get("/register").form(t, "/register"), said...)
	first := sampler.post("/register", form...)
	code := registered(first)
	if first.StatusCode != http.StatusOK || code == "" || strings.Contains(first.body, "王小明") || first.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, %q, %s", first.StatusCode, code, alert(first))
	}
	before := w.settledAt()
	if again := registered(sampler.post("/register", form...)); again != code || w.settledAt() != before {
		t.Errorf("the form sent twice: %s and %s", code, again)
	}
	if other := registered(sampler.post("/register", append(sampler.get("/register").form(t, "/register"), said...)...)); other != code {
		t.Errorf("the same passport makes a second person: %s and %s", code, other)
	}

	form = append(worker.get("/register").form(t, "/register"), "area", "/220200/220204/", "name", "王晓明", "kind", "passport", "number", "", "sex", "male")
	if a := worker.post("/register", form...); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a purpose: %d", a.StatusCode)
	}
	form = append(form, "purpose", "sampling")
	a := worker.post("/register", form...)
	if a.StatusCode != http.StatusOK || registered(a) != "" || !strings.Contains(a.body, code) || !strings.Contains(a.body, `value="王晓明"`) {
		t.Fatalf("who sounds the same is not shown first: %d %s", a.StatusCode, alert(a))
	}
	if one := registered(worker.post("/register", append(form, "anyway", "1")...)); one == "" || one == code {
		t.Errorf("%q", one)
	}

	for why, change := range map[string][2]string{
		"a number that is none": {"number", "E765"}, "a birth date": {"birth", "yesterday"}, "a year": {"born", "MCM"}, "a year to come": {"born", "2900"},
		"an area": {"area", "/no/such/"}, "a kind": {"kind", "library card"},
	} {
		form := append([]string{}, said...)
		for i := 0; i < len(form); i += 2 {
			if form[i] == change[0] {
				form[i+1] = change[1]
			}
		}
		a := sampler.post("/register", append(form, change[:]...)...)
		if a.StatusCode == http.StatusOK || a.StatusCode >= 500 || alert(a) == "" {
			t.Errorf("%s: %d %s", why, a.StatusCode, alert(a))
		}
	}
	if a := w.signedIn(w.user(access.Auditor), "en").get("/register"); a.StatusCode != http.StatusForbidden {
		t.Errorf("an auditor registers people: %d", a.StatusCode)
	}
}

func TestAPersonIsErasedInTwoSteps(t *testing.T) {
	w := newWard(t)
	b := w.signedIn(w.user(access.DataProtection), "zh-CN")
	id := w.people[0].ID.String()
	page := "/people/" + id + "/erase"
	if p := b.get("/people/" + id); !strings.Contains(p.body, page) {
		t.Error("the person's page does not lead there")
	}
	for why, form := range map[string][]string{"no reason": {"basis", "x"}, "a reason nobody has": {"reason", "tired", "basis", "x"}, "no ground": {"reason", "asked", "basis", " "}} {
		if a := b.post(page, append(b.get(page).form(t, page), form...)...); a.StatusCode != http.StatusUnprocessableEntity || alert(a) == "" {
			t.Errorf("%s: %d", why, a.StatusCode)
		}
	}
	basis := "《个人信息保护法》第四十七条"
	before := w.settledAt()
	first := b.post(page, append(b.get(page).form(t, page), "reason", "asked", "basis", basis)...)
	if first.StatusCode != http.StatusOK || !strings.Contains(first.body, basis) || w.settledAt() != before {
		t.Fatalf("the first step: %d %s", first.StatusCode, alert(first))
	}
	second := first.form(t, page)
	for _, code := range []string{"", "nonsense", w.people[1].ID.String()} {
		if a := b.post(page, append(second, "code", code)...); a.StatusCode != http.StatusUnprocessableEntity || len(a.form(t, page)) != len(second) {
			t.Errorf("confirmed with %q: %d", code, a.StatusCode)
		}
	}
	if w.settledAt() != before {
		t.Fatal("something was done")
	}
	var done answer
	for range 2 {
		if done = b.post(page, append(second, "code", id)...); done.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", done.StatusCode, alert(done))
		}
	}
	receipt := b.get(at(done))
	if !strings.Contains(receipt.body, "signature:") || !strings.Contains(receipt.body, basis) {
		t.Error("the receipt is not shown")
	}
	file := b.get(at(done) + "/receipt")
	if !strings.HasPrefix(file.body, "breakwater erasure 1") || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %s", file.StatusCode, file.body)
	}
	if a := b.get(page); a.StatusCode != http.StatusSeeOther || at(a) != at(done) {
		t.Errorf("erased already: %d %s", a.StatusCode, at(a))
	}
	for _, role := range []access.Role{access.Investigator, access.Command} {
		other := w.signedIn(w.user(role), "en")
		for _, path := range []string{page, "/people/" + id + "/erasure", "/people/" + id + "/erasure/receipt"} {
			if a := other.get(path); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s opens %s: %d", role, path, a.StatusCode)
			}
		}
		if a := other.post(page, "reason", "asked", "basis", "x", "sure", "1", "code", w.people[1].ID.String()); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s erases: %d", role, a.StatusCode)
		}
	}
}
