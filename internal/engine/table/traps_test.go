package table

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// TestTrapsTogether reads one file with what people complain about: letters of GB 18030, semicolons, titles, two rows of header with
// merged cells, a repeated group, text formulas, dates in three ways with some that can be read both ways, ages in months, identity
// numbers a spreadsheet rounded, words for nothing, line breaks, empty rows, the header once more, empty columns at the end.
func TestTrapsTogether(t *testing.T) {
	lines := []string{
		"某市疫情病例一览表;;;;;;;;;;",
		"报送单位：某疾控中心;;;2022-04-01;;;;;;;",
		"病例;;;;;;密接1;;密接2;;",
		"编号;姓名;身份证号;发病日期;年龄;结局;姓名;电话;姓名;电话;",
		`="001";王伟;220102199002031234;2022-03-14;45;治愈;李娜;0431123456;赵敏;13812345678;`,
		`="002";"李 秀英";2.20102E+17;15/03/2022;3个月;不详;;;;;`,
		";;;;;;;;;;",
		`="003";张建国;220102199002031000;03/04/2022;2岁;死亡;"周` + "\n" + `芳";13912345678;;;`,
		"编号;姓名;身份证号;发病日期;年龄;结局;姓名;电话;姓名;电话;",
		`="004";欧阳静;-;2022年3月18日;60+;治愈;;;;;`,
		"",
		"",
	}
	text, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Join(lines, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	l, r := read(t, []byte(text))
	if l.Encoding != GB18030 || l.Separator != ";" || l.LineEnd != "crlf" {
		t.Errorf("%+v", l)
	}
	if h := r.Header; h.First != 3 || h.Rows != 2 || !slices.Equal(h.Titles, []int{1, 2}) || !slices.Equal(h.Filled, []int{1, 2, 3, 4, 5, 7, 9}) {
		t.Errorf("%+v", h)
	}
	odd := findings(r.Odd)
	if r.Rows != 4 || odd.count(OddBlankRow) != 1 || odd.count(OddHeader) != 1 {
		t.Errorf("%d rows, %+v", r.Rows, r.Odd)
	}
	want := []string{"case_id", "name", "document", "onset", "age", "outcome"}
	for i, f := range want {
		if r.Mapping[i].Field != f {
			t.Errorf("column %d: %+v, want %s", i, r.Mapping[i], f)
		}
	}
	if f := findings(r.Columns[0].Odd); f.count(OddTextFormula) != 4 {
		t.Errorf("%+v", f)
	}
	if f := findings(r.Columns[2].Odd); f.count(OddRounded) != 1 || f.count(OddFifteen) != 1 || r.Columns[2].Missing() != 1 {
		t.Errorf("%+v", r.Columns[2])
	}
	if d := r.Columns[3].Dates; d == nil || len(d.Formats) != 3 || d.Order != DayFirst || d.Either != 1 || d.DayFirst != 1 {
		t.Errorf("%+v", d)
	}
	if a := r.Columns[4].Ages; a == nil || a.Count != 4 || a.Least != .25 || a.Ranges != 1 {
		t.Errorf("%+v", a)
	}
	if c := r.Columns[5]; countOf(c.Nothing, "不详") != 1 || countOf(c.Values, "治愈") != 2 {
		t.Errorf("%+v", c)
	}
	if len(r.Groups) != 1 || r.Groups[0].First != 6 || r.Groups[0].Wide != 2 || r.Groups[0].Times != 2 {
		t.Errorf("%+v", r.Groups)
	}
}
