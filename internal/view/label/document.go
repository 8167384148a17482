package label

import (
	_ "embed"
	"html/template"
	"io"
)

// Document is sheets ready to be printed.
type Document struct {
	Lang   string // of the page
	Title  string
	Hint   string
	Print  string // on the button
	Back   string
	BackTo string // where it leads; empty: nowhere
	Style  string // the style sheet's address; empty: it stands in the file
	Script string // that prints; empty: there is no button
	Sheets []Sheet
}

//go:embed sheet.html
var sheetFile string

// sheetPage is the page; own is the style of a file that stands alone.
var sheetPage = func() *template.Template {
	page := template.Must(template.New("sheet").Parse(sheetFile))
	template.Must(page.New("own").Parse(Style()))
	return page
}()

// Write writes the document.
func (d Document) Write(w io.Writer) error { return sheetPage.Execute(w, d) }

// Width and Height of a page, as SVG writes them.
func (f Format) Width() string  { return mm(f.Page[0]) }
func (f Format) Height() string { return mm(f.Page[1]) }

// Square is one QR code for a screen: its path, and how many modules its side is with the quiet zone.
type Square struct {
	Path string
	Side int
}

// QR draws a text for a screen.
func QR(text string) (Square, error) {
	p, err := qrCode(text)
	return Square{p.path, int(p.width)}, err
}
