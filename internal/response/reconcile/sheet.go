package reconcile

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"breakwater/internal/engine/workbook"
	"breakwater/internal/outbreak"
)

// Format says how a file is written.
type Format struct {
	Encoding  string `json:"encoding"`       // utf-8, utf-8-bom, gb18030
	Separator string `json:"separator"`      // comma, semicolon, tab
	File      string `json:"file,omitempty"` // csv (or empty), or xlsx, which needs neither encoding nor separator
}

// Files lists what a file can be.
var Files = []string{"csv", "xlsx"}

// Encodings and Separators list what a file can be written in.
var (
	Encodings  = []string{"utf-8", "utf-8-bom", "gb18030"}
	Separators = []string{"comma", "semicolon", "tab"}
	separator  = map[string]rune{"": ',', "comma": ',', "semicolon": ';', "tab": '\t'}
)

// ColumnTotal is the control total of one column: who receives the file can count again.
type ColumnTotal struct {
	Header string `json:"header"`
	Filled int    `json:"filled"`
	Sum    string `json:"sum,omitempty"` // of a column of whole numbers
	Digest string `json:"digest"`        // SHA-256 of its cells, each with a line end behind it
}

// Total is the control total of a file.
type Total struct {
	Rows    int           `json:"rows"`
	Columns []ColumnTotal `json:"columns"`
	Digest  string        `json:"digest"` // SHA-256 of all bytes
}

// sheet writes a file of rows, cells of which no spreadsheet takes for formulas, and counts what passes.
type sheet struct {
	csv     *csv.Writer
	book    *workbook.Writer // in its place
	closing io.Closer        // of the encoder
	whole   hash.Hash
	columns []columnSum
	total   Total
}

type columnSum struct {
	hash   hash.Hash
	sum    big.Int
	number bool
	filled int
}

func newSheet(w io.Writer, f Format, header []string) (*sheet, error) {
	sep, known := separator[f.Separator]
	if !known {
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.separator")
	}
	s := &sheet{whole: sha256.New()}
	w = io.MultiWriter(s.whole, w)
	for _, h := range header {
		s.total.Columns = append(s.total.Columns, ColumnTotal{Header: h})
		s.columns = append(s.columns, columnSum{hash: sha256.New(), number: true})
	}
	cells := make([]string, len(header))
	for i, h := range header {
		cells[i] = safe(h)
	}
	switch {
	case f.File == "xlsx":
		var err error
		if s.book, err = workbook.NewWriter(w, "rows", cells, 0); err != nil {
			return nil, err
		}
		return s, s.book.Row(cells)
	case f.File != "" && f.File != "csv":
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.file_format", "files", strings.Join(Files, ", "))
	}
	switch f.Encoding {
	case "", "utf-8":
	case "utf-8-bom":
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, fmt.Errorf("writing the mark of a file: %w", err)
		}
	case "gb18030":
		t := transform.NewWriter(w, simplifiedchinese.GB18030.NewEncoder())
		w, s.closing = t, t
	default:
		return nil, outbreak.Refuse(outbreak.Invalid, "reconcile.encoding")
	}
	s.csv = csv.NewWriter(w)
	s.csv.Comma, s.csv.UseCRLF = sep, true
	return s, s.csv.Write(cells)
}

func (s *sheet) row(cells []string) error {
	s.total.Rows++
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = safe(c)
		s.columns[i].add(c)
	}
	write := s.csv.Write
	if s.book != nil {
		write = s.book.Row
	}
	if err := write(out); err != nil {
		return fmt.Errorf("writing row %d: %w", s.total.Rows, err)
	}
	return nil
}

func (c *columnSum) add(cell string) {
	_, _ = io.WriteString(c.hash, cell+"\n")
	if cell == "" {
		return
	}
	c.filled++
	var n big.Int
	if !c.number || len(cell) > 40 {
		c.number = false
		return
	}
	if _, ok := n.SetString(cell, 10); !ok || len(cell) > 1 && cell[0] == '0' { // a code with zeros before it is no number
		c.number = false
		return
	}
	c.sum.Add(&c.sum, &n)
}

// end writes what is left and gives the totals. A workbook says those of its rows and columns itself, on a sheet behind them.
func (s *sheet) end() (Total, error) {
	for i := range s.columns {
		c, t := &s.columns[i], &s.total.Columns[i]
		t.Filled, t.Digest = c.filled, hex.EncodeToString(c.hash.Sum(nil))
		if c.number && c.filled > 0 {
			t.Sum = c.sum.String()
		}
	}
	if err := s.close(); err != nil {
		return s.total, err
	}
	s.total.Digest = hex.EncodeToString(s.whole.Sum(nil))
	return s.total, nil
}

func (s *sheet) close() error {
	if s.book != nil {
		told := []string{"rows", strconv.Itoa(s.total.Rows)}
		for _, c := range s.total.Columns {
			told = append(told, safe(c.Header)+": filled", strconv.Itoa(c.Filled), safe(c.Header)+": SHA-256", c.Digest)
			if c.Sum != "" {
				told = append(told, safe(c.Header)+": sum", c.Sum)
			}
		}
		return s.book.End(told)
	}
	if s.csv.Flush(); s.csv.Error() != nil {
		return fmt.Errorf("writing the last rows: %w", s.csv.Error())
	}
	if s.closing != nil {
		if err := s.closing.Close(); err != nil {
			return fmt.Errorf("ending a file: %w", err)
		}
	}
	return nil
}

// safe puts an apostrophe before what a spreadsheet would take for a formula; a plain negative number is none.
func safe(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, number := new(big.Int).SetString(cell, 10); number && cell[0] == '-' {
		return cell
	}
	return "'" + cell
}
