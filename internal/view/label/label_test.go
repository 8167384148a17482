package label

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"pgregory.net/rapid"
)

const perMM = 16 // dots of the test's printer: as fine as 400 dpi

// paper prints the pages of a document as a printer would, from what was written, not from what was meant.
func paper(t testing.TB, d Document) (pages []*image.Gray) {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(b.String(), -1) {
		pages = append(pages, printed(t, svg))
	}
	return pages
}

var (
	placed = regexp.MustCompile(`translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+) ([\d.]+)\)`)
	piece  = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
)

func printed(t testing.TB, svg string) *image.Gray {
	t.Helper()
	var doc struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			Place string `xml:"transform,attr"`
			D     string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &doc); err != nil {
		t.Fatal(err)
	}
	var w, h float64
	if _, err := fmt.Sscanf(doc.ViewBox, "0 0 %f %f", &w, &h); err != nil {
		t.Fatal(err)
	}
	page := image.NewGray(image.Rect(0, 0, int(w*perMM), int(h*perMM)))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	for _, p := range doc.Paths {
		at := placed.FindStringSubmatch(p.Place)
		if at == nil { // a line to cut along
			continue
		}
		x, y, across, down := number(at[1]), number(at[2]), number(at[3]), number(at[4])
		if left := piece.ReplaceAllString(p.D, ""); left != "" {
			t.Fatalf("the path holds %q", left)
		}
		for _, m := range piece.FindAllStringSubmatch(p.D, -1) {
			px, py, n := number(m[1]), number(m[2]), number(m[3])
			for py1 := round(y + py*down); py1 < round(y+(py+1)*down); py1++ {
				for px1 := round(x + px*across); px1 < round(x+(px+n)*across); px1++ {
					page.SetGray(px1, py1, color.Gray{})
				}
			}
		}
	}
	return page
}

func number(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v } // the expressions let nothing else through

func round(mm float64) int { return int(math.Round(mm * perMM)) }

// read decodes the code of a page's nth label with another library than the one that drew it.
func read(t testing.TB, page *image.Gray, f Format, n int, kind string) string {
	t.Helper()
	x, y := f.at(n)
	part := page.SubImage(image.Rect(round(x), round(y), round(x+f.Label[0]), round(y+f.Label[1])))
	bitmap, err := gozxing.NewBinaryBitmapFromImage(part)
	if err != nil {
		t.Fatal(err)
	}
	reader := gozxing.Reader(oned.NewCode128Reader())
	if kind == Person {
		reader = qrcode.NewQRCodeReader()
	}
	result, err := reader.Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "unread: " + err.Error()
	}
	return result.GetText()
}

var samples = map[string]string{Person: "1040000J8Z7NQ2V0XY", Tube: "AB00012345K", Box: "AB00012300M"}

// TestWhatIsDrawnIsRead prints every kind of label in every format made for it, first and last on their pages, and decodes them.
func TestWhatIsDrawnIsRead(t *testing.T) {
	for _, f := range Formats {
		for _, kind := range f.For {
			t.Run(f.ID+"/"+kind, func(t *testing.T) {
				labels := make([]Label, f.PerPage()+1)
				for i := range labels {
					labels[i] = Label{Kind: kind, Code: samples[kind], Lines: []string{"3号楼 1单元 502", "东门采样点"}}
				}
				sheets, err := Sheets(f, labels)
				if err != nil {
					t.Fatal(err)
				}
				pages := paper(t, Document{Sheets: sheets})
				if len(pages) != 2 {
					t.Fatalf("%d labels are on %d pages", len(labels), len(pages))
				}
				for _, at := range []struct{ page, n int }{{0, 0}, {0, f.PerPage() - 1}, {1, 0}} {
					if got := read(t, pages[at.page], f, at.n, kind); got != samples[kind] {
						t.Errorf("label %d of page %d says %q", at.n, at.page, got)
					}
				}
			})
		}
	}
}

// TestAnySerialIsReadBack draws serials as any house may write them. What does not fit a label is refused, never drawn unreadable.
func TestAnySerialIsReadBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		serial := rapid.StringMatching(`[0-9A-Z-]{1,32}`).Draw(r, "serial")
		f := rapid.SampledFrom(FormatsFor(Tube)).Draw(r, "format")
		sheets, err := Sheets(f, []Label{{Kind: Tube, Code: serial}})
		if err != nil {
			if len(serial) < 11 {
				r.Fatalf("%s does not fit %s: %v", serial, f.ID, err)
			}
			return
		}
		if got := read(t, paper(t, Document{Sheets: sheets})[0], f, 0, Tube); got != serial {
			r.Fatalf("%s is read as %q on %s", serial, got, f.ID)
		}
	})
}

// TestFormatsFitTheirPages looks for labels that leave the paper or lie on each other.
func TestFormatsFitTheirPages(t *testing.T) {
	for _, f := range Formats {
		x, y := f.at(f.PerPage() - 1)
		if x+f.Label[0] > f.Page[0]+0.01 || y+f.Label[1] > f.Page[1]+0.01 {
			t.Errorf("%s: the last label ends at %s, %s", f.ID, mm(x+f.Label[0]), mm(y+f.Label[1]))
		}
		if f.Gap[0] < 0 || f.Gap[1] < 0 || f.Inset < 0 || len(f.For) == 0 || f.Roll() != (f.Page == f.Label) {
			t.Errorf("%s: %+v", f.ID, f)
		}
		if !strings.Contains(Style(), "@page "+f.ID) {
			t.Errorf("the style knows no page of %s", f.ID)
		}
	}
	if _, err := FormatOf(Person, "a4-65"); err == nil {
		t.Error("a person's code is put on a label that is too small")
	}
}

// TestBarsOfARollAreWholeDots makes sure that a thermal printer need not choose where a bar ends.
func TestBarsOfARollAreWholeDots(t *testing.T) {
	for _, f := range Formats {
		for _, kind := range f.For {
			sheets, err := Sheets(f, []Label{{Kind: kind, Code: samples[kind]}})
			if err != nil {
				t.Fatal(f.ID, kind, err)
			}
			for _, m := range sheets[0].Marks {
				if m.Path == "" || f.Dot == 0 {
					continue
				}
				wide := number(placed.FindStringSubmatch(m.Place)[3]) / f.Dot
				if math.Abs(wide-math.Round(wide)) > 1e-6 {
					t.Errorf("%s %s: a module is %f dots", f.ID, kind, wide)
				}
			}
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	sheets, err := Sheets(Formats[0], []Label{{Kind: Tube, Code: "T1", Lines: []string{`</text><script>alert("1")</script>`}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := (Document{Sheets: sheets, Style: "/s.css"}).Write(&b); err != nil || strings.Contains(b.String(), "<script") || strings.Contains(b.String(), "style=") || strings.Contains(b.String(), "<style") {
		t.Error("what a label says becomes a part of the page")
	}
}

func TestDoorsComeInTheirOrder(t *testing.T) {
	list := []string{"10号楼", "2号楼", "1号楼", "2号楼B", "", "02号楼", "A", "1单元101", "1单元11"}
	slices.SortStableFunc(list, Natural)
	if got := fmt.Sprintf("%q", list); got != `["" "1单元11" "1单元101" "1号楼" "2号楼" "02号楼" "2号楼B" "10号楼" "A"]` {
		t.Error(got)
	}
}
