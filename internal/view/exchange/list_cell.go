package exchange

import (
	"math"
	"slices"
	"strings"
	"time"

	"breakwater/internal/engine/table"
	"breakwater/internal/engine/workbook"
	"breakwater/internal/outbreak"
)

// value takes off what a spreadsheet put around a cell and refuses what it spoilt; words for nothing known are nothing.
func (c *readColumn) value(cell string) (string, *outbreak.Error) {
	if cell == "" {
		return "", nil
	}
	v, odd := table.Clean(cell)
	if ours, asked := c.words[foldWord(v)]; asked && c.field.holds != holdsWord {
		v = ours
	}
	if v == "" || table.Nothing(v) {
		return "", nil
	}
	for _, o := range odd {
		switch {
		case o == table.OddUnreadable:
			return "", invalid("exchange.row_encoding")
		case o == table.OddError, v == workbook.Unworked:
			return "", invalid("lists.cell_error")
		case o == table.OddFormula && c.field.Name != "":
			return "", invalid("lists.cell_formula")
		case (o == table.OddRounded || o == table.OddFifteen) && (c.field.Name == "document" || c.field.Name == "phone" || c.field.Name == "number"):
			return "", invalid("exchange.shortened", "column", c.name)
		case o == table.OddCut && c.field.Name != "":
			return "", invalid("lists.cell_cut")
		case o == table.OddLines && c.field.private && c.field.Name != "address":
			return "", invalid("exchange.several_people")
		}
	}
	return v, nil
}

// day reads a cell as a day, in the one way it can be read.
func (c *readColumn) day(v string, now outbreak.Instant) (time.Time, *outbreak.Error) {
	r, ok := table.ReadDate(v)
	if !ok {
		return time.Time{}, invalid("exchange.date_wrong")
	}
	if r.Impossible {
		return time.Time{}, invalid("lists.date_impossible")
	}
	year, month, day := r.Year, r.Month, r.Day
	switch r.Shape {
	case table.ShapeSerial:
		if c.epoch == "" {
			return time.Time{}, invalid("lists.date_epoch", "a", table.SerialDay(r.Serial, table.Epoch1900), "b", table.SerialDay(r.Serial, table.Epoch1904))
		}
		t, err := time.Parse(time.DateOnly, table.SerialDay(r.Serial, c.epoch))
		if err != nil {
			return time.Time{}, invalid("exchange.date_wrong")
		}
		year, month, day = t.Year(), int(t.Month()), t.Day()
	case table.ShapeNoYear, table.ShapeMonth:
		return time.Time{}, invalid("lists.date_part")
	case table.ShapeNNY, table.ShapeNNYY:
		var err *outbreak.Error
		if day, month, err = c.ordered(r); err != nil {
			return time.Time{}, err
		}
	}
	if r.Shape == table.ShapeNNYY || r.Shape == table.ShapeNamed && year < 100 {
		year = century(year, now)
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || int(t.Month()) != month {
		return t, invalid("lists.date_impossible")
	}
	if year < 1800 || year > 2100 {
		return t, invalid("lists.date_distant")
	}
	return t, nil
}

// ordered says which of two numbers is the day.
func (c *readColumn) ordered(r table.Reading) (day, month int, err *outbreak.Error) {
	dayFirst, monthFirst := r.Second <= 12, r.First <= 12
	switch {
	case c.order == table.DayFirst && dayFirst:
		return r.First, r.Second, nil
	case c.order == table.MonthFirst && monthFirst:
		return r.Second, r.First, nil
	case c.order == table.DayFirst || c.order == table.MonthFirst:
		return 0, 0, invalid("lists.date_other_order")
	case r.First == r.Second:
		return r.First, r.Second, nil
	case c.order == table.Mixed && dayFirst != monthFirst: // it can be read in one way alone
		if dayFirst {
			return r.First, r.Second, nil
		}
		return r.Second, r.First, nil
	}
	return 0, 0, invalid("exchange.date_order")
}

// century puts a year of two digits into the past that is nearest.
func century(year int, now outbreak.Instant) int {
	this := 2099
	if now != 0 {
		this = now.Time().Year()
	}
	if year += 2000; year > this {
		year -= 100
	}
	return year
}

// months reads a cell as an age in months; false when it is a range, of which nobody knows the age.
func (c *readColumn) months(v, unit string) (months int, exact bool, err *outbreak.Error) {
	if whole, part, is := strings.Cut(v, ","); is {
		v = whole + "." + part
	}
	a, ok := table.ReadAge(v)
	if !ok {
		return 0, false, invalid("lists.age_wrong")
	}
	if a.Range {
		return 0, false, nil
	}
	years := a.Years
	if a.Unit == "" {
		per := map[string]float64{"": 1, "year": 1, "month": 1. / 12, "week": 7 / 365.25, "day": 1 / 365.25}
		of, known := per[unit]
		if !known {
			return 0, false, invalid("lists.age_unit")
		}
		years *= of
	}
	if years > 130 {
		return 0, false, invalid("lists.age_wrong")
	}
	if a.Unit == "" && (unit == "" || unit == "year") { // 0.08 years are a month
		return int(math.Round(years * 12)), true, nil
	}
	return int(math.Floor(years*12 + 1e-6)), true, nil
}

// unitWord reads the word of a column of units.
func unitWord(v string) string {
	a, ok := table.ReadAge("1" + v)
	if !ok || !slices.Contains(AgeUnits, a.Unit) {
		return "?"
	}
	return a.Unit
}

// unitOfName reads the unit of ages from the name of their column: age (months), 月龄.
func unitOfName(name string) string {
	name = strings.ToLower(name)
	for _, u := range []struct{ word, unit string }{{"month", "month"}, {"月", "month"}, {"week", "week"}, {"周龄", "week"}, {"day", "day"}, {"日龄", "day"}, {"天", "day"}} {
		if strings.Contains(name, u.word) {
			return u.unit
		}
	}
	return ""
}

// word gives which of our words a cell means.
func (c *readColumn) word(v string) (string, *outbreak.Error) {
	if ours, asked := c.words[foldWord(v)]; asked {
		return ours, nil
	}
	if ours := WordMeant(c.field.Name, v); ours != "" {
		return ours, nil
	}
	return "", invalid("lists.word_unknown", "column", c.name, "words", strings.Join(c.field.words, ", "))
}
