package exchange

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// coordinatesCheck finds degrees that are none, and degrees of which nobody says in which system they are: the systems differ by
// some hundred metres.
var coordinatesCheck = check{
	name:      "coordinates",
	kinds:     []Kind{Places},
	sentences: []string{"exchange.degrees_wrong", "registry.place_coordinates"},
	find: func(r *row) (Field, *outbreak.Error) {
		said := 0
		for f, most := range map[Field]float64{fieldLat: 90, fieldLon: 180} {
			text := r.cells[f]
			if text == "" {
				continue
			}
			said++
			if n, err := strconv.ParseFloat(text, 64); err != nil || !(n >= -most && n <= most) {
				return f, invalid("exchange.degrees_wrong", "column", r.scan.mapping.name(f), "most", int(most))
			}
		}
		system := strings.ToUpper(foldHeader(r.cells[fieldCoordinates]))
		if said == 0 && system == "" {
			return fieldNone, nil
		}
		if said != 2 || !slices.Contains(registry.CoordinateSystems, system) {
			return fieldCoordinates, invalid("registry.place_coordinates", "systems", strings.Join(registry.CoordinateSystems, ", "))
		}
		r.cells[fieldCoordinates] = system
		return fieldNone, nil
	},
}
