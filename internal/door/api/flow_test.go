package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// must asks and expects a status.
func (s *site) must(want int, method, path, token, body string, header ...string) map[string]any {
	s.Helper()
	code, answer, _ := s.ask(method, path, token, body, header...)
	if code != want {
		s.Fatalf("%s %s: %d %v", method, path, code, answer)
	}
	return answer
}

func items(answer map[string]any) []any { return answer["items"].([]any) }

func TestATubeFromTheRollToItsResult(t *testing.T) {
	s := open(t)
	post := func(path, body string) map[string]any {
		t.Helper()
		return s.must(200, "POST", "/api/v1"+path, s.token, body)
	}
	make1 := func(path, body string) map[string]any {
		t.Helper()
		return s.must(201, "POST", "/api/v1"+path, s.token, body)
	}
	get := func(path string) map[string]any { t.Helper(); return s.must(200, "GET", "/api/v1"+path, s.token, "") }

	post("/areas", `{"areas":[{"code":"220000","name":"吉林省","time_zone":"Asia/Shanghai"},{"code":"220200","name":"吉林市","parent":"220000"}]}`)
	if n := len(items(get("/areas?below=/220000/&limit=1"))); n != 1 {
		t.Fatal(n, "areas")
	}
	ob := make1("/outbreaks", `{"name":"March","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	make1("/boxes", `{"first":"T000001","last":"T000999","area":"220200","outbreak":"`+ob+`"}`)
	post("/roll/plan", `{"counts":{"220200":3}}`)
	if l := post("/roll/people", `{"people":[{"area":"220200","name":"李一"},{"area":"220200","name":"李二"},{"area":"nowhere","name":"李三"}]}`); l["added"] != 2. || len(l["rejected"].([]any)) != 1 {
		t.Fatal(l)
	}
	lab := make1("/labs", `{"name":"County laboratory","area":"220200","per_day":5000}`)["id"].(string)
	booth := make1("/booths", `{"outbreak":"`+ob+`","area":"220200","name":"Gate 1"}`)["id"].(string)
	round := make1("/rounds", `{"outbreak":"`+ob+`","name":"Round 1","areas":["220200"],"pool":1}`)["id"].(string)
	path := "/rounds/" + round
	if r := get(path); r["roll_now"] != 2. || r["outcomes"].(map[string]any)["unknown"] != 2. {
		t.Fatal(r)
	}
	people := items(get(path + "/people?outcome=unknown"))
	no := fmt.Sprintf("%.0f", people[0].(map[string]any)["no"])
	tubes := `{"booth":"` + booth + `","tubes":[{"tube":"T000001","members":[{"no":` + no + `}]}]}`
	if h := s.must(200, "POST", "/api/v1"+path+"/tubes", s.token, tubes, "Idempotency-Key", "a"); h["accepted"] != 1. {
		t.Fatal(h)
	}
	if h := s.must(200, "POST", "/api/v1"+path+"/tubes", s.token, tubes, "Idempotency-Key", "a"); h["accepted"] != 1. {
		t.Fatal("a repeat got another answer:", h)
	}
	if h := post(path+"/tubes", tubes); h["repeated"] != 1. {
		t.Fatal("a tube handed in twice counts twice:", h)
	}
	if in := get("/tubes/T000001"); len(in["people"].([]any)) != 1 || strings.Contains(fmt.Sprint(in), "李") {
		t.Fatal(in)
	}
	if l := post("/labs/"+lab+"/received", `{"tubes":["T000001"]}`); l["accepted"] != 1. {
		t.Fatal(l)
	}
	if l := post("/labs/"+lab+"/results", `{"results":[{"tube":"T000001","result":"negative"},{"tube":"T000002","result":"perhaps"}]}`); l["accepted"] != 1. || len(l["rejected"].([]any)) != 1 {
		t.Fatal(l)
	}
	if l := post("/tubes/T000003/result", `{"lab":"`+lab+`","result":"positive"}`); l["accepted"] != 1. {
		t.Fatal(l)
	}
	if h := get("/tubes/t000001/results"); len(h["results"].([]any)) != 1 || len(h["seen"].([]any)) == 0 {
		t.Fatal(h)
	}
	s.must(409, "POST", "/api/v1"+path+"/close", s.token, `{}`)
	if n := post(path+"/outcomes", `{"items":[{"no":`+no+`,"outcome":"away"}]}`); n["count"] != 1. {
		t.Fatal(n)
	}
	if tasks := get("/tasks?limit=5"); tasks["items"] == nil {
		t.Fatal(tasks)
	}
	if j := get("/journal?below=/220000/&limit=2"); len(items(j)) != 2 || j["next"] == "" || j["head"] == 0. {
		t.Fatal(j)
	}
	for _, path := range []string{"/outbreaks", "/labs", "/booths", "/rounds", path + "/communities", path + "/tubes", "/recalls", "/held", "/sample-again", "/anomalies"} {
		items(get(path))
	}
}

func TestAnIdentityOpensForAPurposeAlone(t *testing.T) {
	s := open(t)
	s.must(200, "POST", "/api/v1/areas", s.token, `{"areas":[{"code":"220000","name":"吉林省"}]}`)
	who := s.must(201, "POST", "/api/v1/people", s.token, `{"area":"220000","name":"李一","document_kind":"passport","document":"E1234567"}`)
	path := "/api/v1/people/" + who["id"].(string)
	if strings.Contains(fmt.Sprint(s.must(200, "GET", path, s.token, "")), "李") {
		t.Error("a name without a purpose")
	}
	s.must(http.StatusForbidden, "POST", path+"/identity", s.token, "")
	if i := s.must(200, "POST", path+"/identity", s.token, "", "Breakwater-Purpose", "investigation"); i["name"] != "李一" {
		t.Error(i)
	}
	s.must(http.StatusForbidden, "POST", "/api/v1/people/find", s.token, `{"kind":"passport","number":"E1234567"}`)
	if f := s.must(200, "POST", "/api/v1/people/find", s.token, `{"kind":"passport","number":"E1234567"}`, "Breakwater-Purpose", "sampling"); f["id"] != who["id"] {
		t.Error(f)
	}
	if n := len(items(s.must(200, "GET", "/api/v1/journal", s.token, ""))); n < 4 {
		t.Error(n, "entries")
	}
}

func TestTheJournalIsCutToWhatOneMayRead(t *testing.T) {
	s := open(t)
	s.must(200, "POST", "/api/v1/areas", s.token, `{"areas":[{"code":"220000","name":"吉林省"},{"code":"110000","name":"北京市"}]}`)
	one := s.must(201, "POST", "/api/v1/outbreaks", s.token, `{"name":"One","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	s.must(201, "POST", "/api/v1/outbreaks", s.token, `{"name":"Two","protocol":"cn-covid-2022","area":"/220000/"}`)
	s.must(201, "POST", "/api/v1/outbreaks", s.token, `{"name":"Three","protocol":"cn-covid-2022","area":"/110000/"}`)
	narrow := s.must(201, "POST", "/api/v1/tokens", s.token, `{"name":"auditor","until":"2022-03-14T12:00:00Z","grants":[{"role":"auditor","area":"/220000/","outbreak":"`+one+`"}]}`)["secret"].(string)
	for _, query := range []string{"", "?below=/110000/", "?below=/220000/", "?outbreak=" + one} {
		for _, e := range items(s.must(200, "GET", "/api/v1/journal"+query, narrow, "")) {
			if e := e.(map[string]any); e["outbreak"] != one || e["area"] != "/220000/" {
				t.Errorf("%q: %v", query, e)
			}
		}
	}
	if n := len(items(s.must(200, "GET", "/api/v1/journal", narrow, ""))); n != 1 {
		t.Error(n, "entries")
	}
	s.must(422, "GET", "/api/v1/journal?below=/22", s.token, "")
}

func TestACaseABedAndATrip(t *testing.T) {
	s := open(t)
	post := func(want int, path, body string) map[string]any {
		t.Helper()
		return s.must(want, "POST", "/api/v1"+path, s.token, body)
	}
	get := func(path string) map[string]any { t.Helper(); return s.must(200, "GET", "/api/v1"+path, s.token, "") }
	post(200, "/areas", `{"areas":[{"code":"220000","name":"吉林省"}]}`)
	ob := post(201, "/outbreaks", `{"name":"March","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	who := post(201, "/people", `{"area":"220000"}`)["id"].(string)
	c := post(201, "/cases", `{"outbreak":"`+ob+`","person":"`+who+`","severity":"mild","classification":"confirmed","via":"clinic"}`)
	path := "/cases/" + c["id"].(string)
	owed := get(path)["steps"].([]any)
	if len(owed) == 0 {
		t.Fatal("a case without clocks")
	}
	post(200, path+"/steps/"+owed[0].(map[string]any)["step"].(string), `{}`)
	if c := post(200, path+"/classify", `{"classification":"confirmed","severity":"severe"}`); c["severity"] != "severe" {
		t.Fatal(c)
	}
	post(409, path+"/decide", `{"uphold":true,"reason":"nothing was taken back"}`)
	site := post(201, "/sites", `{"area":"220000","kind":"hospital_designated","name":"First","wards":[{"name":"A","kind":"ward_bed","beds":1}]}`)["id"].(string)
	stay := post(201, "/arrivals", `{"outbreak":"`+ob+`","person":"`+who+`","site":"`+site+`"}`)
	if sites := items(get("/sites")); sites[0].(map[string]any)["beds"] != 1. {
		t.Fatal(sites)
	}
	if in := get("/people/" + who + "/stays"); len(in["stays"].([]any)) != 1 {
		t.Fatal(in)
	}
	post(200, "/stays/"+stay["id"].(string)+"/discharge", `{"reason":"recovered"}`)
	post(201, "/vehicles", `{"area":"220000","kind":"ambulance","name":"吉A 1","seats":2}`)
	post(404, "/trips/"+who+"/pick-up", `{}`)
	if b := get("/backlog?below=/220000/"); len(b["lines"].([]any)) == 0 {
		t.Fatal(b)
	}
	for _, path := range []string{"/cases?person=" + who, "/needs", "/stays?site=" + site, "/trips", "/vehicles", "/backlog/case_report?since=2022-03-14T00:00:00Z&after=x", "/counts?from=2022-03-14T00:00:00Z"} {
		items(get(path))
	}
}

func TestNeedsAndStaysAreReadPageByPage(t *testing.T) {
	s := open(t)
	post := func(want int, path, body string) map[string]any {
		t.Helper()
		return s.must(want, "POST", "/api/v1"+path, s.token, body)
	}
	post(200, "/areas", `{"areas":[{"code":"220000","name":"吉林省"}]}`)
	ob := post(201, "/outbreaks", `{"name":"March","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	site := post(201, "/sites", `{"area":"220000","kind":"hospital_designated","name":"First","wards":[{"name":"A","kind":"ward_bed","beds":1}]}`)["id"].(string)
	for range 5 {
		who := post(201, "/people", `{"area":"220000"}`)["id"].(string)
		post(201, "/arrivals", `{"outbreak":"`+ob+`","person":"`+who+`","site":"`+site+`"}`)
	}
	seen, after := map[any]bool{}, ""
	for pages := 1; ; pages++ {
		p := s.must(200, "GET", "/api/v1/stays?limit=2&after="+after, s.token, "")
		for _, i := range items(p) {
			seen[i.(map[string]any)["id"]] = true
		}
		if after = p["next"].(string); after == "" {
			break
		}
		if pages > 5 {
			t.Fatal("the list has no end")
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d stays on all pages", len(seen))
	}
	s.must(422, "GET", "/api/v1/stays?state=lost", s.token, "")
	s.must(200, "GET", "/api/v1/needs?after="+somePerson(s), s.token, "")
}

// somePerson is the identifier of nothing that is in a list of needs.
func somePerson(s *site) string {
	return s.must(201, "POST", "/api/v1/people", s.token, `{"area":"220000"}`)["id"].(string)
}
