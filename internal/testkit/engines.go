// Package testkit gives tests real databases: a SQLite file, and a throw-away PostgreSQL cluster of the installed server.
// It holds no doubles of our own rooms.
package testkit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Start is where test clocks begin: 14 March 2022, 08:00 in Changchun.
var Start = outbreak.At(time.Date(2022, 3, 14, 0, 0, 0, 0, time.UTC))

// Engines runs a test on both databases, each fresh and migrated. Without an installed PostgreSQL that half is skipped
// with a word, unless BREAKWATER_REQUIRE_PG is set: then it fails.
func Engines(t *testing.T, owners []store.Migrations, do func(t *testing.T, db *store.DB, clock *outbreak.HandClock)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		onOne(t, filepath.Join(t.TempDir(), "test.db"), owners, do)
	})
	t.Run("postgres", func(t *testing.T) {
		onOne(t, Migrated(t, owners), owners, do)
	})
}

func onOne(t *testing.T, where string, owners []store.Migrations, do func(*testing.T, *store.DB, *outbreak.HandClock)) {
	t.Helper()
	clock := outbreak.NewHandClock(Start)
	do(t, Open(t, where, clock, owners), clock)
}

// Open opens and migrates a database for one test.
func Open(t testing.TB, where string, clock outbreak.Clock, owners []store.Migrations) *store.DB {
	t.Helper()
	if _, err := os.Stat(where); !strings.Contains(where, "://") && errors.Is(err, fs.ErrNotExist) {
		copyFile(t, where, owners)
	}
	db, err := store.Open(context.Background(), where, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(context.Background(), owners...); err != nil {
		t.Fatal(err)
	}
	return db
}

// Quiet is a log for tests: errors alone.
func Quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 4}))
}

// Shared names a file of the folder of real data beside the project, or skips the test.
func Shared(t *testing.T, name string) string {
	t.Helper()
	for _, up := range []string{"../../..", "../../../..", "../../../../.."} {
		file := filepath.Join(up, "shared", "data", name)
		if _, err := os.Stat(file); err == nil && os.Getenv("CI") == "" {
			return file
		}
	}
	t.Skipf("the folder of real data is not beside the project: %s is not read", name)
	return ""
}
