package store

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Question is a query with its arguments.
type Question struct {
	Text string
	Args []any
}

// Foresee lets questions travel together that are asked in a moment. On PostgreSQL each answer costs a journey; those that are
// foreseen come back with one, the transaction's beginning among them. Whoever then asks with the same words and arguments is answered
// from what came back. With the first statement that writes, what was not asked for is forgotten. On SQLite, and for a reader, it does nothing.
func (tx *Tx) Foresee(list ...Question) error {
	if tx.db.engine != PostgreSQL || tx.batch == nil || len(list) == 0 {
		return nil
	}
	if err := tx.ready(); err != nil {
		return err
	}
	plain := make([]Question, len(list))
	for i, q := range list {
		args, err := arguments(q.Args)
		if err != nil {
			return err
		}
		plain[i] = Question{q.Text, args}
	}
	answers, err := tx.batch.ask(plain)
	if err != nil {
		return tx.failed(plain[0].Text, err)
	}
	for i, a := range answers {
		tx.batch.foreseen = append(tx.batch.foreseen, foreseen{plain[i], a})
	}
	return nil
}

// foreseen is an answer that came before somebody asked.
type foreseen struct {
	Question
	answer *laid
}

// known gives the answer to a question that was foreseen, once.
func (b *batch) known(query string, args []any) *laid {
	i := slices.IndexFunc(b.foreseen, func(f foreseen) bool { return f.Text == query && reflect.DeepEqual(f.Args, args) })
	if i < 0 {
		return nil
	}
	answer := b.foreseen[i].answer
	b.foreseen = slices.Delete(b.foreseen, i, i+1)
	return answer
}

// ask asks questions on PostgreSQL, and sends what is held and the beginning of the transaction in the same journey.
func (b *batch) ask(list []Question) ([]*laid, error) {
	t := trip{held: b.gathered(), questions: list}
	_, err := b.tx.(*journeys).journey(b.ctx, &t)
	b.lost = b.lost || err != nil && !t.through
	return t.answers, err
}

// laid are the rows of an answer as they came, laid down.
type laid struct {
	fields []pgconn.FieldDescription
	rows   [][][]byte
	types  *pgtype.Map
	at     int // the row under the cursor, from 1
}

// lay reads an answer to its end.
func lay(rows pgx.Rows, types *pgtype.Map) (*laid, error) {
	defer rows.Close()
	l := &laid{types: types}
	for rows.Next() {
		if l.fields == nil {
			l.fields = slices.Clone(rows.FieldDescriptions())
		}
		size := 0
		raw := rows.RawValues() // lent by the connection
		for _, v := range raw {
			size += len(v)
		}
		row, all := make([][]byte, len(raw)), make([]byte, 0, size)
		for i, v := range raw {
			if v == nil {
				continue
			}
			begin := len(all)
			all = append(all, v...)
			row[i] = all[begin:len(all):len(all)]
		}
		l.rows = append(l.rows, row)
	}
	return l, rows.Err()
}

// Next goes to the next row.
func (l *laid) Next() bool {
	if l.at < len(l.rows) {
		l.at++
		return true
	}
	return false
}

// Scan reads the row under the cursor.
func (l *laid) Scan(into ...any) error {
	row := l.rows[l.at-1]
	if len(into) != len(row) {
		return fmt.Errorf("%d values of a row of %d", len(into), len(row))
	}
	for i, to := range into {
		if err := l.types.Scan(l.fields[i].DataTypeOID, l.fields[i].Format, row[i], to); err != nil {
			return fmt.Errorf("reading column %s: %w", l.fields[i].Name, err)
		}
	}
	return nil
}

// Err is nil: it was read to its end.
func (*laid) Err() error { return nil }

// Close has nothing to do.
func (*laid) Close() error { return nil }
