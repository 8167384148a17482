package exchange

import (
	"breakwater/internal/outbreak"
)

// keptCheck reads until when a visit is kept; an empty cell leaves it to the house.
var keptCheck = check{
	name:      "kept",
	kinds:     []Kind{Visits},
	sentences: []string{"exchange.date_wrong", "exchange.date_order", "exchange.date_serial"},
	find: func(r *row) (Field, *outbreak.Error) {
		text := r.cells[fieldUntil]
		if text == "" {
			return fieldNone, nil
		}
		t, err := readTime(text, r.scan.zone(r))
		if err != nil {
			return fieldUntil, err
		}
		r.until = outbreak.At(t)
		return fieldNone, nil
	},
}
