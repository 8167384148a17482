package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/outbreak"
)

// job is one closure that waits to be written.
type job struct {
	ctx     context.Context
	fn      func(*Tx) error
	taken   atomic.Bool   // by the writer, or by the caller who leaves before
	mine    bool          // the writer has it
	known   chan struct{} // closed when the outcome is
	said    error         // what the closure said when it ran last
	outcome error
}

// errGone is what the writer hears of a closure that ended its goroutine, as a failing test does: it cannot run again.
var errGone = errors.New("the closure ended without an answer")

// thrown is what a closure panicked with. Its caller panics with it.
type thrown struct {
	value any
	stack []byte
}

func (t *thrown) Error() string { return fmt.Sprintf("%v\n\n%s", t.value, t.stack) }

func (t *thrown) Unwrap() error { err, _ := t.value.(error); return err }

// through tells whether a closure cannot run again.
func through(said error) bool {
	_, threw := said.(*thrown)
	return threw || said == errGone
}

// Write runs fn in one durable transaction: when it returns nil everything is on disk, otherwise nothing happened. Callers
// who wait at the same time share a commit; each closure sees what those before it wrote, and one that fails has its own
// writing taken back. A context that ends ends the waiting for one's turn, not the waiting for the outcome. fn runs in another
// goroutine; what it panics with, its caller panics with.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	j := &job{ctx: ctx, fn: fn, known: make(chan struct{})}
	if err := db.writer.fault.refusal(); err != nil {
		return err
	}
	if err := db.writer.queue.add(j); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-j.known
	case <-j.known:
	}
	if through(j.said) {
		if threw, did := j.said.(*thrown); did {
			panic(threw)
		}
		runtime.Goexit()
	}
	return j.outcome
}

// run lets the closure run in a transaction and keeps what it said, also when it panics or ends its goroutine.
func (j *job) run(tx *Tx) {
	j.said = errGone
	defer func() {
		tx.over = true
		if value := recover(); value != nil {
			j.said = &thrown{value, debug.Stack()}
		}
	}()
	err := j.ctx.Err()
	if err == nil {
		err = j.fn(tx)
	}
	if err == nil {
		err = tx.broke // a closure that went on after a failed statement does not know what it wrote
	}
	j.said = err
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
		close(j.known)
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
