package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// form finds the form of a page that goes to an action, and gives its hidden fields as a browser would send them.
func (a answer) form(t testing.TB, action string) []string {
	t.Helper()
	forms := a.all(func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "action") == action && attr(n, "method") == "post"
	})
	if len(forms) == 0 {
		t.Fatalf("the page has no form to %s", action)
	}
	var fields []string
	for n := range forms[0].Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "type") == "hidden" {
			fields = append(fields, attr(n, "name"), attr(n, "value"))
		}
	}
	return fields
}

// twice takes a form of a page, fills it in and sends it; twice, as an impatient finger does. Both answers must be the same,
// and the journal must have moved once.
func (b *browser) twice(page, action string, filled ...string) answer {
	b.Helper()
	form := append(b.get(page).form(b, action), filled...)
	first := b.post(action, form...)
	after := b.settledAt()
	again := b.post(action, form...)
	if first.StatusCode != http.StatusSeeOther || again.StatusCode != first.StatusCode || again.Header.Get("Location") != first.Header.Get("Location") {
		b.Errorf("%s sent twice answers %d %q, then %d %q: %s", action, first.StatusCode, first.Header.Get("Location"), again.StatusCode, again.Header.Get("Location"), alert(again))
	}
	if now := b.settledAt(); now != after {
		b.Errorf("%s sent twice wrote %d entries more", action, now-after)
	}
	return first
}

// alert is what a page says is wrong.
func alert(a answer) string {
	for _, what := range [][2]string{{"id", "fault"}, {"class", "lead"}} { // beside the form, or on a page of its own
		if found := a.all(func(n *html.Node) bool { return attr(n, what[0]) == what[1] }); len(found) > 0 {
			return text(found[0])
		}
	}
	return ""
}

func TestAFormSentTwiceIsOneCommand(t *testing.T) {
	w := newWard(t)
	w.settle()
	b := w.signedIn("root", "en")
	ob := attr(b.get("/rounds").all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == "outbreak" })[0], "value")

	b.twice("/users", "/users", "login", "li", "name", "Li Na", "lang", "en", "password", password+" once")
	b.twice("/outbreaks", "/outbreaks", "name", "April", "protocol", "cn-covid-2021")
	b.twice("/stations", "/stations/booths", "name", "Gate 2", "area", "/220200/220204/", "outbreak", ob)
	b.twice("/stations", "/stations/labs", "name", "Second laboratory", "area", "/220200/220204/", "per_day", "100")
	b.twice("/stations", "/stations/boxes", "first", "X000001", "last", "X000999", "area", "/220200/220204/", "outbreak", ob)
	a := b.twice("/rounds", "/rounds", "name", "Round 2", "area", "/220200/220204/", "outbreak", ob, "closes", "2022-03-15T08:00")
	round, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	if page := b.get(round); !strings.Contains(page.body, "Round 2") {
		t.Errorf("the new round is not at %s", round)
	}
	b.twice(round, round+"/close", "incomplete", "1")
	if page := b.get(round); len(page.all(func(n *html.Node) bool { return attr(n, "action") == round+"/close" })) != 0 {
		t.Error("a closed round offers to be closed")
	}
	a = b.twice("/sites", "/sites", "name", "Riverside Hotel", "kind", "isolation_site", "area", "/220200/220204/", "ward", "2", "bed_kind", "single_room", "beds", "1")
	site, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	b.twice(site, site+"/wards", "ward", "3", "bed_kind", "single_room", "beds", "1")
	for i := range 3 {
		b.twice(site, site+"/arrivals", "person", w.people[i].ID.String(), "outbreak", ob)
	}
	if page := b.get(site); !strings.Contains(page.body, "over the site") {
		t.Error("a third person in two beds is not shown without a bed")
	}
	b.twice("/transfers", "/vehicles", "name", "Bus 1", "kind", "bus", "area", "/220200/220204/", "seats", "20")
	people := "/rounds/" + w.round.String() + "/people"
	b.twice(people, people, "no", fmt.Sprint(w.people[2].No), "say", "away", "outcome", "unknown")
	if page := b.get(people + "?outcome=away"); !strings.Contains(page.body, w.people[2].ID.String()) {
		t.Error("who is said to be away does not stand there")
	}
	tube := string(w.positive(w.people[0]))
	w.settle()
	b.twice("/tubes/"+tube, "/tubes/"+tube+"/result", "lab", w.lab.String(), "result", "negative")
	w.settle()
	b.twice("/tubes/"+tube, "/tubes/"+tube+"/spoil", "reason", "leaked")
	var end string
	for _, f := range b.get("/tasks").all(func(n *html.Node) bool {
		return strings.HasPrefix(attr(n, "action"), "/tasks/") && strings.HasSuffix(attr(n, "action"), "/end")
	}) {
		end = attr(f, "action")
	}
	b.twice("/tasks", end, "how", "done")
}

func TestAFormFilledInOtherwiseIsAnotherCommand(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	form := b.get("/users").form(t, "/users")
	for _, login := range []string{"li", "wu"} { // somebody who went back to the form and put in the next user
		a := b.post("/users", append(form, "login", login, "name", login, "lang", "en", "password", password+" once")...)
		if a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %s", login, a.StatusCode, alert(a))
		}
	}
}

// settle waits until every consumer has followed the journal.
func (s *site) settle() {
	s.Helper()
	if err := s.house.Journal.Settled(ctx); err != nil {
		s.Fatal(err)
	}
}

// settledAt gives the journal's head once nothing follows from it any more.
func (s *site) settledAt() int64 {
	s.Helper()
	s.settle()
	_, head, err := s.head()
	if err != nil {
		s.Fatal(err)
	}
	return head
}

func TestOnlyWorkThatNoFactEndsIsEndedByHand(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	for _, what := range task.Kinds() {
		err := w.house.DB.Write(ctx, func(tx *store.Tx) error {
			return w.house.Tasks.Open(tx, w.root, task.Work{What: what, Subject: outbreak.Ref{Kind: "round", ID: w.round.String()}, Scope: outbreak.Scope{Area: "/220200/220204/"}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := w.house.Tasks.ListTasks(ctx, w.root, task.Filter{Most: 100})
	if err != nil || len(list) < len(task.Kinds()) {
		t.Fatalf("%d tasks: %v", len(list), err)
	}
	page := b.get("/tasks")
	for _, k := range list {
		action := "/tasks/" + k.ID.String() + "/end"
		offered := len(page.all(func(n *html.Node) bool { return attr(n, "action") == action })) == 1
		a := b.post(action, "how", "done")
		if ended := a.StatusCode == http.StatusSeeOther; ended != offered {
			t.Errorf("%s is offered to be ended by hand: %t; ending it answers %d %s", k.What, offered, a.StatusCode, alert(a))
		}
	}
}

func TestFormsAreForThoseWhoMay(t *testing.T) {
	w := newWard(t)
	round := "/rounds/" + w.round.String()
	tube := "/tubes/" + string(w.positive(w.people[0]))
	sites, err := w.house.Placement.ListSites(ctx, w.root)
	if err != nil {
		t.Fatal(err)
	}
	site := "/sites/" + sites[0].ID.String()
	holds := func(r access.Role, may access.Permission) bool {
		for _, p := range access.Table[r] {
			if p == may {
				return true
			}
		}
		return false
	}
	for _, role := range access.Roles {
		b := w.signedIn(w.user(role), "en")
		for _, f := range []struct {
			page, action string
			see, may     access.Permission
		}{
			{"/rounds", "/rounds", access.RoundRead, access.RoundManage}, {round, round + "/close", access.RoundRead, access.RoundManage},
			{tube, tube + "/spoil", access.RoundRead, access.TubeSpoil}, {tube, tube + "/result", access.RoundRead, access.LabReport}, {site, site + "/arrivals", access.SiteRead, access.StayRecord},
			{site, site + "/wards", access.SiteRead, access.SiteManage}, {"/sites", "/sites", access.SiteRead, access.SiteManage},
			{"/outbreaks", "/outbreaks", access.AreaRead, access.OutbreakManage}, {"/transfers", "/vehicles", access.TripRead, access.TripPlan},
			{"/stations", "/stations/labs", access.RoundRead, access.LabManage}, {"/stations", "/stations/booths", access.RoundRead, access.RoundManage},
			{"/files", "/files/areas", access.AreaRead, access.AreaManage}, {"/files", "/files/roster", access.AreaRead, access.RosterLoad},
			{"/files", "/files/tubes", access.AreaRead, access.TubeClose}, {"/files", "/files/results", access.AreaRead, access.LabReport},
			{"/files", "/files/out/tubes", access.AreaRead, access.ExportRows},
		} {
			page := b.get(f.page)
			shown := len(page.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == f.action })) > 0
			if want := holds(role, f.may) && holds(role, f.see); shown != want {
				t.Errorf("%s is shown the form to %s: %t, and may: %t", role, f.action, shown, want)
			}
			if a := b.post(f.action); !holds(role, f.may) && a.StatusCode != http.StatusForbidden {
				t.Errorf("%s may not post to %s and gets %d", role, f.action, a.StatusCode)
			}
		}
	}
}

func TestARefusedRoundKeepsWhatWasTyped(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	a := b.post("/rounds", "name", "Second of March", "area", "/220200/220204/", "opens", "tomorrow")
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Second of March") || !strings.Contains(alert(a), "calendar") {
		t.Errorf("%d, %q", a.StatusCode, alert(a))
	}
}

// TestMoreLinesForPartsOfARoundKeepWhatWasTyped asks for more lines, which opens nothing, and has a form refused that names parts.
func TestMoreLinesForPartsOfARoundKeepWhatWasTyped(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	typed := []string{"name", "Second of March", "area", "/220200/220204/", "opens", "", "closes", "2026-13-01T00:00", "pool", "10", "excuse", "no time",
		"zone", "/220200/220204/", "zone_pool", "household-10"}
	for _, more := range []string{"1", ""} {
		a := b.post("/rounds", append(slices.Clone(typed), "more", more)...)
		lines, status := 8, http.StatusOK
		if more == "" {
			lines, status = 4, http.StatusUnprocessableEntity
		}
		if a.StatusCode != status || !strings.Contains(a.body, "Second of March") || !strings.Contains(a.body, "2026-13-01T00:00") {
			t.Errorf("more %q: %d %s", more, a.StatusCode, alert(a))
		}
		chosen := func(name string) (values []string) {
			for _, n := range a.all(func(n *html.Node) bool { return n.Data == "select" && attr(n, "name") == name }) {
				value := ""
				for o := range n.Descendants() {
					for _, at := range o.Attr {
						if at.Key == "selected" {
							value = attr(o, "value")
						}
					}
				}
				values = append(values, value)
			}
			return values
		}
		if len(a.all(func(n *html.Node) bool { return attr(n, "id") == "zones" && hasAttr(n, "open") })) != 1 {
			t.Errorf("more %q: what was chosen for parts is folded away", more)
		}
		if zones, sizes := chosen("zone"), chosen("zone_pool"); len(zones) != lines || zones[0] != "/220200/220204/" || sizes[0] != "household-10" || zones[1] != "" {
			t.Errorf("more %q: %q %q", more, zones, sizes)
		}
	}
	typed[len(typed)-3], typed[len(typed)-1] = "", "1"
	if a := b.post("/rounds", typed...); len(a.all(func(n *html.Node) bool { return attr(n, "id") == "zones" && !hasAttr(n, "open") })) != 1 {
		t.Error("a refused form springs open where nothing was chosen")
	}
	rounds, err := w.house.Screening.ListRounds(ctx, w.root)
	if err != nil || len(rounds) != 1 {
		t.Errorf("asking for lines opened a round: %d %v", len(rounds), err)
	}
}

// TestAFileOfWhichNothingWasTakenIsNotSaidToBeIn sends files that are no table, that are empty, and whose rows are all wrong.
func TestAFileOfWhichNothingWasTakenIsNotSaidToBeIn(t *testing.T) {
	w := newWard(t)
	b := w.signedIn("root", "en")
	for name, c := range map[string]struct {
		content, says string
		shown         bool // what became of its rows
	}{
		"noise":   {"\x89PNG\r\n\x1a\n\x00\x00", "no text file", false},
		"empty":   {"", "empty", false},
		"headers": {"foo,bar\n1,2\n", "tube", false},
		"rowless": {"tube,result\n", "no rows below the header", true},
		"wrong":   {"tube,result\nW1,+\n", "No row is in", true},
	} {
		a := b.upload("/files/results", name+".csv", c.content, "lab", w.lab.String())
		panel := a.all(func(n *html.Node) bool { return attr(n, "id") == "done" })
		told := alert(a)
		if c.shown && len(panel) == 1 {
			told = text(panel[0])
		}
		if (len(panel) == 1) != c.shown || !strings.Contains(told, c.says) || strings.Contains(a.body, "Every row is in") || strings.Contains(told, "good rows are in") {
			t.Errorf("%s: %d %q", name, a.StatusCode, told)
		}
	}
}

// upload sends a file in a form.
func (b *browser) upload(action, name, content string, fields ...string) answer {
	b.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = m.WriteField(fields[i], fields[i+1])
	}
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = m.Close()
	req, err := http.NewRequest(http.MethodPost, b.url+action, &body)
	if err != nil {
		b.Fatal(err)
	}
	return b.send(req, "Content-Type", m.FormDataContentType(), "Sec-Fetch-Site", "same-origin")
}

// TestTubesByDocumentAskForAPurpose sends a file that names somebody by a document: without a purpose it is refused, with one it is
// taken, and the look-up is in the journal.
func TestTubesByDocumentAskForAPurpose(t *testing.T) {
	w := newWard(t)
	w.post("/roll/people", map[string]any{"people": []map[string]any{{"area": "220204", "name": "王五", "document_kind": "passport", "document": "E1234567"}}}, nil)
	root := w.signedIn("root", "en")
	page := root.get("/files")
	if found := page.all(func(n *html.Node) bool {
		return n.Data == "select" && attr(n, "name") == "purpose" && attr(n, "id") == "purpose-tubes"
	}); len(found) != 1 {
		t.Fatal("the form for tubes asks for no purpose")
	}
	file := "tube,taken,document,document_kind\nW0000500,2022-03-14T08:00:00+08:00,E1234567,passport\n"
	fields := append(page.form(t, "/files/tubes"), "round", w.round.String(), "booth", w.booth.String())
	if a := root.upload("/files/tubes", "t.csv", file, fields...); a.StatusCode != http.StatusForbidden || alert(a) == "" {
		t.Errorf("without a purpose: %d %s", a.StatusCode, alert(a))
	}
	reads := func() int64 {
		t.Helper()
		var n int64
		if err := w.house.DB.Read(ctx, func(tx *store.Tx) (err error) {
			n, err = store.Count(tx, "select count(*) from journal where kind = 'IdentityRead'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := reads()
	fields = append(root.get("/files").form(t, "/files/tubes"), "round", w.round.String(), "booth", w.booth.String(), "purpose", "sampling")
	taken := root.upload("/files/tubes", "t.csv", file, fields...)
	if n := totals(t, taken); n != [4]int{1, 1, 0, 0} {
		t.Errorf("with a purpose: %v %s", n, text(taken.all(func(n *html.Node) bool { return attr(n, "id") == "done" })[0]))
	}
	if n := reads() - before; n != 1 {
		t.Errorf("the look-up left %d entries", n)
	}
}

// totals reads received, accepted, repeated and rejected from the page of a file.
func totals(t *testing.T, a answer) (n [4]int) {
	t.Helper()
	figures := a.all(func(n *html.Node) bool { return n.Data == "dd" && attr(n.Parent, "class") == "figure" })
	if a.StatusCode != http.StatusOK || len(figures) < 4 {
		t.Fatalf("the file is answered with %d: %s", a.StatusCode, alert(a))
	}
	for i := range n {
		n[i] = whole(t, figures[i])
	}
	if n[0] != n[1]+n[2]+n[3] {
		t.Errorf("the totals do not add up: %v", n)
	}
	return n
}

func TestFilesComeInAndRejectedRowsGoBack(t *testing.T) {
	s := open(t)
	b := s.signedIn("root", "en")
	areas := "code,name,parent\n22,吉林省,\n2202,吉林市,22\n"
	if n := totals(t, b.upload("/files/areas", "areas.csv", areas, "zone", "Asia/Shanghai", "check", "1")); n != [4]int{2, 2, 0, 0} {
		t.Errorf("checked areas: %v", n)
	}
	if list, err := s.house.Registry.ListAreas(ctx, s.root, "", "", 10); err != nil || len(list) != 0 {
		t.Fatalf("a file that was only checked left %d areas: %v", len(list), err)
	}
	if n := totals(t, b.upload("/files/areas", "areas.csv", areas, "zone", "Asia/Shanghai")); n != [4]int{2, 2, 0, 0} {
		t.Errorf("areas: %v", n)
	}
	if n := totals(t, b.upload("/files/areas", "areas.csv", areas, "zone", "Asia/Shanghai")); n != [4]int{2, 0, 2, 0} {
		t.Errorf("the same areas again: %v", n)
	}
	a := b.upload("/files/roster", "roll.csv", "area,name\n2202,李一\n9999,李二\n2202,李三\n")
	if n := totals(t, a); n != [4]int{3, 2, 0, 1} {
		t.Errorf("roll: %v", n)
	}
	rows := a.all(func(n *html.Node) bool { return n.Data == "tr" && n.Parent.Data == "tbody" })
	if len(rows) != 1 || !strings.HasPrefix(text(rows[0]), "3 area") {
		t.Errorf("the rejected row is not shown with line and column: %v", rows)
	}
	links := a.all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), "/files/rejected/") })
	if len(links) != 1 {
		t.Fatal("there is no way to the rejected rows")
	}
	link := attr(links[0], "href")
	if back := b.get(link); back.StatusCode != http.StatusOK || !strings.Contains(back.body, "李二") || strings.Contains(back.body, "李一") {
		t.Errorf("the rejected rows: %d %q", back.StatusCode, back.body)
	}
	if other := s.signedIn(s.user(access.Administrator), "en").get(link); other.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else gets the rejected rows: %d", other.StatusCode)
	}
	if a := b.post("/files/roster"); a.StatusCode != http.StatusUnprocessableEntity || alert(a) == "" {
		t.Errorf("a form without a file: %d %q", a.StatusCode, alert(a))
	}
	if a := b.upload("/files/roster", "roll.xlsx", "PK\x03\x04 no text"); a.StatusCode != http.StatusUnprocessableEntity || alert(a) == "" {
		t.Errorf("a workbook: %d %q", a.StatusCode, alert(a))
	}
	if a := b.post("/users", "name", strings.Repeat("x", 2<<20)); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a form without a file takes 2 MB: %d", a.StatusCode)
	}
}

func TestRowsGoOutForAPurpose(t *testing.T) {
	w := newWard(t)
	w.positive(w.people[0])
	b := w.signedIn("root", "en")
	for _, action := range []string{"/files/out/tubes", "/files/out/journal"} {
		if a := b.post(action); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(alert(a), "purpose") {
			t.Errorf("%s without a purpose: %d %q", action, a.StatusCode, alert(a))
		}
		_, before, _ := w.head()
		a := b.post(action, "purpose", "audit", "round", w.round.String())
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || strings.Count(a.body, "\n") < 2 {
			t.Errorf("%s: %d %q", action, a.StatusCode, a.body)
		}
		if _, after, _ := w.head(); after == before {
			t.Errorf("%s is not in the journal", action)
		}
	}
}

func TestThingsAreCalledByTheirNames(t *testing.T) {
	w := newWard(t)
	tube := w.positive(w.people[0])
	w.settle()
	b := w.signedIn("root", "en")
	for page, names := range map[string][]string{
		"/tubes/" + string(tube):             {"Round 1 第1轮", "Gate 1", "County laboratory"},
		"/people/" + w.people[0].ID.String(): {"Round 1 第1轮", "会展中心 Convention Centre"},
		"/rounds/" + w.round.String():        {"March"},
		"/journal":                           {"会展中心 Convention Centre", "Round 1 第1轮"},
	} {
		a := b.get(page)
		for _, name := range names {
			if !strings.Contains(a.body, name) {
				t.Errorf("%s does not name %q", page, name)
			}
		}
		if shown := text(a.all(func(n *html.Node) bool { return n.Data == "main" })[0]); strings.Contains(shown, w.round.String()) && !strings.Contains(page, "rounds") {
			t.Errorf("%s shows the number of a round", page)
		}
	}
}
