package exchange

import "breakwater/internal/outbreak"

// knownPlaceCheck finds places nobody knows, and names that several places have. Without a database it has nothing to ask and
// finds nothing.
var knownPlaceCheck = check{
	name:      "known_place",
	kinds:     []Kind{Visits},
	sentences: []string{"registry.no_place_called", "registry.many_places"},
	find: func(r *row) (Field, *outbreak.Error) {
		name := r.cells[fieldPlace]
		if name == "" || r.faulty(fieldPlace) || r.scan.o.PlaceCalled == nil {
			return fieldNone, nil
		}
		if err := r.scan.o.PlaceCalled(name); err != nil {
			return fieldPlace, err
		}
		return fieldNone, nil
	},
}
