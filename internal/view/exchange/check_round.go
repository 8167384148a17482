package exchange

import "breakwater/internal/outbreak"

// roundCheck reads the codes of rounds and booths.
var roundCheck = check{
	name:      "round",
	kinds:     []Kind{Tubes},
	sentences: []string{"exchange.code_mistyped"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, f := range []Field{fieldRound, fieldBooth} {
			if r.cells[f] == "" || r.faulty(f) {
				continue
			}
			if _, err := outbreak.ParseID[outbreak.RoundID](r.cells[f]); err != nil {
				return f, invalid("exchange.code_mistyped", "column", r.scan.mapping.name(f))
			}
		}
		return fieldNone, nil
	},
}
