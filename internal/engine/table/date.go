package table

import (
	"strconv"
	"strings"
	"time"
)

// Shape is a way of writing a date.
type Shape string

// The shapes. N is a number whose meaning the shape alone does not tell: day or month.
const (
	ShapeISO     Shape = "yyyy-mm-dd" // year first, any separator
	ShapeNNY     Shape = "n/n/yyyy"   // day and month in either order
	ShapeNNYY    Shape = "n/n/yy"     // and a year of two digits
	ShapeNamed   Shape = "d mon yyyy" // the month by name
	ShapeHan     Shape = "yyyy年m月d日"
	ShapeCompact Shape = "yyyymmdd"
	ShapeNoYear  Shape = "m月d日"    // no year, also n/n
	ShapeMonth   Shape = "yyyy-mm" // no day
	ShapeSerial  Shape = "serial"  // a spreadsheet's count of days
)

// Reading is a cell read as a date. Of the ambiguous shapes First and Second are the numbers in their order.
type Reading struct {
	Shape               Shape
	Separator           string
	Year, Month, Day    int
	First, Second       int
	Serial              float64
	Time                bool // a time of day follows
	Impossible, Distant bool // no such day; a year that no living memory holds
}

const (
	firstYear, lastYear     = 1800, 2100
	leastSerial, mostSerial = 14_000, 65_000 // 1938 to 2077, counted from 1900
)

// ReadDate reads a cell as a date, whatever its shape; false when it is none.
func ReadDate(cell string) (Reading, bool) {
	if len(cell) > mostLetters*3 {
		return Reading{}, false
	}
	s := fold(cell)
	if len(s) < 3 || len(s) > 48 || strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' }) < 0 {
		return Reading{}, false
	}
	s, timed := withoutTime(s)
	r, ok := readShape(s)
	if !ok {
		return Reading{}, false
	}
	r.Time = timed
	r.judge()
	return r, true
}

// withoutTime takes a time of day off: after a space or a T, with a colon or 时.
func withoutTime(s string) (string, bool) {
	i := strings.IndexAny(s, ":时")
	if i < 0 {
		return s, false
	}
	j := strings.LastIndexAny(s[:i], " t日")
	if j < 5 {
		return s, false
	}
	if strings.HasPrefix(s[j:], "日") {
		j += len("日")
	}
	return strings.TrimSpace(s[:j]), true
}

func readShape(s string) (Reading, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "e+-x_inp") {
		switch {
		case len(s) == 8 && allDigits(s):
			return numbers(ShapeCompact, "", atoi(s[:4]), atoi(s[4:6]), atoi(s[6:])), true
		case f >= leastSerial && f <= mostSerial && s[0] != '0':
			return Reading{Shape: ShapeSerial, Serial: f}, true
		}
	}
	if strings.ContainsAny(s, "年月日") {
		return readHan(s)
	}
	if month, rest := namedMonth(s); month > 0 {
		return readNamed(month, rest)
	}
	for _, sep := range []string{"-", "/", ".", " "} {
		parts := strings.Split(strings.Trim(s, sep), sep)
		if len(parts) != 3 && (len(parts) != 2 || sep == "." || sep == " ") {
			continue
		}
		for i, p := range parts {
			if parts[i] = strings.TrimSpace(p); len(parts[i]) > 4 || !allDigits(parts[i]) {
				return Reading{}, false
			}
		}
		return shaped(sep, parts)
	}
	return Reading{}, false
}

func shaped(sep string, parts []string) (Reading, bool) {
	first, last := parts[0], parts[len(parts)-1]
	switch {
	case len(parts) == 2 && len(first) == 4 && len(last) <= 2:
		return numbers(ShapeMonth, sep, atoi(first), atoi(last), 1), true
	case len(parts) == 2 && len(first) <= 2 && len(last) == 4:
		return numbers(ShapeMonth, sep, atoi(last), atoi(first), 1), true
	case len(parts) == 2:
		return Reading{}, false // a fraction, a range, a score
	case len(first) == 4 && len(parts[1]) <= 2 && len(last) <= 2:
		return numbers(ShapeISO, sep, atoi(first), atoi(parts[1]), atoi(last)), true
	case len(first) <= 2 && len(parts[1]) <= 2 && len(last) == 4:
		return Reading{Shape: ShapeNNY, Separator: sep, Year: atoi(last), First: atoi(first), Second: atoi(parts[1])}, true
	case len(first) <= 2 && len(parts[1]) <= 2 && len(last) == 2:
		return Reading{Shape: ShapeNNYY, Separator: sep, Year: atoi(last), First: atoi(first), Second: atoi(parts[1])}, true
	}
	return Reading{}, false
}

func numbers(shape Shape, sep string, year, month, day int) Reading {
	return Reading{Shape: shape, Separator: sep, Year: year, Month: month, Day: day}
}

// judge marks days that are in no calendar and years that nobody alive was in.
func (r *Reading) judge() {
	year := r.Year
	if r.Shape == ShapeNNYY || r.Shape == ShapeNoYear || r.Shape == ShapeSerial || r.Shape == ShapeNamed && year < 100 {
		year = 2000 // a leap year: only the day is judged
	}
	r.Distant = year < firstYear || year > lastYear
	switch r.Shape {
	case ShapeSerial:
	case ShapeNNY, ShapeNNYY:
		r.Impossible = !valid(year, r.Second, r.First) && !valid(year, r.First, r.Second)
	default:
		r.Impossible = !valid(year, r.Month, r.Day)
	}
}

func valid(year, month, day int) bool {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && t.Day() == day && t.Month() == time.Month(month)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
