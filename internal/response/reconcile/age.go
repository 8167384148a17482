package reconcile

import (
	"math"
	"strconv"
	"time"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// Ages are written in years, with decimals below a year's precision. Lists count them from different days, of which only the last is known:
// the day of the list; ours is of the day of the case.
const (
	age       = "age"
	bornAge   = "born_age" // of a row that says a date of birth and no age: how old that is on the day of the list
	perYear   = 12
	monthLong = 30.4375 * 24 * float64(time.Hour)
)

// ageOf reads a cell as an age; empty when it is none, or a range.
func ageOf(cell string) string {
	a, ok := table.ReadAge(cell)
	if !ok || a.Range {
		return ""
	}
	return years(a.Years)
}

func years(y float64) string { return strconv.FormatFloat(math.Round(y*100)/100, 'f', -1, 64) }

// bornYears is how old somebody born on a day is at an instant, by the month; empty when that is nothing.
func bornYears(birth string, at outbreak.Instant) string {
	born, err := time.Parse(time.DateOnly, birth)
	if err != nil {
		return ""
	}
	day := at.Time()
	months := perYear*(day.Year()-born.Year()) + int(day.Month()) - int(born.Month())
	if day.Day() < born.Day() {
		months--
	}
	if months < 0 {
		return ""
	}
	return years(float64(months) / perYear)
}

// sameAge tells whether two ages can be one person's: ours of one day, theirs of that day, the day of their list, or one between. Each may
// be rounded down or to the nearest, to the years or months in which it is written.
func sameAge(ours, theirs string, from, to outbreak.Instant) bool {
	a, aUnit, ok := monthsOf(ours)
	b, bUnit, ok2 := monthsOf(theirs)
	if !ok || !ok2 {
		return ours == theirs
	}
	passed := 0.0
	if from != 0 && to != 0 {
		passed = float64(to.Sub(from)) / monthLong
	}
	low, high := a-aUnit/2+min(passed, 0), a+aUnit+max(passed, 0)
	return b-bUnit/2 < high && low < b+bUnit
}

// monthsOf is an age in months, and the unit it is written in: whole years, or months.
func monthsOf(text string) (months, unit float64, ok bool) {
	y, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, 0, false
	}
	if y == math.Trunc(y) {
		return y * perYear, perYear, true
	}
	return math.Round(y * perYear), 1, true
}
