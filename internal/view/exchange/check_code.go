package exchange

import (
	"strings"

	"breakwater/internal/outbreak"
)

// codeCheck finds area codes that cannot stand in a path of the tree.
var codeCheck = check{
	name:      "code",
	kinds:     []Kind{Areas, Roster, Places},
	sentences: []string{"exchange.code_wrong", "exchange.code_own_parent"},
	find: func(r *row) (Field, *outbreak.Error) {
		for _, f := range []Field{fieldCode, fieldParent, fieldArea} {
			if f == fieldParent && r.scan.kind == Places {
				continue // of a place it may be a name
			}
			if c := r.cells[f]; !r.faulty(f) && (len(c) > 24 || strings.ContainsFunc(c, notInCode)) {
				return f, invalid("exchange.code_wrong", "column", r.scan.mapping.name(f))
			}
		}
		if r.scan.kind == Areas && r.cells[fieldCode] != "" && r.cells[fieldCode] == r.cells[fieldParent] {
			return fieldParent, invalid("exchange.code_own_parent")
		}
		return fieldNone, nil
	},
}

func notInCode(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == '_' || r == '.')
}
