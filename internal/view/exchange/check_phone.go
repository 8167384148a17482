package exchange

import (
	"strings"

	"breakwater/internal/outbreak"
)

// phoneCheck finds phone numbers nobody could call: 5 to 15 digits (E.164), with a plus before and an extension behind.
var phoneCheck = check{
	name:      "phone",
	kinds:     []Kind{Roster},
	sentences: []string{"exchange.phone_wrong"},
	find: func(r *row) (Field, *outbreak.Error) {
		text := r.cells[fieldPhone]
		if text == "" || r.faulty(fieldPhone) {
			return fieldNone, nil
		}
		n := 0
		for i, c := range text {
			switch {
			case c >= '0' && c <= '9':
				n++
			case c == '+' && i == 0, strings.ContainsRune(" -().", c):
			default:
				return fieldPhone, invalid("exchange.phone_wrong")
			}
		}
		if n < 5 || n > 15 {
			return fieldPhone, invalid("exchange.phone_wrong")
		}
		return fieldNone, nil
	},
}
