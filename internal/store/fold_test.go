package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestAReaderWhoKeepsTheLogIsSeen holds an old picture of the database while others write.
func TestAReaderWhoKeepsTheLogIsSeen(t *testing.T) {
	db := testkit.Open(t, filepath.Join(t.TempDir(), "log.db"), outbreak.WallClock{}, []store.Migrations{note})
	write := func(n int64) {
		t.Helper()
		if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("insert into note (id, n) values ($1, $2)", n, n) }); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	db.Fold()
	before := db.Figures()
	if before.Folds == 0 || before.Unfolded != 0 || before.FoldsFailed != 0 {
		t.Fatalf("%+v", before)
	}
	if err := db.Read(ctx, func(tx *store.Tx) error {
		if _, err := store.Count(tx, "select count(*) from note"); err != nil {
			return err
		}
		write(2)
		db.Fold()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if f := db.Figures(); f.Unfolded == 0 || f.FoldsFailed != 0 || f.Behind <= before.Behind {
		t.Errorf("a reader kept the log, and the figures say %+v", f)
	}
	db.Fold()
	if f := db.Figures(); f.Unfolded != 0 {
		t.Errorf("the reader has gone, and the figures say %+v", f)
	}
}

const brokenDatabase = "BREAKWATER_TEST_BROKEN_DATABASE"

// TestALogThatCannotBeFoldedBackIsCounted breaks the disk below the database, which a commit alone does not touch. It does so in
// a process of its own: a broken disk stays broken.
func TestALogThatCannotBeFoldedBackIsCounted(t *testing.T) {
	dir := os.Getenv(brokenDatabase)
	if dir == "" {
		dir = t.TempDir()
		run := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
		run.Env = append(os.Environ(), brokenDatabase+"="+dir)
		out, err := run.CombinedOutput()
		if strings.Contains(string(out), "SKIP") {
			t.Skip(string(out))
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	db := testkit.Open(t, filepath.Join(dir, "log.db"), outbreak.WallClock{}, []store.Migrations{note})
	if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("insert into note (id, n) values (1, 1)") }); err != nil {
		t.Fatal(err)
	}
	db.Fold()
	if err := db.Write(ctx, func(tx *store.Tx) error { return tx.Must("insert into note (id, n) values (2, 2)") }); err != nil {
		t.Fatal(err)
	}
	if err := testkit.BreakDisk(dir, "sync", syscall.EIO); err != nil {
		t.Skip(err)
	}
	db.Fold()
	f := db.Figures()
	if f.FoldsFailed != 1 || f.FoldError == nil {
		t.Errorf("the log could not be folded back, and the figures say %+v", f)
	}
}

// TestTheExtentIsThatOfWhatIsKept measures a database while its rows stand in the log alone, after they were folded back, and by a program
// that starts later.
func TestTheExtentIsThatOfWhatIsKept(t *testing.T) {
	where := filepath.Join(t.TempDir(), "log.db")
	db := testkit.Open(t, where, outbreak.WallClock{}, []store.Migrations{note})
	extent := func(db *store.DB) int64 {
		t.Helper()
		n, err := db.Extent(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := extent(db)
	for id := range int64(200) {
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for k := range int64(50) {
				if err := tx.Must("insert into note (id, n) values ($1, $2)", id*50+k, k); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	logged := extent(db)
	db.Fold()
	folded := extent(db)
	other, err := store.Open(ctx, where, outbreak.WallClock{})
	if err != nil {
		t.Fatal(err)
	}
	later := extent(other)
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if logged <= before || folded != logged || later != logged {
		t.Errorf("%d bytes before, %d in the log, %d folded back, %d to another program", before, logged, folded, later)
	}
}
