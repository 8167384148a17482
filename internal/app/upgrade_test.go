package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"breakwater/internal/app"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// keep names the state to keep: go test ./internal/app -run TestKeepThisState -keep 2026-11. It is done once before a release
// that changes a schema, and never again for the same name.
var keep = flag.String("keep", "", "keep a site of this state under testdata/upgrade/NAME")

// upgrades is where the sites of former states lie: an embedded database, the same of PostgreSQL as statements, the master key
// (of nobody but this test) and what has to be found in them.
var upgrades = filepath.Join("..", "..", "testdata", "upgrade")

// kept is what has to be found in a kept site.
type kept struct {
	Person  outbreak.PersonID `json:"person"`
	Entries int64             `json:"entries"`
	Head    string            `json:"head"` // of the journal's chain
	Cases   int64             `json:"cases"`
	Needs   int64             `json:"needs"`
}

func (k *kept) count(tx *store.Tx) (err error) {
	if k.Cases, err = store.Count(tx, "select count(*) from case_file"); err != nil {
		return err
	}
	k.Needs, err = store.Count(tx, "select count(*) from need")
	return err
}

// chainAt gives the hash of the journal's chain at an entry.
func chainAt(tx *store.Tx, seq int64) (string, error) {
	hash, _, err := store.One(tx, store.Value[[]byte], "select hash from journal where seq = $1", seq)
	return hex.EncodeToString(hash), err
}

// TestFormerStatesAreOpened opens the sites that former states of the program left behind, brings them up to date and works
// with them.
func TestFormerStatesAreOpened(t *testing.T) {
	states, err := filepath.Glob(filepath.Join(upgrades, "*", "kept.json"))
	if err != nil || len(states) == 0 {
		t.Fatalf("no former state is kept: %v", err)
	}
	for _, file := range states {
		dir := filepath.Dir(file)
		for _, engine := range []store.Engine{store.SQLite, store.PostgreSQL} {
			t.Run(filepath.Base(dir)+"/"+string(engine), func(t *testing.T) { reopen(t, dir, engine) })
		}
	}
}

func reopen(t *testing.T, dir string, engine store.Engine) {
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	key := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(key, read("keys"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := site(t, engine, key)
	if engine == store.PostgreSQL {
		if err := testkit.RunSQL(c.DB, string(unzip(t, read("postgres.sql.gz")))); err != nil {
			t.Fatal(err)
		}
	} else {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Data, "breakwater.db"), unzip(t, read("breakwater.db.gz")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all map[store.Engine]kept
	if err := json.Unmarshal(read("kept.json"), &all); err != nil {
		t.Fatal(err)
	}
	want := all[engine]
	ctx := context.Background()
	a, err := app.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	a.Run(ctx)
	defer func() { _ = a.Stop(ctx) }()
	w := &town{t: t, ctx: ctx, h: a.House}
	got := kept{Person: want.Person}
	must(w, 0, a.House.DB.Read(ctx, func(tx *store.Tx) error {
		before, err := journal.List(tx, want.Entries-1, want.Entries, nil, 1)
		if err == nil && len(before) == 1 {
			got.Entries = before[0].Seq
		}
		if got.Head, err = chainAt(tx, want.Entries); err != nil {
			return err
		}
		return got.count(tx)
	}))
	if got != want {
		t.Errorf("found %+v, kept was %+v", got, want)
	}
	must(w, 0, a.House.Journal.Settled(ctx))
	d, err := a.Doctor(ctx)
	if must(w, d, err); d.Violated() != 0 {
		t.Errorf("%+v", d.Checks)
	}
	reader := root
	reader.Purpose = outbreak.PurposeCare
	who, err := a.House.Registry.ReadIdentity(ctx, reader, want.Person, "")
	if must(w, who, err); who.Name != secretName || who.Phone != secretPhone {
		t.Errorf("read back: %+v", who)
	}
	w.worked()
}

// worked takes something in at a site that was founded by a former state.
func (w *town) worked() {
	w.t.Helper()
	rounds, err := w.h.Screening.ListRounds(w.ctx, root)
	if must(w, rounds, err); len(rounds) == 0 {
		w.t.Fatal("the round is gone")
	}
	booths, err := w.h.Screening.ListBooths(w.ctx, root)
	must(w, booths, err)
	w.round, w.booth = rounds[0].ID, booths[0].ID
	must(w, 0, w.h.DB.Read(w.ctx, func(tx *store.Tx) error {
		return testkit.RollBelow(tx, "", func(no int64) error { w.people = append(w.people, no); return nil })
	}))
	must2(w)(w.h.Screening.CloseTubes(w.ctx, root, screening.CloseTubes{Round: w.round, Booth: w.booth, Tubes: []screening.HandedTube{
		{Tube: "T0200", Members: []screening.HandedMember{{No: w.people[9]}}}}}))
	must(w, 0, w.h.Journal.Settled(w.ctx))
}

// TestKeepThisState writes a site of this state, when it is asked to.
func TestKeepThisState(t *testing.T) {
	if *keep == "" {
		t.Skip("keeps a state only when -keep names it")
	}
	dir := filepath.Join(upgrades, *keep)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "master.key")
	all := map[store.Engine]kept{}
	for _, engine := range []store.Engine{store.SQLite, store.PostgreSQL} {
		ctx := context.Background()
		c := site(t, engine, key)
		a, err := app.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		a.Run(ctx)
		w := &town{t: t, ctx: ctx, h: a.House}
		w.found()
		k := kept{Person: w.lived()}
		v, err := journal.Verify(ctx, a.House.DB)
		must(w, v, err)
		k.Entries = v.Entries
		must(w, 0, a.House.DB.Read(ctx, func(tx *store.Tx) error {
			if k.Head, err = chainAt(tx, k.Entries); err != nil {
				return err
			}
			return k.count(tx)
		}))
		all[engine] = k
		if err := a.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if engine == store.SQLite {
			text, err := os.ReadFile(filepath.Join(c.Data, "breakwater.db"))
			must(w, text, err)
			zip(t, filepath.Join(dir, "breakwater.db.gz"), text)
			continue
		}
		text, err := exec.Command(filepath.Join(testkit.PGBin(), "pg_dump"), "--inserts", "--no-owner", c.DB).Output()
		must(w, text, err)
		lines := bytes.SplitAfter(text, []byte("\n"))
		var plain []byte
		for _, l := range lines {
			if !bytes.HasPrefix(l, []byte("\\")) { // what only psql understands
				plain = append(plain, l...)
			}
		}
		zip(t, filepath.Join(dir, "postgres.sql.gz"), plain)
	}
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys"), secret, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kept.json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func zip(t *testing.T, file string, text []byte) {
	t.Helper()
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unzip(t *testing.T, small []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
