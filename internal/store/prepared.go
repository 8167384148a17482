package store

import (
	"context"
	"database/sql"
	"sync"
)

// prepared are the statements one connection to SQLite keeps prepared: it would read the text of each anew every time. pgx keeps
// its own.
type prepared struct {
	conn *sql.Conn
	by   map[string]*kept
}

type kept struct {
	*sql.Stmt
	busy bool // its rows are being read
}

const mostPrepared = 400 // statements of a connection

// use gives a statement, and what lets it go again when its answer was read. Whoever asks the same while it is being answered
// gets another one.
func (p *prepared) use(ctx context.Context, query string) (*sql.Stmt, func(), error) {
	k, known := p.by[query]
	if known && !k.busy {
		k.busy = true
		return k.Stmt, func() { k.busy = false }, nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	if known || len(p.by) >= mostPrepared && !p.forget() {
		return s, func() { _ = s.Close() }, nil
	}
	if p.by == nil {
		p.by = map[string]*kept{}
	}
	k = &kept{s, true}
	p.by[query] = k
	return s, func() { k.busy = false }, nil
}

// forget lets go of all that are not in use; false when all are.
func (p *prepared) forget() bool {
	for query, k := range p.by {
		if !k.busy {
			_ = k.Close()
			delete(p.by, query)
		}
	}
	return len(p.by) < mostPrepared
}

// exec runs a statement.
func (p *prepared) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	s, done, err := p.use(ctx, query)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.ExecContext(ctx, args...)
}

// query asks; done is called when the rows were read.
func (p *prepared) query(ctx context.Context, query string, args []any) (rows cursor, done func(), err error) {
	s, done, err := p.use(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	if rows, err = s.QueryContext(ctx, args...); err != nil {
		done()
		return nil, nil, err
	}
	return rows, done, nil
}

// readers are the connections to SQLite that only read.
type readers struct {
	db   *sql.DB
	turn chan struct{} // one for each that may be in use
	mu   sync.Mutex
	free []*prepared
}

const mostReaders = 5 // of which Ahead takes two

func newReaders(db *sql.DB) *readers { return &readers{db: db, turn: make(chan struct{}, mostReaders)} }

// take gives a connection, and what gives it back; broken ones are closed.
func (r *readers) take(ctx context.Context) (p *prepared, back func(broken bool), err error) {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	r.mu.Lock()
	if n := len(r.free); n > 0 {
		p, r.free = r.free[n-1], r.free[:n-1]
	}
	r.mu.Unlock()
	if p == nil {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			<-r.turn
			return nil, nil, err
		}
		p = &prepared{conn: conn}
	}
	return p, func(broken bool) {
		if broken {
			p.close()
		} else {
			r.mu.Lock()
			r.free = append(r.free, p)
			r.mu.Unlock()
		}
		<-r.turn
	}, nil
}

func (p *prepared) close() {
	p.forget()
	_ = p.conn.Close() // nothing was written through it
}

// close waits for those in use and closes all.
func (r *readers) close() {
	for range mostReaders {
		r.turn <- struct{}{}
	}
	for _, p := range r.free {
		p.close()
	}
	r.free = nil
	for range mostReaders {
		<-r.turn
	}
}
