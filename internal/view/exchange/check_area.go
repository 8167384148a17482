package exchange

import "breakwater/internal/outbreak"

// knownAreaCheck finds areas nobody has loaded. Without a database it has nothing to ask and finds nothing.
var knownAreaCheck = check{
	name:      "known_area",
	kinds:     []Kind{Roster, Places},
	sentences: []string{"exchange.area_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		c := r.cells[fieldArea]
		if c == "" || r.faulty(fieldArea) || r.scan.o.KnownArea == nil || r.scan.o.KnownArea(c) {
			return fieldNone, nil
		}
		return fieldArea, invalid("exchange.area_unknown", "code", mask(r.scan.kind, fieldArea, c))
	},
}
