package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// alike registers people who may be one, and two of one household.
func (b *browser) alike() {
	b.Helper()
	areas, err := b.house.Registry.ListAreas(ctx, b.root, "", "", 2000)
	if err != nil || len(areas) == 0 {
		b.Fatal("no areas", err)
	}
	area := areas[len(areas)-1].Code
	for n, i := range []registry.Identity{
		{Name: "欧阳明月", Birth: "1971-03-04", Phone: "13900000001", Address: "人民大街1号"}, {Name: "欧阳名月", Birth: "1971-04-03", Phone: "13900000001"},
		{Name: "Maria Garcia", Birth: "1984-11-02", Phone: "13900000003"}, {Name: "GARCIA M", Birth: "1984-11-02", Phone: "13900000003"},
		{Name: "王芳", Birth: "1980-03-04", Phone: "13900000005"}, {Name: "王子涵", Birth: "2009-08-09", Phone: "13900000005"},
	} {
		if _, err := b.house.Registry.RegisterPerson(ctx, b.root, registry.RegisterPerson{Key: fmt.Sprint("alike ", n), Person: registry.NewPerson{Area: area, Sex: "female", Door: fmt.Sprint(n), Identity: i}}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTwoCodesAreComparedAndDecided goes the way of an investigator: from the queue to the pair, opens both for a purpose, chooses
// whose word leads, makes them one person and takes it back; then keeps another pair apart, and puts it back.
func TestTwoCodesAreComparedAndDecided(t *testing.T) {
	w := newWard(t)
	w.settle()
	b := w.signedIn("root", "zh-CN")
	b.alike()
	pair := func(kind string) string {
		t.Helper()
		for _, n := range b.get("/people/duplicates?kind=" + kind).all(func(n *html.Node) bool {
			return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/duplicates/")
		}) {
			return attr(n, "href")
		}
		t.Fatalf("no pair of %s waits", kind)
		return ""
	}
	page := pair("person")
	for _, path := range []string{"/people/duplicates", page} {
		if a := b.get(path); a.StatusCode != http.StatusOK || strings.Contains(a.body, "欧阳") || strings.Contains(a.body, "Garcia") || strings.Contains(a.body, "1390000") {
			t.Errorf("%s: %d, or a name is shown", path, a.StatusCode)
		}
	}
	if a := b.post(page + "/open"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a purpose: %d", a.StatusCode)
	}
	if a := b.post(page+"/open", "purpose", "investigation"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "1390000000") || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", a.StatusCode, a.Header.Get("Cache-Control"))
	}
	if a := b.post(page, "how", "merge"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", a.StatusCode)
	}
	if a := b.post(page, "how", "merge", "reason", "电话核实", "lead-name", "other", "lead-birth", "one"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	id, err := outbreak.ParseID[registry.DuplicateID](strings.TrimPrefix(page, "/duplicates/"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.house.Registry.FindDuplicate(ctx, w.root, id)
	if err != nil || d.State != registry.StateMerged {
		t.Fatalf("%+v %v", d, err)
	}
	whole := b.post("/people/"+d.One.ID.String()+"/identity", "purpose", "care")
	if !strings.Contains(whole.body, d.Other.ID.String()) || whole.StatusCode != http.StatusOK {
		t.Errorf("the page of the person does not say whose word is shown: %d", whole.StatusCode)
	}
	merge := ""
	for _, n := range b.get(page).all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == "merge" }) {
		merge = attr(n, "value")
	}
	if a := b.post(page, "how", "part", "merge", merge, "reason", "姐妹"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if d, err := w.house.Registry.FindDuplicate(ctx, w.root, id); err != nil || d.State != registry.StateWaiting {
		t.Errorf("%+v %v", d, err)
	}
	for _, step := range [][2]string{{"apart", registry.StateApart}, {"back", registry.StateWaiting}} {
		if a := b.post(page, "how", step[0], "reason", "不同的人"); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %s", step[0], a.StatusCode, a.body)
		}
		if d, err := w.house.Registry.FindDuplicate(ctx, w.root, id); err != nil || d.State != step[1] {
			t.Errorf("%s: %+v %v", step[0], d, err)
		}
	}
	home := pair("household")
	for _, how := range []string{"join", "back"} {
		if a := b.post(home, "how", how); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %s", how, a.StatusCode, a.body)
		}
		if a := b.get(home); a.StatusCode != http.StatusOK {
			t.Errorf("%d", a.StatusCode)
		}
	}
	if a := b.post(home, "how", "sell"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.StatusCode)
	}
	sampler := w.signedIn(w.user("sampler"), "en")
	if a := sampler.get(page); a.StatusCode != http.StatusForbidden {
		t.Errorf("who may not decide sees the pair: %d", a.StatusCode)
	}
}

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
	if a := b.get("/people/duplicates"); a.StatusCode != http.StatusOK {
		t.Errorf("%d", a.StatusCode)
	}
}
