package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// tableOf takes rows, each a line of cells parted by bars.
func tableOf(lines ...string) Report {
	var t Table
	for _, l := range lines {
		t.Add(strings.Split(l, "|"))
	}
	return t.Report()
}

// single takes one column.
func single(name string, cells ...string) Column {
	var t Table
	t.Add([]string{"id", name})
	for i, c := range cells {
		t.Add([]string{fmt.Sprint("K", i), c})
	}
	return t.Report().Columns[1]
}

func TestDatesOfAColumn(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		order Order
		want  func(d *Dates) bool
	}{
		{"day first", []string{"03/04/2022", "14/04/2022", "05/05/2022"}, DayFirst, func(d *Dates) bool { return d.DayFirst == 1 && d.Either == 1 && d.Alike == 1 && d.Earliest == "" }},
		{"month first", []string{"3/4/2022", "4/14/2022"}, MonthFirst, func(d *Dates) bool { return d.MonthFirst == 1 && d.Either == 1 }},
		{"ambiguous", []string{"3.4.2022", "5.6.2022", "7.7.2022"}, Ambiguous, func(d *Dates) bool { return d.Either == 2 && d.Alike == 1 && !d.Mixed() }},
		{"both orders", []string{"13/1/2022", "1/13/2022"}, Mixed, func(d *Dates) bool { return d.DayFirst == 1 && d.MonthFirst == 1 }},
		{"the same day either way", []string{"7/7/2022", "8/8/2022"}, "", func(d *Dates) bool { return d.Alike == 2 }},
		{"several ways", []string{"2022-03-14", "2022-03-15", "2022/3/16", "14 Mar 2022", "March 17, 2022", "2022年3月18日", "20220319", "17th March 2022"}, "", func(d *Dates) bool {
			return len(d.Formats) == 5 && d.Formats[0].Count == 3 && d.Earliest == "2022-03-14" && d.Latest == "2022-03-19" && d.Count == 8
		}},
		{"no such day", []string{"2022-02-30", "2022-02-28", "31/04/2022"}, "", func(d *Dates) bool { return d.Impossible == 2 && d.Earliest == "2022-02-28" }},
		{"years nobody lived in", []string{"0202-03-14", "2022-03-14", "2022-03-15", "2022-03-16"}, "", func(d *Dates) bool { return d.Distant == 1 }},
		{"short years", []string{"14/03/22", "15/03/22"}, DayFirst, func(d *Dates) bool { return d.ShortYear == 2 }},
		{"times", []string{"2022-03-14 08:30", "2022-03-14T08:30:00Z", "2022年3月14日8时30分", "14/3/2022 8:30 PM"}, DayFirst, func(d *Dates) bool { return d.WithTime == 4 }},
		{"no day, no year", []string{"2022-03", "2022年3月", "3月14日", "2022-03-01", "2022-03-02", "2022-03-03"}, "", func(d *Dates) bool { return d.NoDay == 2 && d.NoYear == 1 }},
		{"serials", []string{"44634", "44635", "44636.5"}, "", func(d *Dates) bool {
			return d.Serials == 3 && d.Readings[0] == Serials{Epoch1900, "2022-03-14", "2022-03-16"} && d.Readings[1] == Serials{Epoch1904, "2026-03-15", "2026-03-17"}
		}},
		{"serials among dates", []string{"2022-03-14", "44635"}, "", func(d *Dates) bool { return d.Mixed() && d.Serials == 1 }},
	} {
		col := single("onset date", c.cells...)
		if col.Kind != KindDate || col.Dates == nil || col.Dates.Order != c.order || !c.want(col.Dates) {
			t.Errorf("%s: %s %+v", c.name, col.Kind, col.Dates)
		}
	}
}

func TestNoDates(t *testing.T) {
	for _, c := range []string{"", "3/4", "12", "1.5", "192.168.1.1", "2022-2023", "3个月", "13812345678", "220102199002031234", "A/B/C", "May", "120/80", "1e5", "0x10", "2022-3-4-5", "Mary 12 April"} {
		if d, ok := ReadDate(c); ok {
			t.Errorf("%q: %+v", c, d)
		}
	}
	if col := single("beds", "44634", "44635", "44636", "44640"); col.Kind != KindNumber || findings(col.Odd).count(OddSerial) != 4 {
		t.Errorf("%+v", col)
	}
	if col := single("code", "44634", "12", "13", "44640"); findings(col.Odd).count(OddSerial) != 0 {
		t.Errorf("%+v", col)
	}
}

func TestAges(t *testing.T) {
	for _, c := range []struct {
		cell           string
		years          float64
		unit           string
		ranged, joined bool
	}{
		{"45", 45, "", false, false}, {"45y", 45, "year", false, false}, {"45 yrs", 45, "year", false, false}, {"2岁", 2, "year", false, false}, {"３岁", 3, "year", false, false},
		{"3 mo", .25, "month", false, false}, {"6m", .5, "month", false, false}, {"3个月", .25, "month", false, false}, {"1岁3个月", 1.25, "year", false, true}, {"2 years 6 months", 2.5, "year", false, true},
		{"2y6m", 2.5, "year", false, true}, {"30天", 30 / 365.25, "day", false, false}, {"2 wks", 14 / 365.25, "week", false, false}, {"60-69", 60, "", true, false}, {"80+", 80, "", true, false},
		{"<1", 1, "", true, false}, {"0-5 months", 0, "month", true, false}, {"45 years old", 45, "year", false, false}, {"1.5", 1.5, "", false, false},
	} {
		a, ok := ReadAge(c.cell)
		if !ok || math.Abs(a.Years-c.years) > 1e-9 || a.Unit != c.unit || a.Range != c.ranged || a.Joined != c.joined {
			t.Errorf("%q: %+v %v", c.cell, a, ok)
		}
	}
	for _, c := range []string{"", "abc", "-5", "200", "3 apples", "69-60", "1.2.3", "y", "3m2y", "13812345678", "NaN", "1e1"} {
		if a, ok := ReadAge(c); ok {
			t.Errorf("%q: %+v", c, a)
		}
	}
	col := single("年龄", "45", "3 mo", "2岁", "不详", "x")
	if col.Kind != KindAge || col.Ages.Plain != 1 || countOf(col.Ages.Units, "month") != 1 || countOf(col.Nothing, "不详") != 1 || col.Misfits.Count != 1 || !slices.Equal(col.Misfits.Rows, []int{6}) {
		t.Errorf("%+v %+v", col, col.Ages)
	}
}

func TestWhatASpreadsheetSpoils(t *testing.T) {
	for _, c := range []struct{ cell, value, odd string }{
		{`="0431"`, "0431", OddTextFormula}, {"'0431", "0431", OddApostrophe}, {"=SUM(A1:A9)", "=SUM(A1:A9)", OddFormula}, {"#REF!", "#REF!", OddError},
		{"1.23E+17", "1.23E+17", OddRounded}, {"2.20102E+17", "2.20102E+17", OddRounded}, {"220102199002031000", "220102199002031000", OddFifteen}, {" x ", "x", OddSpaces},
		{"a\nb", "a\nb", OddLines}, {"王伟、李娜", "王伟、李娜", OddSeveral}, {"K\ufffdln", "K\ufffdln", OddUnreadable}, {strings.Repeat("x", 32_767), strings.Repeat("x", 32_767), OddCut},
	} {
		if v, odd := Clean(c.cell); v != c.value || !slices.Contains(odd, c.odd) {
			t.Errorf("%.20q: %.20q %v", c.cell, v, odd)
		}
	}
	for _, c := range []string{"220102199002031234", "13800000000", "1E5", "E12345678", "=", "'", "x", "", "1.5e+3"} {
		if v, odd := Clean(c); v != c || odd != nil {
			t.Errorf("%q: %q %v", c, v, odd)
		}
	}
	cells := slices.Repeat([]string{"0431123456"}, 20)
	if col := single("phone", append(cells, "431123456", "431123457")...); findings(col.Odd).count(OddZeros) != 2 {
		t.Errorf("%+v", col.Odd)
	}
	if col := single("age", "34", "45", "999", "999"); findings(col.Odd).count(OddCode) != 2 {
		t.Errorf("%+v", col)
	}
	if col := single("ct", "34", "35", "99", "99", "20"); findings(col.Odd).count(OddCode) != 2 {
		t.Errorf("%+v", col)
	}
	if col := single("temperature", "36,5", "37,2", "38"); col.Kind != KindNumber || findings(col.Odd).count(OddDecimalComma) != 2 || col.Numbers.Most != 38 || col.Numbers.Least != 36.5 {
		t.Errorf("%+v %+v", col, col.Numbers)
	}
	if col := single("name", "å¼\u00a0ä¼Ÿ", "王伟"); findings(col.Odd).count(OddMojibake) != 1 {
		t.Errorf("%+v", col)
	}
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"2022-03-14", "3/4/22 8:30", "1岁3个月", "44634.5", `="x"`, "1.23E+17", "36,5", "14th March 2022", "å§“", "６０－６９", "99", "至", "9999999999999999999年1月1日", "日月年", "-\xff", "id", "ID"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		if d, ok := ReadDate(cell); ok && (d.Shape == "" || !d.Impossible && !d.Distant && d.Shape == ShapeISO && !valid(d.Year, d.Month, d.Day)) {
			t.Errorf("%q: %+v", cell, d)
		}
		if a, ok := ReadAge(cell); ok && (a.Years < 0 || a.Years > oldest || a.Upto > oldest || math.IsNaN(a.Years)) {
			t.Errorf("%q: %+v", cell, a)
		}
		if v, _ := Clean(cell); len(v) > len(cell) {
			t.Errorf("%q grew to %q", cell, v)
		}
		if m, how, wrong := Mend(cell); wrong && (m == cell || how == "") {
			t.Errorf("%q: %q %q", cell, m, how)
		}
		wordsOf(cell)
		col := single(cell, cell, cell, "x", cell)
		if col.Filled+col.Missing() != 4 {
			t.Errorf("%q: %+v", cell, col)
		}
	})
}
