package linelist

import (
	"io"

	"breakwater/internal/engine/workbook"
)

// sheetRows is how many rows a sheet takes.
var sheetRows = workbook.SheetRows

// book writes XLSX.
type book struct{ *workbook.Writer }

func newWorkbook(to io.Writer, header []string) (*book, error) {
	w, err := workbook.NewWriter(to, "cases", header, sheetRows)
	return &book{w}, err
}

func (b *book) row(cells []string) error { return b.Row(cells) }
func (b *book) end(told []string) error  { return b.End(told) }
