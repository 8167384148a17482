package exchange

import (
	"time"

	"breakwater/internal/outbreak"
)

// momentCheck reads when a tube was taken or a test was run: not in the future, and not a date without a time, from which no
// clock could start.
var momentCheck = check{
	name:  "moment",
	kinds: []Kind{Tubes, Results},
	sentences: []string{"exchange.date_wrong", "exchange.date_order", "exchange.date_serial", "exchange.time_of_day_missing",
		"exchange.in_future", "exchange.too_old"},
	find: func(r *row) (Field, *outbreak.Error) {
		f := fieldTaken
		if r.scan.kind == Results {
			f = fieldRanAt
		}
		text := r.cells[f]
		if text == "" {
			return fieldNone, nil
		}
		t, err := readTime(text, r.scan.zone(r))
		if err != nil {
			return f, err
		}
		if len(text) <= 14 && t.Hour() == 0 && t.Minute() == 0 && !timeOfDay(text) {
			return f, invalid("exchange.time_of_day_missing")
		}
		now, slack := r.scan.o.Now, 5*time.Minute
		if r.scan.o.Zone == nil && r.scan.zoneOf == nil {
			slack = 14 * time.Hour // whose midnight it is, is not known
		}
		if t.Year() < 2000 {
			return f, invalid("exchange.too_old")
		}
		if r.at = outbreak.At(t); now != 0 && r.at > now.Add(slack) {
			return f, invalid("exchange.in_future")
		}
		return fieldNone, nil
	},
}

// timeOfDay tells 2022-03-14 00:00 from 2022-03-14.
func timeOfDay(text string) bool {
	for _, c := range text {
		if c == ':' || c == '时' {
			return true
		}
	}
	return len(text) == 14 && digits(text)
}
