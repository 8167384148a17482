package api_test

import "testing"

func TestTwoRuleBooksAreCompared(t *testing.T) {
	s := open(t)
	d := s.must(200, "GET", "/api/v1/protocols/cn-covid-2021/diff/cn-covid-2022", s.token, "", "Accept-Language", "zh")
	found := map[string]map[string]any{}
	for _, x := range d["differences"].([]any) {
		found[x.(map[string]any)["key"].(string)] = x.(map[string]any)
	}
	x := found["contact.close.central"]
	if x["how"] != "changed" || x["weighs"] != true || x["was"].(map[string]any)["number"] != 14.0 || x["now"].(map[string]any)["number"] != 7.0 || x["now"].(map[string]any)["applies"] != "running" {
		t.Error(x)
	}
	if _, there := found["contact.secondary.home"]["was"]; there || found["contact.secondary.home"]["how"] != "added" {
		t.Error(found["contact.secondary.home"])
	}
	if got := found["zone.lockdown.rule"]["was"].(map[string]any)["text"]; got != "足不出户" {
		t.Errorf("the rule in Chinese is %q", got)
	}
	s.must(404, "GET", "/api/v1/protocols/cn-covid-2021/diff/none", s.token, "")
	s.must(404, "GET", "/api/v1/protocols/none/diff/cn-covid-2021", s.token, "")
}

func TestARuleBookIsChanged(t *testing.T) {
	s := open(t)
	ob := s.must(201, "POST", "/api/v1/outbreaks", s.token, `{"name": "March", "protocol": "cn-covid-2021"}`)["id"].(string)
	at := "/api/v1/outbreaks/" + ob
	change := `{"protocol": "cn-covid-2022", "reason": "ninth edition of 28 June"}`
	first := s.must(200, "POST", at+"/protocol", s.token, change, "Idempotency-Key", "one")
	if again := s.must(200, "POST", at+"/protocol", s.token, change, "Idempotency-Key", "one"); again["recorded_at"] != first["recorded_at"] || first["state"] != "in_force" {
		t.Error(first, again)
	}
	s.must(409, "POST", at+"/protocol", s.token, change)
	o := s.must(200, "GET", at, s.token, "")
	if o["protocol"] != "cn-covid-2022" || len(o["changes"].([]any)) != 1 {
		t.Error(o)
	}
	if kept := items(s.must(200, "GET", at+"/kept-clocks", s.token, "")); len(kept) != 0 {
		t.Error(kept)
	}
	s.must(422, "POST", at+"/protocol", s.token, `{"protocol": "cn-covid-2021", "reason": ""}`)
	s.must(422, "POST", at+"/protocol", s.token, `{"protocol": "who-mers", "reason": "x"}`)
}
