package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// Tx is one transaction in the hands of a room.
type Tx struct {
	Now    outbreak.Instant // the recorded time of everything in here
	ctx    context.Context
	tx     *sql.Tx
	db     *DB
	writes bool
	before []func() error
	after  []func()
	kept   map[any]any
}

// Context gives the transaction's context.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Ring wakes the followers of the journal once this transaction is durable.
func (tx *Tx) Ring() { tx.AfterCommit(tx.db.wake.ring) }

// BeforeCommit runs do when the closure is through, as part of the transaction: what many steps gather is written once.
func (tx *Tx) BeforeCommit(do func() error) { tx.before = append(tx.before, do) }

// Kept gives what a room keeps for the length of this transaction; nil before Keep.
func (tx *Tx) Kept(key any) any { return tx.kept[key] }

// Keep holds something for a room for the length of this transaction, under a key of a type of its own.
func (tx *Tx) Keep(key, value any) {
	if tx.kept == nil {
		tx.kept = map[any]any{}
	}
	tx.kept[key] = value
}

// AfterCommit runs do once the transaction is durable. It carries hints only: a crash loses it.
func (tx *Tx) AfterCommit(do func()) { tx.after = append(tx.after, do) }

// Exec runs a statement and gives the number of rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if !tx.writes {
		return 0, errors.New("a reader tried to write")
	}
	plain, err := arguments(args)
	if err != nil {
		return 0, err
	}
	res, err := tx.tx.ExecContext(tx.ctx, query, plain...)
	if err != nil {
		return 0, fmt.Errorf("%w in %q", err, head(query))
	}
	return res.RowsAffected()
}

// Must is Exec for a statement that has to touch exactly one row.
func (tx *Tx) Must(query string, args ...any) error {
	n, err := tx.Exec(query, args...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%d rows touched instead of 1 in %q", n, head(query))
	}
	return nil
}

// Row is one row under the cursor.
type Row interface{ Scan(into ...any) error }

// Each calls do for every row, in order.
func Each(tx *Tx, do func(Row) error, query string, args ...any) error {
	plain, err := arguments(args)
	if err != nil {
		return err
	}
	rows, err := tx.tx.QueryContext(tx.ctx, query, plain...)
	if err != nil {
		return fmt.Errorf("%w in %q", err, head(query))
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%w in %q", err, head(query))
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

// Insert adds many rows with few statements, leaving out those that are there already (on names the unique columns; empty:
// a clash is an error). It gives the number of rows added.
func (tx *Tx) Insert(table string, columns []string, on []string, rows [][]any) (int64, error) {
	const most = 900 // values per statement: well under SQLite's limit, and large enough to be fast
	per := max(most/len(columns), 1)
	var added int64
	for len(rows) > 0 {
		n := min(per, len(rows))
		var q strings.Builder
		q.WriteString("insert into " + table + " (" + strings.Join(columns, ", ") + ") values ")
		args := make([]any, 0, n*len(columns))
		for i, row := range rows[:n] {
			if i > 0 {
				q.WriteString(", ")
			}
			for j := range columns {
				q.WriteString([...]string{"(", ", "}[min(j, 1)])
				if tx.db.engine == SQLite { // which looks a numbered one up among all the others
					q.WriteByte('?')
					continue
				}
				q.WriteString("$" + strconv.Itoa(len(args)+j+1))
			}
			q.WriteByte(')')
			args = append(args, row...)
		}
		if len(on) > 0 {
			q.WriteString(" on conflict (" + strings.Join(on, ", ") + ") do nothing")
		}
		k, err := tx.Exec(q.String(), args...)
		if err != nil {
			return added, err
		}
		added += k
		rows = rows[n:]
	}
	return added, nil
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
func arguments(args []any) ([]any, error) {
	plain := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case int64, string, float64:
			plain[i] = v
		case []byte:
			if len(v) == 0 {
				return nil, fmt.Errorf("argument %d is an empty blob, which the engines read back differently", i+1)
			}
			plain[i] = v
		case nil:
			plain[i] = nil
		default:
			switch r := reflect.ValueOf(a); r.Kind() {
			case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
				plain[i] = r.Int()
			case reflect.Uint8, reflect.Uint16, reflect.Uint32:
				plain[i] = int64(r.Uint())
			case reflect.String:
				plain[i] = r.String()
			default:
				return nil, fmt.Errorf("argument %d is a %T, which no column takes", i+1, a)
			}
		}
	}
	return plain, nil
}

func head(query string) string {
	q := strings.Join(strings.Fields(query), " ")
	if len(q) > 120 {
		q = q[:120] + "..."
	}
	return q
}
