package web_test

import (
	"strings"
	"testing"

	"breakwater/internal/response/cases"
)

// TestAListIsGoneOnWithAfterARestart sends a list, maps it, and goes on in a program that was started anew, from the page of files.
func TestAListIsGoneOnWithAfterARestart(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	page := b.sendList("linelist", "list.csv", "Nr,Name,sex,onset\n1,王芳,1,03/04/2021\n2,李强,2,15/06/2021\n3,赵敏,2,45/06/2021\n", "party", "CDC")
	b.post(page, flat(b.get(page).filled(t, page), "field-0", "number", "area", "220204", "word-2-0", "male", "word-2-1", "female", "order-3", "day_first", "do", "try")...)
	if a := b.get(page); a.totals() != [4]string{"3", "2", "0", "1"} {
		t.Fatalf("tried: %v", a.totals())
	}
	w.startAnew()
	for _, lang := range []string{"en", "zh"} {
		b = w.signedIn("root", lang)
		if a := b.get("/files"); !strings.Contains(a.body, page) || strings.Contains(a.body, "[lists.") {
			t.Errorf("%s: the page of files does not lead to the list", lang)
		}
	}
	a := b.get(page)
	if form := a.filled(t, page); a.totals() != [4]string{"3", "2", "0", "1"} || form["word-2-0"] != "male" || form["order-3"] != "day_first" || form["field-0"] != "number" {
		t.Fatalf("after the restart: %v %v", a.totals(), form)
	}
	if a := b.load(page); a.totals() != [4]string{"3", "2", "0", "1"} {
		t.Fatalf("loaded: %v", a.totals())
	}
	w.startAnew()
	b = w.signedIn("root", "en")
	if a := b.get(page); a.totals() != [4]string{"3", "2", "0", "1"} || !strings.Contains(a.body, "/rejected") {
		t.Errorf("what came of it: %v", a.totals())
	}
	if a := b.get(page + "/rejected"); a.StatusCode != 200 || !strings.HasPrefix(a.body, "PK") {
		t.Errorf("the rows that came back: %d", a.StatusCode)
	}
	if a := b.load(page); a.totals() != [4]string{"3", "0", "2", "1"} {
		t.Errorf("loaded again: %v", a.totals())
	}
	if all, err := w.house.Cases.ListCases(ctx, w.root, cases.Filter{Most: 10}); err != nil || len(all) != 2 {
		t.Errorf("%d cases: %v", len(all), err)
	}
}

// TestAListWithoutRowsClaimsNothing sends a header with nothing below it.
func TestAListWithoutRowsClaimsNothing(t *testing.T) {
	w := newWard(t)
	for lang, want := range map[string]string{"en": "no rows below the header", "zh": "没有数据行"} {
		b := w.signedIn("root", lang)
		page := b.sendList("linelist", "list.csv", "Nr,onset\n", "party", "CDC")
		b.post(page, flat(b.get(page).filled(t, page), "do", "try")...)
		if a := b.get(page); !strings.Contains(a.body, want) {
			t.Errorf("%s: tried: %v", lang, a.totals())
		}
		if a := b.load(page); !strings.Contains(a.body, want) {
			t.Errorf("%s: loaded: %v", lang, a.totals())
		}
	}
}
