package drill

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/screening"
	"breakwater/internal/testkit"
)

// callers is how many send at the same time.
const callers = 16

// benched is a house that serves, with a rehearsal's roll in it.
type benched struct {
	*rehearsal
	app *app.App
}

// onEach runs a benchmark on an embedded database and on a PostgreSQL that keeps what it acknowledged.
func onEach(b *testing.B, people int, do func(*testing.B, benched)) {
	onServers(b, func(b *testing.B, where RehearseConfig) {
		do(b, serve(b, app.Config{Data: where.Data, DB: where.DB, Key: where.Key}, people))
	})
}

// onServers gives a new database of each engine.
func onServers(b *testing.B, do func(*testing.B, RehearseConfig)) {
	b.Run("sqlite", func(b *testing.B) {
		do(b, RehearseConfig{Data: filepath.Join(b.TempDir(), "data")})
	})
	b.Run("postgres", func(b *testing.B) {
		bin := testkit.PGBin()
		if bin == "" {
			b.Skip("no PostgreSQL server is installed")
		}
		cluster, err := testkit.StartCluster(bin, true)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(cluster.Stop)
		where, err := cluster.Database("bench")
		if err != nil {
			b.Fatal(err)
		}
		do(b, RehearseConfig{DB: where, Key: filepath.Join(b.TempDir(), "key"),
			Blow: func(context.Context) error { return errors.Join(cluster.Kill(), cluster.Start()) }})
	})
}

func serve(b *testing.B, c app.Config, people int) benched {
	b.Helper()
	c.Addr, c.Cost, c.Log = "127.0.0.1:0", access.Cost{Time: 1, Memory: 64, Threads: 1}, testkit.Quiet()
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	a, err := app.New(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(ctx); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stop, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		_ = a.Stop(stop)
	})
	token, err := administrator(ctx, a)
	if err != nil {
		b.Fatal(err)
	}
	config := RehearseConfig{People: people, Clients: callers, URL: a.URL(), Token: token}
	if err := config.complete(); err != nil {
		b.Fatal(err)
	}
	r, err := config.enrol(ctx, []*Client{NewClient(a.URL(), token)})
	if err != nil {
		b.Fatal(err)
	}
	return benched{r, a}
}

// bare is the reference: how many times a second this machine appends the bytes of one record to a file and syncs it.
func bare(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record := make([]byte, 512)
	n, began := 0, time.Now()
	for time.Since(began) < 2*time.Second {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds()
}

// BenchmarkDurableResults counts durable writes per second, one result of one tube in a transaction of its own, from 16
// callers, beside a bare append-and-sync loop of the same run on the same disk. Booths have handed the tubes in, and whoever
// follows works beside the callers as always.
func BenchmarkDurableResults(b *testing.B) {
	const tubes = 30_000 // enough for a few seconds
	onEach(b, 2*tubes, func(b *testing.B, h benched) {
		handed, err := h.handIn(context.Background(), tubes, func(int) int { return 2 })
		if err != nil {
			b.Fatal(err)
		}
		reference := bare(b)
		var serial atomic.Int64
		by := outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
		for _, way := range []struct {
			name string
			send func(ctx context.Context, tube outbreak.TubeCode, key string) error
		}{
			{"in-process", func(ctx context.Context, tube outbreak.TubeCode, key string) error {
				_, err := h.app.House.Lab.ReportResult(ctx, by, lab.ReportResult{Key: key, Lab: h.lab, Report: lab.Report{Tube: tube, Result: outbreak.Negative}})
				return err
			}},
			{"http", func(ctx context.Context, tube outbreak.TubeCode, key string) error {
				return h.c.Post(ctx, "/tubes/"+string(tube)+"/result", key, map[string]any{"lab": h.lab, "result": outbreak.Negative}, nil)
			}},
		} {
			b.Run(way.name, func(b *testing.B) {
				var work sync.WaitGroup
				each := make(chan struct{})
				for range callers {
					work.Go(func() {
						for range each {
							tube := handed[int(serial.Add(1)-1)%tubes].tube
							if err := way.send(context.Background(), tube, "bench "+string(tube)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				began := time.Now()
				for b.Loop() {
					each <- struct{}{}
				}
				close(each)
				work.Wait()
				perSecond := float64(b.N) / time.Since(began).Seconds()
				b.ReportMetric(perSecond, "writes/s")
				b.ReportMetric(reference, "bare-syncs/s")
				b.ReportMetric(perSecond/reference, "ratio")
			})
		}
	})
}

// BenchmarkFollowOn posts results at a steady 100 a second, of which one in ten is a positive pool of ten and one in ten a
// positive single tube, and measures from the posting until everything that follows is to be read through the interface:
// every member of the pool held with the work of the single swab, or the person's case with its clocks and work and the
// place in the queue for a bed. BREAKWATER_BENCH_SECONDS sets how long it runs.
func BenchmarkFollowOn(b *testing.B) {
	seconds := 20
	if asked, err := strconv.Atoi(os.Getenv("BREAKWATER_BENCH_SECONDS")); err == nil {
		seconds = asked
	}
	const perSecond = 100
	total := seconds * perSecond
	onEach(b, (total+callers)*pool, func(b *testing.B, h benched) {
		ctx := context.Background()
		tubes, err := h.handIn(ctx, total, func(i int) int {
			if i%10 == 5 {
				return 1
			}
			return pool
		})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if b.N > 1 {
				b.Skip("one run measures enough")
			}
			var (
				mu      sync.Mutex
				posting []time.Duration
				seen    = map[string][]time.Duration{}
				work    sync.WaitGroup
			)
			began := time.Now()
			for i, f := range tubes {
				time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / perSecond)))
				said, kind := outbreak.Negative, ""
				switch {
				case i%10 == 0:
					said, kind = outbreak.Positive, "pool"
				case i%10 == 5:
					said, kind = outbreak.Positive, "person"
				}
				work.Go(func() {
					sent := time.Now()
					if err := h.c.Post(ctx, "/tubes/"+string(f.tube)+"/result", "bench "+string(f.tube), map[string]any{"lab": h.lab, "result": said}, nil); err != nil {
						b.Error(err)
						return
					}
					posted := time.Since(sent)
					if kind != "" {
						if err := h.await(ctx, kind, f); err != nil {
							b.Error(err)
							return
						}
					}
					mu.Lock()
					defer mu.Unlock()
					posting = append(posting, posted)
					if kind != "" {
						seen[kind] = append(seen[kind], time.Since(sent))
					}
				})
			}
			rate := float64(total) / time.Since(began).Seconds()
			work.Wait()
			b.ReportMetric(rate, "results/s")
			p50, p99, _ := quantiles(posting)
			b.ReportMetric(p50, "post-p50-ms")
			b.ReportMetric(p99, "post-p99-ms")
			p50, p99, longest := quantiles(slices.Concat(seen["pool"], seen["person"]))
			b.ReportMetric(p50, "visible-p50-ms")
			b.ReportMetric(p99, "visible-p99-ms")
			b.ReportMetric(longest, "visible-max-ms")
			for kind, took := range seen {
				_, p99, _ := quantiles(took)
				b.ReportMetric(p99, kind+"-p99-ms")
			}
		}
	})
}

// handIn closes tubes of the sizes asked for, none of which shares a person with another, and waits until all has followed.
func (h benched) handIn(ctx context.Context, total int, size func(i int) int) ([]fact, error) {
	var all []fact
	var next [callers]int
	for i := range total {
		g, at := &h.groups[i%callers], next[i%callers]
		next[i%callers] = at + size(i)
		if next[i%callers] > len(g.nos) {
			return nil, fmt.Errorf("client %d has only %d people", i%callers, len(g.nos))
		}
		all = append(all, fact{tube: h.serial(i%callers, i), people: g.nos[at:next[i%callers]]})
	}
	round := h.rounds[0].String()
	for c := range callers {
		var list []map[string]any
		for i := c; i < len(all); i += callers {
			var members []map[string]any
			for _, no := range all[i].people {
				members = append(members, map[string]any{"no": no})
			}
			list = append(list, map[string]any{"tube": all[i].tube, "op": i + 1, "members": members})
		}
		for n := 0; n < len(list); n += 500 {
			body := map[string]any{"booth": h.groups[c].booth, "tubes": list[n:min(n+500, len(list))]}
			if err := h.c.Post(ctx, "/rounds/"+round+"/tubes", fmt.Sprint("bench hand-in ", c, " ", n), body, nil); err != nil {
				return nil, err
			}
		}
	}
	return all, h.app.House.Journal.Settled(ctx)
}

// await asks until what follows a positive can be read.
func (h benched) await(ctx context.Context, kind string, f fact) error {
	began := time.Now()
	for {
		var there bool
		var err error
		if kind == "pool" {
			var members page[screening.RecallMember]
			err = h.c.Get(ctx, "/held", url.Values{"tube": {string(f.tube)}}, &members)
			there = len(members.Items) == len(f.people)
		} else {
			there, err = h.placed(ctx, h.person(f.people[0]))
		}
		if err != nil || there {
			return err
		}
		waited := time.Since(began)
		if waited > time.Minute {
			return fmt.Errorf("nothing followed tube %s", f.tube)
		}
		time.Sleep(max(10*time.Millisecond, waited/10)) // asking must not become the load that is measured
	}
}

// placed tells whether a person has a case with its clocks, and a need of a bed.
func (h benched) placed(ctx context.Context, person outbreak.PersonID) (bool, error) {
	var list page[cases.Case]
	if err := h.c.Get(ctx, "/cases", url.Values{"person": {person.String()}}, &list); err != nil || len(list.Items) == 0 {
		return false, err
	}
	var known struct {
		Needs []placement.Need `json:"needs"`
	}
	err := h.c.Get(ctx, "/people/"+person.String()+"/stays", nil, &known)
	return len(known.Needs) > 0, err
}
