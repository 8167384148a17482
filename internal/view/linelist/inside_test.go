package linelist

// SheetRows makes the sheets of workbooks shorter for a test.
func SheetRows(n int) (restore func()) {
	was := sheetRows
	sheetRows = n
	return func() { sheetRows = was }
}
