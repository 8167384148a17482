package drill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/cli"
	"breakwater/internal/drill"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestMain lets the test binary be the server that is killed: started with "serve" it is the program itself, whose disk
// breaks when it is told to; with "rehearse" it is the bare log of a benchmark.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "serve" || os.Args[1] == "rehearse") {
		if what := os.Getenv(broken); what != "" {
			go breakDisk(what, os.Args)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}
	testkit.Main(m)
}

// kills is how often the server is killed on each database: a few times, or as often as BREAKWATER_KILLS asks.
func kills(t *testing.T) int {
	t.Helper()
	n := 3
	if asked := os.Getenv("BREAKWATER_KILLS"); asked != "" {
		var err error
		if n, err = strconv.Atoi(asked); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// broken names how the disk of the server breaks: "write" or "sync", and the number of the error.
const broken = "BREAKWATER_TEST_BROKEN_DISK"

func breakDisk(what string, args []string) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR1)
	<-told
	var call string
	var errno int
	if _, err := fmt.Sscan(what, &call, &errno); err != nil {
		panic(err)
	}
	if err := testkit.BreakDisk(args[slices.Index(args, "--data")+1], call, syscall.Errno(errno)); err != nil {
		panic(err)
	}
}

func TestKillingTheServerLosesNothingAndDoublesNothing(t *testing.T) {
	each(t, func(t *testing.T, c drill.RehearseConfig, _ *testkit.Cluster) { rehearse(t, c) })
}

// TestABrokenDiskLosesNothing lets the disk below the embedded database refuse to write or to sync, under load. The server
// has to stop taking in, and to answer all the same, until it is killed and started again on a sound disk.
func TestABrokenDiskLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("breaks the disk of a server process again and again")
	}
	for name, how := range map[string]string{
		"full":      fmt.Sprint("write ", int(syscall.ENOSPC)),
		"read-only": fmt.Sprint("write ", int(syscall.EROFS)),
		"unwritten": fmt.Sprint("write ", int(syscall.EIO)),
		"unsynced":  fmt.Sprint("sync ", int(syscall.EIO)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(broken, how)
			c := drill.RehearseConfig{Data: filepath.Join(t.TempDir(), "data")}
			c.Wound = func(ctx context.Context, pid int) error {
				if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
					return err
				}
				return stops(ctx, c.Data)
			}
			rehearse(t, c)
		})
	}
}

// stops waits until the journal stands still although clients send.
func stops(ctx context.Context, data string) error {
	db, err := store.Open(ctx, app.Embedded(data), outbreak.WallClock{})
	if err != nil {
		return err
	}
	defer db.Close()
	head := func() (n int64, err error) {
		err = db.Read(ctx, func(tx *store.Tx) error { n, err = journal.Head(tx); return err })
		return n, err
	}
	for range 20 {
		before, err := head()
		if err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		after, err := head()
		if err != nil || after == before {
			return err
		}
	}
	return errors.New("a server whose disk is broken goes on taking in")
}

// TestKillingTheDatabaseServerLosesNothing ends the postmaster without warning, under load, while the server of the house
// goes on running.
func TestKillingTheDatabaseServerLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, c drill.RehearseConfig, cluster *testkit.Cluster) {
		if cluster == nil {
			t.Skip("the embedded database has no server")
		}
		c.Blow = func(context.Context) error { return errors.Join(cluster.Kill(), cluster.Start()) }
		rehearse(t, c)
	})
}

// TestSeveralServersOnOneDatabase lets two servers share a PostgreSQL, one of which is killed again and again.
func TestSeveralServersOnOneDatabase(t *testing.T) {
	each(t, func(t *testing.T, c drill.RehearseConfig, cluster *testkit.Cluster) {
		if cluster == nil {
			t.Skip("the embedded database has one server")
		}
		c.Servers = 2
		rehearse(t, c)
	})
}

// each runs a rehearsal on each database.
func each(t *testing.T, do func(*testing.T, drill.RehearseConfig, *testkit.Cluster)) {
	if testing.Short() {
		t.Skip("kills a server process again and again")
	}
	t.Run("sqlite", func(t *testing.T) {
		do(t, drill.RehearseConfig{Data: filepath.Join(t.TempDir(), "data")}, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		cluster, where := durable(t)
		do(t, drill.RehearseConfig{DB: where, Key: filepath.Join(t.TempDir(), "key")}, cluster)
	})
}

func rehearse(t *testing.T, c drill.RehearseConfig) {
	t.Helper()
	c.People, c.Kills, c.Positive, c.Seed = 480, kills(t), 0.1, uint64(time.Now().UnixNano())
	c.Acked = filepath.Join(t.TempDir(), "acked.csv")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute+time.Duration(c.Kills)*30*time.Second)
	defer cancel()
	r, err := drill.Rehearse(ctx, c)
	if err != nil {
		t.Fatalf("seed %d: %v", c.Seed, err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %s", c.Seed, text)
	if !r.Sound() || !r.JournalOK {
		t.Error("something was lost, doubled or left alone")
	}
	if r.Kills != c.Kills || r.Acknowledged < 100 || r.PositivePools == 0 || r.PositivePeople == 0 {
		t.Error("the rehearsal did not do what it was to do")
	}
}

// TestARoundThatIsKilledGrowsByWhatItKeeps rehearses a round small enough that a log which is cut at a start would outweigh what was kept.
func TestARoundThatIsKilledGrowsByWhatItKeeps(t *testing.T) {
	each(t, func(t *testing.T, c drill.RehearseConfig, _ *testkit.Cluster) {
		c.People, c.Clients, c.Kills, c.Seed = 2000, 8, 2, 1
		r, err := drill.RehearseRound(t.Context(), drill.RoundConfig{RehearseConfig: c, Numbers: true})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Sound() || !r.JournalOK || r.Acked != 2000 || r.Kills != 2 || r.BytesPerRegistration <= 0 {
			t.Errorf("%+v", r)
		}
	})
}

// durable gives a database in a cluster that keeps what it acknowledged.
func durable(t *testing.T) (*testkit.Cluster, string) {
	t.Helper()
	bin := testkit.PGBin()
	if bin == "" {
		if os.Getenv("BREAKWATER_REQUIRE_PG") != "" {
			t.Fatal("no PostgreSQL server is installed, and BREAKWATER_REQUIRE_PG asks for one")
		}
		t.Skip("no PostgreSQL server is installed: this half did not run")
	}
	cluster, err := testkit.StartCluster(bin, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	where, err := cluster.Database("rehearsal")
	if err != nil {
		t.Fatal(err)
	}
	return cluster, where
}
