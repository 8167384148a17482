package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnErasureIsAnsweredWithItsReceipt erases by a role that sees no name, and asks for the receipt again.
func TestAnErasureIsAnsweredWithItsReceipt(t *testing.T) {
	s := open(t)
	s.must(200, "POST", "/api/v1/areas", s.token, `{"areas":[{"code":"220000","name":"吉林省"}]}`)
	who := s.must(201, "POST", "/api/v1/people", s.token, `{"area":"220000","name":"李一","document_kind":"passport","document":"E1234567"}`)["id"].(string)
	token := func(role string) string {
		t.Helper()
		return s.must(201, "POST", "/api/v1/tokens", s.token, `{"name":"`+role+`","until":"2022-03-14T12:00:00Z","grants":[{"role":"`+role+`","area":"","outbreak":""}]}`)["secret"].(string)
	}
	officer, path := token("data_protection"), "/api/v1/people/"+who
	body := `{"reason":"asked","basis":"《个人信息保护法》第四十七条"}`
	for _, role := range []string{"command", "auditor", "investigator"} {
		s.must(http.StatusForbidden, "POST", path+"/erase", token(role), body)
	}
	s.must(http.StatusForbidden, "POST", path+"/identity", officer, "", "Breakwater-Purpose", "correction")
	s.must(http.StatusNotFound, "GET", path+"/erasure", officer, "")
	if p := s.must(http.StatusUnprocessableEntity, "POST", path+"/erase", officer, `{"reason":"tired","basis":"b"}`); p["key"] != "registry.erase_reason" {
		t.Error(p)
	}
	r := s.must(200, "POST", path+"/erase", officer, body, "Idempotency-Key", "e")
	if r["person"] != who || r["signature"] == "" || !strings.HasPrefix(r["by"].(string), "user:") {
		t.Error(r)
	}
	for _, again := range []map[string]any{s.must(200, "POST", path+"/erase", officer, body, "Idempotency-Key", "e"), s.must(200, "GET", path+"/erasure", officer, "")} {
		if again["signature"] != r["signature"] {
			t.Error(again)
		}
	}
	if p := s.must(http.StatusNotFound, "POST", path+"/identity", s.token, "", "Breakwater-Purpose", "care"); p["key"] != "registry.erased" {
		t.Error(p)
	}
	s.must(200, "GET", path, s.token, "")
}
