package exchange

import (
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// shortenedCheck finds numbers a spreadsheet has shortened: 2.20102E+17, or eighteen digits of which only fifteen survived.
// What is lost is lost; the file has to be made again with these columns as text.
var shortenedCheck = check{
	name:      "shortened",
	sentences: []string{"exchange.shortened", "exchange.shortened_zeros"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, f := range []Field{fieldDocument, fieldTube, fieldPhone, fieldRollNo, fieldPerson, fieldCode, fieldParent, fieldArea, fieldMessage, fieldRound} {
			if scientific(r.cells[f]) {
				return f, invalid("exchange.shortened", "column", r.scan.mapping.name(f))
			}
		}
		if n := r.cells[fieldDocument]; len(n) == 18 && strings.HasSuffix(n, "000") && digits(n) {
			if _, _, err := registry.CheckDocument(registry.CitizenID, n); err != nil {
				return fieldDocument, invalid("exchange.shortened_zeros", "column", r.scan.mapping.name(fieldDocument))
			}
		}
		return fieldNone, nil
	},
}

// scientific tells 2.20102E+17 and 2E+17 from codes that hold an E.
func scientific(s string) bool {
	if len(s) < 4 || len(s) > 24 || !strings.ContainsAny(s, ".+") {
		return false
	}
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(s), "E")
	if !ok {
		return false
	}
	whole, part, _ := strings.Cut(mantissa, ".")
	exponent = strings.TrimPrefix(exponent, "+")
	return len(whole) == 1 && digits(whole+part) && exponent != "" && digits(exponent)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
