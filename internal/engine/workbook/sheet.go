package workbook

import (
	"encoding/xml"
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
	r := rows{book: b, each: each, downs: downs}
	for {
		t, err := s.next()
		if err == io.EOF {
			return r.told, nil
		}
		if err != nil {
			return r.told, err
		}
		over, err := r.take(t)
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
	in      string // v or f
	value   []byte
	inline  textReader
}

// take takes a word; over when no row can follow.
func (r *rows) take(t xml.Token) (over bool, err error) {
	switch e := t.(type) {
	case xml.StartElement:
		return false, r.start(e)
	case xml.EndElement:
		switch e.Name.Local {
		case "sheetData":
			return true, nil
		case "row":
			return false, r.endRow()
		case "c":
			return false, r.endCell()
		case "v", "f":
			r.in = ""
		}
	case xml.CharData:
		if r.in == "v" {
			if r.value = append(r.value, e...); len(r.value) > MostInCell {
				return false, ErrCell
			}
		}
	}
	return false, r.text(t)
}

// text gathers the text of a cell that holds its own.
func (r *rows) text(t xml.Token) error {
	if r.kind != "inlineStr" {
		return nil
	}
	text, done, err := r.inline.take(t, "is")
	if done {
		r.value = append(r.value[:0], text...)
	}
	return err
}

func (r *rows) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "row":
		r.row = r.at + 1
		if n, err := strconv.Atoi(attr(e, "r")); err == nil {
			r.row = n
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
		if ref := attr(e, "r"); ref != "" {
			r.column, _ = place(ref)
		}
		if r.column < 1 || r.column > MostColumns {
			return ErrColumns
		}
		r.kind, r.formula, r.in, r.value = attr(e, "t"), false, "", r.value[:0]
		r.style, _ = strconv.Atoi(attr(e, "s"))
		r.inline = textReader{b: r.inline.b}
	case "v":
		r.in = "v"
	case "f":
		r.in, r.formula = "f", true
	}
	return r.text(e)
}

func (r *rows) endCell() error {
	if r.row == 0 || r.column == 0 {
		return ErrBroken
	}
	text := r.book.cell(r.kind, r.style, string(r.value), &r.told)
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

// place reads the column and the row of a cell's name: AB12.
func place(ref string) (column, row int) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	row, err := strconv.Atoi(ref[i:])
	if err != nil || i == 0 {
		return 0, 0
	}
	return column, row
}

// cell gives a cell's text by its kind and what its number format shows.
func (b *Book) cell(kind string, style int, value string, told *Told) string {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if text, ok := b.texts.at(i); err == nil && ok {
			return text
		}
		return ""
	case "inlineStr":
		return value
	case "str":
		return escaped(value)
	case "b":
		return map[string]string{"1": "TRUE", "0": "FALSE"}[strings.TrimSpace(value)]
	case "e":
		told.Errors++
		return value
	case "d":
		told.Dates++
		return strings.TrimSuffix(strings.Replace(value, "T", " ", 1), "Z")
	}
	value = strings.TrimSpace(value)
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return value
	}
	if as := b.styles.of(style); as != asNumber {
		if text, ok := shownAs(as, f, b.From1904); ok {
			told.Dates++
			return text
		}
	}
	return plain(value, f)
}
