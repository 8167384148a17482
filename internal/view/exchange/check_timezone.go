package exchange

import (
	"time"

	"breakwater/internal/outbreak"
)

// timeZoneCheck finds time zones by no name of the time zone database.
var timeZoneCheck = check{
	name:      "time_zone",
	kinds:     []Kind{Areas},
	sentences: []string{"exchange.time_zone_unknown"},
	find: func(r *row) (Field, *outbreak.Error) {
		z := r.cells[fieldTimeZone]
		if z == "" || z == r.scan.zoneKnown {
			return fieldNone, nil
		}
		if _, err := time.LoadLocation(z); err != nil || z == "Local" {
			return fieldTimeZone, invalid("exchange.time_zone_unknown")
		}
		r.scan.zoneKnown = z
		return fieldNone, nil
	},
}
