package store

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite/vtab"
)

// Rows by the thousand go into SQLite out of the program's memory: a table that is none gives them to an insert that selects.
// As arguments of a statement each value would pass through database/sql and be bound, which costs as much as storing it.

const (
	fedRows    = 32 // from here on feeding is cheaper than a list of values
	feedWidth  = 48 // columns, at most
	feedModule = "breakwater_rows"
)

// feeder is what the writer's connection reads rows from.
type feeder struct {
	number int64
	rows   [][]any
}

var feeders struct {
	once   sync.Once
	fault  error
	number atomic.Int64
	all    sync.Map // number -> *feeder
}

// newFeeder makes a feeder, and known to the driver what it is.
func newFeeder() (*feeder, error) {
	feeders.once.Do(func() { feeders.fault = vtab.RegisterModule(nil, feedModule, feedTables{}) })
	f := &feeder{number: feeders.number.Add(1)}
	feeders.all.Store(f.number, f)
	return f, feeders.fault
}

// table is the statement that makes the table of a connection.
func (f *feeder) table() string {
	return fmt.Sprintf("create virtual table temp.feed using %s(%d)", feedModule, f.number)
}

func (f *feeder) close() {
	if f != nil {
		feeders.all.Delete(f.number)
	}
}

// fed writes an insert of what is fed; a column that has one value in all rows is given once.
func fed(into string, once []bool) string {
	list := make([]string, len(once))
	for i := range list {
		list[i] = "c" + strconv.Itoa(i)
		if once[i] {
			list[i] = "?"
		}
	}
	return into + " select " + strings.Join(list, ", ") + " from temp.feed where true" // so that "on conflict" is read as that
}

// insertFed puts rows in out of memory.
func (tx *Tx) insertFed(into string, columns int, behind string, rows [][]any) (int64, error) {
	flat := make([]any, 0, len(rows)*columns)
	plain := make([][]any, len(rows))
	for i, row := range rows {
		if len(row) != columns {
			return 0, fmt.Errorf("a row of %d values for %d columns of %q", len(row), columns, into)
		}
		var err error
		if flat, err = appendPlain(flat, row); err != nil {
			return 0, err
		}
		plain[i] = flat[i*columns : (i+1)*columns]
	}
	if _, err := tx.writing(nil); err != nil {
		return 0, err
	}
	once := make([]bool, columns)
	var args []any
	for j := range once {
		if once[j] = alike(plain, j); once[j] {
			args = append(args, plain[0][j])
		}
	}
	f := tx.batch.w.feeder
	f.rows = plain
	defer func() { f.rows = nil }()
	return tx.exec(fed(into, once)+behind, args)
}

// alike tells whether a column has one value in all rows. Of blobs it is not asked.
func alike(rows [][]any, j int) bool {
	first := rows[0][j]
	if _, blob := first.([]byte); blob {
		return false
	}
	for _, row := range rows {
		if _, blob := row[j].([]byte); blob || row[j] != first {
			return false
		}
	}
	return true
}

// feedTables makes the tables of connections.
type feedTables struct{}

// Create makes one; its argument is the number of the feeder.
func (feedTables) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	n, err := strconv.ParseInt(args[len(args)-1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("reading the number of a feeder: %w", err)
	}
	f, known := feeders.all.Load(n)
	if !known {
		return nil, fmt.Errorf("feeder %d is not there", n)
	}
	columns := make([]string, feedWidth)
	for i := range columns {
		columns[i] = "c" + strconv.Itoa(i)
	}
	return feedTable{f.(*feeder)}, ctx.Declare("create table feed (" + strings.Join(columns, ", ") + ")")
}

// Connect is Create: the table lives as long as its connection.
func (m feedTables) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	return m.Create(ctx, args)
}

type feedTable struct{ from *feeder }

// BestIndex has nothing to choose: all rows, in their order.
func (feedTable) BestIndex(*vtab.IndexInfo) error { return nil }

// Open begins to read.
func (t feedTable) Open() (vtab.Cursor, error) { return &feedCursor{rows: t.from.rows}, nil }

// Disconnect has nothing to do.
func (feedTable) Disconnect() error { return nil }

// Destroy has nothing to do.
func (feedTable) Destroy() error { return nil }

type feedCursor struct {
	rows [][]any
	at   int
}

// Filter goes to the first row.
func (c *feedCursor) Filter(int, string, []driver.Value) error { c.at = 0; return nil }

// Next goes to the next.
func (c *feedCursor) Next() error { c.at++; return nil }

// Eof tells that there is none.
func (c *feedCursor) Eof() bool { return c.at >= len(c.rows) }

// Column gives a value of the row.
func (c *feedCursor) Column(i int) (driver.Value, error) {
	if row := c.rows[c.at]; i < len(row) {
		return row[i], nil
	}
	return nil, nil
}

// Rowid is the place of the row.
func (c *feedCursor) Rowid() (int64, error) { return int64(c.at), nil }

// Close has nothing to do.
func (*feedCursor) Close() error { return nil }

// Put adds rows, and where the key of one is there already its other columns take the new values. Like those of Add, they may reach the
// engine later.
func (tx *Tx) Put(table string, columns []string, key string, rows [][]any) error {
	var set []string
	for _, c := range columns {
		if c != key {
			set = append(set, c+" = excluded."+c)
		}
	}
	return tx.all(table, columns, " on conflict ("+key+") do update set "+strings.Join(set, ", "), rows)
}

// Insert adds many rows with few statements, leaving out those that are there already (on names the unique columns; empty:
// a clash is an error). It gives the number of rows added.
func (tx *Tx) Insert(table string, columns []string, on []string, rows [][]any) (int64, error) {
	behind := ""
	if len(on) > 0 {
		behind = " on conflict (" + strings.Join(on, ", ") + ") do nothing"
	}
	return tx.insert(table, columns, behind, rows)
}

// Add adds rows that all go in. Like those of Must, they may reach the engine only with the next statement, or with the commit.
func (tx *Tx) Add(table string, columns []string, rows [][]any) error {
	return tx.all(table, columns, "", rows)
}

// all puts rows in, each of which has to touch one.
func (tx *Tx) all(table string, columns []string, behind string, rows [][]any) error {
	if tx.db.engine != PostgreSQL {
		n, err := tx.insert(table, columns, behind, rows)
		if err == nil && n != int64(len(rows)) {
			err = fmt.Errorf("%d rows touched instead of %d in %s", n, len(rows), table)
		}
		return err
	}
	into := "insert into " + table + " (" + strings.Join(columns, ", ") + ")"
	for part := range slices.Chunk(rows, mostInArrays) {
		s, err := tx.putting(into, len(columns), behind, part)
		if err != nil {
			return err
		}
		if _, err := tx.writing(nil); err != nil {
			return err
		}
		if err := tx.put(s); err != nil {
			return err
		}
	}
	return nil
}

// putting is the statement that puts rows in on PostgreSQL.
func (tx *Tx) putting(into string, columns int, behind string, rows [][]any) (statement, error) {
	plain, err := plainRows(rows)
	if err != nil {
		return statement{}, err
	}
	s := statement{rows: int64(len(rows)), sure: true}
	if len(rows) >= fewRows {
		s.query, s.args, err = inArrays(into, columns, plain)
		s.query += behind
		return s, err
	}
	s.query = insert{into, columns}.of(len(rows), PostgreSQL) + behind
	s.args = slices.Concat(plain...)
	return s, nil
}

func (tx *Tx) insert(table string, columns []string, behind string, rows [][]any) (added int64, err error) {
	into := "insert into " + table + " (" + strings.Join(columns, ", ") + ")"
	some, most := tx.insertValues, max(900/len(columns), 1) // values a statement: well under SQLite's limit, and large enough to be fast
	switch {
	case tx.db.engine == PostgreSQL && len(rows) >= fewRows:
		some, most = tx.insertArrays, mostInArrays
	case tx.db.engine == SQLite && len(rows) >= fedRows && len(columns) <= feedWidth && tx.batch != nil:
		some, most = tx.insertFed, mostInArrays
	}
	for part := range slices.Chunk(rows, most) {
		n, err := some(into, len(columns), behind, part)
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// insertValues puts rows in as one list of values.
func (tx *Tx) insertValues(into string, columns int, behind string, rows [][]any) (int64, error) {
	var q strings.Builder
	q.WriteString(into + " values ")
	args := make([]any, 0, len(rows)*columns)
	for i, row := range rows {
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
	q.WriteString(behind)
	return tx.Exec(q.String(), args...)
}
