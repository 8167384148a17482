package store

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where the processes on one PostgreSQL tell each other that something was committed.
const channel = "breakwater_commit"

// hearing listens for what other processes commit, so that this one's followers wake at once. It is a hint: while it is lost
// they look by themselves every so often.
type hearing struct {
	self string // our own commits wake us without it
	end  context.CancelFunc
	over chan struct{}
}

// deaf is how long a process waits before it asks for a lost connection again.
const deaf = time.Second

func (db *DB) hear(where string) *hearing {
	ctx, end := context.WithCancel(context.Background())
	h := &hearing{self: rand.Text(), end: end, over: make(chan struct{})}
	go func() {
		defer close(h.over)
		for ctx.Err() == nil {
			h.listen(ctx, where, db.wake.ring)
			select {
			case <-ctx.Done():
			case <-time.After(deaf):
			}
		}
	}()
	return h
}

// listen hears until the connection is lost or ctx ends.
func (h *hearing) listen(ctx context.Context, where string, heard func()) {
	conn, err := pgx.Connect(ctx, where)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only listened
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return
	}
	heard() // what was said meanwhile
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if n.Payload != h.self {
			heard()
		}
	}
}

func (h *hearing) stop() {
	if h != nil {
		h.end()
		<-h.over
	}
}

// notify tells the other processes of a commit, as part of it.
func (db *DB) notify(b *batch) error {
	if db.hears == nil {
		return nil
	}
	_, err := b.exec("select pg_notify($1, $2)", channel, db.hears.self)
	return err
}
