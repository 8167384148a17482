package watch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"breakwater/internal/app"
	"breakwater/internal/door/watch"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

var root = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

func house(t *testing.T) *app.App {
	t.Helper()
	ctx := context.Background()
	a, err := app.New(ctx, app.Config{Data: testkit.Folder(t, app.Owners()), Addr: "127.0.0.1:0", WatchAddr: "127.0.0.1:0", Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	return a
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestEveryAlertHasItsFigureAndItsPage holds the rules for Prometheus against what the house gives and what the page says.
func TestEveryAlertHasItsFigureAndItsPage(t *testing.T) {
	a := house(t)
	get(t, a.URL()+"/api/v1/outbreaks") // so that an answer was counted
	door := httptest.NewServer(watch.New(a.House))
	defer door.Close()
	status, figures := get(t, door.URL+"/metrics")
	if status != http.StatusOK {
		t.Fatal(status, figures)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operate", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	rules, page := read("alerts.yml"), read("alerts.md")
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(rules, -1)
	if len(alerts) < 8 {
		t.Fatalf("%d alerts", len(alerts))
	}
	for _, m := range alerts {
		if !strings.Contains(page, "\n## "+m[1]+"\n") {
			t.Errorf("alert %s has no page", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(rules, "alert: "+m[1]+"\n") {
			t.Errorf("the page tells of %s, which is no alert", m[1])
		}
	}
	for _, name := range regexp.MustCompile(`breakwater_\w+`).FindAllString(rules+page, -1) {
		if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(figures) {
			t.Errorf("there is no figure %s", name)
		}
	}
}

func TestFiguresNameNobody(t *testing.T) {
	a := house(t)
	ctx := context.Background()
	if _, err := a.House.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.House.Registry.LoadPeople(ctx, root, registry.LoadPeople{People: []registry.NewPerson{{Area: "22", Identity: registry.Identity{Name: "王小明", Phone: "13900001111"}}}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/people/0123456789ABC0", "/people?name=王小明", "/api/v1/people/13900001111"} {
		get(t, a.URL()+path)
	}
	door := httptest.NewServer(watch.New(a.House))
	defer door.Close()
	_, figures := get(t, door.URL+"/metrics")
	for _, secret := range []string{"王小明", "13900001111", "0123456789ABC0", "%E7"} {
		if strings.Contains(figures, secret) {
			t.Errorf("the figures hold %q", secret)
		}
	}
}

func TestASiteIsReadyUntilItsDatabaseIsAway(t *testing.T) {
	a := house(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, a.URL()+path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	door := httptest.NewServer(watch.New(a.House))
	defer door.Close()
	if err := a.House.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, door.URL+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"database"`) {
		t.Errorf("without a database: %d %s", status, body)
	}
	if status, _ := get(t, door.URL+"/healthz"); status != http.StatusOK {
		t.Errorf("the program lives and says %d", status)
	}
	if _, figures := get(t, door.URL+"/metrics"); !strings.Contains(figures, "breakwater_database_up 0") || !strings.Contains(figures, "breakwater_look_failed 1") {
		t.Error("the figures do not say that the database is away")
	}
}
