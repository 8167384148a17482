package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/engine/workbook"
)

// made makes a workbook with another program's library.
func made(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, file []byte) *workbook.Book {
	t.Helper()
	b, err := workbook.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func all(t testing.TB, b *workbook.Book, sheet int) (rows [][]string, told workbook.Told) {
	t.Helper()
	told, err := b.Read(sheet, func(row int, cells []string) error {
		if row != len(rows)+1 {
			t.Errorf("row %d after %d rows", row, len(rows))
		}
		rows = append(rows, cells)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, told
}

// TestCellsAreReadAsTheyAreMeant reads dates by their number format, long numbers, texts with marks, formulas, errors and merged cells.
func TestCellsAreReadAsTheyAreMeant(t *testing.T) {
	file := made(t, func(f *excelize.File) {
		day, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		own := `yyyy"年"m"月"d"日"`
		han, err := f.NewStyle(&excelize.Style{CustomNumFmt: &own})
		if err != nil {
			t.Fatal(err)
		}
		for cell, v := range map[string]any{"A1": "id", "B1": "day", "C1": "phone", "D1": "text", "E1": "sum", "A2": 1.5, "B2": 44632, "C2": 13812345678, "B3": 44632.5, "B4": 44632, "D4": " kept ", "A5": "家", "A9": true} {
			set(t, f, "Sheet1", cell, v)
		}
		for _, err := range []error{f.SetCellStyle("Sheet1", "B2", "B3", day), f.SetCellStyle("Sheet1", "B4", "B4", han), f.SetCellFormula("Sheet1", "E2", "A2*2"), f.MergeCell("Sheet1", "A5", "A7"),
			f.SetCellRichText("Sheet1", "D2", []excelize.RichTextRun{{Text: "bold "}, {Text: "plain"}})} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	b := open(t, file)
	rows, told := all(t, b, 0)
	want := [][]string{{"id", "day", "phone", "text", "sum"}, {"1.5", "2022-03-12", "13812345678", "bold plain", workbook.Unworked}, {"", "2022-03-12 12:00:00"}, {"", "2022-03-12", "", " kept "},
		{"家"}, {"家"}, {"家"}, nil, {"TRUE"}}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("%q\nwant %q", rows, want)
	}
	if told != (workbook.Told{Formulas: 1, Unworked: 1, Merged: 2, Dates: 3, Rows: 9}) {
		t.Errorf("%+v", told)
	}
}

// TestSheetsAndCalendars reads names of sheets, hidden ones, and a workbook that counts from 1904.
func TestSheetsAndCalendars(t *testing.T) {
	file := made(t, func(f *excelize.File) {
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.NewSheet("第二"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetVisible("第二", false); err != nil {
			t.Fatal(err)
		}
		set(t, f, "Sheet1", "A1", time.Date(2022, 3, 14, 0, 0, 0, 0, time.UTC))
	})
	b := open(t, file)
	if len(b.Sheets) != 2 || b.Sheets[1].Name != "第二" || !b.Sheets[1].Hidden || b.Sheets[0].Hidden || !b.From1904 {
		t.Fatalf("%+v", b)
	}
	if rows, _ := all(t, b, 0); rows[0][0] != "2022-03-14" {
		t.Errorf("%q", rows)
	}
}

// parts makes a workbook of given parts; what is not given is small and good.
func parts(t testing.TB, own map[string]io.Reader) []byte {
	t.Helper()
	whole := map[string]io.Reader{
		"_rels/.rels":                strings.NewReader(`<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		"xl/workbook.xml":            strings.NewReader(`<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`),
		"xl/_rels/workbook.xml.rels": strings.NewReader(`<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`),
		"xl/worksheets/sheet1.xml":   strings.NewReader(`<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>`),
	}
	for name, r := range own {
		whole[name] = r
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, r := range whole {
		if r == nil {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// endless gives as much of one text as is asked for.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		m := copy(p[n:], e.text[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.text)
	}
	return n, nil
}

func much(text string, bytes int64) io.Reader { return io.LimitReader(&endless{text: text}, bytes) }

// TestHostileWorkbooksAreRefused reads what is made to fell a reader: each is refused by its name, in little memory.
func TestHostileWorkbooksAreRefused(t *testing.T) {
	sheet := func(r ...io.Reader) map[string]io.Reader {
		return map[string]io.Reader{"xl/worksheets/sheet1.xml": io.MultiReader(r...)}
	}
	text := strings.NewReader
	row := func() io.Reader { return text(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`) }
	ole := make([]byte, 4096)
	copy(ole, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	locked := slices.Clone(ole)
	copy(locked[3000:], "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"bomb":           {parts(t, sheet(row(), much("a", 70<<20))), workbook.ErrBomb},
		"cell":           {parts(t, sheet(row(), much("abcdefgh", 4<<20))), workbook.ErrCell},
		"cell of runs":   {parts(t, sheet(text(`<worksheet><sheetData><row r="1"><c t="inlineStr"><is>`), much("<t>abcdefghijklmnopqrstuvwxyz</t>", 8<<20))), workbook.ErrCell},
		"columns":        {parts(t, sheet(text(`<worksheet><sheetData><row r="1">`), much("<c><v>1</v></c>", 3<<20))), workbook.ErrColumns},
		"column by name": {parts(t, sheet(text(`<worksheet><sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>`))), workbook.ErrColumns},
		"row beyond":     {parts(t, sheet(text(`<worksheet><sheetData><row r="9000000"><c><v>1</v></c></row></sheetData></worksheet>`))), workbook.ErrBroken},
		"rows backwards": {parts(t, sheet(text(`<worksheet><sheetData><row r="5"/><row r="4"/></sheetData></worksheet>`))), workbook.ErrBroken},
		"entities":       {parts(t, sheet(text(`<!DOCTYPE a [<!ENTITY b "c">]><worksheet><sheetData><row r="1"><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`))), workbook.ErrBroken},
		"cut":            {parts(t, sheet(text(`<worksheet><sheetData><row r="1"><c><v>1</v`))), workbook.ErrBroken},
		"binary":         {parts(t, map[string]io.Reader{"xl/workbook.bin": text("x")}), workbook.ErrBinary},
		"other":          {parts(t, map[string]io.Reader{"_rels/.rels": nil, "xl/workbook.xml": nil, "content.xml": text("x")}), workbook.ErrOther},
		"encrypted":      {locked, workbook.ErrEncrypted},
		"old":            {ole, workbook.ErrOld},
		"no zip":         {[]byte("PK\x03\x04 and nothing more"), workbook.ErrBroken},
		"attribute":      {parts(t, sheet(text(`<worksheet><sheetData><row r="`), much("1234567890", 4<<20))), workbook.ErrCell},
		"shared text":    {parts(t, map[string]io.Reader{"xl/sharedStrings.xml": io.MultiReader(text("<sst>"), much("<si><t>"+varied(1000)+"</t></si>", 100<<20))}), workbook.ErrText},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			b, err := workbook.Open(bytes.NewReader(c.file), int64(len(c.file)))
			if err == nil {
				_, err = b.Read(0, func(int, []string) error { return nil })
			}
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			runtime.ReadMemStats(&after)
			if held := int64(after.HeapSys) - int64(before.HeapSys); held > 512<<20 {
				t.Errorf("%d MB were taken", held>>20)
			}
		})
	}
}

func varied(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x", i*7919)
	}
	return b.String()
}

// TestMacrosAreToldAndTheRowsRead reads the rows of a workbook with macros.
func TestMacrosAreToldAndTheRowsRead(t *testing.T) {
	b := open(t, parts(t, map[string]io.Reader{"xl/vbaProject.bin": strings.NewReader("Sub AutoOpen()")}))
	if rows, _ := all(t, b, 0); !b.Macros || len(rows) != 1 || rows[0][0] != "1" {
		t.Errorf("%v %q", b.Macros, rows)
	}
}

// FuzzOpen reads whatever comes: an error or rows within the limits, never a panic.
func FuzzOpen(f *testing.F) {
	f.Add(parts(f, nil))
	f.Add(parts(f, map[string]io.Reader{"xl/sharedStrings.xml": strings.NewReader(`<sst><si><r><t>a</t></r><rPh><t>b</t></rPh></si></sst>`),
		"xl/worksheets/sheet1.xml": strings.NewReader(`<worksheet><sheetData><row><c t="s"><v>0</v></c><c r="D1" t="e"><v>#REF!</v></c></row><row r="3"/></sheetData><mergeCells><mergeCell ref="A1:A3"/></mergeCells></worksheet>`)}))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd0\xcf\x11\xe0"))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := workbook.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		last := 0
		for i := range b.Sheets {
			last = 0
			_, _ = b.Read(i, func(row int, cells []string) error {
				if row != last+1 || len(cells) > workbook.MostColumns {
					t.Errorf("row %d after %d with %d cells", row, last, len(cells))
				}
				last = row
				if row > 10_000 {
					return io.EOF
				}
				return nil
			})
		}
	})
}

// FuzzSheet reads any words in the place of a sheet.
func FuzzSheet(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>_x000D_</t></is></c></row></sheetData></worksheet>`)
	f.Add(`<row r="2"><c r="XFD2" s="1"><f>1+1</f><v>44632.99999</v></c></row><mergeCell ref="B2:B9"/>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		file := parts(t, map[string]io.Reader{"xl/worksheets/sheet1.xml": strings.NewReader(sheet)})
		b, err := workbook.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		_, _ = b.Read(0, func(row int, cells []string) error {
			if row > 10_000 {
				return io.EOF
			}
			return nil
		})
	})
}
