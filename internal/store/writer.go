package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"breakwater/internal/outbreak"
)

const (
	mostTogether = 1000                  // closures in one commit
	patience     = 20 * time.Millisecond // of work in one commit; those behind get the next one
	mostTries    = 5                     // of a closure that the engine asks for again
	careful      = 50                    // commits with savepoints after a closure that failed when it had written
)

// writer commits for everybody. It takes all closures that wait, lets one after the other run in one transaction, commits
// once and answers them together; while that commit reaches the disk the next closures gather by themselves. There is no
// timer: a caller who is alone waits for nobody.
type writer struct {
	db       *DB
	queue    queue
	conn     *sql.Conn
	wire     net.Conn             // PostgreSQL: what conn speaks through
	heard    func() time.Duration // PostgreSQL: since the server answered last
	prepared prepared             // SQLite
	feeder   *feeder              // SQLite: what conn reads many rows from
	merger   merger
	fault    latch
	care     int // commits still to be made with savepoints
	figures  figures
	home     chan struct{} // closed when the writer has gone
}

func newWriter(db *DB) *writer {
	w := &writer{db: db, queue: queue{come: make(chan struct{}, 1)}, home: make(chan struct{})}
	go w.work()
	return w
}

// close writes what waits and sends the writer home.
func (w *writer) close() {
	w.queue.close()
	<-w.home
}

func (w *writer) work() {
	defer close(w.home)
	defer func() {
		w.hangUp()
		w.feeder.close()
	}()
	for jobs := w.queue.next(nil); len(jobs) > 0; {
		left := w.commit(jobs)
		runtime.Gosched() // whoever was answered and has more to write comes along at once
		jobs = w.queue.next(left)
	}
}

// mixed is a failure that took with it what other closures wrote.
type mixed struct{ error }

func (m mixed) Unwrap() error { return m.error }

func isMixed(err error) bool {
	_, is := errors.AsType[mixed](err)
	return is
}

// commit writes jobs and answers them. It gives back those it had no time for.
//
// Closures hardly ever fail once they have written, and savepoints cost: they are set only for a while after it has happened.
// The first such closure takes the whole batch back, which then runs again with savepoints; what savepoints cannot tell apart
// runs alone. One failing caller so costs the others some time, and never their outcome.
func (w *writer) commit(jobs []*job) (left []*job) {
	ran, left, err := w.attempt(jobs, w.care > 0)
	w.care = max(w.care-1, 0)
	if len(ran) > 1 && isMixed(err) && w.care == 0 {
		w.care = careful
		var more []*job
		ran, more, err = w.attempt(ran, true)
		left = append(more, left...)
	}
	for _, j := range ran {
		switch {
		case again(err), len(ran) > 1 && isMixed(err), err == nil && again(j.said):
			w.alone(j)
		case err != nil:
			j.answer(w.refusal(err))
		default:
			j.answer(w.refusal(j.said))
		}
	}
	return left
}

// alone writes one job, several times when the engine asks for it.
func (w *writer) alone(j *job) {
	var err error
	for range mostTries {
		if through(j.said) {
			break
		}
		if _, _, err = w.attempt([]*job{j}, false); err == nil {
			err = j.said
		}
		if !again(err) {
			break
		}
	}
	j.answer(w.refusal(err))
}

// attempt runs jobs in one transaction, with savepoints or without. With a nil error what each said is its outcome, and
// durable; otherwise nothing happened.
func (w *writer) attempt(jobs []*job, savepoints bool) (ran, left []*job, err error) {
	took := outbreak.Stopwatch()
	b, err := w.begin()
	if err != nil {
		return jobs, nil, err
	}
	defer b.tx.Rollback() //nolint:errcheck // after Commit it does nothing
	b.alone, b.savepoints = len(jobs) == 1, savepoints && len(jobs) > 1
	ran, left, err = b.runAll(jobs, func() bool { return took() > patience })
	if err != nil {
		return ran, left, mixed{err}
	}
	if err := b.commit(); err != nil {
		return ran, left, err
	}
	w.figures.note(len(ran), took())
	return ran, left, nil
}

// writerLock is the advisory lock that makes the writers of all processes on one PostgreSQL queue.
const writerLock = 7_306_086_967_116_117_362

// begin opens the transaction of a batch.
func (w *writer) begin() (*batch, error) {
	if err := w.fault.refusal(); err != nil {
		return nil, err
	}
	ctx := context.Background() // no caller's end may break what others share
	tx, err := w.open(ctx)
	if err != nil && w.db.engine == PostgreSQL { // the server may have been away since
		w.hangUp()
		tx, err = w.open(ctx)
	}
	if err != nil {
		w.fault.look(w.db.engine, err)
		return nil, fmt.Errorf("beginning to write: %w", err)
	}
	return &batch{w: w, ctx: ctx, tx: tx}, nil
}

func (w *writer) open(ctx context.Context) (tx transaction, err error) {
	if w.conn == nil {
		if w.conn, err = w.connect(ctx); err != nil {
			return nil, err
		}
		w.prepared = prepared{conn: w.conn}
		if w.db.engine == PostgreSQL {
			if err := w.conn.Raw(func(driver any) error {
				w.wire, w.heard = driver.(*stdlib.Conn).Conn().PgConn().Conn(), outbreak.Stopwatch()
				return nil
			}); err != nil {
				return nil, err
			}
		}
	}
	if w.db.engine == PostgreSQL {
		return w.journeys(ctx)
	}
	return w.conn.BeginTx(ctx, nil)
}

// connect opens the writer's connection.
func (w *writer) connect(ctx context.Context) (*sql.Conn, error) {
	if w.db.engine == PostgreSQL {
		return w.db.write.Conn(ctx)
	}
	if w.feeder == nil {
		feeder, err := newFeeder()
		if err != nil {
			return nil, err
		}
		w.feeder = feeder
	}
	conn, err := w.db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, w.feeder.table()); err != nil {
		return nil, errors.Join(fmt.Errorf("making the table rows are fed by: %w", err), conn.Close())
	}
	return conn, nil
}

// hangUp gives the connection back.
func (w *writer) hangUp() {
	w.prepared.forget()
	if w.conn != nil {
		_ = w.conn.Close() // what was not committed was not acknowledged
		w.conn, w.wire = nil, nil
	}
}
