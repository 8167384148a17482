package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// shown is what a telephone shows that was told the secret.
func shown(t *testing.T, secret string, at outbreak.Instant) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(secret, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at)/30000))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1000000)
}

// administrator is another one, and gives a token of his.
func (s *site) administrator(login string) string {
	s.Helper()
	ctx, root := context.Background(), outbreak.SystemActor("test")
	whole := outbreak.Grant{Role: string(access.Administrator)}
	u, err := s.house.Access.AddUser(ctx, root, access.NewUser{Login: login, Name: login, Password: password}, "")
	if err == nil {
		_, err = s.house.Access.Grant(ctx, root, u.ID, whole, 0, "")
	}
	if err != nil {
		s.Fatal(err)
	}
	return s.tokenOf(outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{whole}})
}

func TestSecondFactorsByInterface(t *testing.T) {
	s := open(t)
	const telephone = "/api/v1/me/factors/telephone"
	if f := s.must(200, "GET", "/api/v1/me/factors", s.token, ""); f["telephone_at"] != "" && f["telephone_at"] != nil || f["codes_left"] != 0.0 {
		t.Error(f)
	}
	if p := s.must(422, "POST", telephone, s.token, `{"password":"a guess"}`); p["key"] != "access.sign_in_wrong" {
		t.Error(p)
	}
	told := s.must(201, "POST", telephone, s.token, `{"password":"`+password+`"}`)
	secret := told["secret"].(string)
	done := s.must(200, "POST", telephone+"/confirm", s.token, `{"code":"`+shown(t, secret, s.house.Wall.Now())+`"}`)
	codes := done["codes"].([]any)
	if len(codes) != 10 {
		t.Fatal(done)
	}
	me := s.must(200, "GET", "/api/v1/me", s.token, "")["user"].(map[string]any)["id"].(string)
	if f := s.must(200, "GET", "/api/v1/users/"+me+"/factors", s.token, ""); f["telephone_at"] == "" || f["codes_left"] != 10.0 || len(f["passkeys"].([]any)) != 0 {
		t.Error(f)
	}
	code := func(i int) string { return fmt.Sprintf(`{"code":%q}`, codes[i]) }
	s.must(422, "POST", telephone, s.token, `{"password":"`+password+`"}`)
	s.must(404, "POST", "/api/v1/me/factors/passkeys/"+me+"/remove", s.token, code(0))
	for range 2 {
		s.must(204, "POST", telephone+"/remove", s.token, code(1), "Idempotency-Key", "once")
	}
	s.must(404, "POST", telephone+"/remove", s.token, code(2))

	told = s.must(201, "POST", telephone, s.token, `{"password":"`+password+`"}`)
	s.must(200, "POST", telephone+"/confirm", s.token, `{"code":"`+shown(t, told["secret"].(string), s.house.Wall.Now())+`"}`)
	if p := s.must(403, "POST", "/api/v1/users/"+me+"/factors/resets", s.token, ""); p["key"] != "access.reset_own" {
		t.Error(p)
	}
	one, two := s.administrator("one"), s.administrator("two")
	r := s.must(201, "POST", "/api/v1/users/"+me+"/factors/resets", one, "", "Idempotency-Key", "k")
	if again := s.must(201, "POST", "/api/v1/users/"+me+"/factors/resets", one, "", "Idempotency-Key", "k"); again["id"] != r["id"] {
		t.Error(r, again)
	}
	confirm := "/api/v1/factor-resets/" + r["id"].(string) + "/confirm"
	s.must(403, "POST", confirm, one, "")
	if list := items(s.must(200, "GET", "/api/v1/factor-resets", two, "")); len(list) != 1 {
		t.Error(list)
	}
	s.must(204, "POST", confirm, two, "")
	if f := s.must(200, "GET", "/api/v1/me/factors", s.token, ""); f["codes_left"] != 0.0 {
		t.Error(f)
	}
}

func TestKeysOfCommandsWithSecrets(t *testing.T) {
	s := open(t)
	body := fmt.Sprintf(`{"name":"gate","until":%q}`, s.house.Wall.Now().Add(time.Hour).Time().Format(time.RFC3339))
	if m := s.must(201, "POST", "/api/v1/tokens", s.token, body, "Idempotency-Key", "t"); !strings.HasPrefix(m["secret"].(string), "bw_") {
		t.Error(m)
	}
	if p := s.must(http.StatusConflict, "POST", "/api/v1/tokens", s.token, body, "Idempotency-Key", "t"); p["key"] != "access.secret_once" || p["secret"] != nil {
		t.Error(p)
	}
	for range 2 {
		s.must(204, "POST", "/api/v1/me/password", s.token, `{"old":"`+password+`","new":"another harbour word"}`, "Idempotency-Key", "p")
	}
	s.must(204, "POST", "/api/v1/me/language", s.token, `{"lang":"en"}`)
	if u := s.must(200, "GET", "/api/v1/me", s.token, "")["user"].(map[string]any); u["lang"] != "en" {
		t.Error(u)
	}
}
