package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"breakwater/internal/outbreak"
)

// A dump is a whole database as lines of JSON, the same for both engines, so that one can be loaded into the other:
//
//	{"dump": 1, "engine": "sqlite", "at": 1647244800000, "schemas": {"journal": 1, ...}}
//	{"table": "journal", "columns": ["ledger", "seq", ...]}
//	[1, 1, "RoundOpened", {"b": "base64 of a blob"}, null]
//	{"rows": 1, "sha256": "digest of the rows' lines"}
//	...
//	{"tables": 57, "rows": 1234, "sha256": "digest of everything before"}

// dumpVersion is the version of the format.
const dumpVersion = 1

// Dumped says what a dump holds.
type Dumped struct {
	Engine  Engine           `json:"engine"`
	At      outbreak.Instant `json:"at"`
	Schemas map[string]int64 `json:"schemas"` // owner -> version
	Tables  int              `json:"tables"`
	Rows    int64            `json:"rows"`
	Digest  string           `json:"sha256"`
}

type dumpHead struct {
	Dump    int              `json:"dump"`
	Engine  Engine           `json:"engine"`
	At      outbreak.Instant `json:"at"`
	Schemas map[string]int64 `json:"schemas"`
}

type dumpTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

type dumpEnd struct {
	Tables *int   `json:"tables,omitempty"` // of the whole dump alone
	Rows   int64  `json:"rows"`
	Digest string `json:"sha256"`
}

// Dump writes the whole database as of one moment. Writers go on meanwhile. told hears of the rows written so far and may be
// nil.
func (db *DB) Dump(ctx context.Context, w io.Writer, told func(rows int64)) (d Dumped, err error) {
	all := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, all), 1<<16)
	err = db.Read(ctx, func(tx *Tx) error {
		head := dumpHead{Dump: dumpVersion, Engine: db.engine, At: tx.Now}
		if head.Schemas, err = schemas(tx); err != nil {
			return err
		}
		if err := line(out, head); err != nil {
			return err
		}
		d = Dumped{Engine: db.engine, At: head.At, Schemas: head.Schemas}
		tables, err := ownTables(tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			n, err := dumpRows(tx, out, t, func(n int64) {
				if told != nil {
					told(d.Rows + n)
				}
			})
			if err != nil {
				return fmt.Errorf("dumping %s: %w", t, err)
			}
			d.Tables, d.Rows = d.Tables+1, d.Rows+n
		}
		if err := out.Flush(); err != nil {
			return err
		}
		d.Digest = hex.EncodeToString(all.Sum(nil))
		if err := line(out, dumpEnd{Tables: &d.Tables, Rows: d.Rows, Digest: d.Digest}); err != nil {
			return err
		}
		return out.Flush()
	})
	return d, err
}

func line(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return err
}

// blob is how a dump writes bytes.
type blob struct {
	B string `json:"b"`
}

func dumpRows(tx *Tx, out io.Writer, table string, told func(int64)) (n int64, err error) {
	rows, done, err := tx.query("select * from "+table, nil)
	if err != nil {
		return 0, err
	}
	defer done()
	defer rows.Close()
	columns, err := rows.(interface{ Columns() ([]string, error) }).Columns() // a reader's
	if err != nil {
		return 0, err
	}
	if err := line(out, dumpTable{table, columns}); err != nil {
		return 0, err
	}
	sum := sha256.New()
	body := io.MultiWriter(out, sum)
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		for i, v := range values {
			if b, is := v.([]byte); is {
				values[i] = blob{base64.StdEncoding.EncodeToString(b)}
			}
		}
		if err := line(body, values); err != nil {
			return n, err
		}
		if n++; n%10_000 == 0 {
			told(n)
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	return n, line(out, dumpEnd{Rows: n, Digest: hex.EncodeToString(sum.Sum(nil))})
}
