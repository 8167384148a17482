package registry

import (
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Listing says which rows of a table somebody asks for, whose rows have an id, an area, an outbreak and people in them.
type Listing struct {
	May      access.Permission
	After    int64
	Below    outbreak.Path
	Person   outbreak.PersonID // under whatever code; 0: anybody
	People   []string          // the columns a person may stand in
	Outbreak outbreak.OutbreakID
	And      []string       // further conditions without arguments
	Equal    map[string]any // further columns, and what stands in them
	Most     int
}

// Where writes what stands behind "where" for the rows the actor may see, the oldest first, and the arguments.
func (l Listing) Where(tx *store.Tx, by outbreak.Actor) (string, []any, error) {
	cond, args := access.Within(by, l.May, "", []any{l.After, l.Below, l.Below.Upto()})
	if l.Person != 0 {
		codes, err := CodesOf(tx, l.Person)
		if err != nil {
			return "", nil, err
		}
		in, more := store.In(args, codes)
		args = more
		either := ""
		for i, column := range l.People {
			if i > 0 {
				either += " or "
			}
			either += column + " in (" + in + ")"
		}
		cond += " and (" + either + ")"
	}
	equal := func(column string, v any) {
		args = append(args, v)
		cond += fmt.Sprintf(" and %s = $%d", column, len(args))
	}
	if l.Outbreak != 0 {
		equal("outbreak", l.Outbreak)
	}
	for _, column := range slices.Sorted(maps.Keys(l.Equal)) {
		equal(column, l.Equal[column])
	}
	for _, and := range l.And {
		cond += " and " + and
	}
	limit, args := store.In(args, []int{max(l.Most, 1)})
	return "id > $1 and area >= $2 and area < $3 and " + cond + " order by id limit " + limit, args, nil
}
