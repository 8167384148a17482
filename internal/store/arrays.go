package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	fewRows      = 8    // from here on arrays are cheaper than a list of values
	mostInArrays = 5000 // rows of one statement
)

// insertArrays is Insert on PostgreSQL: a column travels as one array, so that the statement is the same for any number of rows
// and is read once. The type of a column is that of its values.
func (tx *Tx) insertArrays(table string, columns, on []string, rows [][]any) (added int64, err error) {
	for part := range slices.Chunk(rows, mostInArrays) {
		args := make([]any, len(columns))
		types := make([]string, len(columns))
		for j := range columns {
			if args[j], types[j], err = column(part, j); err != nil {
				return added, fmt.Errorf("column %s: %w", columns[j], err)
			}
		}
		var q strings.Builder
		q.WriteString("insert into " + table + " (" + strings.Join(columns, ", ") + ") select * from unnest(")
		for j, t := range types {
			if j > 0 {
				q.WriteString(", ")
			}
			q.WriteString("$" + strconv.Itoa(j+1) + "::" + t + "[]")
		}
		q.WriteByte(')')
		if len(on) > 0 {
			q.WriteString(" on conflict (" + strings.Join(on, ", ") + ") do nothing")
		}
		if _, err := tx.writing(nil); err != nil {
			return added, err
		}
		n, err := tx.exec(q.String(), args)
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// column gives one column of rows as an array, and the type of its elements. Values are checked as those of any statement.
func column(rows [][]any, j int) (any, string, error) {
	var (
		numbers []int64
		floats  []float64
		blobs   [][]byte
		texts   []*string
		kind    string
	)
	for _, row := range rows {
		plain, err := arguments(row[j : j+1])
		if err != nil {
			return nil, "", err
		}
		is := ""
		switch v := plain[0].(type) {
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
