package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/door/api"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/transfer"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/board"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
	"breakwater/protocols"
)

var update = flag.Bool("update", false, "write the golden files anew")

const password = "the harbour stays open"

// site is a door on a fresh house with an administrator.
type site struct {
	*testing.T
	house door.House
	door  http.Handler
	token string // the administrator's
}

func open(t *testing.T) *site {
	t.Helper()
	clock := outbreak.NewHandClock(testkit.Start)
	db := testkit.Open(t, filepath.Join(t.TempDir(), "test.db"), clock, []store.Migrations{
		journal.Migrations, access.Migrations, task.Migrations, registry.Migrations,
		lab.Migrations, screening.Migrations, cases.Migrations, placement.Migrations, transfer.Migrations, contacts.Migrations, board.Migrations, exchange.Migrations})
	h := door.House{DB: db, Journal: journal.New(db, testkit.Quiet(), nil), IDs: outbreak.NewIDs(clock), Clock: clock, Wall: clock, Log: testkit.Quiet(),
		Rates: door.Rates{Stranger: door.Rate{PerSecond: 1000, Burst: 10_000}}} // every route is asked with wrong tokens, and the clock stands
	h.Access = access.New(db, h.Journal, h.IDs, clock, access.Cost{Time: 1, Memory: 64, Threads: 1})
	vault, err := registry.NewVault([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if h.Protocols, err = protocols.Embedded(); err != nil {
		t.Fatal(err)
	}
	h.Registry = registry.New(db, h.Journal, h.IDs, h.Protocols, vault)
	h.Access.Seals = vault
	h.Tasks = task.New(db, h.Journal, h.IDs)
	h.Lab = lab.New(db, h.Journal, h.IDs, h.Registry, h.Tasks)
	h.Screening = screening.New(db, h.Journal, h.IDs, h.Registry, h.Tasks, h.Lab)
	h.Screening.Enrols(h.Access, h.Wall)
	h.Cases = cases.New(db, h.Journal, h.IDs, h.Registry, h.Tasks)
	h.Placement = placement.New(db, h.Journal, h.IDs, h.Registry, h.Tasks)
	h.Transfer = transfer.New(db, h.Journal, h.IDs, h.Registry, h.Tasks, h.Placement)
	h.Board = board.New(db, h.Screening.Coverage())
	h.Contacts = contacts.New(db, h.Journal, h.IDs, h.Registry, h.Cases)
	h.Exchange = exchange.New(exchange.Rooms{DB: db, Journal: h.Journal, Registry: h.Registry, Screening: h.Screening, Lab: h.Lab, Cases: h.Cases, Contacts: h.Contacts})
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { _ = h.Screening.Coverage().Run(ctx); close(over) }() // ends with the test
	t.Cleanup(func() { stop(); <-over })
	root, err := h.Access.Bootstrap(context.Background(), "root", password, "")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, house: h, door: api.New(h)}
	s.token = s.tokenOf(outbreak.Actor{User: root.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}})
	return s
}

func (s *site) tokenOf(by outbreak.Actor) string {
	s.Helper()
	secret, _, err := s.house.Access.MakeToken(context.Background(), by, access.NewToken{Name: "test", Until: s.house.Wall.Now().Add(24 * time.Hour)}, "")
	if err != nil {
		s.Fatal(err)
	}
	return secret
}

// ask sends one request and reads the JSON of its answer.
func (s *site) ask(method, path, token, body string, header ...string) (int, map[string]any, http.Header) {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	var answer map[string]any
	if w.Body.Len() > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			s.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	if w.Code >= 400 {
		if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
			s.Errorf("%s %s: %d as %s", method, path, w.Code, ct)
		}
		if answer["reference"] != w.Header().Get("Request-Id") || answer["key"] == "" || strings.HasPrefix(answer["detail"].(string), "[") {
			s.Errorf("%s %s: %v", method, path, answer)
		}
	}
	return w.Code, answer, w.Header()
}

// somePath is a path of a route: identifiers of nothing.
func somePath(route api.Route) string {
	path := route.Path
	for strings.Contains(path, "{") {
		from, to := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		path = path[:from] + outbreak.UserID(1).String() + path[to+1:]
	}
	return path
}

func TestEveryRouteAsksWhoAndWhether(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	root, _, err := s.house.Access.ActorOfToken(ctx, s.token)
	if err != nil {
		t.Fatal(err)
	}
	byRole := map[access.Role]string{}
	for _, role := range access.Roles {
		u, err := s.house.Access.AddUser(ctx, root, access.NewUser{Login: string(role), Name: string(role), Password: password}, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.house.Access.Grant(ctx, root, u.ID, outbreak.Grant{Role: string(role), Area: "/220000/"}, 0, ""); err != nil {
			t.Fatal(err)
		}
		byRole[role] = s.tokenOf(outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(role), Area: "/220000/"}}})
	}
	if len(api.Routes()) == 0 {
		t.Fatal("no routes")
	}
	for _, route := range api.Routes() {
		path := somePath(route)
		if code, p, h := s.ask(route.Method, path, "", "{}"); code != 401 || p["key"] != "door.token_missing" || h.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s without a token: %d %v", route.Method, route.Path, code, p)
		}
		if code, p, _ := s.ask(route.Method, path, "bw_wrong", "{}"); code != 401 || p["key"] != "access.token_over" {
			t.Errorf("%s %s with a wrong token: %d %v", route.Method, route.Path, code, p)
		}
		for role, token := range byRole {
			code, p, _ := s.ask(route.Method, path, token, "not json")
			refused := code == 403 && p["key"] == "access.not_allowed"
			if may := access.Anywhere(outbreak.Actor{Grants: []outbreak.Grant{{Role: string(role)}}}, route.Permission); may == refused {
				t.Errorf("%s %s (%s) as %s: %d %v", route.Method, route.Path, route.Permission, role, code, p)
			}
		}
	}
}

func TestACookieOpensNothingHere(t *testing.T) {
	s := open(t)
	secret, _, err := s.house.Access.SignIn(context.Background(), "root", password, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, _ := s.ask("GET", "/api/v1/me", "", "", "Cookie", s.house.SessionCookie(secret).String()); code != 401 {
		t.Error(code)
	}
	if code, _, _ := s.ask("GET", "/api/v1/me", secret, ""); code != 401 {
		t.Error("a session's secret works as a token:", code)
	}
}

func TestRefusedInputIsNamedAndNeverRepeated(t *testing.T) {
	s := open(t)
	const secret = "110101199003074477"
	user := func(more string) string {
		return `{"login":"li","name":"Li","password":"` + password + `"` + more + `}`
	}
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		key                string
		where              string
		header             []string
	}{
		"broken":             {"POST", "/api/v1/users", `{"login": ` + secret, 400, "api.body_broken", "", nil},
		"none":               {"POST", "/api/v1/users", "", 400, "api.body_missing", "", nil},
		"unknown field":      {"POST", "/api/v1/users", user(`,"` + secret + `.x":1`), 422, "api.field_unknown", "body", nil},
		"wrong type":         {"POST", "/api/v1/users", `{"login":` + secret + `,"name":"x","password":"x"}`, 422, "api.wrong_type", "body.login", nil},
		"missing":            {"POST", "/api/v1/users", `{"login":"` + secret + `","name":"x"}`, 422, "api.field_missing", "body", nil},
		"not listed":         {"POST", "/api/v1/users", user(`,"lang":"` + secret + `"`), 422, "api.not_listed", "body.lang", nil},
		"too long":           {"POST", "/api/v1/users", user(`,"area":"` + strings.Repeat(secret, 20) + `"`), 422, "api.too_long", "body.area", nil},
		"wrong area":         {"POST", "/api/v1/users", user(`,"area":"` + secret + `"`), 422, "access.area_wrong", "", nil},
		"wrong id":           {"GET", "/api/v1/users/" + secret, "", 422, "api.value_wrong", "path.user", nil},
		"wrong time":         {"POST", "/api/v1/tokens", `{"name":"x","until":"` + secret + `"}`, 422, "kernel.time_wrong", "", nil},
		"unknown query":      {"GET", "/api/v1/users?" + secret + ".x=1", "", 422, "api.parameter_unknown", "query", nil},
		"wrong number":       {"GET", "/api/v1/users?limit=" + secret + "x", "", 422, "api.wrong_type", "query.limit", nil},
		"too many":           {"GET", "/api/v1/users?limit=1001", "", 422, "api.too_big", "query.limit", nil},
		"wrong type of body": {"POST", "/api/v1/users", "login=" + secret, 415, "api.body_type", "", []string{"Content-Type", "text/plain"}},
		"no route":           {"GET", "/api/v1/" + secret, "", 404, "door.no_route", "", nil},
		"wrong method":       {"PUT", "/api/v1/me", "{}", 405, "door.wrong_method", "", nil},
		"wrong purpose":      {"GET", "/api/v1/me", "", 422, "door.purpose_unknown", "", []string{door.PurposeHeader, secret}},
		"too large":          {"POST", "/api/v1/users", `{"login":"` + strings.Repeat(secret, door.Body/len(secret)+1), 413, "door.too_large", "", nil},
	} {
		for _, lang := range words.Langs {
			status, p, _ := s.ask(c.method, c.path, s.token, c.body, append([]string{"Accept-Language", string(lang)}, c.header...)...)
			all, _ := json.Marshal(p)
			if strings.Contains(string(all), secret) {
				t.Errorf("%s: repeats what was sent: %s", name, all)
			}
			key, where, detail := p["key"], "", p["detail"]
			if faults, ok := p["faults"].([]any); ok && len(faults) == 1 {
				f := faults[0].(map[string]any)
				key, where, detail = f["key"], f["where"].(string), f["detail"]
			}
			if strings.Contains(detail.(string), "  ") {
				t.Errorf("%s: two blanks in a row: %s", name, detail)
			}
			if status != c.status || key != c.key || where != c.where {
				t.Errorf("%s: %d %s", name, status, all)
			}
			if han := strings.ContainsFunc(detail.(string), func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }); han != (lang == words.Chinese) {
				t.Errorf("%s in %s: %s", name, lang, detail)
			}
		}
	}
}

func TestUsersGrantsAndTokens(t *testing.T) {
	s := open(t)
	body := `{"login":"li.na","name":"Li Na","lang":"en","password":"` + password + `"}`
	code, u, _ := s.ask("POST", "/api/v1/users", s.token, body, "Idempotency-Key", "k1")
	if code != 201 || u["login"] != "li.na" {
		t.Fatal(code, u)
	}
	if code, again, _ := s.ask("POST", "/api/v1/users", s.token, body, "Idempotency-Key", "k1"); code != 201 || again["id"] != u["id"] {
		t.Fatal(code, again)
	}
	if code, p, _ := s.ask("POST", "/api/v1/users", s.token, strings.Replace(body, "li.na", "wang", 1), "Idempotency-Key", "k1"); code != 409 || p["key"] != "store.key_reused" {
		t.Fatal(code, p)
	}
	path := "/api/v1/users/" + u["id"].(string)
	code, g, _ := s.ask("POST", path+"/grants", s.token, `{"role":"laboratory","area":"/220000/"}`)
	if code != 201 || g["role"] != "laboratory" || g["outbreak"] != "" {
		t.Fatal(code, g)
	}
	if code, p, _ := s.ask("POST", path+"/grants", s.token, `{"role":"laboratory","area":"/220000/"}`); code != 409 {
		t.Fatal(code, p)
	}
	id, err := outbreak.ParseID[outbreak.UserID](u["id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	lab := s.tokenOf(outbreak.Actor{User: id, Grants: []outbreak.Grant{{Role: "laboratory", Area: "/220000/"}}})
	code, me, _ := s.ask("GET", "/api/v1/me", lab, "")
	if code != 200 || me["user"].(map[string]any)["name"] != "Li Na" || !strings.Contains(string(mustJSON(t, me)), `"Report laboratory results"`) {
		t.Fatal(code, me)
	}
	if code, p, _ := s.ask("POST", "/api/v1/tokens", lab, `{"name":"x","until":"2022-03-14T20:00:00Z","grants":[{"role":"administrator","area":"","outbreak":""}]}`); code != 403 || p["key"] != "access.more_than_own" {
		t.Fatal(code, p)
	}
	if code, p, _ := s.ask("POST", "/api/v1/tokens", lab, `{"name":"x","until":"2022-03-20T00:00:00Z"}`); code != 403 || p["key"] != "access.token_outlives" {
		t.Fatal("a token made one that outlives it:", code, p)
	}
	code, made, _ := s.ask("POST", "/api/v1/tokens", lab, `{"name":"x","until":"2022-03-14T20:00:00Z"}`)
	if code != 201 || !strings.HasPrefix(made["secret"].(string), "bw_") {
		t.Fatal(code, made)
	}
	if code, list, _ := s.ask("GET", "/api/v1/tokens", lab, ""); code != 200 || len(list["items"].([]any)) != 2 || strings.Contains(string(mustJSON(t, list)), made["secret"].(string)) {
		t.Fatal(code, list)
	}
	token := made["token"].(map[string]any)["id"].(string)
	if code, p, _ := s.ask("DELETE", "/api/v1/tokens/"+token, lab, ""); code != 204 {
		t.Fatal(code, p)
	}
	if code, _, _ := s.ask("GET", "/api/v1/me", made["secret"].(string), ""); code != 401 {
		t.Fatal("a revoked token works:", code)
	}
	if code, list, _ := s.ask("GET", "/api/v1/users?limit=1", s.token, ""); code != 200 || list["next"] != "li.na" {
		t.Fatal(code, list)
	}
	if code, p, _ := s.ask("DELETE", "/api/v1/grants/"+g["id"].(string), s.token, ""); code != 204 {
		t.Fatal(code, p)
	}
	if code, p, _ := s.ask("GET", "/api/v1/me", lab, ""); code != 403 {
		t.Fatal(code, p)
	}
	if code, p, _ := s.ask("POST", path+"/disable", s.token, ""); code != 204 {
		t.Fatal(code, p)
	}
	if code, _, _ := s.ask("GET", "/api/v1/me", lab, ""); code != 401 {
		t.Fatal("a disabled user's token works:", code)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheDescriptionIsTheOneAgreed(t *testing.T) {
	s := open(t)
	code, spec, _ := s.ask("GET", "/api/v1/openapi.json", "", "")
	if code != 200 || spec["openapi"] != "3.1.0" {
		t.Fatal(code, spec["openapi"])
	}
	var got bytes.Buffer
	if err := json.Indent(&got, mustJSON(t, spec), "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("the interface changed; when that is meant, run go test ./internal/door/api -update and look at the difference")
	}
	listed := map[string]bool{}
	for path, ops := range spec["paths"].(map[string]any) {
		for method, op := range ops.(map[string]any) {
			if op.(map[string]any)["x-permission"] == nil {
				t.Errorf("%s %s names no permission", method, path)
			}
			listed[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, r := range api.Routes() {
		if !listed[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not described", r.Method, r.Path)
		}
	}
	for _, elsewhere := range []string{"/api/v1/docs", "/docs", "/api/v1/openapi.yaml", "/schemas/User.json"} {
		if code, _, _ := s.ask("GET", elsewhere, s.token, ""); code != 404 {
			t.Error(elsewhere, code)
		}
	}
}

// TestIdentifiersAreReadInEveryQuery asks every list with an identifier where its description says a text of some kind stands: what the
// interface gives out as an identifier it has to read as one.
func TestIdentifiersAreReadInEveryQuery(t *testing.T) {
	s := open(t)
	_, spec, _ := s.ask("GET", "/api/v1/openapi.json", "", "")
	var described struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Schema   struct {
					Type      any
					MaxLength int `json:"maxLength"`
				}
			}
		}
	}
	if err := json.Unmarshal(mustJSON(t, spec), &described); err != nil {
		t.Fatal(err)
	}
	ids := outbreak.NewIDs(outbreak.NewHandClock(testkit.Start))
	asked := 0
	for path, of := range described.Paths {
		if strings.Contains(path, "{") {
			continue
		}
		for _, p := range of["get"].Parameters {
			if p.In != "query" || p.Schema.Type != "string" {
				continue
			}
			asked++
			_, said, _ := s.ask("GET", path+"?"+p.Name+"="+outbreak.New[outbreak.LabID](ids).String(), s.token, "")
			answer := string(mustJSON(t, said))
			if strings.Contains(answer, `"api.wrong_type"`) && strings.Contains(answer, `"query.`+p.Name+`"`) {
				t.Errorf("%s?%s= reads no identifier: %s", path, p.Name, answer)
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d questions were asked", asked)
	}
}
