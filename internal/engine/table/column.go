package table

import (
	"slices"
	"strconv"
	"strings"
)

// Kind is what most cells of a column are.
type Kind string

// The kinds.
const (
	KindEmpty  Kind = "empty"
	KindDate   Kind = "date"
	KindAge    Kind = "age"
	KindNumber Kind = "number"
	KindText   Kind = "text"
)

// Column is what a column's header and cells tell.
type Column struct {
	Index   int       `json:"index"` // from 0
	Name    string    `json:"name"`  // the rows of its header joined
	Headers []string  `json:"headers"`
	Mended  string    `json:"mended,omitempty"` // the name, when it was read in the wrong encoding
	Kind    Kind      `json:"kind"`
	Filled  int       `json:"filled"`
	Blank   int       `json:"blank"`
	Nothing []Count   `json:"nothing"` // cells with a word for nothing known
	Numbers *Numbers  `json:"numbers,omitempty"`
	Dates   *Dates    `json:"dates,omitempty"`
	Ages    *Ages     `json:"ages,omitempty"`
	Values  []Count   `json:"values,omitempty"` // of a column of few different ones
	Misfits Finding   `json:"misfits"`          // cells that are not of the column's kind
	Odd     []Finding `json:"odd"`
}

// Missing is how many cells say nothing.
func (c Column) Missing() (n int) {
	n = c.Blank
	for _, w := range c.Nothing {
		n += w.Count
	}
	return n
}

// Numbers is what a column's cells are as numbers.
type Numbers struct {
	Count    int     `json:"count"`
	Integers int     `json:"integers"`
	Least    float64 `json:"least"`
	Most     float64 `json:"most"`
}

const (
	mostValues  = 40 // different ones of a column of categories
	mostLetters = 64 // bytes of one
	mostWords   = 40 // different words for nothing known
)

// column gathers what a column's cells tell, in bounded memory.
type column struct {
	Column
	odd     findings
	dates   dates
	ages    Ages
	numbers Numbers
	many    bool // more different values than a column of categories has
	misfits map[Kind]*findings
	lengths [32]struct {
		n, zero int
		rows    findings
	}
	nines [6]findings // 99, 999, ...
	most  float64     // the largest number that is not all nines
}

func (c *column) add(cell string, row int) {
	if strings.TrimSpace(cell) == "" {
		c.Blank++
		return
	}
	value, odd := Clean(cell)
	for _, o := range odd {
		c.odd.note(o, row)
	}
	if Nothing(value) {
		c.Nothing = counted(c.Nothing, strings.Clone(value), mostWords)
		return
	}
	c.Filled++
	c.value(value)
	if _, _, wrong := Mend(value); wrong {
		c.odd.note(OddMojibake, row)
	}
	if d, ok := ReadDate(value); ok {
		c.dates.add(d, row)
	} else {
		c.misfit(KindDate, row)
	}
	if a, ok := ReadAge(value); ok {
		c.ages.add(a)
	} else {
		c.misfit(KindAge, row)
	}
	c.number(value, row)
}

func (c *column) misfit(k Kind, row int) {
	if c.misfits == nil {
		c.misfits = map[Kind]*findings{}
	}
	if c.misfits[k] == nil {
		c.misfits[k] = &findings{}
	}
	c.misfits[k].note("not_"+string(k), row)
}

func (c *column) value(v string) {
	if c.many {
		return
	}
	before := len(c.Values)
	known := slices.ContainsFunc(c.Values, func(k Count) bool { return k.Word == v })
	if c.many = len(v) > mostLetters || !known && before == mostValues; c.many {
		c.Values = nil
		return
	}
	c.Values = counted(c.Values, strings.Clone(v), mostValues)
}

func (c *column) number(v string, row int) {
	if len(v) > mostLetters {
		c.misfit(KindNumber, row)
		return
	}
	text := fold(v)
	if whole, part, is := strings.Cut(text, ","); is && allDigits(strings.TrimPrefix(whole, "-")) && allDigits(part) && len(part) != 3 {
		c.odd.note(OddDecimalComma, row)
		text = whole + "." + part
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xpin_") {
		c.misfit(KindNumber, row)
		return
	}
	if c.numbers.Count++; c.numbers.Count == 1 || f < c.numbers.Least {
		c.numbers.Least = f
	}
	if c.numbers.Count == 1 || f > c.numbers.Most {
		c.numbers.Most = f
	}
	if f == float64(int64(f)) {
		c.numbers.Integers++
	}
	n := len(text)
	if allDigits(text) && n >= 2 && n < 2+len(c.nines) && strings.Trim(text, "9") == "" {
		c.nines[n-2].note(OddCode, row)
	} else {
		c.most = max(c.most, f)
	}
	if allDigits(text) && n < len(c.lengths) {
		l := &c.lengths[n]
		l.n++
		l.rows.note(OddZeros, row)
		if text[0] == '0' {
			l.zero++
		}
	}
}
