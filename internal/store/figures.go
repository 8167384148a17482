package store

import (
	"sync"
	"time"
)

// Figures are what the writer did since it began.
type Figures struct {
	Waiting  int   // closures in the queue now
	Refused  int64 // closures sent away because the queue was full
	Commits  int64
	Closures int64         // written by them
	Largest  int           // closures in one commit
	Busy     time.Duration // from the beginning of each commit to its end, summed
	Slowest  time.Duration
}

type figures struct {
	mu  sync.Mutex
	sum Figures
}

func (f *figures) note(closures int, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.Commits++
	f.sum.Closures += int64(closures)
	f.sum.Largest = max(f.sum.Largest, closures)
	f.sum.Busy += took
	f.sum.Slowest = max(f.sum.Slowest, took)
}

// Figures gives what the writer did since it began.
func (db *DB) Figures() Figures {
	f := &db.writer.figures
	f.mu.Lock()
	sum := f.sum
	f.mu.Unlock()
	sum.Waiting, sum.Refused = db.writer.queue.waiting(), db.writer.queue.refused.Load()
	return sum
}
