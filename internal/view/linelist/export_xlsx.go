package linelist

import (
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"
)

// sheetRows is how many rows a sheet of a workbook can have, its header among them. What is more goes into further sheets.
var sheetRows = excelize.TotalRows

// workbook writes XLSX. What has been written stands in a file of the machine until the end, for a workbook's index comes last.
type workbook struct {
	to     io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	header []string
	cells  []any
	text   int // style of cells that are kept as text
	sheets int
	rows   int // in the sheet
}

func newWorkbook(to io.Writer, header []string) (*workbook, error) {
	b := &workbook{to: to, file: excelize.NewFile(), header: slices.Clone(header), cells: make([]any, len(header))}
	text, err := b.file.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return nil, fmt.Errorf("beginning a workbook: %w", err)
	}
	b.text = text
	return b, b.begin()
}

// begin opens the next sheet.
func (b *workbook) begin() (err error) {
	if b.stream != nil {
		if err := b.stream.Flush(); err != nil {
			return fmt.Errorf("ending a sheet: %w", err)
		}
	}
	b.sheets++
	b.rows = 0
	name := "cases"
	if b.sheets > 1 {
		name = fmt.Sprintf("cases %d", b.sheets)
		_, err = b.file.NewSheet(name)
	} else {
		err = b.file.SetSheetName("Sheet1", name)
	}
	if err == nil {
		b.stream, err = b.file.NewStreamWriter(name)
	}
	if err == nil {
		err = b.stream.SetColStyle(1, max(len(b.header), 1), b.text)
	}
	if err != nil {
		return fmt.Errorf("beginning a sheet: %w", err)
	}
	return nil
}

func (b *workbook) row(cells []string) error {
	if b.rows == sheetRows {
		if err := b.begin(); err != nil {
			return err
		}
		if err := b.row(b.header); err != nil {
			return err
		}
	}
	b.rows++
	for i, c := range cells {
		if b.cells[i] = nil; c != "" {
			b.cells[i] = excelize.Cell{StyleID: b.text, Value: c}
		}
	}
	if err := b.stream.SetRow(fmt.Sprintf("A%d", b.rows), b.cells); err != nil {
		return fmt.Errorf("writing a row: %w", err)
	}
	return nil
}

// end writes a sheet that says what the workbook holds, and all of it out.
func (b *workbook) end(told []string) error {
	err := b.stream.Flush()
	if err == nil {
		_, err = b.file.NewSheet("about")
	}
	for i, pair := range slices.Collect(slices.Chunk(told, 2)) {
		if err == nil {
			err = b.file.SetSheetRow("about", fmt.Sprintf("A%d", i+1), &[]any{pair[0], pair[1]})
		}
	}
	if err == nil {
		err = b.file.Write(b.to)
	}
	if err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}
