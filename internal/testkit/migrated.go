package testkit

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// pattern is a database that was migrated once in this process, and is copied for each test.
type pattern struct {
	once sync.Once
	is   string // name of a database, or path of a file
	err  error
}

var patterns sync.Map // engine, owners and their steps -> *pattern

// patternOf migrates a database the first time it is asked for; make says where.
func patternOf(engine string, owners []store.Migrations, make func() (is, where string, err error)) (string, error) {
	names := []string{engine}
	for _, o := range owners {
		steps, err := fs.Glob(o.FS, "migrations/*.sql") // a test may bring an owner to a former step only
		if err != nil {
			return "", err
		}
		names = append(names, o.Owner, strings.Join(steps, ","))
	}
	kept, _ := patterns.LoadOrStore(strings.Join(names, " "), &pattern{})
	p := kept.(*pattern)
	p.once.Do(func() {
		var where string
		if p.is, where, p.err = make(); p.err == nil {
			p.err = migrate(where, owners)
		}
	})
	return p.is, p.err
}

func migrate(where string, owners []store.Migrations) error {
	db, err := store.Open(context.Background(), where, outbreak.NewHandClock(Start))
	if err != nil {
		return err
	}
	err = db.Migrate(context.Background(), owners...)
	if closed := db.Close(); err == nil {
		err = closed
	}
	return err
}

// Migrated gives the address of a fresh database of the shared cluster that has the schema of owners.
func Migrated(t testing.TB, owners []store.Migrations) string {
	t.Helper()
	cluster(t)
	from, err := patternOf("postgres", owners, func() (name, where string, err error) {
		name = fmt.Sprintf("pattern_%d", databases.Add(1))
		where, err = shared.Database(name)
		return name, where, err
	})
	if err != nil {
		t.Fatal(err)
	}
	where, err := shared.database(fmt.Sprintf("test_%d", databases.Add(1)), from)
	if err != nil {
		t.Fatal(err)
	}
	return where
}

// Folder makes a folder whose embedded database, breakwater.db, has the schema of owners.
func Folder(t testing.TB, owners []store.Migrations) string {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, filepath.Join(dir, "breakwater.db"), owners)
	return dir
}

func copyFile(t testing.TB, to string, owners []store.Migrations) {
	t.Helper()
	from, err := patternOf("sqlite", owners, func() (file, where string, err error) {
		dir, err := os.MkdirTemp("", "bwpattern")
		file = filepath.Join(dir, "pattern.db")
		return file, file, err
	})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, plain, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// forgetPatterns removes the files of patterns.
func forgetPatterns() {
	patterns.Range(func(_, kept any) bool {
		if is := kept.(*pattern).is; filepath.IsAbs(is) {
			_ = os.RemoveAll(filepath.Dir(is))
		}
		return true
	})
}
