package columns

import (
	"maps"
	"math"
	"slices"
)

// Kind says what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Number Kind = iota // whole numbers and days; Missing when not known
	Word               // texts, each kept once; empty when not known
	Long               // numbers of 64 bits; 0 when not known
)

// Missing is a number that is not known.
const Missing = math.MinInt32

// Spec says what a new column holds. Words are texts it will have, in the order they sort in; others sort behind them, by
// their letters.
type Spec struct {
	Name  string
	Kind  Kind
	Words []string
}

// Table is rows by columns.
type Table struct {
	ids    []int64
	places places
	dead   []uint64
	gone   int
	rising bool // identifiers rise with the rows
	cols   []*column
	names  map[string]int
}

// column is one of three, by its kind.
type column struct {
	Spec
	codes   codes
	numbers []int32
	longs   []int64
	dict    *dictionary
	low     int64 // least and greatest value that ever stood in it
	high    int64
	shared  bool // a snapshot reads the values
	lent    bool // a snapshot reads the dictionary
}

// New makes an empty table.
func New(specs ...Spec) *Table {
	t := &Table{rising: true, names: map[string]int{}}
	for _, s := range specs {
		t.Add(s)
	}
	return t
}

// Add puts one more column in and gives its place; nothing is known in it yet.
func (t *Table) Add(s Spec) int {
	c := &column{Spec: s, low: math.MaxInt64, high: math.MinInt64}
	if s.Kind == Word {
		c.dict = newDictionary(s.Words)
	}
	c.grow(len(t.ids))
	t.cols = append(t.cols, c)
	t.names[s.Name] = len(t.cols) - 1
	return len(t.cols) - 1
}

// Column finds a column by its name; -1 when there is none.
func (t *Table) Column(name string) int {
	if i, known := t.names[name]; known {
		return i
	}
	return -1
}

// Spec tells what a column holds.
func (t *Table) Spec(col int) Spec { return t.cols[col].Spec }

// Width is how many columns there are.
func (t *Table) Width() int { return len(t.cols) }

// Rows is how many places for rows there are, those of deleted rows among them.
func (t *Table) Rows() int { return len(t.ids) }

// Len is how many rows there are.
func (t *Table) Len() int { return len(t.ids) - t.gone }

// grow makes room up to n rows, with nothing known in them.
func (c *column) grow(n int) {
	switch c.Kind {
	case Number:
		for len(c.numbers) < n {
			c.numbers = append(c.numbers, Missing)
		}
	case Word:
		c.codes.grow(n)
	case Long:
		for len(c.longs) < n {
			c.longs = append(c.longs, 0)
		}
	}
}

// Reserve makes room for so many rows at once.
func (t *Table) Reserve(n int) {
	t.ids = slices.Grow(t.ids, max(n-len(t.ids), 0))
	for _, c := range t.cols {
		switch c.Kind {
		case Number:
			c.numbers = slices.Grow(c.numbers, max(n-len(c.numbers), 0))
		case Word:
			c.codes.reserve(n)
		case Long:
			c.longs = slices.Grow(c.longs, max(n-len(c.longs), 0))
		}
	}
}

// Put gives the row of an identifier, a new one when there is none.
func (t *Table) Put(id int64) (row int, fresh bool) {
	if row, ok := t.places.find(t.ids, id); ok {
		if t.isDead(row) {
			t.dead[row/64] &^= 1 << (row % 64)
			t.gone--
			return row, true
		}
		return row, false
	}
	row = len(t.ids)
	t.rising = t.rising && (row == 0 || id > t.ids[row-1])
	t.ids = append(t.ids, id)
	t.places.add(t.ids, row)
	for len(t.dead)*64 < len(t.ids) {
		t.dead = append(t.dead, 0)
	}
	for _, c := range t.cols {
		c.grow(len(t.ids))
	}
	return row, true
}

// Row finds the row of an identifier.
func (t *Table) Row(id int64) (row int, ok bool) {
	row, ok = t.places.find(t.ids, id)
	return row, ok && !t.isDead(row)
}

// Delete takes a row out; what stood in it is not known any more.
func (t *Table) Delete(id int64) {
	row, ok := t.Row(id)
	if !ok {
		return
	}
	for i, c := range t.cols {
		switch c.Kind {
		case Number:
			t.SetNumber(row, i, Missing)
		case Word:
			t.SetWord(row, i, "")
		case Long:
			t.SetLong(row, i, 0)
		}
	}
	t.dead[row/64] |= 1 << (row % 64)
	t.gone++
}

func (t *Table) isDead(row int) bool { return t.dead[row/64]>>(row%64)&1 == 1 }

// ID gives the identifier of a row.
func (t *Table) ID(row int) int64 { return t.ids[row] }

// SetNumber puts a number in.
func (t *Table) SetNumber(row, col int, v int32) {
	c := t.cols[col]
	if c.numbers[row] == v {
		return
	}
	c.own()
	c.numbers[row] = v
	if v != Missing {
		c.widen(int64(v))
	}
}

// SetLong puts a long number in.
func (t *Table) SetLong(row, col int, v int64) {
	c := t.cols[col]
	if c.longs[row] == v {
		return
	}
	c.own()
	c.longs[row] = v
	if v != 0 {
		c.widen(v)
	}
}

// SetWord puts a text in.
func (t *Table) SetWord(row, col int, text string) {
	c := t.cols[col]
	code, known := c.dict.code(text)
	if !known {
		if c.lent {
			c.dict, c.lent = c.dict.clone(), false
		}
		code = c.dict.add(text)
	}
	if c.codes.at(row) == code {
		return
	}
	c.own()
	c.codes.set(row, code)
}

func (c *column) widen(v int64) { c.low, c.high = min(c.low, v), max(c.high, v) }

// own makes sure that nobody else reads the values that are about to change.
func (c *column) own() {
	if !c.shared {
		return
	}
	c.shared = false
	c.numbers, c.longs, c.codes = slices.Clone(c.numbers), slices.Clone(c.longs), c.codes.clone()
}

// Number gives a number of a row.
func (t *Table) Number(row, col int) int32 { return t.cols[col].numbers[row] }

// Long gives a long number of a row.
func (t *Table) Long(row, col int) int64 { return t.cols[col].longs[row] }

// Text gives a text of a row.
func (t *Table) Text(row, col int) string {
	c := t.cols[col]
	return c.dict.texts[c.codes.at(row)]
}

// Code gives the code of a text of a row; 0 when it is not known.
func (t *Table) Code(row, col int) int { return int(t.cols[col].codes.at(row)) }

// Texts are the texts of a column by their codes. They are not to be changed.
func (t *Table) Texts(col int) []string { return t.cols[col].dict.texts }

// Range gives the least and greatest number that ever stood in a column; false when there was none.
func (t *Table) Range(col int) (low, high int64, any bool) {
	c := t.cols[col]
	return c.low, c.high, c.low <= c.high
}

// Snapshot is the table as it is now; what changes in the table afterwards does not change there. It costs little until then.
// It may itself be changed.
func (t *Table) Snapshot() *Table {
	t.places.shared = true
	s := *t
	s.dead, s.names = slices.Clone(t.dead), maps.Clone(t.names)
	s.ids = t.ids[:len(t.ids):len(t.ids)]
	s.cols = make([]*column, len(t.cols))
	for i, c := range t.cols {
		c.shared, c.lent = true, true
		of := *c
		of.numbers, of.longs = of.numbers[:len(of.numbers):len(of.numbers)], of.longs[:len(of.longs):len(of.longs)]
		of.codes = of.codes.capped()
		s.cols[i] = &of
	}
	return &s
}

// Bytes is about how much memory the table takes.
func (t *Table) Bytes() int64 {
	n := int64(cap(t.ids)*8 + cap(t.places.slots)*4 + cap(t.dead)*8)
	for _, c := range t.cols {
		n += int64(cap(c.numbers)*4+cap(c.longs)*8) + c.codes.bytes()
		if c.dict != nil {
			n += c.dict.bytes()
		}
	}
	return n
}

// WordBytes is about how much memory the texts of a column take, and how many there are.
func (t *Table) WordBytes(col int) (bytes int64, texts int) {
	d := t.cols[col].dict
	return d.bytes(), len(d.texts)
}

// Drop takes everything out of a column and leaves it empty, without its name.
func (t *Table) Drop(col int) {
	c := &column{Spec: t.cols[col].Spec, low: math.MaxInt64, high: math.MinInt64}
	if c.Kind == Word {
		c.dict = newDictionary(c.Words)
	}
	c.grow(len(t.ids))
	t.cols[col] = c
	delete(t.names, c.Name)
}
