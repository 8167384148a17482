package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
)

// withLists is a site with a case and a party whose list differs.
func withLists(t *testing.T) (*site, outbreak.OutbreakID, outbreak.CaseID) {
	t.Helper()
	s := open(t)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.house.Registry.LoadAreas(ctx, s.root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "吉林", NameEn: "Jilin", TimeZone: "Asia/Shanghai"}}})
	ok(err)
	ob, err := s.house.Registry.DeclareOutbreak(ctx, s.root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	ok(err)
	done, err := s.house.Cases.LoadCases(ctx, s.root, cases.LoadCases{Outbreak: ob, Rows: []cases.LoadedCase{{Person: registry.NewPerson{Area: "22", Identity: registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}},
		Values: cases.Values{"onset": "2022-03-01", "classification": "suspected"}}}})
	ok(err)
	_, err = s.house.Reconcile.KeepParty(ctx, s.root, reconcile.KeepParty{Party: reconcile.Party{Code: "lab-1", Name: "First Laboratory", Kind: "laboratory", Outbreak: ob, Area: "/22/", Rhythm: 24}})
	ok(err)
	_, err = s.house.Reconcile.LoadList(ctx, s.root, reconcile.LoadList{Party: "lab-1", Name: "monday.csv", Digest: "d", Rows: [][]string{{"编号", "姓名", "身份证号", "发病日期", "病例分类"},
		{"L1", "张伟", "D1", "2022-03-03", "确诊"}, {"L2", "李娜", "D2", "2022-03-05", "确诊"}}})
	ok(err)
	_, err = s.house.Reconcile.Compare(ctx, s.root, reconcile.Compare{Party: "lab-1"})
	ok(err)
	return s, ob, done.Cases[0]
}

func boxes(a answer, name string) (ids []string) {
	for _, n := range a.all(func(n *html.Node) bool {
		return n.Data == "input" && attr(n, "name") == name && attr(n, "type") == "checkbox"
	}) {
		ids = append(ids, attr(n, "value"))
	}
	return ids
}

func TestDifferencesAreSettledOnThePage(t *testing.T) {
	s, _, id := withLists(t)
	b := s.signedIn(s.user(access.Investigator), "en")
	if a := b.get("/reconcile"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "First Laboratory") {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	a := b.get("/reconcile/lab-1?field=onset")
	ids := boxes(a, "id")
	if len(ids) != 1 || !strings.Contains(a.body, "2022-03-03") || strings.Contains(a.body, "张伟") {
		t.Fatalf("%d differences about the onset, want 1\n%s", len(ids), a.body)
	}
	if a := b.post("/reconcile/lab-1/settle", "key", "k1", "id", ids[0], "to", "explained", "note", ""); a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusBadRequest {
		t.Errorf("explained without a word: %d", a.StatusCode)
	}
	if a := b.post("/reconcile/lab-1/take", "key", "k2", "id", ids[0]); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Done. Differences: 1.") {
		t.Errorf("%d\n%s", a.StatusCode, a.body)
	}
	v, err := s.house.Cases.ReadValues(ctx, s.root, id)
	if err != nil || v["onset"] != "2022-03-03" {
		t.Errorf("the onset is %q, %v", v["onset"], err)
	}
	if a := b.post("/reconcile/lab-1/send", "key", "k3", "all", "1", "what", "differs"); !strings.Contains(a.body, "Done. Differences: 1.") {
		t.Errorf("sending ours: %d\n%s", a.StatusCode, a.body)
	}
	out := b.post("/reconcile/lab-1/corrections", "key", "k4", "purpose", "correction")
	if out.StatusCode != http.StatusOK || !strings.Contains(out.body, "L1") {
		t.Errorf("the corrections: %d %s", out.StatusCode, out.body)
	}
	b.post("/reconcile/lab-1/fields", "key", "k5", "owned", "1", "field", "onset")
	if _, err := s.house.Cases.EditCase(ctx, s.root, cases.EditCase{Case: id, Values: cases.Values{"onset": "2022-03-09"}, Take: true}); outbreak.KindOf(err) != outbreak.Conflict {
		t.Errorf("an owned field was edited: %v", err)
	}
	if a := b.get("/reconcile/lab-1?lang=zh"); !strings.Contains(a.body, "由对方负责的字段") {
		t.Error("the page is not in Chinese")
	}
}

func TestAStatutoryReportIsDefinedAndRun(t *testing.T) {
	s, ob, _ := withLists(t)
	b := s.signedIn(s.user(access.Investigator), "en")
	form := []string{"key", "k1", "code", "daily", "name", "Daily report", "outbreak", ob.String(), "area", "/22/", "party", "lab-1", "columns", "Case = case\nClass = classification; suspected=2", "where", "", "dates", "iso",
		"encoding", "gb18030", "separator", "comma"}
	if a := b.post("/statutory", form...); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("defining it: %d\n%s", a.StatusCode, a.body)
	}
	a := b.post("/statutory/daily/run", "key", "k2", "purpose", "audit", "encoding", "gb18030")
	if a.StatusCode != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(a.body), ",2") || a.Header.Get("Breakwater-Receipt") == "" {
		t.Errorf("running it: %d %v\n%s", a.StatusCode, a.Header, a.body)
	}
	if page := b.get("/statutory/daily"); !strings.Contains(page.body, a.Header.Get("Breakwater-Receipt")) {
		t.Error("the receipt is not on the page")
	}
	bad := append([]string{}, form...)
	bad[13] = "Name = name"
	if a := b.post("/statutory/daily", bad...); a.StatusCode == http.StatusSeeOther || !strings.Contains(a.body, "without names") {
		t.Errorf("a name in a report without names: %d", a.StatusCode)
	}
}

func TestAWorkingListIsMadeAndItsRollCalled(t *testing.T) {
	s, ob, id := withLists(t)
	b := s.signedIn(s.user(access.Investigator), "en")
	a := b.post("/worklists", "key", "k1", "text", "1. 张伟 bus\n2. 赵六", "name", "Bus 3", "form", "manifest", "vehicle", "A 12345", "outbreak", ob.String(), "area", "/22/", "purpose", "placement")
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", a.StatusCode, a.body)
	}
	path, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	page := b.get(path)
	if !strings.Contains(page.body, id.String()) || !strings.Contains(page.body, "赵六") {
		t.Errorf("the list is\n%s", page.body)
	}
	call := b.post(path+"/calls", "key", "k2", "name", "boarding").Header.Get("Location")
	b.post(call, "key", "k3", "m1", "present", "was1", "unknown", "m2", "absent", "was2", "unknown")
	roll := b.get(call)
	said := map[string]string{}
	for _, n := range roll.all(func(n *html.Node) bool {
		return attr(n, "type") == "radio" && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
	}) {
		said[attr(n, "name")] = attr(n, "value")
	}
	if said["m1"] != "present" || said["m2"] != "absent" || !strings.Contains(roll.body, "boarding") {
		t.Errorf("the roll says %v", said)
	}
	if a := b.post(call+"/end", "key", "k4"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("ending it: %d", a.StatusCode)
	}
	other := s.signedIn(s.user(access.Dispatcher), "zh")
	if a := other.get(path); a.StatusCode != http.StatusNotFound {
		t.Errorf("somebody it is not shared with sees it: %d", a.StatusCode)
	}
	b.post(path+"/shares", "key", "k5", "role", "dispatcher")
	if a := other.get(call); a.StatusCode != http.StatusOK || strings.Contains(a.body, "张伟") {
		t.Errorf("a dispatcher sees %d\n%s", a.StatusCode, a.body)
	}
	if a := b.post(path+"/out", "key", "k6", "purpose", "placement"); !strings.Contains(a.body, "present") {
		t.Errorf("the export is %d %s", a.StatusCode, a.body)
	}
}

// listPages makes a party with a list, a report that went out and a manifest, and gives the addresses of their pages.
func (b *browser) listPages() map[string]string {
	b.Helper()
	option := func(path, id string) string {
		return attr(b.get(path).all(func(n *html.Node) bool {
			return n.Data == "option" && attr(n.Parent, "id") == id && attr(n, "value") != ""
		})[0], "value")
	}
	ob, area := option("/reconcile", "outbreak"), option("/reconcile", "area")
	b.post("/reconcile", "code", "lab-1", "name", "Jiangbei Central Laboratory", "kind", "laboratory", "outbreak", ob, "area", area, "rhythm", "24", "folder", "lab-1", "owner", "root")
	rows := [][]string{{"编号", "姓名", "身份证号", "联系电话", "发病日期", "病例分类", "收治医院"}, {"L1", "张伟", "D-1001", "", "2022-03-03", "确诊", "江北医院"}, {"L2", "李娜", "", "13800138000", "2022-03-05", "疑似", ""}}
	if _, err := b.house.Reconcile.LoadList(ctx, b.root, reconcile.LoadList{Party: "lab-1", Name: "14 March.csv", Digest: "d", Rows: rows}); err != nil {
		b.Fatal(err)
	}
	if _, err := b.house.Reconcile.Compare(ctx, b.root, reconcile.Compare{Party: "lab-1"}); err != nil {
		b.Fatal(err)
	}
	b.post("/statutory", "code", "daily", "name", "Daily report to the province", "outbreak", ob, "area", area, "party", "lab-1", "columns", "病例编号 = case\n病例分类 = classification; confirmed=1, suspected=2\n年龄段 = age_band", "dates", "iso", "encoding", "gb18030", "separator", "comma")
	b.post("/statutory/daily/run", "purpose", "audit", "encoding", "gb18030")
	list, _, _ := strings.Cut(at(b.post("/worklists", "text", "1. 张伟 13800138000 3栋2单元\n2. 王芳\n3. Maria da Silva 0431-8888666", "name", "Bus 3 to the isolation site", "form", "manifest", "vehicle", "吉A 12345", "site", "Jiangbei Hotel", "outbreak", ob, "area", area,
		"purpose", "placement", "column", "seat", "kind", "number")), "?")
	call := at(b.post(list+"/calls", "name", "boarding"))
	b.post(call, "m1", "present", "was1", "unknown", "m2", "absent", "was2", "unknown")
	return map[string]string{"party": "/reconcile/lab-1", "report": "/statutory/daily", "worklist": list, "roll": call}
}

// TestAFieldOfAnotherSystemIsShownReadOnly gives a field to a party and looks at the pages of a case and of many.
func TestAFieldOfAnotherSystemIsShownReadOnly(t *testing.T) {
	s, _, id := withLists(t)
	if _, err := s.house.Reconcile.OwnFields(ctx, s.root, reconcile.OwnFields{Party: "lab-1", Fields: []string{"onset"}, Owned: true}); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"en": "change it there", "zh": "请在该处更改"} {
		b := s.signedIn("root", lang)
		a := b.get("/cases/" + id.String())
		if !strings.Contains(a.body, want) || len(a.all(func(n *html.Node) bool { return attr(n, "name") == "onset" })) != 0 {
			t.Errorf("%s: the case's page lets somebody write what is owned elsewhere", lang)
		}
		if !strings.Contains(a.body, "/reconcile/lab-1?case=") || strings.Contains(a.body, "[web.") {
			t.Errorf("%s: the case's page does not lead to its differences", lang)
		}
		form := a.filled(t, "/cases/"+id.String()+"/edit")
		form["hospital"] = "Jiangbei " + lang
		if a := b.post("/cases/"+id.String()+"/edit", flat(form)...); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: another field of the case cannot be changed: %d %s", lang, a.StatusCode, alert(a))
		}
		if v, err := s.house.Cases.ReadValues(ctx, s.root, id); err != nil || v["hospital"] != "Jiangbei "+lang || v["onset"] == "" {
			t.Errorf("%s: the case says %v: %v", lang, v, err)
		}
		if a = b.get("/cases/many"); !strings.Contains(a.body, want) || len(a.all(func(n *html.Node) bool { return attr(n, "name") == "set.onset" && hasAttr(n, "disabled") })) != 1 {
			t.Errorf("%s: the page of many cases lets somebody choose what is owned elsewhere", lang)
		}
	}
}

// TestColumnsOfAListThatCouldNotBeReadAreSaid names the columns of a list before any list of the party could be read.
func TestColumnsOfAListThatCouldNotBeReadAreSaid(t *testing.T) {
	s, ob, _ := withLists(t)
	_, err := s.house.Reconcile.KeepParty(ctx, s.root, reconcile.KeepParty{Party: reconcile.Party{Code: "hospital", Name: "Second Hospital", Kind: "hospital", Outbreak: ob, Area: "/22/"}})
	if err != nil {
		t.Fatal(err)
	}
	load := func() error {
		_, err := s.house.Reconcile.LoadList(ctx, s.root, reconcile.LoadList{Party: "hospital", Name: "a.csv", Digest: "h", Rows: [][]string{{"whoever", "sick since"}, {"D1", "2022-03-03"}, {"D2", "2022-03-04"}}})
		return err
	}
	if load() == nil {
		t.Fatal("a list that says nobody's number was taken")
	}
	b := s.signedIn("root", "en")
	form := url.Values{"key": {"k1"}, "name": {"Second Hospital"}, "kind": {"hospital"}, "column": {"whoever", " "}, "as": {"document", "auto"}}
	req, err := http.NewRequest(http.MethodPost, b.url+"/reconcile/hospital", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if a := b.send(req, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if err := load(); err != nil {
		t.Error(err)
	}
	if a := b.get("/reconcile/hospital"); !strings.Contains(a.body, `name="column" value="whoever"`) {
		t.Error("the page does not show what was said")
	}
}

// TestARefusedWorkingListKeepsItsColumns has a new working list refused that names columns of its own.
func TestARefusedWorkingListKeepsItsColumns(t *testing.T) {
	s, _, _ := withLists(t)
	b := s.signedIn("root", "en")
	a := b.post("/worklists", "text", "1. Li Na", "name", "", "form", "manifest", "column", "Seat", "kind", "number")
	if a.StatusCode < 400 || !strings.Contains(a.body, `value="Seat"`) || len(a.all(func(n *html.Node) bool {
		return n.Data == "option" && attr(n, "value") == "number" && hasAttr(n, "selected") && attr(n.Parent, "name") == "kind"
	})) != 1 {
		t.Errorf("%d: the column that was named is gone", a.StatusCode)
	}
}

// TestARowThatIsOnlyThereSaysWhatItSays looks at a difference about which somebody has to decide without a case of ours beside it.
func TestARowThatIsOnlyThereSaysWhatItSays(t *testing.T) {
	s, _, _ := withLists(t)
	for l, says := range map[string]string{"en": "Onset 2022-03-05", "zh": "发病日期 2022-03-05"} {
		a := s.signedIn("root", l).get("/reconcile/lab-1?what=only_there")
		if rows := a.all(func(n *html.Node) bool { return attr(n, "id") == "differences" }); len(rows) != 1 || !strings.Contains(text(rows[0]), says) || strings.Contains(a.body, "李娜") {
			t.Errorf("%s: %d %s", l, a.StatusCode, a.body)
		}
	}
}

// TestARefusedActOfAPartyKeepsWhatWasChosen has an act about differences refused, and the settings.
func TestARefusedActOfAPartyKeepsWhatWasChosen(t *testing.T) {
	s, _, _ := withLists(t)
	b := s.signedIn("root", "en")
	chosen := attr(b.get("/reconcile/lab-1?what=differs").all(func(n *html.Node) bool { return attr(n, "name") == "id" })[0], "value")
	a := b.post("/reconcile/lab-1/settle", "id", chosen, "to", "explained", "note", "", "owner", "root", "state", "open", "what", "differs")
	for what, is := range map[string]func(*html.Node) bool{
		"the row": func(n *html.Node) bool { return attr(n, "value") == chosen && hasAttr(n, "checked") },
		"the decision": func(n *html.Node) bool {
			return attr(n, "value") == "explained" && attr(n.Parent, "name") == "to" && hasAttr(n, "selected")
		},
		"the filter": func(n *html.Node) bool {
			return attr(n, "value") == "differs" && attr(n.Parent, "id") == "what" && hasAttr(n, "selected")
		},
	} {
		if a.StatusCode < 400 || len(a.all(is)) != 1 {
			t.Errorf("%d: %s is gone", a.StatusCode, what)
		}
	}
	a = b.post("/reconcile/lab-1", "name", "Another name", "kind", "hospital", "owner", "nobody", "dates", "day_first", "column", "sick since", "as", "onset")
	for what, is := range map[string]func(*html.Node) bool{
		"the name":   func(n *html.Node) bool { return attr(n, "value") == "Another name" },
		"the kind":   func(n *html.Node) bool { return attr(n, "value") == "hospital" && hasAttr(n, "selected") },
		"the order":  func(n *html.Node) bool { return attr(n, "value") == "day_first" && hasAttr(n, "selected") },
		"the folder": func(n *html.Node) bool { return attr(n, "name") == "folder" && attr(n, "value") == "" },
	} {
		if a.StatusCode < 400 || len(a.all(is)) != 1 {
			t.Errorf("%d: %s is gone", a.StatusCode, what)
		}
	}
	if list := saidColumns(a); !slices.Contains(list, "sick since=onset") {
		t.Errorf("the column that was named is gone: %s", list)
	}
}

// TestARowIsSaidToBeACaseOnThePage says which case a row is: one that has another number, none, and one that can be it.
func TestARowIsSaidToBeACaseOnThePage(t *testing.T) {
	s, ob, id := withLists(t)
	b := s.signedIn("root", "en")
	row := boxes(b.get("/reconcile/lab-1?what=only_there"), "id")[0]
	for said, want := range map[string]string{"": "Choose one row", id.String(): "already is number L1", (id + 4096).String(): "No open case of ours"} {
		if a := b.post("/reconcile/lab-1/is", "id", row, "is", said); a.StatusCode < 400 || !strings.Contains(a.body, want) {
			t.Errorf("%q: %d %s", said, a.StatusCode, alert(a))
		}
	}
	done, err := s.house.Cases.LoadCases(ctx, s.root, cases.LoadCases{Outbreak: ob, Rows: []cases.LoadedCase{{Person: registry.NewPerson{Area: "22"}, External: "x"}}})
	if err != nil || len(done.Cases) != 1 {
		t.Fatalf("%v %+v", err, done)
	}
	if a := b.post("/reconcile/lab-1/is", "id", row, "is", done.Cases[0].String()); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Done. Differences: 1.") {
		t.Errorf("%d %s", a.StatusCode, alert(a))
	}
	if list := boxes(b.get("/reconcile/lab-1?what=only_there&state=open"), "id"); len(list) != 0 {
		t.Errorf("the row is still only there: %v", list)
	}
}

// TestARefusedReportKeepsWhatWasChosen has the definition of a report refused for one of its columns.
func TestARefusedReportKeepsWhatWasChosen(t *testing.T) {
	s, ob, _ := withLists(t)
	a := s.signedIn("root", "en").post("/statutory", "code", "daily", "name", "Daily", "outbreak", ob.String(), "area", "/22/", "party", "lab-1", "columns", "Onset = onsett", "dates", "han", "encoding", "gb18030", "separator", "tab")
	for name, value := range map[string]string{"party": "lab-1", "area": "/22/", "dates": "han", "encoding": "gb18030", "separator": "tab"} {
		if a.StatusCode < 400 || len(a.all(func(n *html.Node) bool {
			return attr(n, "value") == value && attr(n.Parent, "name") == name && hasAttr(n, "selected")
		})) != 1 {
			t.Errorf("%d: the choice of %s is gone", a.StatusCode, name)
		}
	}
}

// saidColumns reads the columns of a party's settings and what each is.
func saidColumns(a answer) (list []string) {
	for _, line := range a.all(func(n *html.Node) bool { return n.Data == "div" && attr(n, "class") == "line" }) {
		name, as := "", ""
		for n := range line.Descendants() {
			if attr(n, "name") == "column" {
				name = attr(n, "value")
			}
			if n.Data == "option" && hasAttr(n, "selected") {
				as = attr(n, "value")
			}
		}
		list = append(list, name+"="+as)
	}
	return list
}
