package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What a table may be at most; beyond it is refused, never cut.
const (
	MostColumns = 16_384
	MostInCell  = 1 << 20 // bytes
	MostInRow   = 4 << 20 // bytes
)

// Faults of a file as a whole.
var (
	ErrColumns = errors.New("more columns than a spreadsheet can have")
	ErrRow     = errors.New("a row longer than four megabytes")
	ErrCell    = errors.New("a cell longer than a megabyte: a quote may be missing before it")
)

// separators are what is tried, the usual ones first.
var separators = []byte{',', '\t', ';', '|'}

// part finds the separator that cuts the first rows most evenly into most cells.
func (l *Letters) part(plain []byte) {
	l.Separator = ","
	if first, _, _ := bytes.Cut(plain, []byte("\n")); len(first) < 8 {
		if sep, is := declared(strings.TrimSpace(string(first))); is {
			l.Separator, l.Declared, l.Parted = sep, true, 1
			return
		}
	}
	best := 0.0
	for _, sep := range separators {
		widths := map[int]int{}
		rows := 0
		_ = Read(bytes.NewReader(plain), string(sep), func(_ int, cells []string) error {
			if rows++; rows > 100 {
				return io.EOF
			}
			if len(cells) > 1 {
				widths[len(cells)]++
			}
			return nil
		})
		for width, n := range widths {
			even := float64(n) / float64(min(rows, 100))
			if score := even * even * float64(min(width, 8)); score > best {
				best, l.Separator, l.Parted = score, string(sep), even
			}
		}
	}
}

// declared reads the line by which some spreadsheets say the separator.
func declared(line string) (string, bool) {
	line = strings.Trim(line, `"`)
	if len(line) == 5 && strings.EqualFold(line[:4], "sep=") && bytes.IndexByte(separators, line[4]) >= 0 {
		return line[4:], true
	}
	return "", false
}

// Read gives the rows of a file of separated cells one after the other, from 1, the empty ones too. It takes quotes as people write
// them: a quote within a bare cell is a quote, and what follows a closing quote belongs to the cell. Cells are the caller's to keep.
func Read(r io.Reader, separator string, each func(row int, cells []string) error) error {
	if len(separator) != 1 {
		return fmt.Errorf("a separator is one sign, not %q", separator)
	}
	s := splitter{in: bufio.NewReaderSize(r, 64<<10), sep: separator[0]}
	for row := 1; ; row++ {
		cells, err := s.row()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
		if err := each(row, cells); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

type splitter struct {
	in   *bufio.Reader
	sep  byte
	cell []byte
}

// row reads up to the end of a line that is not within quotes.
func (s *splitter) row() (cells []string, err error) {
	s.cell = s.cell[:0]
	quoted, fresh, any := false, true, false
	for size := 0; ; size++ {
		if size > MostInRow {
			return nil, ErrRow
		}
		c, err := s.in.ReadByte()
		if err == io.EOF && any {
			return append(cells, string(s.cell)), nil
		}
		if err != nil {
			return nil, err
		}
		any = true
		switch {
		case quoted && c == '"':
			if next, err := s.in.ReadByte(); err == nil && next == '"' {
				s.cell = append(s.cell, '"')
			} else {
				quoted = false
				if err == nil {
					_ = s.in.UnreadByte()
				}
			}
		case quoted:
			s.cell = append(s.cell, c)
		case c == '"' && fresh:
			quoted = true
		case c == s.sep:
			cells, s.cell, fresh = append(cells, string(s.cell)), s.cell[:0], true
			if len(cells) >= MostColumns {
				return nil, ErrColumns
			}
			continue
		case c == '\n' || c == '\r':
			if c == '\r' {
				if next, err := s.in.ReadByte(); err == nil && next != '\n' {
					_ = s.in.UnreadByte()
				}
			}
			return append(cells, string(s.cell)), nil
		default:
			s.cell = append(s.cell, c)
		}
		fresh = false
		if len(s.cell) > MostInCell {
			return nil, ErrCell
		}
	}
}
