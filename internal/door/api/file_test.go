package api_test

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// send sends a body as it is and gives the whole answer.
func (s *site) send(method, path, body string) *http.Response {
	s.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "text/csv")
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestFilesGoInAndComeOut(t *testing.T) {
	s := open(t)
	in := func(kind, body string, accepted, repeated, rejected float64) map[string]any {
		t.Helper()
		r := s.must(200, "POST", "/api/v1/import/"+kind, s.token, body)
		if r["accepted"] != accepted || r["repeated"] != repeated || r["rejected"] != rejected {
			t.Fatalf("%s: %v", kind, r)
		}
		return r
	}
	areas := "code,name,parent,time_zone\n220000,吉林省,,Asia/Shanghai\n220200,吉林市,220000,\n"
	in("areas?dry_run=true", areas, 2, 0, 0)
	if n := len(items(s.must(200, "GET", "/api/v1/areas", s.token, ""))); n != 0 {
		t.Fatal("a dry run wrote", n, "areas")
	}
	in("areas", areas, 2, 0, 0)
	in("areas?lang=en", areas, 0, 2, 0)
	bad := in("roster", "area,name,age\n220200,李一,31\n220299,李二,\n", 1, 0, 1)
	rows := bad["rejected_rows"].(string)
	if !strings.Contains(rows, "李二") || strings.Contains(rows, "李一") || bad["rejected_rows_left_out"] != false {
		t.Fatal(bad)
	}
	asFile := s.send("POST", "/import/roster?report=csv", "area,name,age\n220200,李一,31\n220299,李二,\n")
	if asFile.StatusCode != 200 || asFile.Header.Get("Breakwater-Rejected") != "1" || asFile.Header.Get("Breakwater-Repeated") != "1" || text(t, asFile) != rows {
		t.Fatal(asFile)
	}
	many := "area\n" + strings.Repeat("nowhere\n", 3000)
	if r := in("roster", many, 0, 0, 1+2999); r["rejected_rows"] != "" || r["rejected_rows_left_out"] != true {
		t.Fatal(len(r["rejected_rows"].(string)), r["rejected_rows_left_out"])
	}

	ob := s.must(201, "POST", "/api/v1/outbreaks", s.token, `{"name":"March","protocol":"cn-covid-2022","area":"/220000/"}`)["id"].(string)
	s.must(201, "POST", "/api/v1/boxes", s.token, `{"first":"T000001","last":"T000999","area":"220200","outbreak":"`+ob+`"}`)
	s.must(201, "POST", "/api/v1/booths", s.token, `{"outbreak":"`+ob+`","area":"220200","name":"Gate 1"}`)
	round := s.must(201, "POST", "/api/v1/rounds", s.token, `{"outbreak":"`+ob+`","name":"One","areas":["220200"],"pool":1}`)["id"].(string)
	s.must(201, "POST", "/api/v1/labs", s.token, `{"name":"County","area":"220200"}`)
	who := s.must(201, "POST", "/api/v1/people", s.token, `{"area":"220200"}`)
	in("tubes?round=One&booth=Gate+1", fmt.Sprintf("tube,taken,roll_no\nT000001,2022-03-14 08:00,1\nT000002,2022-03-14 08:00,%.0f\n", who["no"]), 2, 0, 0)
	in("results?lab=County", "tube,result,ran\nT000001,negative,2022-03-14 08:00\nT000002,invalid,2022-03-14 08:00\n", 2, 0, 0)

	if list := items(s.must(200, "GET", "/api/v1/rounds/"+round+"/walk-ins", s.token, "")); len(list) != 1 || list[0].(map[string]any)["id"] != who["id"] {
		t.Error(list)
	}
	s.must(200, "POST", "/api/v1/tubes/T000002/spoil", s.token, `{"reason":"leaked"}`)
	if list := items(s.must(200, "GET", "/api/v1/rounds/"+round+"/spoiled", s.token, "")); len(list) != 1 || list[0].(map[string]any)["tube"] != "T000002" {
		t.Error(list)
	}

	out := s.send("GET", "/export/tubes?round="+round, "")
	body := text(t, out)
	list, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(list) != 3 || out.Trailer.Get("Breakwater-Rows") != "2" || out.Trailer.Get("Breakwater-Digest") != fmt.Sprintf("%x", sha256.Sum256([]byte(body))) {
		t.Error(out.Trailer, body, err)
	}
	in("tubes", body, 0, 2, 0)
	looked := text(t, s.send("GET", "/export/missing?round="+round, ""))
	if rows, err := csv.NewReader(strings.NewReader(looked)).ReadAll(); err != nil || len(rows) != 1 || rows[0][1] != "roll_no" { // everybody was sampled
		t.Error(looked, err)
	}
	entry := out.Trailer.Get("Breakwater-Entry")
	journal := s.send("GET", "/export/journal?after=1", "")
	if body := text(t, journal); journal.StatusCode != 200 || !strings.Contains(body, "\n"+entry+",") || !strings.Contains(body, "ExportMade") || strings.Contains(body, "李") {
		t.Error(journal.StatusCode, body)
	}
}

func TestAFileThatDoesNotFitIsRefused(t *testing.T) {
	s := open(t)
	for path, key := range map[string]string{
		"/import/areas?dry_rum=1":     "api.parameter_unknown",
		"/import/areas?dry_run=maybe": "api.wrong_type",
		"/import/areas?report=pdf":    "api.not_listed",
		"/import/areas?zone=Moon":     "registry.area_zone",
		"/import/areas":               "exchange.empty",
		"/import/roster?dry_run=1":    "exchange.empty",
	} {
		if p := s.must(422, "POST", "/api/v1"+path, s.token, ""); p["key"] != key {
			t.Error(path, p)
		}
	}
	s.must(404, "POST", "/api/v1/import/people", s.token, "")
	for path, key := range map[string]string{"/export/journal?after=x": "api.wrong_type", "/export/tubes?round=x": "kernel.id_wrong", "/export/tubes?rounds=": "api.parameter_unknown", "/export/missing?round=x": "kernel.id_wrong", "/export/missing?tube=": "api.parameter_unknown"} {
		if p := s.must(422, "GET", "/api/v1"+path, s.token, ""); p["key"] != key {
			t.Error(path, p)
		}
	}
}

func TestProtocolsSayWhereTheirValuesAreFrom(t *testing.T) {
	s := open(t)
	list := items(s.must(200, "GET", "/api/v1/protocols", s.token, ""))
	if len(list) < 3 {
		t.Fatal(list)
	}
	for _, x := range list {
		p := s.must(200, "GET", "/api/v1/protocols/"+x.(map[string]any)["id"].(string), s.token, "", "Accept-Language", "en")
		if p["title"] == "" || len(p["values"].([]any)) == 0 {
			t.Error(p["id"])
		}
		for _, v := range p["values"].([]any) {
			if v := v.(map[string]any); v["status"] == "official" && v["source"] == "" || v["note"] == "" {
				t.Error(v)
			}
		}
	}
	s.must(404, "GET", "/api/v1/protocols/none", s.token, "")
}

func TestThereIsNothingParkedInAQuietHouse(t *testing.T) {
	s := open(t)
	if list := items(s.must(200, "GET", "/api/v1/parked", s.token, "")); len(list) != 0 {
		t.Error(list)
	}
	for _, act := range []string{"retry", "dismiss"} {
		if p := s.must(404, "POST", "/api/v1/parked/cases/7/"+act, s.token, ""); p["key"] != "journal.no_entry" {
			t.Error(p)
		}
	}
}
