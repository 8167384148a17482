package scenarios

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// engines runs do in a fresh world on each database.
func engines(t *testing.T, do func(*testing.T, *world)) {
	t.Helper()
	open := func(t *testing.T, c app.Config) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		w, err := begin(ctx, c, ".")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := w.end(); err != nil {
				t.Error(err)
			}
		}()
		do(t, w)
	}
	t.Run("sqlite", func(t *testing.T) { open(t, app.Config{Data: testkit.Folder(t, app.Owners())}) })
	t.Run("postgres", func(t *testing.T) {
		open(t, app.Config{DB: testkit.Migrated(t, app.Owners()), Key: filepath.Join(t.TempDir(), "key")})
	})
}

// TestStories plays every story on each database; whatever happened in it, the house must be sound at its end.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("*.txtar")
	if err != nil || len(files) < 18 {
		t.Fatalf("%d stories: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".txtar"), func(t *testing.T) {
			t.Parallel()
			s, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			engines(t, func(t *testing.T, w *world) {
				if err := w.play(s); err != nil {
					t.Fatal(err)
				}
				faults, err := w.sound()
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range faults {
					t.Errorf("%s, after its end: %s", file, f)
				}
			})
		})
	}
}
