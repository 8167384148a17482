package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// heard keeps everything that is logged.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

// TestLogsNameNobody logs everything there is to log while people are asked for in every way, rightly and wrongly, and a
// follower fails on entries about them.
func TestLogsNameNobody(t *testing.T) {
	ctx := context.Background()
	log := &heard{}
	c := site(t, store.SQLite, filepath.Join(t.TempDir(), "key"))
	c.Clock, c.Addr, c.Log = nil, "127.0.0.1:0", slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := app.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, ctx: ctx, h: a.House}
	w.found()
	const number = "220102198001011234" // its last digit is wrong
	person := w.lived()
	u, err := a.House.Access.Bootstrap(ctx, "geheimnistraeger", "a long enough password 1", "")
	must(w, u, err)
	by := outbreak.Actor{User: u.ID, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	token, _, err := a.House.Access.MakeToken(ctx, by, access.NewToken{Name: "t", Until: outbreak.WallClock{}.Now().Add(time.Hour)}, "")
	must(w, token, err)
	must(w, 0, a.House.DB.Write(ctx, func(tx *store.Tx) error { // screening cannot work on this one
		_, err := a.House.Journal.Append(tx, root, outbreak.TubeResulted{Tube: "T0999", Result: "nonsense", TubeArea: -1})
		return err
	}))
	for _, r := range []struct{ method, path, body, token string }{
		{"GET", "/api/v1/people/" + person.String(), "", token}, {"GET", "/api/v1/people/" + person.String(), "", "wrong-" + token},
		{"GET", "/people/" + person.String() + "?name=" + secretPhone, "", ""}, {"POST", "/login", "login=geheimnistraeger&password=wrong+" + secretPhone, ""},
		{"POST", "/api/v1/people", `{"person": {"name": "` + secretName + `", "document": {"kind": "citizen_id", "number": "` + number + `"}}}`, token},
		{"POST", "/api/v1/people", `{"name": "` + secretName + `"`, token}, {"GET", "/api/v1/cases?person=" + person.String(), "", token},
		{"POST", "/api/v1/people/search", `{"name": "` + secretName + `"}`, token}, {"GET", "/nowhere/" + secretPhone, "", ""},
		{"POST", "/api/v1/import/roster", "name,area,phone\n" + secretName + ",nowhere," + secretPhone + "\n", token},
	} {
		req, err := http.NewRequest(r.method, a.URL()+r.path, strings.NewReader(r.body))
		must(w, req, err)
		req.Header.Set("Content-Type", "application/json")
		if strings.HasPrefix(r.path, "/login") {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if r.token != "" {
			req.Header.Set("Authorization", "Bearer "+r.token)
		}
		req.Header.Set("X-Breakwater-Purpose", "care")
		res, err := http.DefaultClient.Do(req)
		must(w, res, err)
		_ = res.Body.Close()
	}
	if _, err := a.House.Registry.RegisterPerson(ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "nowhere", Identity: registry.Identity{Name: secretName}}}); err == nil {
		t.Error("somebody was registered nowhere")
	}
	must(w, 0, a.House.Journal.Settled(ctx))
	if err := a.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	said := log.text.String()
	if strings.Count(said, "msg=request") < 8 {
		t.Fatalf("hardly anything was logged:\n%s", said)
	}
	for _, secret := range []string{secretName, secretPhone, number, person.String(), token, "geheimnistraeger", "password 1"} {
		if i := strings.Index(said, secret); i >= 0 {
			t.Errorf("the log holds %q: %s", secret, said[max(i-200, 0):min(i+100, len(said))])
		}
	}
}
