package table

import "slices"

// conclude says what the cells together tell; dated and aged are what the column's name says.
func (c *column) conclude(dated, aged bool) Column {
	out := c.Column
	out.Odd = slices.Clone(c.odd)
	out.Nothing, out.Values = slices.Clone(c.Nothing), slices.Clone(c.Values)
	written := c.dates.Count - c.dates.Serials - c.dates.Distant - c.dates.NoYear
	units := c.ages.Count - c.ages.Plain + c.ages.Ranges
	most := func(n int) bool { return n > 0 && n*10 >= c.Filled*6 }
	switch {
	case c.Filled == 0:
		out.Kind = KindEmpty
	case most(written), written > 0 && most(written+c.dates.Serials), dated && most(c.dates.Count):
		out.Kind, out.Dates = KindDate, c.dates.conclude()
	case most(c.ages.Count) && (aged || units > 0):
		ages := c.ages
		ages.Units = slices.Clone(ages.Units)
		out.Kind, out.Ages = KindAge, &ages
	case most(c.numbers.Count):
		out.Kind = KindNumber
	default:
		out.Kind = KindText
	}
	if out.Kind == KindNumber || out.Kind == KindAge {
		c.doubtNumbers(&out)
	}
	if f := c.misfits[out.Kind]; f != nil {
		out.Misfits = (*f)[0]
	}
	return out
}

// doubtNumbers adds what numbers may be besides numbers.
func (c *column) doubtNumbers(out *Column) {
	n := c.numbers
	out.Numbers = &n
	if c.dates.Serials >= 3 && c.dates.Serials*10 >= c.Filled*9 {
		out.Odd = append(out.Odd, Finding{OddSerial, c.dates.Serials, c.dates.Formats[0].Rows})
	}
	for i := range c.nines {
		if f := c.nines[i]; len(f) > 0 && c.numbers.Most > 2*c.most && c.most > 0 {
			out.Odd = append(out.Odd, f[0])
		}
	}
	usual := 0
	for l := range c.lengths {
		if c.lengths[l].n > c.lengths[usual].n {
			usual = l
		}
	}
	if u := c.lengths[usual]; usual >= 5 && u.n*10 >= c.numbers.Count*6 && u.zero*10 >= u.n*9 {
		for _, shorter := range []int{usual - 1, usual - 2} {
			if c.lengths[shorter].n > 0 {
				out.Odd = append(out.Odd, c.lengths[shorter].rows[0])
			}
		}
	}
}
