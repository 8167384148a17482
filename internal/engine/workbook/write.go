package workbook

import (
	"archive/zip"
	"bufio"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SheetRows is how many rows a sheet of a workbook can have, its header among them. What is more goes into further sheets.
const SheetRows = 1_048_576

// Writer writes XLSX as it goes: every cell is a text, in a format that keeps it one, and nothing is held but the row under way.
type Writer struct {
	title  string
	most   int
	zip    *zip.Writer
	part   *bufio.Writer // of the sheet under way
	header []string
	names  []string // of the columns: A, B, ...
	titles []string // of the sheets
	sheets int      // for rows
	rows   int      // in the sheet
	room   []byte
}

// NewWriter begins a workbook whose sheets of rows go by a title. The header is written as the first row by who writes it; it is
// repeated where most rows (0: as many as a sheet has) need a further sheet.
func NewWriter(to io.Writer, title string, header []string, most int) (*Writer, error) {
	b := &Writer{title: title, most: min(cmp.Or(most, SheetRows), SheetRows), zip: zip.NewWriter(to), header: slices.Clone(header)}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for i := range max(len(header), 2) {
		b.names = append(b.names, columnName(i))
	}
	return b, b.begin()
}

// columnName gives the letters of a column: A to Z, AA, AB and so on.
func columnName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return columnName(i/26-1) + string(rune('A'+i%26))
}

// Sheets is how many sheets of rows there are.
func (b *Writer) Sheets() int { return b.sheets }

// begin opens the next sheet of rows.
func (b *Writer) begin() error {
	b.sheets++
	title := b.title
	if b.sheets > 1 {
		title = fmt.Sprintf("%s %d", b.title, b.sheets)
	}
	return b.open(title)
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// open begins a sheet.
func (b *Writer) open(title string) error {
	if err := b.shut(); err != nil {
		return err
	}
	b.titles, b.rows = append(b.titles, title), 0
	w, err := b.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(b.titles)))
	if err != nil {
		return fmt.Errorf("beginning a sheet: %w", err)
	}
	b.part = bufio.NewWriterSize(w, 64<<10)
	_, err = b.part.WriteString(xmlHead + `<worksheet ` + mainSpace + `><sheetData>`)
	return err
}

// shut ends the sheet under way.
func (b *Writer) shut() error {
	if b.part == nil {
		return nil
	}
	_, _ = b.part.WriteString("</sheetData></worksheet>") // Flush tells
	if err := b.part.Flush(); err != nil {
		return fmt.Errorf("ending a sheet: %w", err)
	}
	return nil
}

// Row writes a row.
func (b *Writer) Row(cells []string) error {
	if b.rows == b.most {
		if err := b.begin(); err != nil {
			return err
		}
		if err := b.Row(b.header); err != nil {
			return err
		}
	}
	for len(b.names) < len(cells) {
		b.names = append(b.names, columnName(len(b.names)))
	}
	b.rows++
	number := strconv.Itoa(b.rows)
	r := append(append(append(b.room[:0], `<row r="`...), number...), `">`...)
	for i, c := range cells {
		if c == "" {
			continue
		}
		r = append(append(append(r, `<c r="`...), b.names[i]...), number...)
		r = append(r, `" s="1" t="inlineStr"><is><t xml:space="preserve">`...)
		r = append(appendEscaped(r, c), `</t></is></c>`...)
	}
	b.room = append(r, `</row>`...)
	if _, err := b.part.Write(b.room); err != nil {
		return fmt.Errorf("writing a row: %w", err)
	}
	return nil
}

// appendEscaped appends a text as XML can hold it: signs XML has no place for become a space.
func appendEscaped(r []byte, text string) []byte {
	for _, c := range text {
		switch {
		case c == '&':
			r = append(r, "&amp;"...)
		case c == '<':
			r = append(r, "&lt;"...)
		case c == '>':
			r = append(r, "&gt;"...)
		case c == '\r':
			r = append(r, "&#13;"...)
		case c < ' ' && c != '\t' && c != '\n', c == 0xfffe, c == 0xffff, c == utf8.RuneError:
			r = append(r, ' ')
		default:
			r = utf8.AppendRune(r, c)
		}
	}
	return r
}

// End writes a sheet that says what the workbook holds, and what binds its parts together.
func (b *Writer) End(told []string) error {
	if err := b.open("about"); err != nil {
		return err
	}
	for pair := range slices.Chunk(told, 2) {
		if err := b.Row(pair); err != nil {
			return err
		}
	}
	if err := b.shut(); err != nil {
		return err
	}
	for _, part := range b.binding() {
		w, err := b.zip.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, xmlHead+part[1])
		}
		if err != nil {
			return fmt.Errorf("writing a workbook: %w", err)
		}
	}
	if err := b.zip.Close(); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// binding are the small parts of a workbook, by name.
func (b *Writer) binding() [][2]string {
	var sheets, links, kinds strings.Builder
	for i, title := range b.titles {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%[2]d"/>`, title, i+1)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%[1]d.xml"/>`, i+1, relations)
		fmt.Fprintf(&kinds, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
	}
	const space, content = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`, "application/vnd.openxmlformats-officedocument.spreadsheetml"
	return [][2]string{
		{"xl/workbook.xml", `<workbook ` + mainSpace + ` xmlns:r="` + relations + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", space + links.String() + fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(b.titles)+1, relations)},
		{"xl/styles.xml", `<styleSheet ` + mainSpace + `><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
			`<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>` +
			`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
		{"_rels/.rels", space + `<Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + content + `.sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + content + `.styles+xml"/>` + kinds.String() + `</Types>`},
	}
}
