package store

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where the processes on one PostgreSQL tell each other that something was committed.
const channel = "breakwater_commit"

// hearing listens for what other processes commit, so that this one's followers wake at once. It is a hint: while it is lost
// they look by themselves every so often.
type hearing struct {
	limits
	self string // our own commits wake us without it
	end  context.CancelFunc
	over chan struct{}
	gone int // how often in a row the server was not there
}

// deaf is how long a process waits before it asks for a lost connection again.
const deaf = time.Second

func (db *DB) hear(server *pgx.ConnConfig) *hearing {
	ctx, end := context.WithCancel(context.Background())
	h := &hearing{limits: db.lines.limits, self: rand.Text(), end: end, over: make(chan struct{})}
	go func() {
		defer close(h.over)
		for ctx.Err() == nil {
			if h.listen(ctx, server, db.wake.ring) {
				h.gone = 0
			} else if h.gone++; h.gone >= 2 && ctx.Err() == nil { // neither the old connection nor a new one: everybody else's is as dead
				db.lines.hangUp()
			}
			select {
			case <-ctx.Done():
			case <-time.After(deaf):
			}
		}
	}()
	return h
}

// listen hears until the connection is lost or ctx ends. Now and then it asks the server whether it is there; there is false
// when the server left it without an answer, or could not be reached.
func (h *hearing) listen(ctx context.Context, server *pgx.ConnConfig, heard func()) (there bool) {
	conn, err := pgx.ConnectConfig(ctx, server)
	if err != nil {
		return answered(err)
	}
	defer func() {
		bye, done := context.WithTimeout(context.WithoutCancel(ctx), deaf)
		defer done()
		_ = conn.Close(bye) // it only listened
	}()
	if _, err := waited(ctx, h.answer, func(ctx context.Context) (any, error) { return conn.Exec(ctx, "listen "+channel) }); err != nil {
		return answered(err)
	}
	h.gone = 0
	heard() // what was said meanwhile
	for {
		n, err := waited(ctx, h.quiet, conn.WaitForNotification)
		switch {
		case err == nil && n.Payload != h.self:
			heard()
		case err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)):
			return answered(err)
		case err != nil: // nobody said anything
			if _, err := waited(ctx, h.answer, func(ctx context.Context) (any, error) { return nil, conn.Ping(ctx) }); err != nil {
				return answered(err)
			}
		}
	}
}

func waited[A any](ctx context.Context, most time.Duration, do func(context.Context) (A, error)) (A, error) {
	ctx, done := context.WithTimeout(ctx, most)
	defer done()
	return do(ctx)
}

func (h *hearing) stop() {
	if h != nil {
		h.end()
		<-h.over
	}
}

// notice tells the other processes of a commit, as part of it.
func (h *hearing) notice() statement {
	return statement{"select pg_notify($1, $2)", []any{channel, h.self}, 1, true}
}
