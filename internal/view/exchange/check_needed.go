package exchange

import "breakwater/internal/outbreak"

// neededCheck finds cells that must not be empty.
var neededCheck = check{
	name:      "needed",
	sentences: []string{"exchange.cell_missing"},
	find: func(r *row) (Field, *outbreak.Error) {
	groups:
		for _, group := range r.scan.shape.needs {
			for _, f := range group {
				if r.cells[f] != "" {
					continue groups
				}
			}
			for _, f := range group {
				if r.scan.mapping.column[f] >= 0 {
					return f, invalid("exchange.cell_missing", "column", r.scan.mapping.name(f))
				}
			}
		}
		return fieldNone, nil
	},
}
