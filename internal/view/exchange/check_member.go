package exchange

import "breakwater/internal/outbreak"

// memberCheck reads the code of a person in a tube or of a visit.
var memberCheck = check{
	name:      "member",
	kinds:     []Kind{Tubes, Visits},
	sentences: []string{"exchange.code_mistyped"},
	find: func(r *row) (Field, *outbreak.Error) {
		if r.cells[fieldPerson] == "" || r.faulty(fieldPerson) {
			return fieldNone, nil
		}
		id, err := outbreak.ParseID[outbreak.PersonID](r.cells[fieldPerson])
		if err != nil {
			return fieldPerson, invalid("exchange.code_mistyped", "column", r.scan.mapping.name(fieldPerson))
		}
		r.cells[fieldPerson] = id.String()
		return fieldNone, nil
	},
}
