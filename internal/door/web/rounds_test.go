package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// roundPages makes what the pages of a round's completeness show, and gives their addresses.
func (b *browser) roundPages(round string) map[string]string {
	b.Helper()
	area := ""
	for _, n := range b.get(round + "/missing").all(func(n *html.Node) bool {
		return n.Data == "input" && attr(n, "name") == "in" && attr(n, "value") != ""
	}) {
		area = attr(n, "value") // a community in which somebody is missing
	}
	missing := round + "/missing?in=" + area
	a := b.get(missing)
	if len(a.all(func(n *html.Node) bool { return attr(n, "action") == round+"/doors" })) > 0 {
		b.post(round+"/doors", append(a.form(b, round+"/doors"), "in", area)...) // once: whoever is on a sheet goes on no other
	}
	var sheets []string
	for _, n := range b.get(round + "/doors").all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/doors/") }) {
		sheets = append(sheets, strings.TrimPrefix(attr(n, "href"), "/doors/"))
	}
	if len(sheets) == 0 {
		b.Fatal("no door sheet was made")
	}
	ob := attr(b.get("/rounds").all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == "outbreak" })[0], "value")
	planned, second := "", ""
	for _, n := range b.get("/rounds").all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/rounds/") }) {
		switch text(n) {
		case "第 9 轮 Ahead":
			planned = attr(n, "href")
		case "第 2 轮":
			second = attr(n, "href")
		}
	}
	if planned == "" {
		planned = at(b.post("/rounds", "name", "第 9 轮 Ahead", "area", area, "outbreak", ob, "opens", "2022-03-20T06:00", "closes", "2022-03-20T20:00", "zone", area, "zone_pool", "household-5"))
		second = at(b.post("/rounds", "name", "第 2 轮", "area", area, "outbreak", ob, "closes", "2022-03-20T20:00"))
	}
	sets := "/round-sets?op=first_only&round=" + strings.TrimPrefix(round, "/rounds/") + "&round=" + strings.TrimPrefix(second, "/rounds/")
	return map[string]string{"missing": missing, "doors": round + "/doors", "door": "/doors/" + sheets[0], "door_print": "/doors/print?sheets=" + strings.Join(sheets[:min(len(sheets), 3)], ","), "walk_ins": round + "/walk-ins",
		"round_planned": planned, "sets": sets, "sets_people": sets + "&people=1"}
}

// firstRound is the round that was opened first: the last of the list.
func (b *browser) firstRound() (round string) {
	b.Helper()
	for _, n := range b.get("/rounds").all(func(n *html.Node) bool { return n.Data == "a" && strings.HasPrefix(attr(n, "href"), "/rounds/") }) {
		round = attr(n, "href")
	}
	if round == "" {
		b.Fatal("there is no round")
	}
	return round
}

func TestARoundIsWorkedOffOnPages(t *testing.T) {
	w := newWard(t)
	w.settle()
	b := w.signedIn("root", "en")
	ob := attr(b.get("/rounds").all(func(n *html.Node) bool { return n.Data == "option" && attr(n.Parent, "id") == "outbreak" })[0], "value")

	// a plan is made, shown, and dropped
	planned := at(b.twice("/rounds", "/rounds", "name", "Ahead", "area", "/220200/220204/", "outbreak", ob, "opens", "2022-03-20T06:00", "closes", "2022-03-20T20:00",
		"zone", "/220200/220204/", "zone_pool", "household-5"))
	if a := b.get(planned); !strings.Contains(a.body, "planned") || !strings.Contains(a.body, "one tube per household, at most 5 people") {
		t.Errorf("the plan: %s", text(a.doc))
	}
	b.twice(planned, planned+"/cancel")
	if a := b.get(planned); len(a.all(func(n *html.Node) bool { return attr(n, "action") == planned+"/begin" })) != 0 || !strings.Contains(a.body, "cancelled") {
		t.Error("a cancelled plan offers to be opened")
	}

	// people are missing; sheets go out and come back
	round := "/rounds/" + w.round.String()
	if a := b.get(round + "/missing"); !strings.Contains(a.body, "Building not known") {
		t.Errorf("nobody is missing: %s", text(a.doc))
	}
	a := b.twice(round+"/missing", round+"/doors")
	_, number, _ := strings.Cut(a.Header.Get("Location"), "sheets=")
	if paper := b.get(a.Header.Get("Location")); strings.Count(paper.body, "□") != 3*len(screening.DoorWords) || !strings.Contains(paper.body, number) || strings.Contains(paper.body, "李") {
		t.Errorf("the paper: %s", text(paper.doc))
	}
	if a := b.get(round); !strings.Contains(a.body, "Door sheets that are out: 1") {
		t.Error("the round does not say that a sheet is out")
	}
	sheet := "/doors/" + number
	if a := b.post(round+"/doors/find", "number", " "+strings.Replace(number, "-", " - ", 1)); at(a) != sheet {
		t.Errorf("the typed number leads to %q: %s", a.Header.Get("Location"), alert(a))
	}
	wrong := number[:len(number)-1] + fmt.Sprint((int(number[len(number)-1]-'0')+1)%10)
	if a := b.post(round+"/doors/find", "number", wrong); a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong check digit: %d", a.StatusCode)
	}
	b.twice(sheet, sheet, "said-1", "away", "said-2", "sampled", "reason-1", "at work", "back", "1")
	w.settle()
	if a := b.get(sheet); !strings.Contains(a.body, "no tube") || !strings.Contains(a.body, "at work") || !strings.Contains(a.body, "2 of 3 recorded") {
		t.Errorf("the sheet: %s", text(a.doc))
	}
	if a := b.get(round + "/doors"); !strings.Contains(a.body, "Every sheet that went out is back or lost") {
		t.Error("the sheets do not balance")
	}
	if a := b.get(round + "/people?outcome=away"); !strings.Contains(a.body, w.people[0].ID.String()) {
		t.Error("who is away by the sheet does not stand there")
	}

	// sampling ends, a second round is compared with the first
	b.twice(round, round+"/end")
	if a := b.get(round); !strings.Contains(a.body, "closing") || len(a.all(func(n *html.Node) bool { return attr(n, "action") == round+"/end" })) != 0 {
		t.Error("sampling does not end")
	}
	w.post("/rounds/"+w.round.String()+"/tubes", map[string]any{"booth": w.booth, "tubes": []any{map[string]any{"tube": "W0000777", "members": []any{map[string]any{"no": w.people[1].No}}}}}, nil)
	second := at(b.post("/rounds", "name", "Next", "area", "/220200/220204/", "outbreak", ob, "closes", "2022-03-20T20:00"))
	w.settle()
	sets := "/round-sets?op=first_only&round=" + strings.TrimPrefix(second, "/rounds/") + "&round=" + w.round.String() // the older is the first, however they are named
	if a := b.get(sets); !strings.Contains(a.body, "33.3%") && !strings.Contains(a.body, "33 %") && !strings.Contains(a.body, "33") {
		t.Errorf("the comparison: %s", text(a.doc))
	}
	if a := b.get(sets + "&people=1"); !strings.Contains(a.body, w.people[1].ID.String()) || strings.Contains(a.body, w.people[0].ID.String()) {
		t.Error("the person sampled in the first round alone is not there")
	}
	if a := b.get("/rounds"); !strings.Contains(a.body, "closing") {
		t.Error("the list of rounds does not tell where they stand")
	}
}

func TestExcusalsAreCalledBackOnAPage(t *testing.T) {
	w := newWard(t)
	w.settle()
	var people []map[string]any
	for i := range 40 {
		people = append(people, map[string]any{"area": "220204", "name": fmt.Sprint("王", i)})
	}
	w.post("/roll/people", map[string]any{"people": people}, nil)
	w.settle()
	list, err := w.house.Screening.ListStanding(ctx, w.root, w.round, "", outbreak.Unknown, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var items []screening.OutcomeOf
	for _, p := range list[:30] {
		items = append(items, screening.OutcomeOf{No: p.No, Outcome: outbreak.Away})
	}
	worker := outbreak.Actor{User: 77, Grants: []outbreak.Grant{{Role: string(access.CommunityWorker)}}}
	if _, err := w.house.Screening.RecordOutcomes(ctx, worker, screening.RecordOutcomes{Round: w.round, Items: items}); err != nil {
		t.Fatal(err)
	}
	b := w.signedIn("root", "en")
	if a := b.get("/anomalies"); !strings.Contains(a.body, "Excusals that look alike") || !strings.Contains(a.body, "/call-backs?anomaly=") {
		t.Errorf("the anomaly: %s", text(a.doc))
	}
	calls := b.get("/call-backs").all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "action"), "/call-backs/") })
	if len(calls) != 5 {
		t.Fatalf("%d calls are to be made", len(calls))
	}
	b.twice("/call-backs", attr(calls[0], "action"), "found", "contradicted")
	if a := b.get("/call-backs?done_ones=1"); !strings.Contains(a.body, "contradicted") {
		t.Error("the call that was made is not there")
	}
	if n := len(b.get("/call-backs").all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "action"), "/call-backs/") })); n != 4 {
		t.Errorf("%d calls are left", n)
	}
}

// TestAPlanThatWantsARehearsalSaysSo plans a round so large that it does not open by itself, and opens it with a reason.
func TestAPlanThatWantsARehearsalSaysSo(t *testing.T) {
	w := newWard(t)
	roll := make([]registry.NewPerson, 10_000) // as many as the rule book wants rehearsed
	for i := range roll {
		roll[i].Area, roll[i].Door = "220204", fmt.Sprint(i+1)
	}
	for part := range slices.Chunk(roll, 1000) {
		if _, err := w.house.Registry.LoadPeople(ctx, w.root, registry.LoadPeople{People: part}); err != nil {
			t.Fatal(err)
		}
	}
	rounds, err := w.house.Screening.ListRounds(ctx, w.root)
	if err != nil {
		t.Fatal(err)
	}
	b := w.signedIn("root", "en")
	planned, _, _ := strings.Cut(at(b.post("/rounds", "name", "Large", "outbreak", rounds[0].Outbreak.String(), "area", "/220200/220204/", "opens", "2022-03-20T06:00", "closes", "2022-03-20T20:00")), "?")
	if a := b.get(planned); !strings.Contains(a.body, "it does not open by itself") {
		t.Error("a plan that wants a rehearsal says that it opens by itself")
	}
	a := b.post(planned + "/begin")
	if wrong := a.all(func(n *html.Node) bool { return attr(n, "name") == "excuse" && hasAttr(n, "aria-invalid") }); a.StatusCode != http.StatusConflict || len(wrong) != 1 {
		t.Errorf("without a reason: %d, %d fields are marked", a.StatusCode, len(wrong))
	}
	if a := b.post(planned+"/begin", "excuse", "nobody can wait"); a.Header.Get("Location") != planned+"?done=round_opened" {
		t.Errorf("with a reason: %d %s", a.StatusCode, alert(a))
	}
}
