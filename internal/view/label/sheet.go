package label

import (
	"fmt"
	"strings"
)

// Label is what one label says. Code is drawn, Lines are read.
type Label struct {
	Kind  string
	Code  string
	Lines []string // the most important first
}

// Sheet is one page of labels.
type Sheet struct {
	Format Format
	Marks  []Mark
	Cuts   []string // paths of lines to cut along
}

// Mark is one thing drawn on a sheet: a code's path, scaled from modules to millimetres, or a line of text.
type Mark struct {
	Place string // an SVG transformation
	Path  string
	X, Y  string
	Size  string
	Class string
	Text  string
}

// Sheets places labels on the pages of a format.
func Sheets(f Format, labels []Label) (sheets []Sheet, err error) {
	for i, l := range labels {
		n := i % f.PerPage()
		if n == 0 {
			sheets = append(sheets, Sheet{Format: f, Cuts: f.cuts()})
		}
		x, y := f.at(n)
		x, y, w, h := x+f.Inset, y+f.Inset, f.Label[0]-2*f.Inset, f.Label[1]-2*f.Inset
		s := &sheets[len(sheets)-1]
		if l.Kind == Person {
			err = s.square(l, x, y, w, h)
		} else {
			err = s.barred(l, x, y, w, h)
		}
		if err != nil {
			return nil, err
		}
	}
	return sheets, nil
}

// square places a QR code on the left and what is read beside it.
func (s *Sheet) square(l Label, x, y, w, h float64) error {
	code, err := qrCode(l.Code)
	if err != nil {
		return err
	}
	m, err := module(min(h, w*0.45), code.width, s.Format.Dot, leastQR)
	if err != nil {
		return err
	}
	side := m * code.width
	s.draw(code, x, y+(h-side)/2, m, m)
	size := min(h/8.5, 5)
	left, room := x+side+1, w-side-1
	groups := Groups(l.Code)
	height := size * 1.35 * float64(len(groups)+len(l.Lines))
	at := y + max((h-height)/2, 0) + size
	for i, line := range append(groups, l.Lines...) {
		class := ""
		if i < len(groups) {
			class = "code"
		}
		s.write(left, at, fit(line, size, room), class, line)
		at += size * 1.35
	}
	return nil
}

// barred places a Code 128 across the label, the serial below it and what is read above.
func (s *Sheet) barred(l Label, x, y, w, h float64) error {
	code, err := bars(l.Code)
	if err != nil {
		return err
	}
	m, err := module(w, code.width, s.Format.Dot, leastModule)
	if err != nil {
		return err
	}
	wide := m * code.width
	size := min(h/6, 4.5)
	left, room := x+(w-wide)/2+barQuiet*m, wide-2*barQuiet*m
	at := y
	for _, line := range l.Lines {
		at += size
		s.write(left, at, fit(line, size*0.9, room), "", line)
		at += size * 0.35
	}
	tall := y + h - at - size*1.4
	s.draw(code, x+(w-wide)/2, at, m, tall)
	s.write(left, y+h-size*0.25, fit(l.Code, size*1.15, room), "code", l.Code)
	return nil
}

func (s *Sheet) draw(p picture, x, y, across, down float64) {
	s.Marks = append(s.Marks, Mark{Place: fmt.Sprintf("translate(%s %s) scale(%s %s)", mm(x), mm(y), mm(across), mm(down)), Path: p.path})
}

func (s *Sheet) write(x, y, size float64, class, text string) {
	s.Marks = append(s.Marks, Mark{X: mm(x), Y: mm(y), Size: mm(size), Class: class, Text: text})
}

// fit makes a text as small as its room needs: Chinese characters are as wide as they are high, others about three fifths.
func fit(text string, size, room float64) float64 {
	wide := 0.0
	for _, r := range text {
		if r >= 0x2e80 {
			wide++
		} else {
			wide += 0.62
		}
	}
	return min(size, room/max(wide, 1))
}

// Groups cuts a personal code into parts of six, as it is read aloud.
func Groups(code string) (parts []string) {
	for len(code) > 6 {
		parts, code = append(parts, code[:6]), code[6:]
	}
	return append(parts, code)
}

// cuts are lines between labels on plain paper.
func (f Format) cuts() (lines []string) {
	if !f.Cut {
		return nil
	}
	for i := 1; i < f.Columns; i++ {
		x, _ := f.at(i)
		lines = append(lines, "M"+mm(x)+" 0V"+mm(f.Page[1]))
	}
	for i := range f.Rows + 1 {
		_, y := f.at(i * f.Columns)
		lines = append(lines, "M0 "+mm(y)+"H"+mm(f.Page[0]))
	}
	return lines
}

// Natural compares names of buildings and doors as people do: 2 before 10.
func Natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return strings.Compare(a, b)
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
		if len(m) != len(n) {
			return len(m) - len(n)
		}
		if c := strings.Compare(m, n); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
