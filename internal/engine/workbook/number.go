package workbook

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// plain writes a number as a spreadsheet shows it: no more than fifteen digits of it are true.
func plain(value string, f float64) string {
	if short([]byte(value)) {
		return value
	}
	if math.IsInf(f, 0) || math.IsNaN(f) || math.Abs(f) >= 1e25 || f != 0 && math.Abs(f) < 1e-10 {
		return value
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if err != nil {
		return value
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// short tells that a number is shown as it is written.
func short(value []byte) bool { return len(value) <= 15 && !bytes.ContainsAny(value, "eE") }

const secondsOfDay = 24 * 60 * 60

// shownAs writes a count of days as the date or time it is; false when no calendar of a spreadsheet has it.
func shownAs(as shown, days float64, from1904 bool) (string, bool) {
	if math.IsNaN(days) || days < 0 || days > 2_958_466 {
		return "", false
	}
	whole, part := math.Floor(days), days-math.Floor(days)
	seconds := int(math.Round(part * secondsOfDay))
	if seconds == secondsOfDay {
		whole, seconds = whole+1, 0
	}
	clock := time.Date(2000, 1, 1, 0, 0, seconds, 0, time.UTC).Format(time.TimeOnly)
	if as == asTime && whole < 1 {
		return clock, true
	}
	if whole < 1 && !from1904 {
		return "", false // no day at all
	}
	day := dayOf(int(whole), from1904).Format(time.DateOnly)
	if seconds == 0 {
		return day, true
	}
	return day + " " + clock, true
}

// dayOf is the day a spreadsheet counts to. From 1900 it counts a 29 February 1900 that never was: days before it are one later.
func dayOf(n int, from1904 bool) time.Time {
	switch {
	case from1904:
		return time.Date(1904, 1, 1+n, 0, 0, 0, 0, time.UTC)
	case n < 60:
		return time.Date(1899, 12, 31+n, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC)
}
