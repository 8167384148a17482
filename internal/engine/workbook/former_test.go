package workbook

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// The former reader of sheets and texts, which took its words from encoding/xml: what the reader of today is compared with.

// former: scanner reads the XML of a part, one word of it at a time, and never holds more than a cell.
type formerScanner struct {
	xml  *xml.Decoder
	from io.ReadCloser
}

func (b *Book) formerOpen(part string) (*formerScanner, error) {
	f := b.parts[strings.ToLower(part)]
	if f == nil {
		return nil, fmt.Errorf("%w: no %s", ErrBroken, part)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	d := xml.NewDecoder(bufio.NewReaderSize(&bounded{from: r}, 64<<10))
	d.Strict = false
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, ErrBroken
	}
	return &formerScanner{xml: d, from: r}, nil
}

func (s *formerScanner) close() { _ = s.from.Close() }

// next gives the next word; io.EOF at the end of the part. Parts that name other parts to be put in are broken: nothing we read has them.
func (s *formerScanner) next() (xml.Token, error) {
	t, err := s.xml.RawToken()
	switch {
	case err == nil:
		if _, is := t.(xml.Directive); is {
			return nil, ErrBroken
		}
		return t, nil
	case err == io.EOF, errors.Is(err, ErrCell):
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", ErrBroken, err)
}

// bounded stops a reader when too much comes between two signs < : that is how a cell of a gigabyte looks before it is read.
type bounded struct {
	from io.Reader
	run  int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(len(p), 64<<10)])
	from := 0
	for i, c := range p[:n] {
		if c == '<' {
			b.run, from = 0, i
		}
	}
	if b.run += n - from; b.run > MostInCell+128<<10 {
		return 0, ErrCell
	}
	return n, err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// former: formerTextReader gathers the runs of a text.
type formerTextReader struct {
	in      bool // within the element that holds a text
	run     bool // within a run
	reading int  // within readings, which are no text
	b       []byte
}

// take takes a word; done when the element of that name ends.
func (r *formerTextReader) take(t xml.Token, name string) (text string, done bool, err error) {
	switch e := t.(type) {
	case xml.StartElement:
		switch e.Name.Local {
		case name:
			r.in, r.b = true, r.b[:0]
		case "t":
			r.run = true
		case "rPh":
			r.reading++
		}
	case xml.EndElement:
		switch e.Name.Local {
		case name:
			if !r.in {
				return "", false, nil
			}
			r.in, r.run, r.reading = false, false, 0
			return escaped(string(r.b)), true, nil
		case "t":
			r.run = false
		case "rPh":
			r.reading--
		}
	case xml.CharData:
		if r.in && r.run && r.reading <= 0 {
			if r.b = append(r.b, e...); len(r.b) > MostInCell {
				return "", false, ErrCell
			}
		}
	}
	return "", false, nil
}

// Read gives the rows of a sheet one after the other, from 1, the empty ones too. The cells are the reader's to keep; io.EOF from each
// ends the reading.
func (b *Book) formerRead(sheet int, each func(row int, cells []string) error) (Told, error) {
	part := b.Sheets[sheet].part
	downs, err := b.merged(part)
	if err != nil {
		return Told{}, err
	}
	s, err := b.formerOpen(part)
	if err != nil {
		return Told{}, err
	}
	defer s.close()
	r := formerRows{book: b, each: each, downs: downs}
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
type formerRows struct {
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
	inline  formerTextReader
}

// take takes a word; over when no row can follow.
func (r *formerRows) take(t xml.Token) (over bool, err error) {
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
func (r *formerRows) text(t xml.Token) error {
	if r.kind != "inlineStr" {
		return nil
	}
	text, done, err := r.inline.take(t, "is")
	if done {
		r.value = append(r.value[:0], text...)
	}
	return err
}

func (r *formerRows) start(e xml.StartElement) error {
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
			r.column, _ = formerPlace(ref)
		}
		if r.column < 1 || r.column > MostColumns {
			return ErrColumns
		}
		r.kind, r.formula, r.in, r.value = attr(e, "t"), false, "", r.value[:0]
		r.style, _ = strconv.Atoi(attr(e, "s"))
		r.inline = formerTextReader{b: r.inline.b}
	case "v":
		r.in = "v"
	case "f":
		r.in, r.formula = "f", true
	}
	return r.text(e)
}

func (r *formerRows) endCell() error {
	if r.row == 0 || r.column == 0 {
		return ErrBroken
	}
	text := r.book.cell(r.kind, r.style, r.value, &r.told, nil)
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

func (r *formerRows) endRow() error {
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
func (r *formerRows) give(cells []string) error {
	cells, n := r.downs.fill(r.at, cells)
	r.told.Merged += n
	r.told.Rows, r.wide = r.at, len(cells)
	return r.each(r.at, cells)
}

// formerPlace reads the column and the row of a cell's name: AB12.
func formerPlace(ref string) (column, row int) {
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

// spread is a workbook of a line list: texts, days, numbers, and cells that hold their own text.
func spreadBook(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		name := "王小明 & <" + strconv.Itoa(i) + ">"
		row := []any{i, name, "F", chance.IntN(90), excelize.Cell{Value: 44600 + chance.IntN(60), StyleID: day}, excelize.Cell{Value: 44600 + chance.IntN(60), StyleID: day}, "confirmed", "220204", "人民大街" + strconv.Itoa(chance.IntN(900)) + "号", 13900000000 + i, "", 36.5}
		if err := w.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bookOf(t testing.TB, file []byte) *Book {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTheReaderSaysWhatTheFormerSaid reads a sheet both ways.
func TestTheReaderSaysWhatTheFormerSaid(t *testing.T) {
	b := bookOf(t, spreadBook(t, 3000))
	var now, then [][]string
	told, err := b.Read(0, func(_ int, cells []string) error { now = append(now, cells); return nil })
	if err != nil {
		t.Fatal(err)
	}
	former, err := b.formerRead(0, func(_ int, cells []string) error { then = append(then, cells); return nil })
	if err != nil || !reflect.DeepEqual(now, then) || told != former || len(now) != 3000 {
		t.Fatalf("%v: %d and %d rows, %+v and %+v", err, len(now), len(then), told, former)
	}
}

// FuzzBothReaders reads any sheet both ways: where neither refuses it they say the same.
func FuzzBothReaders(f *testing.F) {
	for _, s := range []string{
		`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><r><t>a &amp; b&#10;</t></r><rPh><t>x</t></rPh></is></c><c t="s"><v>0</v></c></row><row r="3"/></sheetData></worksheet>`,
		`<x:row r='2'><x:c r="C2" s="1"><x:f>1+1</x:f><x:v>44632.99999</x:v></x:c></x:row>`,
		"<row><c t=\"str\"><v>a\r\nb</v></c><!-- > --><c><v><![CDATA[1<2]]></v></c></row>",
		`<?xml version="1.0" encoding="utf-8"?><row a="x>y"><c t = "b"><v>1</v></c></row>`,
	} {
		f.Add(s)
	}
	frame := bookOf(f, spreadBook(f, 1))
	f.Fuzz(func(t *testing.T, sheet string) {
		read := func(next func(*rows, *formerRows) (bool, error)) (list [][]string, told Told, err error) {
			each := func(row int, cells []string) error {
				if len(list) > 2000 {
					return io.EOF
				}
				list = append(list, cells)
				return nil
			}
			now, then := &rows{book: frame, each: each, downs: &downs{}, days: dayTexts{}}, &formerRows{book: frame, each: each, downs: &downs{}}
			for {
				over, err := next(now, then)
				if over || err == io.EOF {
					return list, now.told, nil
				}
				if err != nil {
					return list, now.told, err
				}
			}
		}
		s := newScanner(io.NopCloser(strings.NewReader(sheet)))
		one, _, err1 := read(func(r *rows, _ *formerRows) (bool, error) {
			kind, err := s.next()
			if err != nil {
				return false, err
			}
			return r.take(s, kind)
		})
		d := xml.NewDecoder(bufio.NewReader(&bounded{from: strings.NewReader(sheet)}))
		d.Strict = false
		former := &formerScanner{xml: d}
		two, _, err2 := read(func(_ *rows, r *formerRows) (bool, error) {
			token, err := former.next()
			if err != nil {
				return false, err
			}
			return r.take(token)
		})
		if err1 == nil && err2 == nil && !reflect.DeepEqual(one, two) {
			t.Errorf("%q and %q", one, two)
		}
	})
}

// BenchmarkRead reads a line list of twelve columns, and prints how many times as fast as the former reader.
func BenchmarkRead(b *testing.B) {
	const rows = 20_000
	file := spreadBook(b, rows)
	book := bookOf(b, file)
	b.ReportAllocs()
	var now, then time.Duration
	for b.Loop() {
		for _, x := range []struct {
			read func(int, func(int, []string) error) (Told, error)
			took *time.Duration
		}{{book.Read, &now}, {book.formerRead, &then}} {
			began := time.Now()
			if _, err := x.read(0, func(int, []string) error { return nil }); err != nil {
				b.Fatal(err)
			}
			*x.took += time.Since(began)
		}
	}
	b.ReportMetric(float64(b.N*rows)/now.Seconds(), "rows/s")
	b.ReportMetric(float64(then)/float64(now), "times_the_former")
}
