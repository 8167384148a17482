package exchange

import (
	"time"

	"breakwater/internal/outbreak"
)

// birthCheck reads birth dates. The order of day and month is never guessed.
var birthCheck = check{
	name:      "birth",
	kinds:     []Kind{Roster},
	sentences: []string{"exchange.date_wrong", "exchange.date_order", "exchange.date_serial", "exchange.birth_range"},
	find: func(r *row) (Field, *outbreak.Error) {
		text := r.cells[fieldBirth]
		if text == "" {
			return fieldNone, nil
		}
		day, err := readTime(text, time.UTC)
		if err != nil {
			return fieldBirth, err
		}
		if now := r.scan.o.Now; day.Year() < 1880 || now != 0 && outbreak.At(day) > now.Add(14*time.Hour) {
			return fieldBirth, invalid("exchange.birth_range")
		}
		if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
			r.cells[fieldBirth] = day.Format(time.DateOnly)
		}
		return fieldNone, nil
	},
}

// layouts are the ways of writing a time that can mean one thing only. One digit stands for one or two.
var layouts = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2006年1月2日", "2.1.2006", "2 Jan 2006", "2-Jan-2006",
	"2006-1-2 15:04:05", "2006-1-2 15:04", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006.1.2 15:04:05", "2006.1.2 15:04",
	"2006年1月2日 15:04:05", "2006年1月2日 15:04", "2006年1月2日15:04", "2006年1月2日15时4分", "2006年1月2日 15时4分",
	"2006-1-2T15:04:05", "2006-1-2T15:04", "2.1.2006 15:04:05", "2.1.2006 15:04", "20060102150405", time.RFC3339Nano,
}

// readTime reads a date or time; one that names no offset is taken in the zone given.
func readTime(text string, zone *time.Location) (time.Time, *outbreak.Error) {
	usual := time.DateOnly // most files hold one of two forms: tried first, for a layout that fails costs an error
	if len(text) > len(time.DateOnly) {
		usual = time.DateTime
	}
	if t, err := time.ParseInLocation(usual, text, zone); err == nil {
		return t, nil
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	var a, b, c int
	switch {
	case len(text) == 5 && digits(text):
		return time.Time{}, invalid("exchange.date_serial")
	case parts(text, &a, &b, &c) && a >= 1 && a <= 31 && b >= 1 && b <= 31:
		return time.Time{}, invalid("exchange.date_order")
	}
	return time.Time{}, invalid("exchange.date_wrong")
}

// parts reads 3/4/2022 and 3-4-22: three numbers of which it is not known which is the day.
func parts(text string, into ...*int) bool {
	i := 0
	for n, p := range into {
		from := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' && i-from < 4 {
			*p = *p*10 + int(text[i]-'0')
			i++
		}
		if i == from || n < len(into)-1 && (i == len(text) || text[i] != '/' && text[i] != '-') {
			return false
		}
		i++
	}
	return true
}
