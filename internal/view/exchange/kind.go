package exchange

import (
	"slices"

	"breakwater/internal/outbreak"
)

// Kind is what a file holds.
type Kind string

const (
	Areas   Kind = "areas"
	Roster  Kind = "roster"
	Tubes   Kind = "tubes"
	Results Kind = "results"
	Places  Kind = "places"
	Visits  Kind = "visits"
	Stock   Kind = "stock"
)

// Kinds lists what can be taken in.
var Kinds = []Kind{Areas, Roster, Tubes, Results, Places, Visits, Stock}

// shape is how files of a kind look: the headers a field may have, and the fields of which at least one column is needed.
// Headers are compared folded: see foldHeader.
type shape struct {
	headers map[Field][]string
	needs   [][]Field // each: one of them
	key     func(*row) []string
}

var shapes = map[Kind]shape{Areas: areaShape, Roster: rosterShape, Tubes: tubeShape, Results: resultShape, Places: placeShape, Visits: visitShape, Stock: stockShape}

func shapeOf(kind Kind) (shape, error) {
	s, ok := shapes[kind]
	if !ok {
		return shape{}, outbreak.Refuse(outbreak.Invalid, "exchange.kind_unknown", "kind", string(kind))
	}
	return s, nil
}

// fieldOfHeader finds the field a header means; fieldNone when no field has such a name.
func (s shape) fieldOfHeader(folded string) Field {
	for f := fieldCode; f < fieldCount; f++ {
		if slices.Contains(s.headers[f], folded) {
			return f
		}
	}
	return fieldNone
}
