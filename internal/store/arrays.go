package store

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	fewRows      = 8    // from here on arrays are cheaper than a list of values
	mostInArrays = 5000 // rows of one statement
)

// insertArrays puts rows in on PostgreSQL: a column travels as one array, so that the statement is the same for any number of
// rows and is read once. The type of a column is that of its values.
func (tx *Tx) insertArrays(into string, columns int, behind string, rows [][]any) (int64, error) {
	s, err := tx.putting(into, columns, behind, rows)
	if err != nil {
		return 0, err
	}
	if _, err := tx.writing(nil); err != nil {
		return 0, err
	}
	return tx.exec(s.query, s.args)
}

// plainRows lets through what both engines store alike.
func plainRows(rows [][]any) (plain [][]any, err error) {
	plain = make([][]any, len(rows))
	for i, row := range rows {
		if plain[i], err = arguments(row); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// inArrays writes an insert of rows as one of arrays, and its arguments.
func inArrays(into string, columns int, rows [][]any) (query string, args []any, err error) {
	var q strings.Builder
	q.WriteString(into + " select ")
	args = make([]any, columns)
	for j := range columns {
		var kind string
		if args[j], kind, err = column(rows, j); err != nil {
			return "", nil, fmt.Errorf("column %d of %q: %w", j+1, into, err)
		}
		if j > 0 {
			q.WriteString(", ")
		}
		q.WriteString("unnest($" + strconv.Itoa(j+1) + "::" + kind + "[])") // in the list: in the from clause all would be laid down first
	}
	return q.String(), args, nil
}

// MostGiven is how many rows Given takes.
const MostGiven = 400

// Given writes rows as what a query can join, its columns called k.a, k.b and so on, and gives the arguments. There are few texts,
// so that they stay prepared: one on PostgreSQL; on SQLite one for up to 10 rows, 100 or all, filled up with nulls, which join nothing.
func (tx *Tx) Given(rows [][]any) (from string, args []any, err error) {
	plain, err := plainRows(rows)
	if err != nil {
		return "", nil, err
	}
	columns := len(rows[0])
	var q strings.Builder
	q.WriteString("(select ")
	for j := range columns {
		if j > 0 {
			q.WriteString(", ")
		}
		name := string(rune('a' + j))
		if tx.db.engine == SQLite {
			q.WriteString("column" + strconv.Itoa(j+1) + " as " + name)
			continue
		}
		list, kind, err := column(plain, j)
		if err != nil {
			return "", nil, err
		}
		q.WriteString("unnest($" + strconv.Itoa(j+1) + "::" + kind + "[]) as " + name)
		args = append(args, array{list})
	}
	if tx.db.engine == SQLite {
		q.WriteString(" from (values ")
		for i := range filled(len(rows)) {
			q.WriteString([...]string{"", ", "}[min(i, 1)] + "(?" + strings.Repeat(", ?", columns-1) + ")")
			if i < len(rows) {
				args = append(args, plain[i]...)
			} else {
				args = append(args, make([]any, columns)...)
			}
		}
		q.WriteString(")")
	}
	return q.String() + ") k", args, nil
}

// filled is up to how many rows a text is filled up.
func filled(rows int) int {
	for _, n := range [...]int{10, 100} {
		if rows <= n {
			return n
		}
	}
	return max(rows, MostGiven)
}

// array is a column on its way to PostgreSQL.
type array struct{ list any }

// column gives one column of rows as an array, and the type of its elements.
func column(rows [][]any, j int) (any, string, error) {
	var (
		numbers []int64
		floats  []float64
		blobs   [][]byte
		texts   []*string
		kind    string
	)
	for _, row := range rows {
		is := ""
		switch v := row[j].(type) {
		case int64:
			is, numbers = "bigint", append(numbers, v)
		case float64:
			is, floats = "double precision", append(floats, v)
		case string:
			is, texts = "text", append(texts, &v)
		case []byte:
			is, blobs = "bytea", append(blobs, v)
		case nil:
			texts, blobs = append(texts, nil), append(blobs, nil) // of whichever kind the others are
			continue
		}
		if kind == "" {
			kind = is
		}
		if kind != is {
			return nil, "", fmt.Errorf("values of two types, %s and %s", kind, is)
		}
	}
	switch {
	case kind == "bigint" && len(numbers) == len(rows):
		return numbers, kind, nil
	case kind == "double precision" && len(floats) == len(rows):
		return floats, kind, nil
	case kind == "bytea" || kind == "":
		return blobs, "bytea", nil
	case kind == "text":
		return texts, kind, nil
	}
	return nil, "", fmt.Errorf("a column of %s with a value left out", kind)
}
