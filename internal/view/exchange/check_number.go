package exchange

import (
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// numberCheck finds counts that are no whole numbers in their range; thousands may be set apart by commas.
// The roll number 0 is a member nobody knows.
var numberCheck = check{
	name:      "number",
	sentences: []string{"exchange.number_wrong"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, n := range []struct {
			field       Field
			least, most int64
		}{{fieldPopulation, 0, 20_000_000_000}, {fieldAge, 0, 130}, {fieldRollNo, 0, 1<<32 - 1}} {
			text := r.cells[n.field]
			if text == "" || r.faulty(n.field) {
				continue
			}
			if strings.ContainsAny(text, ", ") {
				text = strings.NewReplacer(",", "", " ", "").Replace(text)
			}
			v, err := strconv.ParseInt(text, 10, 64)
			if err != nil || v < n.least || v > n.most {
				return n.field, invalid("exchange.number_wrong", "column", r.scan.mapping.name(n.field), "least", n.least, "most", n.most)
			}
			r.cells[n.field] = text
		}
		return fieldNone, nil
	},
}
