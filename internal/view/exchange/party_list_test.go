package exchange_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

func TestAListOfAPartyIsReadAsItStands(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	if _, err := f.NewSheet("list"); err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "编号", "B1": "发病日期", "A2": "L1", "B2": time.Date(2022, 3, 3, 0, 0, 0, 0, time.UTC)} {
		if err := f.SetCellValue("list", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	var book bytes.Buffer
	if err := f.Write(&book); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"a workbook whose first sheet is empty": book.Bytes(), "separated cells": []byte("sep=;\n编号;发病日期\nL1;2022-03-03\n")} {
		s, err := exchange.ReadSheet(bytes.NewReader(text))
		if err != nil || len(s.Rows) < 2 || len(s.Digest) != 64 {
			t.Fatalf("%s: %q %v", name, s.Rows, err)
		}
		if last := s.Rows[len(s.Rows)-1]; last[0] != "L1" || !strings.HasPrefix(last[1], "2022-03-03") {
			t.Errorf("%s: %q", name, s.Rows)
		}
	}
	for name, text := range map[string]string{"nothing": "", "a damaged workbook": "PK\x03\x04junk", "an old workbook": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "too many cells": strings.Repeat("x,", 2001) + "\n"} {
		if _, err := exchange.ReadSheet(bytes.NewReader([]byte(text))); outbreak.KindOf(err) != outbreak.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
