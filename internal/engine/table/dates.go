package table

import (
	"slices"
	"time"
)

// Order is in which order day and month stand in the dates of a column.
type Order string

// The orders.
const (
	DayFirst   Order = "day_first"
	MonthFirst Order = "month_first"
	Ambiguous  Order = "ambiguous" // every date could be read both ways
	Mixed      Order = "mixed"     // some can only be read one way and some only the other
)

// Epoch is the day a spreadsheet counts from.
type Epoch string

// The epochs. Numbers do not tell which: only dates out of reach, or who made the file, do.
const (
	Epoch1900 Epoch = "1900"
	Epoch1904 Epoch = "1904"
)

// Format is one way dates of a column are written.
type Format struct {
	Shape     Shape  `json:"shape"`
	Separator string `json:"separator,omitempty"`
	Count     int    `json:"count"`
	Rows      []int  `json:"rows"` // the first that show it
}

// Dates is what a column's cells are as dates.
type Dates struct {
	Formats []Format `json:"formats"` // the usual one first
	Count   int      `json:"count"`

	Order      Order `json:"order,omitempty"` // empty: no cell is written so that it matters
	DayFirst   int   `json:"day_first"`       // cells that can only be read so
	MonthFirst int   `json:"month_first"`
	Either     int   `json:"either"` // both readings are days of the calendar, and differ
	Alike      int   `json:"alike"`  // both readings are the same day

	Serials    int       `json:"serials"`
	Readings   []Serials `json:"readings,omitempty"` // what the serials would be, by epoch
	Impossible int       `json:"impossible"`         // no such day: 30 February
	Distant    int       `json:"distant"`            // before 1800 or after 2100
	ShortYear  int       `json:"short_year"`         // two digits: the century is not written
	NoYear     int       `json:"no_year"`
	NoDay      int       `json:"no_day"`
	WithTime   int       `json:"with_time"`

	Earliest string `json:"earliest,omitempty"` // of the cells that can be read in one way alone
	Latest   string `json:"latest,omitempty"`
}

// Serials are the first and the last day that numbers would be.
type Serials struct {
	Epoch    Epoch  `json:"epoch"`
	Earliest string `json:"earliest"`
	Latest   string `json:"latest"`
}

// Mixed tells whether dates are written in several ways.
func (d *Dates) Mixed() bool { return len(d.Formats) > 1 }

type dates struct {
	Dates
	leastSerial, mostSerial float64
}

func (d *dates) add(r Reading, row int) {
	d.Count++
	d.format(r, row)
	for _, c := range []struct {
		is bool
		n  *int
	}{{r.Impossible, &d.Impossible}, {r.Distant, &d.Distant}, {r.Shape == ShapeNoYear, &d.NoYear}, {r.Shape == ShapeMonth, &d.NoDay}, {r.Time, &d.WithTime},
		{r.Shape == ShapeNNYY || r.Shape == ShapeNamed && r.Year < 100, &d.ShortYear}} {
		if c.is {
			*c.n++
		}
	}
	switch {
	case r.Impossible:
	case r.Shape == ShapeSerial:
		if d.Serials++; d.Serials == 1 || r.Serial < d.leastSerial {
			d.leastSerial = r.Serial
		}
		d.mostSerial = max(d.mostSerial, r.Serial)
	case r.Shape == ShapeNNY || r.Shape == ShapeNNYY:
		d.order(r)
	case r.Shape != ShapeNoYear && r.Shape != ShapeMonth && r.Year >= 100:
		d.reach(r.Year, r.Month, r.Day)
	}
}

func (d *dates) format(r Reading, row int) {
	i := slices.IndexFunc(d.Formats, func(f Format) bool { return f.Shape == r.Shape && f.Separator == r.Separator })
	if i < 0 {
		i = len(d.Formats)
		d.Formats = append(d.Formats, Format{Shape: r.Shape, Separator: r.Separator})
	}
	f := &d.Formats[i]
	f.Count++
	if len(f.Rows) < firstRows {
		f.Rows = append(f.Rows, row)
	}
}

func (d *dates) order(r Reading) {
	year := r.Year
	if r.Shape == ShapeNNYY {
		year = 2000
	}
	dayFirst, monthFirst := valid(year, r.Second, r.First), valid(year, r.First, r.Second)
	switch {
	case dayFirst && monthFirst && r.First == r.Second:
		d.Alike++
	case dayFirst && monthFirst:
		d.Either++
	case dayFirst:
		d.DayFirst++
	default:
		d.MonthFirst++
	}
}

func (d *dates) reach(year, month, day int) {
	text := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	if d.Earliest == "" || text < d.Earliest {
		d.Earliest = text
	}
	d.Latest = max(d.Latest, text)
}

// conclude says what all cells together tell.
func (d *dates) conclude() *Dates {
	out := d.Dates
	out.Formats = slices.Clone(d.Formats)
	slices.SortStableFunc(out.Formats, func(a, b Format) int { return b.Count - a.Count })
	switch {
	case d.DayFirst > 0 && d.MonthFirst > 0:
		out.Order = Mixed
	case d.DayFirst > 0:
		out.Order = DayFirst
	case d.MonthFirst > 0:
		out.Order = MonthFirst
	case d.Either > 0:
		out.Order = Ambiguous
	}
	if d.Serials > 0 {
		for _, e := range []Epoch{Epoch1900, Epoch1904} {
			out.Readings = append(out.Readings, Serials{e, SerialDay(d.leastSerial, e), SerialDay(d.mostSerial, e)})
		}
	}
	return &out
}

// SerialDay is the day a spreadsheet means by a number. Counting from 1900 it takes 1900 for a leap year: after that, days are
// those since 30 December 1899.
func SerialDay(n float64, e Epoch) string {
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if e == Epoch1904 {
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return from.AddDate(0, 0, int(n)).Format(time.DateOnly)
}
