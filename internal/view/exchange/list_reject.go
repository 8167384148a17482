package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// rejectedBook is what comes back of a list: the rows that could not be taken, in a workbook, every cell as the list had it, the wrong
// ones coloured, and behind them which row, which column and why. Corrected there it is sent again as it is and touches those alone.
// Every cell is text: numbers keep their zeros, and nothing is a formula.
type rejectedBook struct {
	to    io.Writer
	file  *excelize.File
	rows  *excelize.StreamWriter
	wrong int // style
	plain int
	n     int
	own   int
	asCSV *csv.Writer
}

const sheetOfRejected = "rejected"

// newRejectedBook begins one; as a CSV for programs that ask for it.
func newRejectedBook(w io.Writer, asCSV bool, r *reading) (*rejectedBook, error) {
	if w == nil {
		return nil, nil
	}
	b := &rejectedBook{to: w, own: len(r.columns)}
	var names []string
	for _, c := range r.found.Columns {
		names = append(names, c.Name)
	}
	names = append(names, added...)
	if asCSV {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, err
		}
		b.asCSV = csv.NewWriter(w)
		return b, b.asCSV.Write(names)
	}
	b.file = excelize.NewFile()
	if err := b.begin(names); err != nil {
		return nil, fmt.Errorf("beginning a workbook: %w", err)
	}
	return b, nil
}

func (b *rejectedBook) begin(names []string) (err error) {
	if err = b.file.SetSheetName("Sheet1", sheetOfRejected); err != nil {
		return err
	}
	if b.plain, err = b.file.NewStyle(&excelize.Style{NumFmt: 49}); err != nil {
		return err
	}
	if b.wrong, err = b.file.NewStyle(&excelize.Style{NumFmt: 49, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFD9B3"}}, Font: &excelize.Font{Bold: true, Color: "8A1C00"}}); err != nil {
		return err
	}
	bold, err := b.file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if b.rows, err = b.file.NewStreamWriter(sheetOfRejected); err != nil {
		return err
	}
	if err = b.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err = b.rows.SetColWidth(len(names), len(names), 70); err != nil {
		return err
	}
	cells := make([]any, len(names))
	for i, n := range names {
		cells[i] = excelize.Cell{StyleID: bold, Value: n}
	}
	b.n = 1
	return b.rows.SetRow("A1", cells)
}

func (b *rejectedBook) add(x *listRow, problems []Problem) error {
	if b == nil {
		return nil
	}
	wrong := map[int]bool{}
	for _, t := range x.told {
		wrong[t.column] = true
	}
	var columns, reasons []string
	for _, p := range problems {
		if p.Column != "" && !slices.Contains(columns, p.Column) {
			columns = append(columns, p.Column)
		}
		if why := p.Reason; p.Column == "" {
			reasons = append(reasons, why)
		} else {
			reasons = append(reasons, p.Column+": "+why)
		}
	}
	behind := []string{strconv.Itoa(x.row), strings.Join(columns, "; "), strings.Join(reasons, " ")}
	if b.asCSV != nil {
		cells := make([]string, 0, b.own+len(added))
		for i := range b.own {
			cells = append(cells, safe(cellAt(x.cells, i)))
		}
		return b.asCSV.Write(append(cells, behind[0], safe(behind[1]), safe(behind[2])))
	}
	cells := make([]any, 0, b.own+len(added))
	for i := range b.own {
		style := b.plain
		if wrong[i] {
			style = b.wrong
		}
		cells = append(cells, excelize.Cell{StyleID: style, Value: clipped(cellAt(x.cells, i))})
	}
	for _, t := range behind {
		cells = append(cells, excelize.Cell{StyleID: b.plain, Value: clipped(t)})
	}
	if b.n++; b.n > excelize.TotalRows {
		return fmt.Errorf("more rejected rows than a workbook holds: ask for them as CSV")
	}
	return b.rows.SetRow("A"+strconv.Itoa(b.n), cells)
}

func cellAt(cells []string, i int) string {
	if i >= len(cells) {
		return ""
	}
	return cells[i]
}

// clipped is as much of a text as a cell holds.
func clipped(s string) string {
	if len(s) <= mostExtra {
		return s
	}
	r := []rune(s)
	return string(r[:min(len(r), mostExtra)])
}

// close writes the workbook out.
func (b *rejectedBook) close() error {
	switch {
	case b == nil:
		return nil
	case b.asCSV != nil:
		b.asCSV.Flush()
		return b.asCSV.Error()
	}
	defer b.file.Close()
	if err := b.rows.Flush(); err != nil {
		return err
	}
	return b.file.Write(b.to)
}
