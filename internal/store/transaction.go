package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"breakwater/internal/outbreak"
)

// transaction is what the writer's statements run in.
type transaction interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	Commit() error
	Rollback() error // does nothing after the end
}

// journeys is a transaction on PostgreSQL. Each journey to the server costs as much as some rows do: it begins with the first
// statement whose answer is needed, and ends together with all that is held. A transaction that only puts things in takes one.
type journeys struct {
	conn  *sql.Conn
	w     *writer
	begun bool
	over  bool
}

// How a transaction begins: at read committed, whatever the server's default is, since a picture from before the lock would be
// an old one; and so that a machine that vanishes in it gives the lock back after half a minute.
const (
	beginning = "begin isolation level read committed"
	queueing  = "select set_config('idle_in_transaction_session_timeout', '30s', true), pg_advisory_xact_lock($1)"
)

// fresh is how long a connection that answered is taken for one that will: on an older one a transaction begins by asking.
const fresh = time.Second

func (w *writer) journeys(ctx context.Context) (transaction, error) {
	t := &journeys{conn: w.conn, w: w}
	if w.heard() < fresh {
		return t, nil
	}
	if err := t.begin(ctx); err != nil {
		return nil, errors.Join(err, t.Rollback())
	}
	return t, nil
}

// begin begins and waits for its turn.
func (t *journeys) begin(ctx context.Context) error {
	if t.begun {
		return nil
	}
	if _, err := t.journey(ctx, &trip{}); err != nil {
		return fmt.Errorf("waiting to write: %w", err)
	}
	return nil
}

func (t *journeys) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return t.conn.ExecContext(ctx, query, args...)
}

func (t *journeys) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return t.conn.QueryContext(ctx, query, args...)
}

// Commit ends it.
func (t *journeys) Commit() error {
	_, err := t.finish(nil)
	return err
}

// Rollback takes everything back. A connection that cannot do that is closed, which does it too.
func (t *journeys) Rollback() error {
	if t.over || !t.begun {
		return nil
	}
	t.over = true
	_, err := t.journey(context.Background(), &trip{held: []statement{{query: "rollback"}}})
	if err != nil {
		t.w.hangUp()
	}
	return err
}

// finish sends statements and the end of the transaction in one journey, with its beginning if there was none. Behind a
// statement that the server refuses, nothing of it is done: refused tells that. Any other failure leaves open whether it was.
func (t *journeys) finish(held []statement) (refused bool, err error) {
	if !t.begun && len(held) == 0 {
		return false, nil
	}
	refused, err = t.journey(context.Background(), &trip{held: held, commit: true})
	t.over = err == nil
	return refused, err
}

// send sends statements in one journey.
func (t *journeys) send(held []statement) error {
	if len(held) == 0 {
		return nil
	}
	_, err := t.journey(context.Background(), &trip{held: held})
	return err
}

// trip is what goes to the server in one journey: statements, questions behind them, and the commit if wanted.
type trip struct {
	held      []statement
	questions []Question
	commit    bool

	through bool // the statements touched what they were to touch
	answers []*laid
}

// journey makes a trip, with the beginning of the transaction before it if there was none.
func (t *journeys) journey(ctx context.Context, trip *trip) (refused bool, err error) {
	if !t.begun {
		t.begun = true
		trip.held = append([]statement{{query: beginning}, {query: queueing, args: []any{int64(writerLock)}, rows: 1}}, trip.held...)
	}
	err = t.conn.Raw(func(driver any) error {
		refused, err = trip.make(ctx, driver.(*stdlib.Conn).Conn())
		return err
	})
	switch {
	case err == nil:
		t.w.heard = outbreak.Stopwatch()
	case !answered(err) && !refused: // nobody is there any more
		t.w.hangUp()
	}
	return refused, err
}

// make sends everything and reads the answers.
func (t *trip) make(ctx context.Context, conn *pgx.Conn) (refused bool, err error) {
	var list pgx.Batch
	for _, s := range t.held {
		list.Queue(s.query, s.args...)
	}
	for _, q := range t.questions {
		list.Queue(q.Text, q.Args...)
	}
	if t.commit {
		list.Queue("commit")
	}
	answers := conn.SendBatch(ctx, &list)
	defer func() { err = errors.Join(err, answers.Close()) }()
	for _, s := range t.held {
		tag, err := answers.Exec()
		if err != nil {
			return answered(err), fmt.Errorf("%w in %q", err, head(s.query))
		}
		if err := s.touched(tag.RowsAffected()); err != nil {
			return true, err
		}
	}
	t.through = true
	for _, q := range t.questions {
		rows, err := answers.Query()
		if err == nil {
			var l *laid
			l, err = lay(rows, conn.TypeMap())
			t.answers = append(t.answers, l)
		}
		if err != nil {
			return answered(err), fmt.Errorf("%w in %q", err, head(q.Text))
		}
	}
	if t.commit {
		tag, err := answers.Exec()
		if err == nil && tag.String() == "ROLLBACK" {
			err = pgx.ErrTxCommitRollback
		}
		return false, err
	}
	return false, nil
}
