package exchange

import "breakwater/internal/outbreak"

// outbreakCheck finds outbreaks nobody declared, by name or id. Without a database it has nothing to ask and finds nothing.
var outbreakCheck = check{
	name:      "outbreak",
	kinds:     []Kind{Visits},
	sentences: []string{"exchange.outbreak_missing", "exchange.outbreak_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		o := &r.scan.o
		if r.cells[fieldOutbreak] == "" {
			r.cells[fieldOutbreak] = o.Outbreak
		}
		switch {
		case o.KnownOutbreak == nil:
		case r.cells[fieldOutbreak] == "":
			return fieldOutbreak, invalid("exchange.outbreak_missing")
		case !o.KnownOutbreak(r.cells[fieldOutbreak]):
			return fieldOutbreak, invalid("exchange.outbreak_unknown")
		}
		return fieldNone, nil
	},
}
