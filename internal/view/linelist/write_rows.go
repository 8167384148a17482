package linelist

import (
	"io"
)

// WriteRows writes a table of figures as a file, its first row being the header. told is what a workbook says of itself, in pairs.
func WriteRows(w io.Writer, format string, rows [][]string, told ...string) error {
	if format != "" && format != CSV && format != XLSX {
		return invalid("format")
	}
	out := newCSV(w)
	if format == XLSX {
		var err error
		if out, err = newWorkbook(w, rows[0]); err != nil {
			return err
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = safe(c)
		}
		if err := out.row(cells); err != nil {
			return err
		}
	}
	return out.end(told)
}
