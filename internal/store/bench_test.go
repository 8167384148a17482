package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// note is a room of small rows.
var note = store.Migrations{Owner: "note", FS: fstest.MapFS{"migrations/0001_note.sql": {Data: []byte("-- +goose Up\ncreate table note (id {{id}}, n bigint not null);")}}}

// appendLog is the reference of a group commit: many callers, one file, one writer that appends what waits and syncs once.
// It keeps nothing but bytes.
type appendLog struct {
	file *os.File
	in   chan entry
}

type entry struct {
	record []byte
	done   chan error
}

func openLog(b *testing.B) *appendLog {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	l := &appendLog{f, make(chan entry, 4096)}
	go l.write()
	b.Cleanup(func() { close(l.in); _ = f.Close() })
	return l
}

// write appends as many records a sync as wait, at most a thousand, each by a write of its own.
func (l *appendLog) write() {
	for first := range l.in {
		group := []entry{first}
	gather:
		for len(group) < 1000 {
			select {
			case e, open := <-l.in:
				if !open {
					break gather
				}
				group = append(group, e)
			default:
				break gather
			}
		}
		var err error
		for _, e := range group {
			if _, wrong := l.file.Write(e.record); wrong != nil {
				err = wrong
			}
		}
		if wrong := l.file.Sync(); wrong != nil {
			err = wrong
		}
		for _, e := range group {
			e.done <- err
		}
	}
}

func (l *appendLog) append(record []byte) error {
	e := entry{record, make(chan error, 1)}
	l.in <- e
	return <-e.done
}

// rate runs do from so many callers for a while and gives how often a second it succeeded.
func rate(b *testing.B, callers int, long time.Duration, do func() error) float64 {
	b.Helper()
	var n atomic.Int64
	var work sync.WaitGroup
	began := time.Now()
	for range callers {
		work.Go(func() {
			for time.Since(began) < long {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	work.Wait()
	return float64(n.Load()) / time.Since(began).Seconds()
}

// BenchmarkGroupCommit counts durable small rows per second, one closure each, beside an append log that groups its syncs in
// the same way, in the same run on the same disk.
func BenchmarkGroupCommit(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			where := filepath.Join(b.TempDir(), "bench.db")
			if engine == "postgres" {
				bin := testkit.PGBin()
				if bin == "" {
					b.Skip("no PostgreSQL server is installed")
				}
				cluster, err := testkit.StartCluster(bin, true)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(cluster.Stop)
				if where, err = cluster.Database("bench"); err != nil {
					b.Fatal(err)
				}
			}
			db := testkit.Open(b, where, outbreak.WallClock{}, []store.Migrations{note})
			log := openLog(b)
			record := make([]byte, 64)
			var id atomic.Int64
			for _, callers := range []int{1, 16, 256, 1000} {
				b.Run(fmt.Sprintf("%dcallers", callers), func(b *testing.B) {
					for b.Loop() {
						if b.N > 1 {
							b.Skip("one run measures enough")
						}
						before := db.Figures()
						var ours, bare float64
						const turns = 6 // in turns, so that both meet the same noise
						for range turns {
							ours += rate(b, callers, time.Second/2, func() error {
								n := id.Add(1)
								return db.Write(ctx, func(tx *store.Tx) error {
									return tx.Must("insert into note (id, n) values ($1, $2)", n, n)
								})
							}) / turns
							bare += rate(b, callers, time.Second/2, func() error { return log.append(record) }) / turns
						}
						after := db.Figures()
						b.ReportMetric(ours, "rows/s")
						b.ReportMetric(bare, "log-records/s")
						b.ReportMetric(ours/bare, "ratio")
						b.ReportMetric(float64(after.Closures-before.Closures)/float64(after.Commits-before.Commits), "rows/commit")
					}
				})
			}
		})
	}
}
