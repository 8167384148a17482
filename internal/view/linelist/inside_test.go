package linelist

import "io"

// SheetRows makes the sheets of workbooks shorter for a test.
func SheetRows(n int) (restore func()) {
	was := sheetRows
	sheetRows = n
	return func() { sheetRows = was }
}

// NewWorkbook is a workbook for a test.
func NewWorkbook(w io.Writer, rows [][]string) error {
	b, err := newWorkbook(w, rows[0])
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := b.row(r); err != nil {
			return err
		}
	}
	return b.end(nil)
}

// RuleNames are the names of the rules in their order.
func RuleNames() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}
