package linelist_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/view/linelist"
)

func TestFiguresAreWrittenAsFiles(t *testing.T) {
	rows := [][]string{{"sex", "cases"}, {"=female", "3"}, {"male", "4"}}
	var plain, book bytes.Buffer
	if err := linelist.WriteRows(&plain, linelist.CSV, rows); err != nil || plain.String() != "sex,cases\n'=female,3\nmale,4\n" {
		t.Fatalf("%q: %v", plain.String(), err)
	}
	if err := linelist.WriteRows(&book, linelist.XLSX, rows, "query", "sex=male"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first, err := f.GetRows(f.GetSheetList()[0])
	if err != nil || len(first) != 3 || first[1][0] != "'=female" || first[2][1] != "4" {
		t.Errorf("the workbook has %v: %v", first, err)
	}
	if err := linelist.WriteRows(&book, "pdf", rows); err == nil {
		t.Error("a format there is not was written")
	}
}
