package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestAPersonIsFoundByNameAndMerged goes the way of an investigator: by name for a purpose, from the answer to the person, from
// there to the other code and back.
func TestAPersonIsFoundByNameAndMerged(t *testing.T) {
	w := newWard(t)
	w.settle()
	var other struct{ ID string }
	w.post("/people", map[string]any{"area": "220204", "name": "李 一"}, &other)
	b := w.signedIn("root", "zh-CN")
	if a := b.post("/people/name", "name", "李一", "area", ""); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a purpose: %d", a.StatusCode)
	}
	a := b.post("/people/name", "name", "li yi", "area", "/220200/", "purpose", "investigation", "born", "")
	if a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", a.StatusCode, a.Header.Get("Cache-Control"))
	}
	var found []string
	for _, n := range a.all(func(n *html.Node) bool {
		return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/people/") && n.Parent.Data == "th"
	}) {
		found = append(found, attr(n, "href"))
	}
	if len(found) != 2 || strings.Contains(a.body, "李一") {
		t.Fatalf("%q were found, or a name is shown", found)
	}
	if a := b.post("/people/name", "name", "李", "area", "", "purpose", "care"); !strings.Contains(a.body, "至少") {
		t.Errorf("a surname alone: %d", a.StatusCode)
	}
	page := w.people[0].ID.String()
	if a := b.post("/people/"+page+"/merge", "other", other.ID, "reason", "同一本护照"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	for _, id := range []string{page, other.ID} {
		if p := b.get("/people/" + id); !strings.Contains(p.body, other.ID) || !strings.Contains(p.body, page) || !strings.Contains(p.body, "同一本护照") {
			t.Errorf("the page of %s does not show both codes and why", id)
		}
	}
	undo := ""
	for _, n := range b.get("/people/" + other.ID).all(func(n *html.Node) bool { return n.Data == "form" && strings.HasSuffix(attr(n, "action"), "/undo") }) {
		undo = attr(n, "action")
	}
	if a := b.post(undo, "reason", "兄弟"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %d", undo, a.StatusCode)
	}
	if p := b.get("/people/" + other.ID); strings.Contains(p.body, `class="notice soon"`) || !strings.Contains(p.body, "兄弟") {
		t.Error("the decision does not look taken back")
	}
	if a := b.get("/candidates"); a.StatusCode != http.StatusOK {
		t.Errorf("%d", a.StatusCode)
	}
}
