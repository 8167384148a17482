package app_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

// TestASiteSignsWhereItCameTo runs a site several times: what happened is signed at the latest at its stop, and nothing is
// signed twice.
func TestASiteSignsWhereItCameTo(t *testing.T) {
	ctx, data := context.Background(), filepath.Join(t.TempDir(), "site")
	wall := outbreak.NewHandClock(testkit.Start)
	tore := false
	run := func(areas ...registry.NewArea) (lines int) {
		t.Helper()
		a, err := app.New(ctx, app.Config{Data: data, Wall: wall, Clock: wall})
		if err != nil {
			t.Fatal(err)
		}
		file := a.HeadsFile()
		if len(areas) > 0 {
			if _, err := a.House.Registry.LoadAreas(ctx, outbreak.SystemActor("console"), registry.LoadAreas{Areas: areas}); err != nil {
				t.Fatal(err)
			}
		}
		a.Run(ctx)
		if err := a.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if a, err = app.New(ctx, app.Config{Data: data, Wall: wall, Clock: wall}); err != nil {
			t.Fatal(err)
		}
		defer a.Stop(ctx) //nolint:errcheck // nothing runs
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			return 0
		}
		heads, torn, err := journal.ReadHeads(bytes.NewReader(text))
		if err != nil || len(torn) > 0 != tore {
			t.Fatal(torn, err)
		}
		v, err := journal.VerifyAgainst(ctx, a.House.DB, heads, a.House.Registry.Keys().Signed)
		if err != nil || len(v.Findings) > 0 {
			t.Error(v.Findings, err)
		}
		if last := heads[len(heads)-1]; last.Seq != v.Entries || last.At != wall.Now() && len(areas) > 0 {
			t.Errorf("signed up to %d of %d at %s", last.Seq, v.Entries, last.At)
		}
		return len(heads)
	}
	if n := run(); n != 0 {
		t.Errorf("%d heads of an empty journal", n)
	}
	first := run(registry.NewArea{Code: "22", Name: "province"})
	if first == 0 {
		t.Fatal("nothing was signed")
	}
	if n := run(); n != first {
		t.Errorf("with no news %d heads instead of %d", n, first)
	}
	heads, err := os.ReadFile(data + ".heads")
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(heads[:len(heads)-1], '\n') + 1
	tore = true // as a crash leaves it, in the middle of the last signature
	if err := os.WriteFile(data+".heads", heads[:last+(len(heads)-last)*9/10], 0o600); err != nil {
		t.Fatal(err)
	}
	if n := run(); n != first {
		t.Errorf("after a torn line %d heads instead of %d", n, first)
	}
	wall.Move(24 * time.Hour)
	if n := run(registry.NewArea{Code: "23", Name: "another"}); n <= first {
		t.Errorf("the next day has no head: %d after %d", n, first)
	}
}
