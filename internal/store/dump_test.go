package store_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// family is a room whose tables refer to each other against the order of their names.
var family = store.Migrations{Owner: "family", FS: fstest.MapFS{"migrations/0001_family.sql": {Data: []byte(`-- +goose Up
create table users (id {{id}}, name text not null);
create table a_child (id {{id}}, parent bigint not null references users (id));
create table z_grandchild (id {{id}}, parent bigint not null references a_child (id));`)}}}

func full(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		for _, q := range []string{"insert into users (id, name) values (1, 'one')", "insert into a_child (id, parent) values (7, 1)", "insert into z_grandchild (id, parent) values (9, 7)"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		for i := range int64(1200) {
			if err := tx.Must("insert into box (id, name, n, body) values ($1, $2, $3, $4)", i+1, fmt.Sprintf("名 \"%d\"\n\u2028<x>", i), i*7_000_000_000_000_000-5, []byte{0, byte(i), 255}); err != nil {
				return err
			}
		}
		return tx.Must("insert into box (id, name, n, body) values (5000, '', 0, $1)", nil)
	})
}

func dump(t *testing.T, db *store.DB) (string, store.Dumped) {
	t.Helper()
	var out bytes.Buffer
	d, err := db.Dump(ctx, &out, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), d
}

// rows gives the rows of a dump in one order.
func rows(dump string) string {
	lines := slices.DeleteFunc(strings.Split(dump, "\n"), func(l string) bool { return !strings.HasPrefix(l, "[") })
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// empty opens the other engine, with nothing in it.
func empty(t *testing.T, not store.Engine) *store.DB {
	t.Helper()
	where := filepath.Join(t.TempDir(), "other.db")
	if not == store.SQLite {
		where = testkit.PostgreSQL(t)
	}
	db, err := store.Open(ctx, where, outbreak.NewHandClock(testkit.Start))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestADumpOfOneEngineFillsTheOther(t *testing.T) {
	owners := []store.Migrations{family, box}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		full(t, db)
		text, d := dump(t, db)
		if seen, err := store.CheckDump(strings.NewReader(text)); err != nil || seen.Rows != d.Rows || seen.Digest != d.Digest {
			t.Errorf("looked at: %+v %v", seen, err)
		}
		other := empty(t, db.Engine())
		loaded, err := other.Load(ctx, strings.NewReader(text), owners, nil)
		if err != nil || loaded.Rows != d.Rows || loaded.Digest != d.Digest || d.Rows < 1204 {
			t.Fatalf("%+v of %+v: %v", loaded, d, err)
		}
		again, _ := dump(t, other)
		if rows(again) != rows(text) {
			t.Error("the other engine gives other rows")
		}
		write(t, other, func(tx *store.Tx) error { return put(tx, 6000, "after") })
		if _, err := other.Load(ctx, strings.NewReader(text), owners, nil); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("into a database that is full: %v", err)
		}
		if n := count(t, other); n != 1202 {
			t.Errorf("%d rows after that", n)
		}
	})
}

func TestAnOlderDumpIsBroughtUpToDate(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error { return put(tx, 1, "a") })
		text, _ := dump(t, db)
		newer := store.Migrations{Owner: "box", FS: fstest.MapFS{"migrations/0001_box.sql": box.FS.(fstest.MapFS)["migrations/0001_box.sql"],
			"migrations/0002_more.sql": {Data: []byte("-- +goose Up\nalter table box add column more bigint not null default 5;\nupdate box set more = 6;")}}}
		other := empty(t, db.Engine())
		if _, err := other.Load(ctx, strings.NewReader(text), []store.Migrations{newer, family}, nil); err != nil {
			t.Fatal(err)
		}
		write(t, other, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select more from box where id = 1")
			if n != 6 {
				t.Errorf("more is %d: the step did not run over the rows", n)
			}
			return err
		})
		later, _ := dump(t, other)
		third := empty(t, db.Engine())
		if _, err := third.Load(ctx, strings.NewReader(later), []store.Migrations{box}, nil); outbreak.KindOf(err) != outbreak.Invalid {
			t.Errorf("a dump of a newer program: %v", err)
		}
		if _, err := third.Load(ctx, strings.NewReader(text), []store.Migrations{box}, nil); err != nil {
			t.Errorf("after a refused one: %v", err)
		}
	})
}

func TestADamagedDumpLoadsNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		write(t, db, func(tx *store.Tx) error {
			for i := range int64(20) {
				if err := put(tx, i+1, fmt.Sprint("name ", i)); err != nil {
					return err
				}
			}
			return nil
		})
		text, _ := dump(t, db)
		lines := strings.SplitAfter(text, "\n")
		without := func(i int) string { return strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "") }
		row := 0
		for i, l := range lines {
			if strings.Contains(l, "name 7") {
				row = i
			}
		}
		for name, bad := range map[string]string{
			"cut":               text[:len(text)/2],
			"without its end":   strings.Join(lines[:len(lines)-2], ""),
			"a row changed":     strings.Replace(text, "name 7", "name 8", 1),
			"a row missing":     without(row),
			"rows exchanged":    strings.Join(lines[:row], "") + lines[row+1] + lines[row] + strings.Join(lines[row+2:], ""),
			"not a row":         strings.Replace(text, lines[row], "[1, {\"b\": \"%\"}]\n", 1),
			"another file":      "name,phone\n",
			"empty":             "",
			"a table of tricks": strings.Replace(text, `{"table":"box"`, `{"table":"box; drop table box"`, 1),
		} {
			t.Run(name, func(t *testing.T) {
				if _, err := store.CheckDump(strings.NewReader(bad)); outbreak.KindOf(err) != outbreak.Invalid {
					t.Errorf("looked at: %v", err)
				}
				other := empty(t, db.Engine())
				if _, err := other.Load(ctx, strings.NewReader(bad), []store.Migrations{box}, nil); outbreak.KindOf(err) != outbreak.Invalid {
					t.Errorf("loaded: %v", err)
				}
				if _, err := other.Load(ctx, strings.NewReader(text), []store.Migrations{box}, nil); err != nil {
					t.Errorf("the sound one after it: %v", err)
				}
			})
		}
	})
}
