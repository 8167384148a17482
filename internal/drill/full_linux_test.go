package drill_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"breakwater/internal/drill"
	"breakwater/internal/testkit"
)

// TestAFullDiskOfTheDatabaseServerLosesNothing fills the disk below PostgreSQL under load, again and again, and makes room
// again. The server of the house goes on running and finds the database again by itself. A small disk needs the right to mount
// one.
func TestAFullDiskOfTheDatabaseServerLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk again and again")
	}
	bin := testkit.PGBin()
	if bin == "" {
		if os.Getenv("BREAKWATER_REQUIRE_PG") != "" {
			t.Fatal("no PostgreSQL server is installed, and BREAKWATER_REQUIRE_PG asks for one")
		}
		t.Skip("no PostgreSQL server is installed: the full disk below it was not tried")
	}
	disk, err := os.MkdirTemp("/tmp", "bwdisk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(disk) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256m"); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): the full disk below PostgreSQL was not tried", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	dir := filepath.Join(disk, "pg")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	cluster, err := testkit.StartClusterIn(dir, bin, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	where, err := cluster.Database("rehearsal")
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(disk, "ballast")
	c := drill.RehearseConfig{DB: where, Key: filepath.Join(t.TempDir(), "key")}
	c.Blow = func(context.Context) error {
		if err := fill(ballast); err != nil {
			return err
		}
		time.Sleep(1500 * time.Millisecond)
		if err := os.Remove(ballast); err != nil {
			return err
		}
		return cluster.Revive()
	}
	rehearse(t, c)
	if said, err := os.ReadFile(filepath.Join(dir, "log")); err != nil || !bytes.Contains(said, []byte("No space left on device")) {
		t.Errorf("PostgreSQL never met a full disk: %v", err)
	}
}

// fill writes until there is no room.
func fill(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<16)
	for {
		if _, err := f.Write(block); err != nil {
			return nil //nolint:nilerr // the disk is full, as it was to be
		}
	}
}
