package web_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
)

// published reads a line list that lies beside the project; skipped where it does not.
func published(t testing.TB, file string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "outbreaks", file)
	if dir := os.Getenv("BREAKWATER_OUTBREAKS"); dir != "" {
		path = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the published line list %s is not here: put the folder shared beside the project, or name its folder outbreaks in BREAKWATER_OUTBREAKS", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filled gives every field of a form as a browser would send it.
func (a answer) filled(t testing.TB, action string) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for _, f := range a.all(func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "action") == action && attr(n, "method") == "post"
	})[:1] {
		for n := range f.Descendants() {
			switch {
			case n.Type != html.ElementNode:
			case n.Data == "input" && attr(n, "type") != "checkbox":
				fields[attr(n, "name")] = attr(n, "value")
			case n.Data == "select":
				for o := range n.Descendants() {
					if o.Data == "option" && (hasAttr(o, "selected") || fields[attr(n, "name")] == "" && !hasKey(fields, attr(n, "name"))) {
						fields[attr(n, "name")] = attr(o, "value")
					}
				}
			}
		}
	}
	return fields
}

func hasKey(m map[string]string, k string) bool { _, is := m[k]; return is }

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func flat(m map[string]string, more ...string) (list []string) {
	for k, v := range m {
		list = append(list, k, v)
	}
	return append(list, more...)
}

// sendList sends a list and gives the address of its page.
func (b *browser) sendList(kind, name, content string, fields ...string) string {
	b.Helper()
	a := b.upload("/files/"+kind, name, content, append(b.get("/files/"+kind).form(b, "/files/"+kind), fields...)...)
	if a.StatusCode != http.StatusSeeOther {
		b.Fatalf("%s: %d %s", name, a.StatusCode, alert(a))
	}
	return a.Header.Get("Location")
}

// load presses Load and waits until the page says that it is done.
func (b *browser) load(page string, more ...string) answer {
	b.Helper()
	form := b.get(page).filled(b, page)
	if a := b.post(page, flat(form, append(more, "do", "load")...)...); a.StatusCode != http.StatusSeeOther {
		b.Fatalf("%d %s", a.StatusCode, alert(a))
	}
	for range 600 {
		if a := b.get(page); !strings.Contains(a.body, page+"/stop") {
			return a
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("the list is not loaded after a minute")
	return answer{}
}

// figures reads received, accepted, repeated and rejected off a page.
func (a answer) totals() (t [4]string) {
	i := 0
	for _, n := range a.all(func(n *html.Node) bool {
		return n.Data == "dd" && n.Parent != nil && attr(n.Parent, "class") == "figure"
	}) {
		if i < 4 && n.FirstChild != nil {
			t[i] = strings.TrimSpace(n.FirstChild.Data)
			i++
		}
	}
	return t
}

// TestAPublishedListGoesThroughTheWizard sends MERS in Korea 2015, the line list and who exposed whom, the way a person does.
func TestAPublishedListGoesThroughTheWizard(t *testing.T) {
	list, links := published(t, "mers_korea_2015_linelist.csv"), published(t, "mers_korea_2015_contacts.csv")
	rows, err := csv.NewReader(strings.NewReader(list)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	w := newWard(t)
	b := w.signedIn("root", "en")
	page := b.sendList("linelist", "mers.csv", list, "party", "KCDC")
	form := b.get(page).filled(t, page)
	if form["field-0"] != "number" || form["field-7"] != "onset" || form["field-1"] != "age" {
		t.Errorf("%v", form)
	}
	if a := b.post(page, flat(form, "area", "220204", "do", "try")...); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, alert(a))
	}
	if a := b.get(page); a.totals() != [4]string{"162", "162", "0", "0"} || !strings.Contains(a.body, "nothing was written") {
		t.Errorf("tried: %v", a.totals())
	}
	if all, err := w.house.Cases.ListCases(ctx, w.root, cases.Filter{Most: 1000}); err != nil || len(all) != 0 {
		t.Fatalf("trying a list wrote %d cases: %v", len(all), err)
	}
	if a := b.load(page, "area", "220204", "name", "KCDC daily"); a.totals() != [4]string{"162", "162", "0", "0"} {
		t.Fatalf("loaded: %v %s", a.totals(), a.body)
	}
	all, err := w.house.Cases.ListCases(ctx, w.root, cases.Filter{Most: 1000})
	if err != nil || len(all) != len(rows)-1 {
		t.Fatalf("%d cases of %d rows: %v", len(all), len(rows)-1, err)
	}
	again := b.sendList("linelist", "mers.csv", list, "party", "KCDC")
	if a := b.get(again); !strings.Contains(a.body, "KCDC daily") {
		t.Error("the mapping that was kept is not offered")
	}
	if a := b.load(again); a.totals() != [4]string{"162", "0", "162", "0"} {
		t.Errorf("loaded again: %v", a.totals())
	}
	page = b.sendList("contacts", "contacts.csv", links, "party", "KCDC")
	if a := b.load(page); a.totals() != [4]string{"98", "98", "0", "0"} {
		t.Errorf("contacts, of whom nobody says the area: %v", a.totals())
	}
	met, err := w.house.Contacts.ListLinks(ctx, w.root, contacts.Filter{Most: 1000})
	if err != nil || len(met) != 98 {
		t.Fatalf("%d links: %v", len(met), err)
	}
	for _, k := range all {
		if k.Person == met[0].To {
			here := "/cases/" + k.ID.String()
			if a := b.get(here); !strings.Contains(a.body, "Emergency room") {
				t.Error("the case's page does not show who exposed the person")
			}
			b.twice(here, here+"/contacts/"+met[0].ID.String()+"/withdraw", "reason", "another patient")
		}
	}
	if met, err = w.house.Contacts.ListLinks(ctx, w.root, contacts.Filter{Most: 1000}); err != nil || len(met) != 97 {
		t.Errorf("%d links after one was withdrawn: %v", len(met), err)
	}
}

// TestAReasonOfAllRowsIsSaidOnce sends contacts of whom nobody is known, and of whom nothing says where they belong; then a list of whose
// rows two come back for one reason.
func TestAReasonOfAllRowsIsSaidOnce(t *testing.T) {
	w := newWard(t)
	for lang, want := range map[string][2]string{"en": {"All 3 rows:</strong> no area.", "All 2 rows that come back:</strong>"}, "zh": {"全部 3 行：</strong> 未填区域。", "退回的 2 行均为：</strong>"}} {
		b := w.signedIn("root", lang)
		page := b.sendList("contacts", "contacts.csv", "from,to,exposure\nA,B,ward\nB,C,ward\nC,D,bus\n", "party", "CDC")
		if a := b.post(page, flat(b.get(page).filled(b, page), "do", "try")...); a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, alert(a))
		}
		a := b.get(page)
		if a.totals() != [4]string{"3", "0", "0", "3"} || strings.Count(a.body, want[0]) != 1 || !strings.Contains(a.body, `href="#area"`) || strings.Contains(a.body, "[lists.") {
			t.Errorf("%s: %v %s", lang, a.totals(), a.body)
		}
		page = b.sendList("linelist", "list.csv", "case_id,date_of_onset,sex\n1,2021-03-01,m\n2,2021-03-01,perhaps\n3,2021-03-02,perhaps\n", "party", "CDC")
		b.post(page, flat(b.get(page).filled(b, page), "area", "220204", "do", "try")...)
		if a = b.get(page); strings.Count(a.body, want[1]) != 1 || !strings.Contains(a.body, `href="#columns"`) {
			t.Errorf("%s: %v %s", lang, a.totals(), a.body)
		}
	}
}

// TestAMessyWorkbookIsMappedCorrectedAndDropped sends a workbook whose days can be read in two ways and whose words nobody knows, says
// what they mean, corrects the row that comes back, and drops the list. Nobody else sees it.
func TestAMessyWorkbookIsMappedCorrectedAndDropped(t *testing.T) {
	w := newWard(t)
	f := excelize.NewFile()
	for i, r := range [][]any{{"Nr", "Name", "sex", "onset", "Anmerkung"}, {"1", "王芳", "1", "03/04/2021", "a"}, {"2", "李强", "2", "05/06/2021", "b"}, {"3", "赵敏", "2", "45/06/2021", "c"}} {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &r); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		b := w.signedIn("root", lang)
		page := b.sendList("linelist", "list.xlsx", file.String(), "party", lang)
		if a := b.get(page); strings.Contains(a.body, "[lists.") || strings.Contains(a.body, "[web.") {
			t.Errorf("%s: a sentence is missing", lang)
		}
		form := b.get(page).filled(t, page)
		b.post(page, flat(form, "field-0", "number", "area", "220204", "do", "try")...)
		if a := b.get(page); a.totals() != [4]string{"3", "0", "0", "3"} {
			t.Errorf("%s: nothing may be guessed: %v", lang, a.totals())
		}
		form = b.get(page).filled(t, page)
		if form["word-2-0"] != "" || form["order-3"] != "" {
			t.Errorf("%v", form)
		}
		a := b.load(page, "word-2-0", "male", "word-2-1", "female", "order-3", "day_first")
		if a.totals() != [4]string{"3", "2", "0", "1"} {
			t.Fatalf("%s: %v", lang, a.totals())
		}
		back := b.get(page + "/rejected")
		book, err := excelize.OpenReader(strings.NewReader(back.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellStr("rejected", "D2", "15/06/2021"); err != nil {
			t.Fatal(err)
		}
		var corrected bytes.Buffer
		if err := book.Write(&corrected); err != nil {
			t.Fatal(err)
		}
		second := b.sendList("linelist", "rejected.xlsx", corrected.String(), "party", lang)
		b.post(second, flat(b.get(second).filled(t, second), "field-0", "number", "field-2", "sex", "field-3", "onset", "area", "220204", "do", "try")...)
		if a := b.load(second, "word-2-0", "female", "order-3", "day_first"); a.totals() != [4]string{"1", "1", "0", "0"} {
			t.Errorf("%s: corrected: %v", lang, a.totals())
		}
		if a := w.signedIn(w.user2(lang), lang).get(page); a.StatusCode != http.StatusNotFound {
			t.Errorf("somebody else's list: %d", a.StatusCode)
		}
		if a := b.post(page+"/drop", b.get(page).form(t, page+"/drop")...); a.StatusCode != http.StatusSeeOther {
			t.Errorf("dropping: %d", a.StatusCode)
		}
		if a := b.get(page); a.StatusCode != http.StatusNotFound {
			t.Errorf("a dropped list: %d", a.StatusCode)
		}
	}
}

// user2 is another investigator, by language.
func (w *ward) user2(lang string) string {
	if lang == "en" {
		return w.user(access.Investigator)
	}
	return w.user(access.ContactTracer)
}

// TestHostileListsAreRefusedInWords sends what no list is.
func TestHostileListsAreRefusedInWords(t *testing.T) {
	w := newWard(t)
	for lang, want := range map[string]string{"en": "old kind", "zh": "旧格式"} {
		b := w.signedIn("root", lang)
		a := b.upload("/files/linelist", "a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"+strings.Repeat("\x00", 600), b.get("/files/linelist").form(t, "/files/linelist")...)
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(alert(a), want) {
			t.Errorf("%d %s", a.StatusCode, alert(a))
		}
	}
}

// TestAGroupOfContactsIsMappedInTheWizard sends a list that names two contacts in a row and who infected the case, and moves a column to
// another contact.
func TestAGroupOfContactsIsMappedInTheWizard(t *testing.T) {
	w := newWard(t)
	for lang, want := range map[string]string{"en": "Which contact", "zh": "第几名接触者"} {
		b := w.signedIn("root", lang)
		page := b.sendList("linelist", "list.csv", "case_id,onset,infector,contact1_name,contact1_phone,contact2_name,mobile of friend\n1,2021-03-01,2,王芳,13800000001,李强,13800000002\n2,2021-03-02,,,,,\n3,2021-03-03,77,,,,\n", "party", lang)
		a := b.get(page)
		form := a.filled(t, page)
		if form["field-3"] != "contact_name" || form["group-3"] != "1" || form["group-5"] != "2" || form["field-2"] != "infected_by" || !strings.Contains(a.body, want) || strings.Contains(a.body, "[lists.") {
			t.Fatalf("%s: %v", lang, form)
		}
		b.post(page, flat(form, "field-6", "contact_phone", "area", "220204", "do", "try")...)
		if form = b.get(page).filled(t, page); form["group-6"] != "2" && form["group-6"] != "" {
			t.Errorf("%s: %v", lang, form)
		}
		if a = b.load(page, "group-6", "2"); a.totals() != [4]string{"3", "3", "0", "0"} || strings.Contains(a.body, "[lists.") {
			t.Fatalf("%s: %v", lang, a.totals())
		}
		var ids []string
		list, err := w.house.Contacts.ListWaiting(ctx, w.root, contacts.Filter{Most: 10})
		for _, x := range list {
			if x.Party == lang {
				ids = append(ids, x.To.String())
			}
		}
		if err != nil || len(ids) != 1 {
			t.Fatalf("%s: %v %v", lang, list, err)
		}
		all, err := w.house.Cases.ListCases(ctx, w.root, cases.Filter{Most: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if k.Person.String() == ids[0] {
				if a := b.get("/cases/" + k.ID.String()); !strings.Contains(a.body, "77") || strings.Contains(a.body, "[web.") {
					t.Errorf("%s: the case's page does not show the link that waits", lang)
				}
			}
		}
		links, err := w.house.Contacts.ListLinks(ctx, w.root, contacts.Filter{Most: 100})
		if n := len(links); err != nil || n != 3 && n != 6 {
			t.Errorf("%s: %d links %v", lang, n, err)
		}
	}
}

// TestAPersonsPageShowsWhatAListCorrected loads a list that corrects a name, and one that disagrees, and decides on the person's page.
func TestAPersonsPageShowsWhatAListCorrected(t *testing.T) {
	w := newWard(t)
	for lang, want := range map[string]string{"en": "Keep what is here", "zh": "保留本系统内容"} {
		b := w.signedIn("root", lang)
		take := func(name string) {
			b.load(b.sendList("linelist", "l.csv", "case_id,name,onset\n1,"+name+",2021-03-01\n", "party", lang), "area", "220204")
		}
		take("王芳")
		take("王方")
		var c cases.Case
		all, err := w.house.Cases.ListCases(ctx, w.root, cases.Filter{Most: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if x, err := w.house.Cases.ListExternals(ctx, w.root, k.ID); err == nil && len(x) > 0 && x[0].Party == lang {
				c = k
			}
		}
		if _, err := w.house.Cases.ReportCases(ctx, w.root, cases.ReportCases{Outbreak: c.Outbreak, Party: lang + "2", Numbers: map[outbreak.CaseID]string{c.ID: "9"}}); err != nil {
			t.Fatal(err)
		}
		b.load(b.sendList("linelist", "m.csv", "case_id,name,onset\n9,汪芳,2021-03-01\n", "party", lang+"2"), "area", "220204")
		page := "/people/" + c.Person.String()
		a := b.get(page)
		if !strings.Contains(a.body, want) || strings.Contains(a.body, "王") || strings.Contains(a.body, "[web.") {
			t.Fatalf("%s: the page does not ask, or shows what is sealed", lang)
		}
		a = b.post(page+"/identity", append(a.form(t, page+"/identity"), "purpose", "investigation")...)
		if !strings.Contains(a.body, "王芳") || !strings.Contains(a.body, "汪芳") || !strings.Contains(a.body, "王方") {
			t.Errorf("%s: what was said is not shown with the identity", lang)
		}
		list, err := w.house.Registry.ListIdentityChanges(ctx, w.root, c.Person)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v %v", list, err)
		}
		b.twice(page, page+"/identity-changes/"+list[0].ID.String(), "take", "1")
		if list, _ = w.house.Registry.ListIdentityChanges(ctx, w.root, c.Person); list[0].State != "taken" {
			t.Errorf("%s: %+v", lang, list)
		}
	}
}
