package drill_test

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"breakwater/internal/cli"
	"breakwater/internal/drill"
	"breakwater/internal/testkit"
)

// TestMain lets the test binary be the server that is killed: started with "serve" it is the program itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
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

func TestKillingTheServerLosesNothingAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a server process again and again")
	}
	for engine, where := range map[string]func(t *testing.T) drill.RehearseConfig{
		"sqlite": func(t *testing.T) drill.RehearseConfig {
			return drill.RehearseConfig{Data: filepath.Join(t.TempDir(), "data")}
		},
		"postgres": func(t *testing.T) drill.RehearseConfig {
			return drill.RehearseConfig{DB: durable(t), Key: filepath.Join(t.TempDir(), "key")}
		},
	} {
		t.Run(engine, func(t *testing.T) {
			c := where(t)
			c.People, c.Kills, c.Positive, c.Seed = 480, kills(t), 0.1, uint64(time.Now().UnixNano())
			c.Acked = filepath.Join(t.TempDir(), "acked.csv")
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute+time.Duration(c.Kills)*20*time.Second)
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
		})
	}
}

// durable gives a database in a cluster that keeps what it acknowledged.
func durable(t *testing.T) string {
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
	return where
}
