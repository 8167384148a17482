package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestARoundThroughTheInterface plans, opens and works off a round as a program does.
func TestARoundThroughTheInterface(t *testing.T) {
	s := open(t)
	post := func(code int, path, body string) map[string]any {
		t.Helper()
		return s.must(code, "POST", "/api/v1"+path, s.token, body)
	}
	post(200, "/areas", `{"areas":[{"code":"220200","name":"吉林市","time_zone":"Asia/Shanghai"},{"code":"220204","name":"船营区","parent":"220200"}]}`)
	ob := post(201, "/outbreaks", `{"name":"March","protocol":"cn-covid-2021"}`)["id"].(string)
	post(200, "/roll/people", `{"people":[{"area":"220204","name":"李一","building":"1","door":"101"},{"area":"220204","name":"李二","building":"1","door":"102"}]}`)
	clinic := post(201, "/booths", `{"outbreak":"`+ob+`","area":"220204","name":"Clinic","kind":"fever_clinic"}`)
	if clinic["kind"] != "fever_clinic" {
		t.Error(clinic)
	}
	planned := post(201, "/rounds", `{"outbreak":"`+ob+`","name":"Ahead","areas":["220200"],"pools":[{"area":"220204","pool":5,"household":true}],"opens":"2099-01-01T00:00:00Z","closes":"2099-01-02T00:00:00Z"}`)
	if planned["state"] != "planned" {
		t.Error(planned)
	}
	round := planned["id"].(string)
	if r := post(200, "/rounds/"+round+"/begin", `{}`); r["state"] != "open" || len(r["pools"].([]any)) != 1 {
		t.Error(r)
	}
	drop := post(201, "/rounds", `{"outbreak":"`+ob+`","name":"Never","areas":["220200"],"opens":"2099-01-01T00:00:00Z","closes":"2099-01-02T00:00:00Z"}`)["id"].(string)
	if r := post(200, "/rounds/"+drop+"/cancel", ""); r["state"] != "cancelled" {
		t.Error(r)
	}
	missing := items(s.must(200, "GET", "/api/v1/rounds/"+round+"/missing?building=1", s.token, ""))
	if len(missing) != 2 || missing[0].(map[string]any)["door"] != "101" {
		t.Fatal(missing)
	}
	if b := items(s.must(200, "GET", "/api/v1/rounds/"+round+"/missing/buildings", s.token, "")); len(b) != 1 || b[0].(map[string]any)["people"] != 2.0 {
		t.Error(b)
	}
	if out := text(t, s.send("GET", "/export/missing?building=1&round="+round, "")); !strings.Contains(out, ",1,101,") || strings.Count(out, "\n") != 3 || strings.Contains(out, "李") {
		t.Error(out)
	}
	number := post(201, "/rounds/"+round+"/door-sheets", `{"building":"1"}`)["sheets"].([]any)[0].(string)
	if d := s.must(200, "GET", "/api/v1/door-sheets/"+number, s.token, ""); len(d["lines"].([]any)) != 2 {
		t.Error(d)
	}
	if d := post(200, "/door-sheets/"+number+"/fill", `{"items":[{"line":1,"said":"refused","reason":"no"}],"back":true}`); d["state"] != "back" || d["said"] != 1.0 {
		t.Error(d)
	}
	if d := s.must(200, "GET", "/api/v1/rounds/"+round+"/door-sheets", s.token, ""); d["counts"].(map[string]any)["back"] != 1.0 || len(d["items"].([]any)) != 1 {
		t.Error(d)
	}
	s.must(422, "GET", "/api/v1/door-sheets/000001-4", s.token, "")
	if r := post(200, "/rounds/"+round+"/end-sampling", ""); r["state"] != "closing" {
		t.Error(r)
	}
	if b := s.must(200, "GET", "/api/v1/rounds/"+round+"/blockers", s.token, ""); b["unknown"] != 1.0 || b["sheets"] != 0.0 {
		t.Error(b)
	}
	second := post(201, "/rounds", `{"outbreak":"`+ob+`","name":"Second","areas":["220200"]}`)["id"].(string)
	set := fmt.Sprintf("?round=%s&round=%s&op=none", round, second)
	if a := s.must(200, "GET", "/api/v1/round-sets"+set, s.token, ""); a["people"] != 2.0 || a["roll"] != 2.0 {
		t.Error(a)
	}
	if p := items(s.must(200, "GET", "/api/v1/round-sets/people"+set+"&limit=1", s.token, "")); len(p) != 1 {
		t.Error(p)
	}
	s.must(422, "GET", "/api/v1/round-sets?round="+round+"&op=none", s.token, "")
	if list := items(s.must(200, "GET", "/api/v1/call-backs", s.token, "")); len(list) != 0 {
		t.Error(list)
	}
	h := post(201, "/rehearsals", `{"version":"v1","engine":"sqlite","people":1000,"tubes":100,"kills":1,"seconds":5,"rate":200,"lost":0,"duplicated":0,"ghosts":0}`)
	if list := s.must(200, "GET", "/api/v1/rehearsals", s.token, "")["list"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != h["id"] {
		t.Error(list)
	}
	if p := post(422, "/rehearsals", `{"version":"v1","engine":"sqlite","people":1000,"tubes":100,"kills":1,"seconds":5,"rate":200,"lost":3,"duplicated":0,"ghosts":0}`); !strings.Contains(p["key"].(string), "rehearsal_failed") {
		t.Error(p)
	}
	s.must(404, "POST", "/api/v1/devices/1/loss", s.token, `{"reason":"gone"}`)
}
