package exchange

import (
	"slices"

	"breakwater/internal/outbreak"
)

// check looks at one thing in a row. It gives the field to blame and the sentence, or nothing. A check may write a cell in its
// canonical form; the checks run in the order of the table, and one does not look at what an earlier one found wrong.
type check struct {
	name      string
	kinds     []Kind   // none: all
	sentences []string // that it can tell
	find      func(*row) (Field, *outbreak.Error)
}

// checks is the one table of checks: to add one, write its file and its line here.
var checks = []check{
	neededCheck,
	shortenedCheck,
	codeCheck,
	knownAreaCheck,
	numberCheck,
	timeZoneCheck,
	nameCheck,
	birthCheck,
	identityCheck,
	sexCheck,
	phoneCheck,
	roundCheck,
	tubeCheck,
	momentCheck,
	memberCheck,
	labCheck,
	resultCheck,
	placeKindCheck,
	coordinatesCheck,
	knownPlaceCheck,
	outbreakCheck,
	visitWordsCheck,
	stayCheck,
	keptCheck,
	stockCheck,
}

func checksOf(kind Kind) []check {
	var mine []check
	for _, c := range checks {
		if len(c.kinds) == 0 || slices.Contains(c.kinds, kind) {
			mine = append(mine, c)
		}
	}
	return mine
}

func invalid(msg string, slots ...any) *outbreak.Error {
	return outbreak.Refuse(outbreak.Invalid, msg, slots...)
}

// look runs all checks over the row.
func (r *row) look(list []check) {
	for i := range list {
		if f, err := list[i].find(r); err != nil {
			r.told = append(r.told, fault{check: list[i].name, field: f, err: err})
		}
	}
}
