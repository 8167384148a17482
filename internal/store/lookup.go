package store

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// Asked says what is read of a table by many values of one column.
type Asked struct {
	Columns string
	Table   string
	By      string // the column
	And     string // further conditions, whose arguments are $1 and on
	Args    []any
	Grouped bool // the columns are aggregates over the rows of each value; on PostgreSQL also of a value that has none
}

// Lookup calls do for every row that has one of many values in a column that an index leads to; the same value is asked for once. On PostgreSQL
// they go in one statement that follows the index for each, whatever the server takes the table for: of a table that fills up it knows little, and
// would rather read all of it than follow some hundred values at once. On SQLite they go some hundred at a time, in few different texts, so that those stay prepared.
func Lookup[K cmp.Ordered](tx *Tx, do func(Row) error, a Asked, values []K) error {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	and := ""
	if a.And != "" {
		and = a.And + " and "
	}
	if tx.db.engine == PostgreSQL {
		for part := range slices.Chunk(values, mostInArrays) {
			list, kind := asArray(part)
			in, args := In(slices.Clone(a.Args), []any{array{list}})
			if err := Each(tx, do, "select found.* from (select unnest("+in+"::"+kind+" as k) k, lateral (select "+a.Columns+" from "+a.Table+" where "+and+a.By+" = k.k offset 0) found", args...); err != nil {
				return err
			}
		}
		return nil
	}
	group := ""
	if a.Grouped {
		group = " group by " + a.By
	}
	for part := range slices.Chunk(values, MostGiven) {
		size := 1
		for size < len(part) {
			size = min(4*size, MostGiven)
		}
		args := slices.Clone(a.Args)
		for i := range size {
			args = append(args, part[min(i, len(part)-1)]) // filled up with the last
		}
		// A numbered one would be looked up among all the others.
		if err := Each(tx, do, "select "+a.Columns+" from "+a.Table+" where "+and+a.By+" in (?"+strings.Repeat(", ?", size-1)+")"+group, args...); err != nil {
			return err
		}
	}
	return nil
}

// asArray gives values as PostgreSQL takes them, and what they are there.
func asArray[K any](values []K) (list any, kind string) {
	if reflect.TypeFor[K]().Kind() == reflect.String {
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = reflect.ValueOf(v).String()
		}
		return texts, `text[]) collate "C"`
	}
	numbers := make([]int64, len(values))
	for i, v := range values {
		numbers[i] = reflect.ValueOf(v).Int()
	}
	return numbers, "bigint[])"
}
