package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// limits are how long a PostgreSQL server may leave this program without an answer. A host that vanishes with its power or its
// network says nothing: without them the one writer would wait for as long as TCP tries, a quarter of an hour and more.
type limits struct {
	dial   time.Duration // for a connection, from the first packet to the sign-in; connect_timeout in the address goes before
	sent   time.Duration // what was sent has to be acknowledged by the other machine within (TCP_USER_TIMEOUT, Linux)
	quiet  time.Duration // after so long without news the server is asked whether it is there
	answer time.Duration // and has to answer within
	commit time.Duration // for a commit: also a server that is there may never end one, as when a standby it waits for is gone
}

var reach = limits{dial: 10 * time.Second, sent: 20 * time.Second, quiet: 10 * time.Second, answer: 10 * time.Second, commit: time.Minute}

// lines are the open connections to a PostgreSQL server.
type lines struct {
	limits
	mu   sync.Mutex
	open map[*wire]bool
}

// wire is one of them.
type wire struct {
	net.Conn
	of *lines
}

// Close ends the connection.
func (l *wire) Close() error {
	l.of.mu.Lock()
	delete(l.of.open, l)
	l.of.mu.Unlock()
	return l.Conn.Close()
}

// dial connects. What it gives finds out by itself that the other machine is gone.
func (l *lines) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: l.limits.dial, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: l.quiet, Interval: l.quiet / 2, Count: 2}}
	if strings.HasPrefix(network, "tcp") {
		d.Control = func(_, _ string, c syscall.RawConn) error { return within(c, l.sent) }
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	mine := &wire{Conn: conn, of: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[*wire]bool{}
	}
	l.open[mine] = true
	return mine, nil
}

// hangUp ends all connections: whoever waits for an answer hears that there will be none.
func (l *lines) hangUp() {
	l.mu.Lock()
	var all []*wire
	for one := range l.open {
		all = append(all, one)
	}
	l.mu.Unlock()
	for _, one := range all {
		_ = one.Close() // it was dead
	}
}

// config reads the address of a server and sets the limits.
func (l *lines) config(where string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(where)
	if err != nil {
		return nil, err
	}
	c.DialFunc = l.dial
	if c.RuntimeParams["jit"] == "" { // of tables that fill up the server guesses too much, and might compile small questions
		c.RuntimeParams["jit"] = "off"
	}
	if c.RuntimeParams["plan_cache_mode"] == "" { // a plan that is kept is that of the tables as they were: in a house that fills up, empty
		c.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = l.limits.dial
	}
	return c, nil
}

// bound ends the writer's connection when what a server answers at once otherwise takes too long. Whether a commit was made
// nobody knows then: the caller hears that nothing is certain, as when the connection is lost.
func (w *writer) bound() (over func()) {
	if w.wire == nil {
		return func() {}
	}
	conn := w.wire
	t := time.AfterFunc(w.db.lines.commit, func() { _ = conn.Close() })
	return func() { t.Stop() }
}

// answered tells whether an error comes from a server that is there.
func answered(err error) bool {
	_, is := errors.AsType[*pgconn.PgError](err)
	return is
}
