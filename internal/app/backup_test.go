package app_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// lived lets some things happen in a town: a positive, and somebody with everything that has to stay secret.
func (w *town) lived() (person outbreak.PersonID) {
	w.t.Helper()
	p, err := w.h.Registry.RegisterPerson(w.ctx, root, registry.RegisterPerson{Person: registry.NewPerson{Area: "2201-A", Identity: registry.Identity{Name: secretName, Phone: secretPhone}}})
	must(w, p, err)
	must2(w)(w.h.Screening.CloseTubes(w.ctx, root, screening.CloseTubes{Round: w.round, Booth: w.booth, Tubes: []screening.HandedTube{
		{Tube: "T0100", Members: []screening.HandedMember{{No: w.people[3]}}}, {Tube: "T0101", Members: []screening.HandedMember{{No: w.people[4]}, {No: w.people[5]}}}}}))
	for _, tube := range []outbreak.TubeCode{"T0100", "T0101"} {
		must2(w)(w.h.Lab.ReportResult(w.ctx, root, lab.ReportResult{Lab: w.lab, Report: lab.Report{Tube: tube, Result: outbreak.Positive}}))
	}
	if err := w.h.Journal.Settled(w.ctx); err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

const secretName, secretPhone = "欧阳震华", "13998877665"

// site is a configuration of an engine that has nothing in it.
func site(t *testing.T, engine store.Engine, key string) app.Config {
	t.Helper()
	c := app.Config{Key: key, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}, Clock: outbreak.NewHandClock(testkit.Start.Add(time.Hour))}
	if engine == store.PostgreSQL {
		c.DB = testkit.PostgreSQL(t)
	} else {
		c.Data = filepath.Join(t.TempDir(), "restored")
	}
	return c
}

// TestABackupOfOneMachineLivesOnAnother restores a backup into each engine, whichever it came from.
func TestABackupOfOneMachineLivesOnAnother(t *testing.T) {
	ours, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []store.Engine{store.SQLite, store.PostgreSQL} {
		t.Run(string(from), func(t *testing.T) {
			ctx := context.Background()
			key := filepath.Join(t.TempDir(), "master.key")
			a, err := app.New(ctx, site(t, from, key))
			if err != nil {
				t.Fatal(err)
			}
			a.Run(ctx)
			w := &town{t: t, ctx: ctx, h: a.House}
			w.found()
			person := w.lived()
			file := filepath.Join(t.TempDir(), "site.backup.age")
			made, err := a.BackUp(ctx, file, []age.Recipient{ours.Recipient()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			after, err := a.Doctor(ctx)
			must(w, after, err)
			if err := a.Stop(ctx); err != nil {
				t.Fatal(err)
			}
			if n := after.Checks[len(after.Checks)-1]; n.Name != "backup" || !n.OK || n.Detail == "" || after.Violated() != 0 {
				t.Errorf("%+v", after.Checks)
			}
			sealed, err := os.ReadFile(file)
			if err != nil || int64(len(sealed)) != made.Bytes {
				t.Fatalf("%d bytes of %+v: %v", len(sealed), made, err)
			}
			for _, secret := range []string{secretName, secretPhone, "T0100", "RoundOpened"} {
				if bytes.Contains(sealed, []byte(secret)) {
					t.Errorf("the backup shows %q", secret)
				}
			}
			if _, err := app.CheckBackup(file, []age.Identity{theirs}); outbreak.KindOf(err) != outbreak.Forbidden {
				t.Errorf("opened by somebody else: %v", err)
			}
			if d, err := app.CheckBackup(file, []age.Identity{ours}); err != nil || d.Rows != made.Rows {
				t.Errorf("%+v of %+v: %v", d, made, err)
			}
			if _, err := a.BackUp(ctx, file, []age.Recipient{ours.Recipient()}, nil); outbreak.KindOf(err) != outbreak.Conflict {
				t.Errorf("over a file that is there: %v", err)
			}
			for _, to := range []store.Engine{store.SQLite, store.PostgreSQL} {
				t.Run("to "+string(to), func(t *testing.T) { revive(t, site(t, to, key), file, ours, made, person) })
			}
			spoilt := bytes.Clone(sealed)
			spoilt[len(spoilt)/2] ^= 1
			for name, bad := range map[string][]byte{"changed": spoilt, "cut": sealed[:len(sealed)-100], "nothing": nil, "another file": []byte("name,phone\n")} {
				wrong := filepath.Join(t.TempDir(), "wrong")
				if err := os.WriteFile(wrong, bad, 0o600); err != nil {
					t.Fatal(err)
				}
				c := site(t, from, key)
				if _, err := app.Restore(ctx, c, wrong, []age.Identity{ours}, nil); outbreak.KindOf(err) != outbreak.Invalid {
					t.Errorf("%s: %v", name, err)
				}
				if _, err := app.Restore(ctx, c, file, []age.Identity{ours}, nil); err != nil {
					t.Errorf("the sound one after %s: %v", name, err)
				}
			}
		})
	}
}

// revive restores a backup and looks whether the site lives.
func revive(t *testing.T, c app.Config, file string, id age.Identity, made app.Backup, person outbreak.PersonID) {
	ctx := context.Background()
	lost := c
	lost.Key = filepath.Join(t.TempDir(), "nowhere.key")
	if _, err := app.Restore(ctx, lost, file, []age.Identity{id}, nil); outbreak.KindOf(err) != outbreak.Invalid {
		t.Errorf("without the master key: %v", err)
	}
	if _, err := os.Stat(lost.Key); err == nil {
		t.Error("a restore made a key")
	}
	d, err := app.Restore(ctx, c, file, []age.Identity{id}, nil)
	if err != nil || d.Rows != made.Rows {
		t.Fatalf("%+v of %+v: %v", d, made, err)
	}
	a, err := app.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	a.Run(ctx)
	defer func() { _ = a.Stop(ctx) }()
	w := &town{t: t, ctx: ctx, h: a.House}
	must(w, 0, a.House.Journal.Settled(ctx))
	diagnosis, err := a.Doctor(ctx)
	must(w, diagnosis, err)
	if diagnosis.Violated() != 0 {
		t.Errorf("%+v", diagnosis.Checks)
	}
	reader := root
	reader.Purpose = outbreak.PurposeCare
	identity, err := a.House.Registry.ReadIdentity(ctx, reader, person, "")
	must(w, identity, err)
	if identity.Name != secretName || identity.Phone != secretPhone {
		t.Errorf("read back: %+v", identity)
	}
	if _, err := a.House.Registry.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "2201-C", Parent: "2201", Name: "丙", Level: "community"}}}); err != nil {
		t.Errorf("the restored site takes nothing in: %v", err)
	}
	if _, err := app.Restore(ctx, c, file, []age.Identity{id}, nil); outbreak.KindOf(err) != outbreak.Conflict {
		t.Errorf("over a site that lives: %v", err)
	}
}

// TestASiteBacksItselfUp lets a site make the backups that are due, and keep as many as it is told to.
// The folder is shared with other sites, and holds what versions made that did not name the site.
func TestASiteBacksItselfUp(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c := site(t, store.SQLite, filepath.Join(t.TempDir(), "key"))
	c.Clock = nil
	c.Backups = app.Backups{Dir: filepath.Join(t.TempDir(), "backups"), To: []age.Recipient{id.Recipient()}, Every: time.Hour, Keep: 2}
	if err := os.MkdirAll(c.Backups.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	open := func() *app.App {
		t.Helper()
		a, err := app.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	put := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(c.Backups.Dir, name), []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	theirs := []string{"breakwater-0THER234-20200101-000000Z.backup.age", "breakwater-0THER234-20200101-000000Z.backup.age.part",
		"breakwater-20210101-000000Z.backup.age", "somebody-elses.age"}
	ours := func() []string {
		t.Helper()
		entries, err := os.ReadDir(c.Backups.Dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		n := len(names)
		if names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(theirs, name) }); n != len(names)+len(theirs) {
			t.Fatalf("something of another site is gone: %v", names)
		}
		return names
	}
	settle := func(a *app.App, well func(names []string) bool) {
		t.Helper()
		a.Run(ctx)
		for n := 0; !well(ours()); n++ {
			if n > 500 {
				t.Fatalf("there are %v", ours())
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := a.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	}

	a := open()
	mine := "breakwater-" + a.House.Registry.Keys().Ring() + "-"
	put(theirs...)
	put(mine+"20200101-000000Z.backup.age", mine+"20200201-000000Z.backup.age", mine+"20200301-000000Z.backup.age.part")
	var first string
	settle(a, func(names []string) bool {
		first = names[len(names)-1]
		return len(names) == 2 && names[0] == mine+"20200201-000000Z.backup.age"
	})
	if d, err := app.CheckBackup(filepath.Join(c.Backups.Dir, first), []age.Identity{id}); err != nil || d.Rows == 0 {
		t.Errorf("%s: %+v %v", first, d, err)
	}
	settle(open(), func(names []string) bool { return len(names) == 2 && names[1] == first }) // within the hour a start makes none

	c.Backups.Every = time.Millisecond
	a = open()
	for _, name := range []string{"breakwater-20220101-000000Z.backup.age", "breakwater-20220201-000000Z.backup.age"} {
		if _, err := a.BackUp(ctx, filepath.Join(c.Backups.Dir, name), c.Backups.To, nil); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Until(second(first).Add(1100 * time.Millisecond))) // a name is made of seconds
	settle(a, func(names []string) bool {
		return len(names) == 2 && names[0] == first && strings.HasPrefix(names[1], mine)
	})
}

// second is the time in the name of a backup.
func second(name string) time.Time {
	at, _ := time.Parse("20060102-150405Z", strings.TrimSuffix(name, ".backup.age")[len("breakwater-XXXXXXXX-"):])
	return at
}

// TestHalfABackupIsTakenOver leaves what a killed backup leaves, and lets two write the same file.
func TestHalfABackupIsTakenOver(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	a, err := app.New(ctx, site(t, store.SQLite, filepath.Join(t.TempDir(), "key")))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(ctx) //nolint:errcheck // nothing runs
	file := filepath.Join(t.TempDir(), "site.backup.age")
	if err := os.WriteFile(file+".part", bytes.Repeat([]byte("half"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := store.Hold(file + ".part")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.BackUp(ctx, file, []age.Recipient{id.Recipient()}, nil); outbreak.KindOf(err) != outbreak.Conflict {
		t.Errorf("two write one file: %v", err)
	}
	if err := other.Close(); err != nil { // as its end would
		t.Fatal(err)
	}
	if _, err := a.BackUp(ctx, file, []age.Recipient{id.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	if d, err := app.CheckBackup(file, []age.Identity{id}); err != nil || d.Rows == 0 {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := os.Stat(file + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
