package exchange

import "breakwater/internal/outbreak"

// tubeCheck reads barcodes.
var tubeCheck = check{
	name:      "tube",
	kinds:     []Kind{Tubes, Results},
	sentences: []string{"exchange.tube_wrong"},
	find: func(r *row) (Field, *outbreak.Error) {
		if r.cells[fieldTube] == "" || r.faulty(fieldTube) {
			return fieldNone, nil
		}
		code := outbreak.TubeCode(r.cells[fieldTube]).Canonical()
		if code == "" {
			return fieldTube, invalid("exchange.tube_wrong")
		}
		r.cells[fieldTube] = string(code)
		return fieldNone, nil
	},
}
