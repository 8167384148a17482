package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

const (
	chinese  = "姓名,性别,发病日期\n王伟,男,2022-03-14\n李秀英,女,2022-03-15\n张建国,男,2022/3/16\n"
	european = "name;sexe;ville\nJosé Muñoz;m;Málaga\nZoë Müller;f;Köln\nFrançois Lefèvre;m;Orléans\n"
)

func TestLettersAndSeparators(t *testing.T) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(chinese)
	latin, _ := charmap.Windows1252.NewEncoder().String(european)
	wide, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(chinese)
	for _, c := range []struct {
		name, text string
		encoding   Encoding
		separator  string
		mark       bool
		second     string // first cell of the second row
	}{
		{"utf-8", chinese, UTF8, ",", false, "王伟"},
		{"utf-8 with its mark", "\ufeff" + chinese, UTF8, ",", true, "王伟"},
		{"utf-16", wide, UTF16, ",", true, "王伟"},
		{"gb18030", gb, GB18030, ",", false, "王伟"},
		{"windows-1252", latin, Windows1252, ";", false, "José Muñoz"},
		{"tabs", strings.ReplaceAll(chinese, ",", "\t"), UTF8, "\t", false, "王伟"},
		{"commas within quotes", "a;b\n\"x, y, z\";1\n\"p, q, r\";2\n", ASCII, ";", false, "x, y, z"},
		{"said in the file", "sep=|\na|b\n", ASCII, "|", false, "a"},
		{"old line ends", "a,b\rc,d\r", ASCII, ",", false, "c"},
	} {
		l := Look([]byte(c.text), true)
		if l.Encoding != c.encoding || l.Separator != c.separator || l.Mark != c.mark || !l.Sure {
			t.Errorf("%s: %+v", c.name, l)
		}
		var rows [][]string
		if err := Read(l.Reader(strings.NewReader(c.text)), l.Separator, func(_ int, cells []string) error { rows = append(rows, cells); return nil }); err != nil {
			t.Fatal(err)
		}
		if rows[1][0] != c.second {
			t.Errorf("%s: %q", c.name, rows)
		}
	}
}

// TestNothingIsSaidForSure takes bytes that are letters of both encodings.
func TestNothingIsSaidForSure(t *testing.T) {
	if l := Look([]byte("name,city\n\xe9\xe8,x\n\xe9\xea\xe8\xe9,y\n"), true); l.Sure || l.Other == "" {
		t.Errorf("%+v", l)
	}
	if l := Look([]byte(strings.Repeat(chinese, 3)+"\xff\n"), true); l.Encoding != UTF8 || l.Sure {
		t.Errorf("one broken byte: %+v", l)
	}
	if l := Look([]byte("a\x00b"), true); l.Encoding != Unknown || l.Sure {
		t.Errorf("%+v", l)
	}
}

// TestACutLetterIsNoFault cuts files in the middle of a character.
func TestACutLetterIsNoFault(t *testing.T) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(strings.Repeat(chinese, 2000))
	for cut := range 4 {
		if l := Look([]byte(gb)[:Looked-cut], false); l.Encoding != GB18030 || !l.Sure {
			t.Errorf("cut by %d: %+v", cut, l)
		}
		if l := Look([]byte(strings.Repeat(chinese, 2000))[:Looked-cut], false); l.Encoding != UTF8 {
			t.Errorf("cut by %d: %+v", cut, l)
		}
	}
}

func TestMendingHeaders(t *testing.T) {
	for _, c := range []struct{ wrong, right, how string }{
		{"å§“å\u0090\u008d", "姓名", "utf-8 read as windows-1252"},
		{"PrÃ©nom", "Prénom", "utf-8 read as windows-1252"},
		{"ÐÕÃû", "姓名", "gb18030 read as windows-1252"},
		{"濮撳悕", "姓名", "utf-8 read as gb18030"},
	} {
		if got, how, wrong := Mend(c.wrong); got != c.right || how != c.how || !wrong {
			t.Errorf("%q: %q %q %v", c.wrong, got, how, wrong)
		}
	}
	for _, right := range []string{"姓名", "Prénom", "name", "", "Ærø", "Öffnung", "发病日期", "病例编号", "Çelik", "性别", "联系电话", "São Paulo", "çà"} {
		if got, how, wrong := Mend(right); wrong {
			t.Errorf("%q became %q: %s", right, got, how)
		}
	}
}

func TestReadingQuotes(t *testing.T) {
	var rows [][]string
	text := "a,\"b \"\"q\"\" c\",d\r\n\r\n\"line\nbreak\",5\" pipe,\"x\"y\n,,\nlast"
	if err := Read(strings.NewReader(text), ",", func(_ int, cells []string) error { rows = append(rows, cells); return nil }); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a", `b "q" c`, "d"}, {""}, {"line\nbreak", `5" pipe`, "xy"}, {"", "", ""}, {"last"}}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("%q", rows)
	}
}

// TestReadingIsBounded opens a quote that never closes, and a row without end.
func TestReadingIsBounded(t *testing.T) {
	endless := func(s string) io.Reader { return io.LimitReader(&again{[]byte(s), 0}, 1<<30) }
	if err := Read(io.MultiReader(strings.NewReader(`a,"`), endless("x\n")), ",", func(int, []string) error { return nil }); !errors.Is(err, ErrCell) {
		t.Error(err)
	}
	if err := Read(endless(","), ",", func(int, []string) error { return nil }); !errors.Is(err, ErrColumns) {
		t.Error(err)
	}
	if err := Read(endless(strings.Repeat("x", 1000)+","), ",", func(int, []string) error { return nil }); !errors.Is(err, ErrRow) {
		t.Error(err)
	}
	if err := Read(strings.NewReader("x"), "", nil); err == nil {
		t.Error("read without a separator")
	}
}

// again gives the same bytes for ever.
type again struct {
	text []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = a.text[a.at]
		a.at = (a.at + 1) % len(a.text)
	}
	return len(p), nil
}

func FuzzLook(f *testing.F) {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(chinese))
	for _, s := range [][]byte{gb, []byte(chinese), []byte(european), []byte("\xff\xfea\x00,\x00b\x00"), []byte("sep=;\na;b"), []byte("\"a\"\"b\",c\r\nd"), nil} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text []byte, whole bool) {
		l := Look(text, whole)
		if l.Encoding == "" || len(l.Separator) != 1 || l.Parted < 0 || l.Parted > 1 {
			t.Errorf("%+v", l)
		}
		var tab Table
		rows := 0
		err := Read(l.Reader(bytes.NewReader(text)), l.Separator, func(row int, cells []string) error {
			if rows++; row != rows || len(cells) == 0 {
				return fmt.Errorf("row %d after %d with %d cells", row, rows-1, len(cells))
			}
			tab.Add(cells)
			return nil
		})
		if err != nil && !errors.Is(err, ErrCell) && !errors.Is(err, ErrColumns) && !errors.Is(err, ErrRow) {
			t.Error(err)
		}
		sums(t, tab.Report())
	})
}

// sums checks what holds of every report.
func sums(t *testing.T, r Report) {
	t.Helper()
	for _, c := range r.Columns {
		if c.Filled+c.Missing() != r.Rows && len(c.Nothing) < mostWords {
			t.Errorf("column %d: %d filled and %d missing of %d rows", c.Index, c.Filled, c.Missing(), r.Rows)
		}
		if d := c.Dates; d != nil {
			n := 0
			for _, f := range d.Formats {
				n += f.Count
			}
			if n != d.Count || d.DayFirst+d.MonthFirst+d.Either+d.Alike > d.Count {
				t.Errorf("%+v", d)
			}
		}
		for _, o := range append(slices.Clone(c.Odd), r.Odd...) {
			if len(o.Rows) > firstRows || o.Count < len(o.Rows) {
				t.Errorf("%+v", o)
			}
		}
	}
	if len(r.Mapping) != len(r.Columns) {
		t.Errorf("%d suggestions for %d columns", len(r.Mapping), len(r.Columns))
	}
}
