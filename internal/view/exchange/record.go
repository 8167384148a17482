package exchange

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"breakwater/internal/outbreak"
)

const (
	mostBytes  = 1 << 20 // of one row
	mostFields = 1000    // of one row
)

// records reads the rows of a file one by one. It holds one row in memory, never more.
type records struct {
	s     *Sniffed
	line  int // the physical line read last
	buf   []byte
	cells []string
	built []byte
}

// record is one row: the line it began at, its cells and whether its letters could be read. The cells are only good until
// the next row is read.
type record struct {
	line    int
	cells   []string
	legible bool
}

func newRecords(s *Sniffed) *records { return &records{s: s} }

// next gives the next row that is not empty; io.EOF after the last. Whatever makes the rest of the file unreadable is refused.
func (r *records) next() (record, error) {
	for {
		r.buf = r.buf[:0]
		err := r.physical()
		if err != nil {
			return record{}, err
		}
		start := r.line
		if len(bytes.TrimSpace(r.buf)) == 0 {
			continue
		}
		if bytes.IndexByte(r.buf, '"') >= 0 {
			if err := r.closeQuotes(start); err != nil {
				return record{}, err
			}
		}
		text, legible := r.decode()
		if bytes.IndexByte(r.buf, '"') < 0 {
			r.split(text)
		} else {
			r.splitQuoted(text)
		}
		if len(r.cells) > mostFields {
			return record{}, outbreak.Refuse(outbreak.Invalid, "exchange.too_many_fields", "line", start, "most", mostFields)
		}
		return record{line: start, cells: r.cells, legible: legible}, nil
	}
}

// physical appends the next physical line to the buffer, without its end.
func (r *records) physical() error {
	began := len(r.buf)
	for {
		part, err := r.s.from.ReadSlice(r.s.lineEnd)
		r.buf = append(r.buf, part...)
		if len(r.buf) > mostBytes {
			return outbreak.Refuse(outbreak.Invalid, "exchange.row_too_long", "line", r.line+1, "most", mostBytes)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(r.buf) == began:
			return io.EOF
		case err != nil && err != io.EOF:
			return outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
		}
		break
	}
	r.line++
	r.buf = bytes.TrimSuffix(bytes.TrimSuffix(r.buf, []byte{r.s.lineEnd}), []byte("\r"))
	if bytes.IndexByte(r.buf[min(began, len(r.buf)):], 0) >= 0 {
		return outbreak.Refuse(outbreak.Invalid, "exchange.zero_byte", "line", r.line)
	}
	return nil
}

// closeQuotes reads on while a quoted cell is open at the end of the line.
func (r *records) closeQuotes(start int) error {
	for r.open() {
		r.buf = append(r.buf, '\n')
		switch err := r.physical(); {
		case err == io.EOF:
			return outbreak.Refuse(outbreak.Invalid, "exchange.quote_open", "line", start)
		case err != nil && len(r.buf) > mostBytes:
			return outbreak.Refuse(outbreak.Invalid, "exchange.quote_open", "line", start)
		case err != nil:
			return err
		}
	}
	return nil
}

// open tells whether the buffer ends inside a quoted cell. A quote opens a cell only at its beginning.
func (r *records) open() bool {
	quoted, begins := false, true
	for i := 0; i < len(r.buf); i++ {
		switch b := r.buf[i]; {
		case quoted && b == '"':
			if i+1 < len(r.buf) && r.buf[i+1] == '"' {
				i++
			} else {
				quoted = false
			}
		case quoted:
		case b == '"' && begins:
			quoted = true
		default:
			begins = b == r.s.Separator
			continue
		}
		begins = false
	}
	return quoted
}

// decode gives the row as UTF-8; false when a letter could not be read. In both encodings the bytes of separators, quotes
// and line ends are never part of a letter, so that rows can be cut before.
func (r *records) decode() (string, bool) {
	switch r.s.Encoding {
	case GB18030:
		if ascii(r.buf) {
			return string(r.buf), true
		}
		return fromGB18030(r.buf)
	case ASCII:
		if ascii(r.buf) {
			return string(r.buf), true
		}
		r.s.Encoding = UTF8
		if !utf8.Valid(r.buf) {
			if text, ok := fromGB18030(r.buf); ok {
				r.s.Encoding = GB18030
				return text, true
			}
		}
	}
	if utf8.Valid(r.buf) {
		return string(r.buf), true
	}
	return strings.ToValidUTF8(string(r.buf), "\uFFFD"), false
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// split cuts a row without quotes; the cells share the row's text.
func (r *records) split(text string) {
	r.cells = r.cells[:0]
	for len(r.cells) <= mostFields {
		i := strings.IndexByte(text, r.s.Separator)
		if i < 0 {
			break
		}
		r.cells = append(r.cells, text[:i])
		text = text[i+1:]
	}
	r.cells = append(r.cells, text)
}

// splitQuoted cuts a row with quotes in it.
func (r *records) splitQuoted(text string) {
	r.cells = r.cells[:0]
	for len(r.cells) <= mostFields {
		cell, rest, more := r.cell(text)
		r.cells = append(r.cells, cell)
		if !more {
			return
		}
		text = rest
	}
}

// cell takes one cell off the row. Text after a closing quote is kept as it stands.
func (r *records) cell(text string) (cell, rest string, more bool) {
	if !strings.HasPrefix(text, `"`) {
		return strings.Cut(text, string(rune(r.s.Separator)))
	}
	r.built = r.built[:0]
	i := 1
	for ; i < len(text); i++ {
		if text[i] == '"' {
			if i+1 == len(text) || text[i+1] != '"' {
				i++
				break
			}
			i++
		}
		r.built = append(r.built, text[i])
	}
	tail, rest, more := strings.Cut(text[i:], string(rune(r.s.Separator)))
	return string(r.built) + tail, rest, more
}
