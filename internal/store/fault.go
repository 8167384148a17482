package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"breakwater/internal/outbreak"
)

// Fault is why an embedded database takes nothing more in. A disk that failed to keep one commit cannot be trusted with the
// next, and asking it again may give the answer "kept" for what it has lost: so the writer stops, everything stays readable,
// and the program starts again from what is on the disk.
type Fault struct {
	At  outbreak.Instant
	Err error
}

// latch holds the first fault.
type latch struct{ first atomic.Pointer[Fault] }

// look closes the latch when err says that the disk did not do its work.
func (l *latch) look(engine Engine, err error) {
	if engine != SQLite || err == nil {
		return
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		l.first.CompareAndSwap(nil, &Fault{At: outbreak.WallClock{}.Now(), Err: err})
	}
}

// refusal is what writers get while the latch is closed; nil while it is open.
func (l *latch) refusal() error {
	f := l.first.Load()
	if f == nil {
		return nil
	}
	return later("store.stopped", 10*time.Second, f.Err)
}

// Fault gives why the database takes nothing in; nil while it does.
func (db *DB) Fault() *Fault { return db.writer.fault.first.Load() }

// refusal turns what the engine says into an answer people can act on, where they can.
func (w *writer) refusal(err error) error {
	if err == nil || outbreak.KindOf(err) != outbreak.Internal {
		return err
	}
	if stopped := w.fault.refusal(); stopped != nil {
		return stopped
	}
	return busyOr(err)
}

// busyOr names the troubles that pass.
func busyOr(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return later("store.busy", 2*time.Second, err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "58"), pg.Code == "25006": // full, input and output, read-only
			return later("store.server_trouble", 30*time.Second, err)
		case strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "08"), pg.Code == "57014", pg.Code == "55P03", pg.Code == "25P03", again(err): // away, or asked to wait
			return later("store.away", 2*time.Second, err)
		}
		return err
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if connecting || network || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return later("store.away", 2*time.Second, err)
	}
	return err
}

func later(key string, wait time.Duration, cause error) error {
	e := outbreak.Refuse(outbreak.Busy, key).Because(cause)
	e.RetryAfter = wait
	return e
}

// again tells whether the engine asks for the whole transaction once more.
func again(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}
