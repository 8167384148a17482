package exchange

import "breakwater/internal/outbreak"

// labCheck finds laboratories nobody has made known. Without a database it has nothing to ask and finds nothing.
var labCheck = check{
	name:      "lab",
	kinds:     []Kind{Results},
	sentences: []string{"exchange.lab_unknown", "exchange.lab_missing"},
	find: func(r *row) (Field, *outbreak.Error) {
		if r.cells[fieldLab] == "" {
			r.cells[fieldLab] = r.scan.o.Lab
		}
		if r.scan.o.KnownLab == nil {
			return fieldNone, nil
		}
		if r.cells[fieldLab] == "" {
			return fieldLab, invalid("exchange.lab_missing")
		}
		if !r.scan.o.KnownLab(r.cells[fieldLab]) {
			return fieldLab, invalid("exchange.lab_unknown")
		}
		return fieldNone, nil
	},
}
