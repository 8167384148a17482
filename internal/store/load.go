package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"strings"

	"breakwater/internal/outbreak"
)

// Load fills an empty database from a dump. The schema is made as it was when the dump was made, the rows are put in, counted
// and compared with their digests, then the schema is brought up to date. A database that is not empty is refused, and one
// that failed to load is empty afterwards.
func (db *DB) Load(ctx context.Context, r io.Reader, owners []Migrations, told func(rows int64)) (d Dumped, err error) {
	in := &dumpReader{in: bufio.NewReaderSize(r, 1<<16), whole: sha256.New()}
	head, err := in.head()
	if err != nil {
		return d, err
	}
	var there []string
	if err := db.Read(ctx, func(tx *Tx) error { there, err = tableNames(tx); return err }); err != nil {
		return d, err
	}
	if len(there) > 0 { // the tables alone, when an earlier restore was killed
		if err := db.Write(ctx, dropEmpty); err != nil {
			return d, err
		}
	}
	empty := func(err error) error { return errors.Join(err, db.Write(context.WithoutCancel(ctx), dropEmpty)) }
	if err := db.migrateTo(ctx, head.Schemas, owners); err != nil {
		return d, empty(err)
	}
	d = Dumped{Engine: head.Engine, At: head.At, Schemas: head.Schemas}
	if told == nil {
		told = func(int64) {}
	}
	if err := db.Write(ctx, func(tx *Tx) error { return in.body(tx, &d, told) }); err != nil {
		return d, empty(err)
	}
	return d, db.Migrate(ctx, owners...)
}

// CheckDump reads a dump to its end and compares every digest, without a database.
func CheckDump(r io.Reader) (Dumped, error) {
	in := &dumpReader{in: bufio.NewReaderSize(r, 1<<16), whole: sha256.New()}
	head, err := in.head()
	if err != nil {
		return Dumped{}, err
	}
	d := Dumped{Engine: head.Engine, At: head.At, Schemas: head.Schemas}
	return d, in.body(nil, &d, func(int64) {})
}

// dumpReader reads a dump line by line.
type dumpReader struct {
	in    *bufio.Reader
	whole hash.Hash // of all lines before the one read last
	last  []byte
}

// next reads a line.
func (r *dumpReader) next() ([]byte, error) {
	r.whole.Write(r.last)
	text, err := r.in.ReadBytes('\n')
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, outbreak.Refuse(outbreak.Invalid, "store.dump_cut")
	}
	r.last = text
	return text, err
}

// wrong says that a dump is not what it was when it was made.
func wrong(format string, args ...any) error {
	return outbreak.Refuse(outbreak.Invalid, "store.dump_wrong").Because(fmt.Errorf(format, args...))
}

func (r *dumpReader) head() (h dumpHead, err error) {
	text, err := r.next()
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil || h.Dump == 0 {
		return h, outbreak.Refuse(outbreak.Invalid, "store.dump_other")
	}
	if h.Dump > dumpVersion {
		return h, outbreak.Refuse(outbreak.Invalid, "store.dump_newer")
	}
	return h, nil
}

// body reads the tables into tx; nil: only to look at them.
func (r *dumpReader) body(tx *Tx, d *Dumped, told func(int64)) error {
	for {
		text, err := r.next()
		if err != nil {
			return err
		}
		var end dumpEnd
		if err := json.Unmarshal(text, &end); err != nil {
			return wrong("%w where a table should begin", err)
		}
		if end.Tables != nil {
			d.Digest = hex.EncodeToString(r.whole.Sum(nil))
			if *end.Tables != d.Tables || end.Rows != d.Rows || end.Digest != d.Digest {
				return wrong("%d tables with %d rows, announced were %d with %d", d.Tables, d.Rows, *end.Tables, end.Rows)
			}
			return nil
		}
		var t dumpTable
		if err := json.Unmarshal(text, &t); err != nil || !t.sound() {
			return wrong("no table where one should begin")
		}
		n, err := r.rows(tx, t, func(n int64) { told(d.Rows + n) })
		if err != nil {
			return err
		}
		d.Tables, d.Rows = d.Tables+1, d.Rows+n
	}
}

var name = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// sound makes sure that the names of a dump can stand in a statement.
func (t dumpTable) sound() bool {
	for _, c := range t.Columns {
		if !name.MatchString(c) {
			return false
		}
	}
	return name.MatchString(t.Table) && len(t.Columns) > 0 && !strings.HasPrefix(t.Table, schemaPrefix)
}

// rows reads the rows of one table.
func (r *dumpReader) rows(tx *Tx, t dumpTable, told func(int64)) (n int64, err error) {
	const together = 500
	sum := sha256.New()
	var list [][]any
	put := func() error {
		if tx == nil || len(list) == 0 {
			list = list[:0]
			return nil
		}
		added, err := tx.Insert(t.Table, t.Columns, nil, list)
		if err == nil && added != int64(len(list)) {
			err = wrong("%d of %d rows of %s were taken", added, len(list), t.Table)
		}
		list = list[:0]
		return err
	}
	for {
		text, err := r.next()
		if err != nil {
			return n, err
		}
		if text[0] != '[' {
			var end dumpEnd
			if err := json.Unmarshal(text, &end); err != nil || end.Rows != n || end.Digest != hex.EncodeToString(sum.Sum(nil)) {
				return n, wrong("%d rows of %s, announced were %d", n, t.Table, end.Rows)
			}
			return n, put()
		}
		sum.Write(text)
		row, err := values(text)
		if err != nil || len(row) != len(t.Columns) {
			return n, wrong("row %d of %s: %w", n+1, t.Table, err)
		}
		list = append(list, row)
		if n++; len(list) == together {
			told(n)
			if err := put(); err != nil {
				return n, err
			}
		}
	}
}

// values reads a row.
func values(text []byte) ([]any, error) {
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var row []any
	if err := in.Decode(&row); err != nil {
		return nil, err
	}
	for i, v := range row {
		switch v := v.(type) {
		case nil, string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return nil, err
			}
			row[i] = n
		case map[string]any:
			text, _ := v["b"].(string)
			b, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, err
			}
			row[i] = b
		default:
			return nil, fmt.Errorf("a %T", v)
		}
	}
	return row, nil
}
