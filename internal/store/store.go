package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"breakwater/internal/outbreak"
)

// Engine names what is underneath.
type Engine string

const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// DB is an open database.
type DB struct {
	engine  Engine
	write   *sql.DB
	read    *sql.DB
	readers *readers // SQLite
	clock   outbreak.Clock
	wake    hub
	writer  *writer
	hears   *hearing // PostgreSQL: what other processes commit
	lines   lines    // PostgreSQL
	file    string   // SQLite
	folds   *folder  // SQLite
}

// Open opens "postgres://..." or the path of a SQLite file. The clock gives the recorded time of every transaction.
func Open(ctx context.Context, where string, clock outbreak.Clock) (*DB, error) {
	db := &DB{clock: clock}
	var err error
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		err = db.openPostgreSQL(where)
	} else {
		err = db.openSQLite(where)
	}
	if err != nil {
		return nil, err
	}
	if err := db.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), db.closePools())
	}
	db.writer = newWriter(db)
	if db.engine == SQLite {
		db.writer.figures.whole = outbreak.Stopwatch()
		db.folds = db.keepFolding()
	}
	if db.engine == PostgreSQL {
		config, err := db.lines.config(where)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		db.hears = db.hear(config)
	}
	return db, nil
}

func (db *DB) openSQLite(path string) (err error) {
	db.engine = SQLite
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("naming the database file: %w", err)
	}
	db.file = abs
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: abs}).EscapedPath()}).String()
	common := "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=temp_store(2)"
	writer := name + common + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)" +
		"&_pragma=journal_size_limit(67108864)&_pragma=secure_delete(FAST)&_pragma=cache_size(-32768)&_txlock=immediate"
	if db.write, err = sql.Open("sqlite", writer); err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(3) // the writer's and the folder's, which they keep, and that of migrations
	db.write.SetMaxIdleConns(0)
	if db.read, err = sql.Open("sqlite", name+common+"&_pragma=query_only(1)&_pragma=cache_size(-8192)"); err != nil {
		return fmt.Errorf("opening %s to read: %w", path, err)
	}
	db.readers = newReaders(db.read)
	return nil
}

func (db *DB) openPostgreSQL(where string) (err error) {
	db.engine = PostgreSQL
	db.lines.limits = reach
	config, err := db.lines.config(where)
	if err != nil {
		return fmt.Errorf("opening PostgreSQL: %w", err)
	}
	db.write = stdlib.OpenDB(*config)
	db.write.SetMaxOpenConns(16)
	db.write.SetMaxIdleConns(8)
	db.read = db.write
	return nil
}

// Number counts the programs that have begun to work on this database, this one among them.
func (db *DB) Number(ctx context.Context) (n int64, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.Exec("insert into process (id, n) values (1, 1) on conflict (id) do update set n = process.n + 1"); err != nil {
			return err
		}
		n, err = Count(tx, "select n from process where id = 1")
		return err
	})
	return n, err
}

// Now is the time by the clock that gives transactions theirs.
func (db *DB) Now() outbreak.Instant { return db.clock.Now() }

// Engine tells which engine is underneath.
func (db *DB) Engine() Engine { return db.engine }

// Close writes what waits and ends all connections.
func (db *DB) Close() error {
	db.hears.stop()
	db.folds.stop()
	db.writer.close()
	return db.closePools()
}

func (db *DB) closePools() error {
	if db.read == db.write {
		return db.write.Close()
	}
	var read error
	if db.read != nil {
		db.readers.close()
		read = db.read.Close()
	}
	return errors.Join(db.write.Close(), read)
}

// Read runs fn on one unmoving picture of the database.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.engine == PostgreSQL {
		opts.Isolation = sql.LevelRepeatableRead
	}
	begin := db.read.BeginTx
	var reads *prepared
	if db.engine == SQLite {
		var back func(bool)
		var err error
		if reads, back, err = db.readers.take(ctx); err != nil {
			return busyOr(fmt.Errorf("beginning to read: %w", err))
		}
		broken := true
		// Of a question whose asker has gone the transaction is taken back by somebody else, some time later: the connection may still
		// be in it.
		defer func() { back(broken || ctx.Err() != nil) }()
		begin = func(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
			t, err := reads.conn.BeginTx(ctx, opts)
			broken = err != nil
			return t, err
		}
	}
	t, err := begin(ctx, opts)
	if err != nil {
		return busyOr(fmt.Errorf("beginning to read: %w", err))
	}
	defer t.Rollback() //nolint:errcheck // nothing was written
	return busyOr(fn(&Tx{ctx: ctx, tx: t, reads: reads, db: db, Now: db.clock.Now()}))
}

// By says who writes and, when the caller gave one, the key that makes a repeat harmless.
type By struct {
	Actor outbreak.Actor
	Route string // the command, part of the key
	Key   string // the caller's idempotency key; empty for none
}

// hub wakes whoever waits for a commit. It is a hint: losing it costs time, never a fact.
type hub struct {
	mu sync.Mutex
	ch chan struct{}
}

func (h *hub) next() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ch == nil {
		h.ch = make(chan struct{})
	}
	return h.ch
}

func (h *hub) ring() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ch != nil {
		close(h.ch)
		h.ch = nil
	}
}

// Woken gives a channel that closes after the next commit that rang.
func (db *DB) Woken() <-chan struct{} { return db.wake.next() }
