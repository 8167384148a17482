package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/testkit"
)

// TestFilesOfAPartyAreTakenInByThemselves puts files into the folder of a party: each is taken in once, a bad one is moved aside.
func TestFilesOfAPartyAreTakenInByThemselves(t *testing.T) {
	ctx := t.Context()
	lists := t.TempDir()
	a, err := app.New(ctx, app.Config{Data: filepath.Join(t.TempDir(), "data"), Lists: lists, Clock: outbreak.NewHandClock(testkit.Start)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(ctx) }()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h, root := a.House, outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	_, err = h.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}})
	ok(err)
	ob, err := h.Registry.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	ok(err)
	done, err := h.Cases.LoadCases(ctx, root, cases.LoadCases{Outbreak: ob, Rows: []cases.LoadedCase{{Person: registry.NewPerson{Area: "22", Identity: registry.Identity{Name: "张伟", DocumentKind: "other", Document: "D1"}},
		Values: cases.Values{"onset": "2022-03-01"}}}})
	ok(err)
	_, err = h.Reconcile.KeepParty(ctx, root, reconcile.KeepParty{Party: reconcile.Party{Code: "national", Name: "National system", Kind: "national", Outbreak: ob, Area: "/22/", Folder: "national"}})
	ok(err)
	_, err = h.Reconcile.OwnFields(ctx, root, reconcile.OwnFields{Party: "national", Fields: []string{"onset"}, Owned: true})
	ok(err)
	ok(a.WatchLists(ctx)) // makes the folder
	put := func(name, text string) {
		path := filepath.Join(lists, "national", name)
		ok(os.WriteFile(path, []byte(text), 0o600))
		old := time.Now().Add(-time.Minute)
		ok(os.Chtimes(path, old, old))
	}
	put("day1.csv", "编号,姓名,身份证号,发病日期\nN1,张伟,D1,2022-03-04\n")
	put("photo.csv", "\x89PNG\x00\x01\x02 no table at all")
	for range 2 {
		ok(a.WatchLists(ctx))
	}
	values, err := h.Cases.ReadValues(ctx, root, done.Cases[0])
	ok(err)
	if values["onset"] != "2022-03-04" {
		t.Errorf("the onset is %s, the party's file says 2022-03-04", values["onset"])
	}
	files, err := h.Reconcile.ListFiles(ctx, root, "national", 10)
	ok(err)
	reasons := map[string]string{}
	for _, f := range files {
		reasons[f.Name] = f.Reason
	}
	if len(files) != 2 || reasons["day1.csv"] != "" || reasons["photo.csv"] == "" {
		t.Errorf("the files are %v", reasons)
	}
	if _, err := os.Stat(filepath.Join(lists, "national", "set-aside", "photo.csv")); err != nil {
		t.Errorf("the bad file was not moved aside: %v", err)
	}
	runs, err := h.Reconcile.ListRuns(ctx, root, "national", 10)
	ok(err)
	if len(runs) != 1 {
		t.Errorf("compared %d times, want once", len(runs))
	}
}
