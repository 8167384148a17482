package exchange

import "breakwater/internal/outbreak"

// roundCheck finds rounds and sampling points nobody has opened, by name or id. Without a database it has nothing to ask and
// finds nothing.
var roundCheck = check{
	name:      "round",
	kinds:     []Kind{Tubes},
	sentences: []string{"exchange.round_missing", "exchange.round_unknown", "exchange.booth_missing", "exchange.booth_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		o := &r.scan.o
		if r.cells[fieldRound] == "" {
			r.cells[fieldRound] = o.Round
		}
		if r.cells[fieldBooth] == "" {
			r.cells[fieldBooth] = o.Booth
		}
		switch {
		case o.KnownRound != nil && r.cells[fieldRound] == "":
			return fieldRound, invalid("exchange.round_missing")
		case o.KnownRound != nil && !o.KnownRound(r.cells[fieldRound]):
			return fieldRound, invalid("exchange.round_unknown")
		case o.KnownBooth != nil && r.cells[fieldBooth] == "":
			return fieldBooth, invalid("exchange.booth_missing")
		case o.KnownBooth != nil && !o.KnownBooth(r.cells[fieldBooth]):
			return fieldBooth, invalid("exchange.booth_unknown")
		}
		return fieldNone, nil
	},
}
