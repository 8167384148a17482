package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/outbreak"
)

// job is one closure that waits to be written. It runs in its caller's goroutine, with the transaction the writer lends it:
// what it panics with, and where it ends, stays the caller's.
type job struct {
	ctx     context.Context
	fn      func(*Tx) error
	taken   atomic.Bool // by the writer, or by the caller who leaves before
	mine    bool        // the writer has it
	turn    chan *Tx    // a transaction to run in; closed when the outcome is known
	ran     chan error  // what the closure said
	said    error       // the same, of the last run
	outcome error
}

// errGone is what the writer hears of a closure that panicked: it cannot run again.
var errGone = errors.New("the closure ended without an answer")

// Write runs fn in one durable transaction: when it returns nil everything is on disk, otherwise nothing happened. Callers
// who wait at the same time share a commit; each closure sees what those before it wrote, and one that fails has its own
// writing taken back. A context that ends ends the waiting for one's turn, not the waiting for the outcome.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	j := &job{ctx: ctx, fn: fn, turn: make(chan *Tx), ran: make(chan error)}
	if err := db.writer.fault.refusal(); err != nil {
		return err
	}
	if err := db.writer.queue.add(j); err != nil {
		return err
	}
	var tx *Tx
	var more bool
	select {
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		tx, more = <-j.turn
	case tx, more = <-j.turn:
	}
	for ; more; tx, more = <-j.turn {
		j.run(tx)
	}
	return j.outcome
}

// run is the caller's side of lend.
func (j *job) run(tx *Tx) {
	said := errGone
	defer func() { // also when the closure panics, or a test ends its goroutine
		tx.over = true
		j.ran <- said
	}()
	err := j.ctx.Err()
	if err == nil {
		err = j.fn(tx)
	}
	if err == nil {
		err = tx.broke // a closure that went on after a failed statement does not know what it wrote
	}
	said = err
}

// lend lets the closure run in a transaction.
func (j *job) lend(tx *Tx) error {
	j.turn <- tx
	j.said = <-j.ran
	return j.said
}

// take makes the job the writer's own; false when its caller has left.
func (j *job) take() bool {
	j.mine = j.mine || j.taken.CompareAndSwap(false, true)
	return j.mine
}

// answer ends the job.
func (j *job) answer(err error) {
	if j.take() {
		j.outcome = err
		close(j.turn)
	}
}

// queue holds the closures that wait for the writer. It is bounded: a queue that grows without end answers nobody in time.
type queue struct {
	mu      sync.Mutex
	jobs    []*job
	closed  bool
	come    chan struct{} // of one: somebody has come
	refused atomic.Int64
}

// mostWaiting is how many closures wait; whoever comes then is asked to come back.
const mostWaiting = 4096

func (q *queue) add(j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errors.New("writing to a database that was closed")
	}
	if len(q.jobs) >= mostWaiting { // whoever has left meanwhile keeps nobody out
		q.jobs = slices.DeleteFunc(q.jobs, func(j *job) bool { return j.taken.Load() })
	}
	if len(q.jobs) >= mostWaiting {
		busy := outbreak.Refuse(outbreak.Busy, "store.crowded")
		busy.RetryAfter = time.Second * time.Duration(1+q.refused.Add(1)%5) // not all of them at once
		return busy
	}
	q.jobs = append(q.jobs, j)
	q.ring()
	return nil
}

func (q *queue) ring() {
	select {
	case q.come <- struct{}{}:
	default:
	}
}

// next waits for somebody and gives the jobs of the next commit, behind those the last one had no time for; none when the
// queue was closed and is empty.
func (q *queue) next(left []*job) []*job {
	for {
		q.mu.Lock()
		n := min(len(q.jobs), max(mostTogether-len(left), 0))
		jobs := append(left, q.jobs[:n]...)
		q.jobs = append(q.jobs[:0], q.jobs[n:]...)
		closed := q.closed
		q.mu.Unlock()
		if len(jobs) > 0 || closed {
			return jobs
		}
		<-q.come
	}
}

// close lets nobody else in; those inside are still written.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ring()
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs)
}
