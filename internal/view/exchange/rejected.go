package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// rejectedFile is the file of rejected rows: the columns of the file itself, then row, column and reason. Corrected, it can be
// sent again as it is. It begins with a byte order mark, so that spreadsheets read its letters rightly.
type rejectedFile struct {
	w   *csv.Writer
	own int
}

func newRejectedFile(w io.Writer, m *mapping) (*rejectedFile, error) {
	if w == nil {
		return nil, nil
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, fmt.Errorf("writing the file of rejected rows: %w", err)
	}
	f := &rejectedFile{w: csv.NewWriter(w), own: m.own}
	return f, f.w.Write(append(slices.Clone(m.header[:m.own]), added...))
}

func (f *rejectedFile) add(r *row, problems []Problem) error {
	if f == nil {
		return nil
	}
	cells := make([]string, 0, f.own+len(added))
	for i := range f.own {
		cell := ""
		if i < len(r.raw) {
			cell = r.raw[i]
		}
		cells = append(cells, safe(cell))
	}
	var columns, reasons []string
	for _, p := range problems {
		columns, reasons = append(columns, p.Column), append(reasons, p.Reason)
	}
	return f.w.Write(append(cells, strconv.Itoa(r.line), safe(strings.Join(columns, "; ")), strings.Join(reasons, " ")))
}

func (f *rejectedFile) flush() error {
	if f == nil {
		return nil
	}
	f.w.Flush()
	return f.w.Error()
}

// safe puts an apostrophe before what a spreadsheet would take for a formula. Our own reader takes it off again.
func safe(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	return "'" + cell
}
