package label

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// Format is a sheet or roll of labels. Lengths are in millimetres, across first.
type Format struct {
	ID      string     `json:"id"`
	Page    [2]float64 `json:"page"` // of a roll: one label
	Columns int        `json:"columns"`
	Rows    int        `json:"rows"`
	Label   [2]float64 `json:"label"`
	Margin  [2]float64 `json:"margin"` // to the first label
	Gap     [2]float64 `json:"gap"`    // between labels
	Inset   float64    `json:"inset"`  // kept free in each: printers do not reach the edge
	Dot     float64    `json:"dot"`    // of a roll's printer: bars are whole dots; 0: fine enough
	For     []string   `json:"for"`    // kinds of labels
	Cut     bool       `json:"cut"`    // plain paper: lines show where to cut
}

// Kinds of labels.
const (
	Person = "person"
	Tube   = "tube"
	Box    = "box"
)

//go:embed formats.json
var formatFile []byte

// Formats are all there are, in the order of a form.
var Formats = func() (list []Format) {
	if err := json.Unmarshal(formatFile, &list); err != nil {
		panic(fmt.Sprintf("formats.json: %v", err))
	}
	return list
}()

// FormatsFor lists the formats of a kind of label.
func FormatsFor(kind string) (list []Format) {
	for _, f := range Formats {
		if slices.Contains(f.For, kind) {
			list = append(list, f)
		}
	}
	return list
}

// FormatOf finds a format for a kind of label; the first one when none is named.
func FormatOf(kind, id string) (Format, error) {
	for _, f := range FormatsFor(kind) {
		if id == "" || f.ID == id {
			return f, nil
		}
	}
	return Format{}, outbreak.Refuse(outbreak.Invalid, "labels.no_format")
}

// PerPage is how many labels a page holds.
func (f Format) PerPage() int { return f.Columns * f.Rows }

// Size names the label's size: 50 × 25 mm.
func (f Format) Size() string { return mm(f.Label[0]) + " × " + mm(f.Label[1]) + " mm" }

// Roll tells that each page is one label.
func (f Format) Roll() bool { return f.PerPage() == 1 }

// at gives the upper left corner of a page's nth label.
func (f Format) at(n int) (x, y float64) {
	return f.Margin[0] + float64(n%f.Columns)*(f.Label[0]+f.Gap[0]), f.Margin[1] + float64(n/f.Columns)*(f.Label[1]+f.Gap[1])
}

// mm writes a length.
func mm(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", v), "0"), ".")
}

// Style is the style sheet of printed labels: a page of paper for each format's page, and nothing of the screen on it.
func Style() string {
	var b strings.Builder
	b.WriteString(screenStyle)
	for _, f := range Formats {
		fmt.Fprintf(&b, "@page %s { size: %smm %smm; margin: 0; }\n.sheet.%s { page: %s; }\n", f.ID, mm(f.Page[0]), mm(f.Page[1]), f.ID, f.ID)
	}
	return b.String()
}

//go:embed print.css
var screenStyle string
