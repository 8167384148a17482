package app_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/response/worklist"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
)

// plainBlobs are columns of bytes that are no sealed boxes.
var plainBlobs = map[string]string{
	"passkey_challenge.challenge": "what a browser is asked to sign",
	"user_passkey.public_key":     "public",
	"journal.hash":                "hashes",
	"journal_head.hash":           "hashes",
	"erased.head":                 "a hash",
	"key_check.proof":             "a digest that proves a key",
	"link_filed.tokens":           "keyed digests",
	"name_entry.entries":          "keyed digests",
	"party_row.keys":              "keyed digests",
	"tube.members":                "numbers of people",
	"tube_run.rows":               "numbers of people",
	"person.sealed":               "opened by the walk through all people",
	"person.wrapped":              "opened by the walk through all people",
}

// TestEverySealedColumnIsLookedAt compares the columns of bytes in the schema with those `key check` opens: a new sealed table cannot be
// forgotten.
func TestEverySealedColumnIsLookedAt(t *testing.T) {
	testkit.Engines(t, app.Owners(), func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		a, err := app.New(context.Background(), app.Config{Data: filepath.Join(t.TempDir(), "site")})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Stop(context.Background()) //nolint:errcheck // nothing runs
		known := map[string]bool{}
		for _, c := range a.House.Registry.SealedColumns() {
			known[c.Table+"."+c.Column] = true
		}
		found := map[string]bool{}
		if err := db.Read(context.Background(), func(tx *store.Tx) error {
			q := "select m.name || '.' || c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and lower(c.type) = 'blob'"
			if db.Engine() == store.PostgreSQL {
				q = "select (table_name || '.' || column_name)::text from information_schema.columns where table_schema = current_schema() and data_type = 'bytea'"
			}
			list, err := store.List(tx, store.Value[string], q)
			for _, c := range list {
				found[c] = true
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for c := range found {
			if !known[c] && plainBlobs[c] == "" {
				t.Errorf("%s holds bytes: is it sealed? Name it in the room's SealedColumns, or say here why not", c)
			}
			if known[c] && plainBlobs[c] != "" {
				t.Errorf("%s is named twice", c)
			}
		}
		for c := range known {
			if !found[c] {
				t.Errorf("%s is looked at, and is not there", c)
			}
		}
		for c := range plainBlobs {
			if !found[c] {
				t.Errorf("%s is excused, and is not there", c)
			}
		}
	})
}

// TestKeyCheckOpensWhatEveryRoomSealed seals something in every room of lists, turns the master key, and spoils one box in each.
func TestKeyCheckOpensWhatEveryRoomSealed(t *testing.T) {
	ctx := context.Background()
	a, err := app.New(ctx, app.Config{Data: filepath.Join(t.TempDir(), "site"), Clock: outbreak.NewHandClock(testkit.Start)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(ctx) //nolint:errcheck // nothing runs
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := a.House
	by := outbreak.Actor{User: 1, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	_, err = h.Registry.LoadAreas(ctx, by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省"}}})
	ok(err)
	ob, err := h.Registry.DeclareOutbreak(ctx, by, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	ok(err)
	_, err = h.Cases.LoadCases(ctx, by, cases.LoadCases{Outbreak: ob, Party: "CDC", Rows: []cases.LoadedCase{{Person: registry.NewPerson{Area: "22", Identity: registry.Identity{Name: "张伟"}}, External: "1", Extra: []cases.Extra{{Name: "Email", Value: "x@y"}}}}})
	ok(err)
	text := "number,from,to,to_name,note\nL1,1,2,李娜,neighbour\n"
	src, err := exchange.OpenSource(strings.NewReader(text), int64(len(text)))
	ok(err)
	report, err := h.Exchange.ImportList(ctx, by, exchange.Contacts, src, exchange.ListOptions{Outbreak: ob, Party: "CDC", Plan: &exchange.Plan{Area: "22", Columns: []exchange.PlanColumn{{Column: "number", Field: "number"}, {Column: "from", Field: "from"}, {Column: "to", Field: "to"}, {Column: "to_name", Field: "name"}, {Column: "note"}}}})
	if err != nil || report.Accepted != 1 {
		t.Fatalf("%+v %v", report, err)
	}
	_, err = h.Exchange.KeepList(ctx, by, exchange.KeepList{Kind: exchange.Contacts, Outbreak: ob, File: strings.NewReader(text), Size: int64(len(text))})
	ok(err)
	_, err = h.Reconcile.KeepParty(ctx, by, reconcile.KeepParty{Party: reconcile.Party{Code: "lab-1", Name: "Laboratory", Kind: "laboratory", Outbreak: ob, Area: "/22/"}})
	ok(err)
	_, err = h.Reconcile.LoadList(ctx, by, reconcile.LoadList{Party: "lab-1", Name: "a.csv", Digest: strings.Repeat("a", 64), Rows: [][]string{{"编号", "姓名", "发病日期"}, {"L1", "张伟", "2022-03-01"}}})
	ok(err)
	_, err = h.Worklist.MakeList(ctx, by, worklist.MakeList{Form: worklist.Forms[0], Name: "chat", Outbreak: ob, Area: "/22/", Text: "张伟 13800138000"})
	ok(err)

	check := func() registry.KeyCheck {
		t.Helper()
		c, err := h.Registry.Keys().Check(ctx, nil)
		ok(err)
		return c
	}
	want := []string{"case_more", "contact_link", "kept_list", "kept_piece", "party_list", "party_row", "work_list", "work_row"}
	whole := func(c registry.KeyCheck) {
		t.Helper()
		var there []string
		for _, x := range c.Tables {
			if x.Opened < x.Boxes {
				t.Errorf("%+v", x)
			}
			if x.Boxes > 0 {
				there = append(there, x.Table)
			}
		}
		for _, table := range want {
			if !slices.Contains(there, table) {
				t.Errorf("nothing was found in %s", table)
			}
		}
		if !c.Whole() {
			t.Errorf("%+v", c)
		}
	}
	whole(check())
	turn, err := h.Registry.Keys().Rotate(ctx, nil, a.Reseal)
	if err != nil || turn.Left != 0 || len(turn.Retired) != 1 {
		t.Fatalf("%+v %v", turn, err)
	}
	ok(h.Registry.Keys().Forget(ctx, turn.Retired[0], true))
	whole(check())
	for _, c := range h.Registry.SealedColumns() {
		if !slices.Contains(want, c.Table) {
			continue
		}
		var n int64
		ok(h.DB.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec("update "+c.Table+" set "+c.Column+" = $1 where "+c.Column+" is not null", []byte(strings.Repeat("spoilt", 10)))
			return err
		}))
		after := check()
		for _, x := range after.Tables {
			if x.Table == c.Table && x.Column == c.Column && (x.Opened != 0 || int64(len(x.Shut)) != n) {
				t.Errorf("%d boxes of %s.%s were spoilt: %+v", n, c.Table, c.Column, x)
			}
		}
		if after.Whole() {
			t.Errorf("%s.%s was spoilt, and the check found nothing", c.Table, c.Column)
		}
	}
}
