package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
)

// Tx is one transaction in the hands of a room.
type Tx struct {
	Now   outbreak.Instant // the recorded time of everything in here
	ctx   context.Context
	tx    *sql.Tx   // of a reader
	reads *prepared // of a reader on SQLite
	db    *DB
	batch *batch // of a writer; nil for a reader
	wrote bool
	over  bool  // the closure has ended
	broke error // the first statement that failed
}

// Ring wakes the followers of the journal once this transaction is durable, in every process.
func (tx *Tx) Ring() { tx.batch.rings = true }

// BeforeCommit runs do when all closures that share the commit are through, as part of the transaction: what many steps
// gather is written once.
func (tx *Tx) BeforeCommit(do func(*Tx) error) { tx.batch.before = append(tx.batch.before, do) }

// AfterCommit runs do when what this transaction reads and writes is on disk, before anybody who waits for it is answered: memory
// learns nothing from a commit that fails. What a reader sees is on disk, so that there do runs at once. It asks for no statement.
func (tx *Tx) AfterCommit(do func()) {
	if tx.batch == nil {
		do()
		return
	}
	tx.batch.after = append(tx.batch.after, do)
}

// Kept gives what a room keeps for the length of the commit; nil before Keep, and always for a reader.
func (tx *Tx) Kept(key any) Kept {
	if tx.batch == nil {
		return nil
	}
	return tx.batch.kept[key]
}

// Keep holds something for a room for the length of the commit, under a key of a type of its own.
func (tx *Tx) Keep(key any, value Kept) {
	b := tx.batch
	if b.kept == nil {
		b.kept = map[any]Kept{}
	}
	b.kept[key] = value
	b.keys = append(b.keys, key)
}

// ready tells why no statement may run any more.
func (tx *Tx) ready() error {
	if tx.over {
		return errors.New("a transaction is used after its closure has ended")
	}
	if tx.broke != nil { // the engine may have ended the transaction: what followed would stand alone
		return tx.broke
	}
	return tx.ctx.Err()
}

// failed keeps the first failure: whatever the closure makes of it, what it wrote does not stay.
func (tx *Tx) failed(query string, err error) error {
	err = fmt.Errorf("%w in %q", err, head(query))
	if tx.broke == nil {
		tx.broke = err
	}
	return err
}

// cursor goes over the rows of an answer.
type cursor interface {
	Row
	Next() bool
	Err() error
	Close() error
}

// query asks; done is called when the rows were read.
func (tx *Tx) query(query string, args []any) (rows cursor, done func(), err error) {
	switch {
	case tx.batch != nil:
		return tx.batch.query(query, args)
	case tx.reads != nil:
		return tx.reads.query(tx.ctx, query, args)
	}
	rows, err = tx.tx.QueryContext(tx.ctx, query, args...)
	return rows, func() {}, err
}

// Exec runs a statement and gives the number of rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	plain, err := tx.writing(args)
	if err != nil {
		return 0, err
	}
	return tx.exec(query, plain)
}

// writing makes ready for a statement that writes.
func (tx *Tx) writing(args []any) ([]any, error) {
	if tx.batch == nil {
		return nil, errors.New("a reader tried to write")
	}
	plain, err := arguments(args)
	if err == nil {
		err = tx.ready()
	}
	tx.batch.foreseen = nil
	if err != nil || tx.wrote {
		return plain, err
	}
	tx.wrote = true
	if err := tx.batch.beginWriting(); err != nil {
		return nil, tx.failed("savepoint", err)
	}
	return plain, nil
}

func (tx *Tx) exec(query string, plain []any) (int64, error) {
	res, err := tx.batch.exec(query, plain...)
	if err != nil {
		return 0, tx.failed(query, err)
	}
	return res.RowsAffected()
}

// Must is Exec for a statement that has to touch exactly one row. It may reach the engine only with the next statement, or with
// the commit, which then fail in its place.
func (tx *Tx) Must(query string, args ...any) error { return tx.MustAll(1, query, args...) }

// MustAll is Must for a statement that has to touch exactly so many rows.
func (tx *Tx) MustAll(rows int, query string, args ...any) error {
	plain, err := tx.writing(args)
	if err != nil {
		return err
	}
	return tx.put(statement{query: query, args: plain, rows: int64(rows)})
}

// put runs a statement, or holds it.
func (tx *Tx) put(s statement) error {
	if tx.batch.hold(s) {
		return nil
	}
	n, err := tx.exec(s.query, s.args)
	if err != nil {
		return err
	}
	return s.touched(n)
}

// Row is one row under the cursor.
type Row interface{ Scan(into ...any) error }

// Each calls do for every row, in order.
func Each(tx *Tx, do func(Row) error, query string, args ...any) error {
	plain, err := arguments(args)
	if err != nil {
		return err
	}
	if err := tx.ready(); err != nil {
		return err
	}
	rows, done, err := tx.query(query, plain)
	if err != nil {
		return tx.failed(query, err)
	}
	defer done()
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return tx.failed(query, err)
	}
	return nil
}

// List reads all rows.
func List[T any](tx *Tx, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := Each(tx, func(r Row) error {
		t, err := scan(r)
		all = append(all, t)
		return err
	}, query, args...)
	return all, err
}

// One reads the first row; false when there is none.
func One[T any](tx *Tx, scan func(Row) (T, error), query string, args ...any) (T, bool, error) {
	all, err := List(tx, scan, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		return none, false, err
	}
	return all[0], true, nil
}

// Value scans a row of one column.
func Value[T any](r Row) (v T, err error) {
	err = r.Scan(&v)
	return v, err
}

// Count runs a query whose one value is a number.
func Count(tx *Tx, query string, args ...any) (int64, error) {
	n, _, err := One(tx, Value[int64], query, args...)
	return n, err
}

// In writes "$4, $5, $6" for a list that follows already given arguments, and the arguments with the list behind them.
func In[T any](args []any, list []T) (string, []any) {
	var q strings.Builder
	for i, v := range list {
		if i > 0 {
			q.WriteString(", ")
		}
		args = append(args, v)
		q.WriteString("$" + strconv.Itoa(len(args)))
	}
	return q.String(), args
}

// arguments lets through what both engines store alike.
func arguments(args []any) ([]any, error) { return appendPlain(make([]any, 0, len(args)), args) }

// appendPlain appends arguments as both engines store them alike.
func appendPlain(plain, args []any) ([]any, error) {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			if err := sound(v); err != nil {
				return nil, err
			}
			plain = append(plain, a)
		case int64, float64, nil:
			plain = append(plain, a)
		case []byte:
			if len(v) == 0 {
				return nil, fmt.Errorf("argument %d is an empty blob, which the engines read back differently", i+1)
			}
			plain = append(plain, a)
		case array:
			plain = append(plain, v.list)
		default:
			switch r := reflect.ValueOf(a); r.Kind() {
			case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
				plain = append(plain, r.Int())
			case reflect.Uint8, reflect.Uint16, reflect.Uint32:
				plain = append(plain, int64(r.Uint()))
			case reflect.String:
				if err := sound(r.String()); err != nil {
					return nil, err
				}
				plain = append(plain, r.String())
			default:
				return nil, fmt.Errorf("argument %d is a %T, which no column takes", i+1, a)
			}
		}
	}
	return plain, nil
}

// sound refuses text that PostgreSQL does not take and SQLite would give back changed in a backup. It is refused before the
// engine sees it, so that nobody's transaction breaks.
func sound(text string) error {
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return outbreak.Refuse(outbreak.Invalid, "store.text")
	}
	return nil
}

func head(query string) string {
	q := strings.Join(strings.Fields(query), " ")
	if len(q) > 120 {
		q = q[:120] + "..."
	}
	return q
}
