package web

import (
	"fmt"
	"strconv"

	"breakwater/internal/view/linelist"
)

// drawing is a curve in the units of its picture: what the template writes as SVG.
type drawing struct {
	Width, Height int
	Left, Right   int // of the plot
	Top, Bottom   int
	Bars          []drawnBar
	Lines         []drawnTick // across
	Labels        []drawnTick // below
	Small         bool
}

type drawnBar struct {
	X, Width string
	Grey     bool   // not complete
	Fallen   string // how wide the mark below is; empty: every case stands by its onset
	Parts    []drawnPart
	Says     string
}

type drawnPart struct {
	Y, Height string
	Class     string
	Href      string
	Says      string
}

type drawnTick struct {
	At   string
	Text string
}

// curveAxis is what several pictures share: their days and their scale.
type curveAxis struct {
	at   map[string]int // the place of each step, by its first day
	days []string
	top  int
}

func axisOf(v linelist.Curve) curveAxis {
	a := curveAxis{at: map[string]int{}}
	for i, b := range v.Bars {
		a.at[b.From] = i
		a.days = append(a.days, b.From)
		a.top = max(a.top, b.Cases)
	}
	return a
}

// stackClass is how a part of a bar looks. Classifications have the field's colours, and patterns.
func stackClass(field, value string, i int) string {
	switch field {
	case "":
		return "c1"
	case "classification":
		return "class-" + value
	}
	return fmt.Sprintf("c%d", i%8+1)
}

func places(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

// scale gives round steps up to a number.
func scale(top int) (step int) {
	for step = 1; ; {
		for _, of := range []int{1, 2, 5} {
			if of*step*5 >= top {
				return of * step
			}
		}
		step *= 10
	}
}

// fewestBars is for how many bars a picture has room at the least.
const fewestBars = 14

// draw lays a curve out. Bars touch each other, and a day without a case is a gap of a bar's width.
func draw(v *View, a caseAddress, curve linelist.Curve, axis curveAxis, small bool) drawing {
	d := drawing{Width: 960, Height: 300, Left: 52, Right: 952, Top: 12, Bottom: 258, Small: small}
	labels := 10
	if small {
		d = drawing{Width: 460, Height: 190, Left: 44, Right: 454, Top: 10, Bottom: 152, Small: true}
		labels = 4
	}
	step := scale(axis.top)
	most := float64(max((axis.top+step-1)/step*step, step))
	high := float64(d.Bottom - d.Top)
	y := func(n float64) float64 { return float64(d.Bottom) - n/most*high }
	for n := 0; float64(n) <= most; n += step {
		d.Lines = append(d.Lines, drawnTick{places(y(float64(n))), v.N(n)})
	}
	wide := float64(d.Right-d.Left) / float64(max(len(axis.days), fewestBars)) // three bars are no walls
	each := max((len(axis.days)+labels-1)/labels, 1)
	for i := 0; i < len(axis.days); i += each {
		d.Labels = append(d.Labels, drawnTick{places(float64(d.Left) + (float64(i)+0.5)*wide), shortDay(axis.days[i], i == 0)})
	}
	for _, b := range curve.Bars {
		at, known := axis.at[b.From]
		if !known {
			continue
		}
		bar := drawnBar{X: places(float64(d.Left) + float64(at)*wide), Width: places(wide), Grey: b.Incomplete}
		if fallen := b.BySample + b.ByPositive; fallen > 0 {
			bar.Fallen = places(max(wide*float64(fallen)/float64(b.Cases), 1))
		}
		span := linelist.Condition{Field: curve.By, Op: linelist.FromTo, Values: []string{b.From, b.To}}
		when := b.From
		if b.To != b.From {
			when = v.T("caselist.curve.span", "from", b.From, "to", b.To)
		}
		bar.Says = v.T("caselist.curve.says", "when", when, "cases", v.N(b.Cases))
		below := 0
		for i, n := range b.Counts {
			if n == 0 {
				continue
			}
			part := drawnPart{Y: places(y(float64(below + n))), Height: places(float64(n) / most * high), Class: "c1", Href: a.rows(span), Says: bar.Says}
			if curve.Stack != "" {
				value := curve.Stacks[i]
				part.Class = stackClass(curve.Stack, value, i)
				part.Says = v.T("caselist.curve.says_of", "when", when, "cases", v.N(n), "value", v.FieldValue(curve.Stack, value))
				if value != linelist.Others {
					part.Href = a.rows(span, linelist.ValueOf(curve.Stack, value, "month"))
				}
			}
			bar.Parts = append(bar.Parts, part)
			below += n
		}
		d.Bars = append(d.Bars, bar)
	}
	return d
}

// shortDay leaves the year out of all days but the first, and of those that begin a year.
func shortDay(day string, first bool) string {
	if len(day) == len("2006-01-02") && !first && day[5:7] != "01" {
		return day[5:]
	}
	return day
}

// Places of what stands around the plot.
func (d drawing) Before() int { return d.Left - 6 }
func (d drawing) High() int   { return d.Bottom - d.Top }
func (d drawing) Under() int  { return d.Bottom + 2 }
func (d drawing) Label() int  { return d.Bottom + 24 }
