package store

import (
	"context"
	"os"
	"sync"
	"time"
)

// Bounds are the upper bounds of the classes in which Figures counts how long commits took.
var Bounds = [...]time.Duration{time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second}

// Figures are what the writer of this process did since it began.
type Figures struct {
	Waiting  int   // closures in the queue now
	Refused  int64 // closures sent away because the queue was full
	Commits  int64
	Closures int64              // written by them
	Largest  int                // closures in one commit
	Busy     time.Duration      // from the beginning of each commit to its end, summed
	Within   [len(Bounds)]int64 // commits that took no longer than each bound

	Folds       int64         // SQLite: how often the write-ahead log was to be folded back
	FoldsFailed int64         // and could not
	FoldError   error         // why it could not the last time; nil once it was folded back whole
	Unfolded    int64         // pages of the log that were left the last time, because of a reader or a failure
	Behind      time.Duration // since the log was last folded back whole, or since the start
}

type figures struct {
	mu    sync.Mutex
	sum   Figures
	whole func() time.Duration // since the log was last folded back whole
}

func (f *figures) note(closures int, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.Commits++
	f.sum.Closures += int64(closures)
	f.sum.Largest = max(f.sum.Largest, closures)
	f.sum.Busy += took
	for i, most := range Bounds {
		if took <= most {
			f.sum.Within[i]++
		}
	}
}

// Figures gives what the writer did since it began.
func (db *DB) Figures() Figures {
	f := &db.writer.figures
	f.mu.Lock()
	sum := f.sum
	if f.whole != nil {
		sum.Behind = f.whole()
	}
	f.mu.Unlock()
	sum.Waiting, sum.Refused = db.writer.queue.waiting(), db.writer.queue.refused.Load()
	return sum
}

// Sizes are the bytes a database takes; of PostgreSQL only the database itself is known.
type Sizes struct{ Database, WAL int64 }

// Extent gives the bytes of the database itself, on whichever side of the write-ahead log they lie: of SQLite the pages it has now. What
// a log is cut to when a program starts, and how much of it was folded back, changes nothing of it.
func (db *DB) Extent(ctx context.Context) (n int64, err error) {
	q := "select page_count * page_size from pragma_page_count(), pragma_page_size()"
	if db.engine == PostgreSQL {
		q = "select pg_database_size(current_database())"
	}
	err = db.Read(ctx, func(tx *Tx) error {
		n, err = Count(tx, q)
		return err
	})
	return n, err
}

// Sizes measures the database.
func (db *DB) Sizes(ctx context.Context) (s Sizes, err error) {
	if db.engine == PostgreSQL {
		s.Database, err = db.Extent(ctx)
		return s, err
	}
	file, err := os.Stat(db.file)
	if err != nil {
		return s, err
	}
	s.Database = file.Size()
	if wal, err := os.Stat(db.file + "-wal"); err == nil {
		s.WAL = wal.Size()
	}
	return s, nil
}
