package workbook

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// Told is what a sheet's rows do not show.
type Told struct {
	Formulas int // cells whose value a formula made
	Unworked int // of them those that hold no value: nobody saved the workbook after it was written
	Merged   int // cells that were filled from the merged cell above
	Dates    int // cells that are dates by their number format
	Errors   int // #REF!, #VALUE!
	Rows     int // the last row's number
}

// dayTexts are days as they were written before: most lists hold a few hundred.
type dayTexts map[int]string

const mostDays = 4096

// shown writes a count of days as shownAs does.
func (t dayTexts) shown(as shown, days float64, from1904 bool) (string, bool) {
	whole := int(days)
	if t == nil || as == asTime || days != float64(whole) || days < 1 {
		return shownAs(as, days, from1904)
	}
	if text, known := t[whole]; known {
		return text, true
	}
	text, ok := shownAs(as, days, from1904)
	if ok && len(t) < mostDays {
		t[whole] = text
	}
	return text, ok
}

// Read gives the rows of a sheet one after the other, from 1, the empty ones too. The cells are the reader's to keep; io.EOF from each
// ends the reading.
func (b *Book) Read(sheet int, each func(row int, cells []string) error) (Told, error) {
	part := b.Sheets[sheet].part
	downs, err := b.merged(part)
	if err != nil {
		return Told{}, err
	}
	s, err := b.open(part)
	if err != nil {
		return Told{}, err
	}
	defer s.close()
	r := rows{book: b, each: each, downs: downs, days: dayTexts{}}
	for {
		t, err := s.next()
		if err == io.EOF {
			return r.told, nil
		}
		if err != nil {
			return r.told, err
		}
		over, err := r.take(s, t)
		if err == io.EOF || over {
			return r.told, nil
		}
		if err != nil {
			return r.told, err
		}
	}
}

// rows makes rows of the words of a sheet.
type rows struct {
	book  *Book
	each  func(int, []string) error
	told  Told
	downs *downs

	at     int // the row given last
	row    int // the row that is read; 0: none
	column int // the cell that is read
	cells  []string
	size   int
	wide   int

	kind    string // of the cell
	style   int
	formula bool
	in      byte // v or f
	value   []byte
	inline  textReader
	days    dayTexts
}

// take takes a word; over when no row can follow.
func (r *rows) take(s *scanner, t wordKind) (over bool, err error) {
	switch t {
	case begins:
		err = r.start(s)
	case ends:
		switch string(s.name) {
		case "sheetData":
			return true, nil
		case "row":
			return false, r.endRow()
		case "c":
			return false, r.endCell()
		case "v", "f":
			r.in = 0
		}
	case says:
		if r.in == 'v' {
			if r.value = append(r.value, s.text...); len(r.value) > MostInCell {
				return false, ErrCell
			}
		}
	}
	if err != nil || r.kind != "inlineStr" {
		return false, err
	}
	text, done, err := r.inline.take(s, t, "is") // of a cell that holds its own text
	if done {
		r.value = append(r.value[:0], text...)
	}
	return false, err
}

func (r *rows) start(s *scanner) error {
	switch string(s.name) {
	case "row":
		r.row = r.at + 1
		if v, _ := s.attr("r"); len(v) > 0 {
			if n, err := strconv.Atoi(string(v)); err == nil {
				r.row = n
			}
		}
		if r.row <= r.at || r.row > MostRows {
			return ErrBroken
		}
		r.column, r.cells, r.size, r.wide = 0, make([]string, 0, r.wide), 0, 0
	case "c":
		if r.row == 0 {
			return ErrBroken
		}
		r.column++
		r.kind, r.formula, r.in, r.value, r.style = "", false, 0, r.value[:0], 0
		s.each(r.attribute)
		if r.column < 1 || r.column > MostColumns {
			return ErrColumns
		}
		r.inline = textReader{b: r.inline.b}
	case "v":
		r.in = 'v'
	case "f":
		r.in, r.formula = 'f', true
	}
	return nil
}

// kinds are those of cells, so that their names need no memory each.
var kinds = map[string]string{"s": "s", "inlineStr": "inlineStr", "str": "str", "b": "b", "e": "e", "d": "d", "n": "n"}

// attribute takes an attribute of a cell.
func (r *rows) attribute(key, value []byte, _ bool) bool {
	if len(key) != 1 {
		return true
	}
	switch key[0] {
	case 'r':
		if len(value) > 0 {
			r.column = columnOf(value)
		}
	case 't':
		r.kind = kinds[string(value)]
	case 's':
		r.style, _ = strconv.Atoi(string(value))
	}
	return true
}

func (r *rows) endCell() error {
	if r.row == 0 || r.column == 0 {
		return ErrBroken
	}
	text := r.book.cell(r.kind, r.style, r.value, &r.told, r.days)
	if r.formula {
		r.told.Formulas++
		if len(r.value) == 0 {
			r.told.Unworked++
			text = Unworked
		}
	}
	if r.size += len(text); len(text) > MostInCell {
		return ErrCell
	} else if r.size > MostInRow {
		return ErrRow
	}
	if text == "" {
		return nil
	}
	for len(r.cells) < r.column {
		r.cells = append(r.cells, "")
	}
	r.cells[r.column-1] = text
	return nil
}

// Unworked stands in a cell whose formula has no value: it is read as an error of the spreadsheet, never as nothing.
const Unworked = "#FORMULA!"

func (r *rows) endRow() error {
	if r.row == 0 {
		return ErrBroken
	}
	for r.at++; r.at < r.row; r.at++ {
		if err := r.give(nil); err != nil {
			return err
		}
	}
	cells := r.cells
	r.row = 0
	return r.give(cells)
}

// give hands the next row on, with what merged cells above it hold.
func (r *rows) give(cells []string) error {
	cells, n := r.downs.fill(r.at, cells)
	r.told.Merged += n
	r.told.Rows, r.wide = r.at, len(cells)
	return r.each(r.at, cells)
}

// columnOf reads the column of a cell's name: AB12; 0 when it is none.
func columnOf(ref []byte) (column int) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	for j := i; j < len(ref); j++ {
		if ref[j] < '0' || ref[j] > '9' {
			return 0
		}
	}
	if i == len(ref) {
		return 0
	}
	return column
}

// place reads the column and the row of a cell's name.
func place(ref string) (column, row int) {
	if column = columnOf([]byte(ref)); column == 0 {
		return 0, 0
	}
	row, err := strconv.Atoi(strings.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	if err != nil {
		return 0, 0
	}
	return column, row
}

// cell gives a cell's text by its kind and what its number format shows.
func (b *Book) cell(kind string, style int, said []byte, told *Told, days dayTexts) string {
	switch kind {
	case "s":
		i, err := strconv.Atoi(string(bytes.TrimSpace(said)))
		if text, ok := b.texts.at(i); err == nil && ok {
			return text
		}
		return ""
	case "inlineStr":
		return string(said)
	case "str":
		return escaped(string(said))
	case "b":
		switch string(bytes.TrimSpace(said)) {
		case "1":
			return "TRUE"
		case "0":
			return "FALSE"
		}
		return ""
	case "e":
		told.Errors++
		return string(said)
	case "d":
		told.Dates++
		return strings.TrimSuffix(strings.Replace(string(said), "T", " ", 1), "Z")
	}
	said = bytes.TrimSpace(said)
	as := b.styles.of(style)
	if as == asNumber && short(said) {
		return string(said)
	}
	value := string(said)
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return value
	}
	if as != asNumber {
		if text, ok := days.shown(as, f, b.From1904); ok {
			told.Dates++
			return text
		}
	}
	return plain(value, f)
}
