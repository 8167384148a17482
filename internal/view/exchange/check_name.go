package exchange

import (
	"strings"

	"breakwater/internal/outbreak"
)

// nameCheck finds a whole family in one cell, and names too long to be one.
var nameCheck = check{
	name:      "name",
	kinds:     []Kind{Areas, Roster, Places},
	sentences: []string{"exchange.several_people", "exchange.name_long"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, f := range []Field{fieldName, fieldNameEn} {
			n := r.cells[f]
			if len(n) > 300 {
				return f, invalid("exchange.name_long", "column", r.scan.mapping.name(f))
			}
			if r.scan.kind == Roster && strings.ContainsAny(n, "、;；/\n") {
				return f, invalid("exchange.several_people")
			}
		}
		return fieldNone, nil
	},
}
