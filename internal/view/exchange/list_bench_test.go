package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
)

// aList makes a line list of some rows: numbers, names of two and three characters, telephones, birth dates, days, words, and two
// columns that are no fields.
func aList(rows int) (header []string, row func(i int) []string) {
	r := rand.New(rand.NewPCG(7, 7))
	family, given := []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"), []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志文斌鑫宇浩然子轩")
	header = []string{"编号", "姓名", "性别", "出生日期", "联系电话", "职业", "发病日期", "采样日期", "报告日期", "病例分类", "临床严重程度", "转归", "症状", "备注"}
	return header, func(i int) []string {
		name := string(family[r.IntN(len(family))]) + string(given[r.IntN(len(given))])
		if r.IntN(3) > 0 {
			name += string(given[r.IntN(len(given))])
		}
		day := 1 + r.IntN(27)
		return []string{fmt.Sprintf("JL%07d", i), name, []string{"男", "女"}[r.IntN(2)], fmt.Sprintf("%d-%02d-%02d", 1930+r.IntN(90), 1+r.IntN(12), 1+r.IntN(28)), fmt.Sprintf("13%09d", r.IntN(1_000_000_000)), []string{"学生", "教师", "司机", "退休"}[r.IntN(4)],
			fmt.Sprintf("2022-02-%02d", day), fmt.Sprintf("2022-02-%02d", day), fmt.Sprintf("2022-02-%02d", day), []string{"确诊病例", "疑似病例"}[r.IntN(2)], []string{"轻型", "普通型", "重型"}[r.IntN(3)], []string{"治愈", "", "死亡"}[r.IntN(3)], "发热", ""}
	}
}

func csvList(rows int) []byte {
	header, row := aList(rows)
	var b bytes.Buffer
	write := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c)
		}
		b.WriteByte('\n')
	}
	write(header)
	for i := range rows {
		write(row(i))
	}
	return b.Bytes()
}

func bookList(b *testing.B, rows int) []byte {
	b.Helper()
	header, row := aList(rows)
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for i := -1; i < rows; i++ {
		cells := header
		if i >= 0 {
			cells = row(i)
		}
		any := make([]any, len(cells))
		for j, c := range cells {
			any[j] = c
		}
		if err := w.SetRow("A"+strconv.Itoa(i+2), any); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkList reads a line list of BREAKWATER_CASES rows (20,000) as CSV and as workbook, which is the reference, and takes it in: people
// made, compared with those who are there, and cases written. All of them live in one area and share 23,000 names, so that with many rows
// each is compared with as many others as are compared at all: a hard list. What a list of a province takes is BenchmarkCases in
// internal/response/cases.
func BenchmarkList(b *testing.B) {
	many := 20_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_CASES")); err == nil {
		many = n
	}
	rate := func(b *testing.B, report exchange.Report, err error) {
		if err != nil || report.Accepted != many {
			b.Fatal(report.Accepted, report.Problems[:min(3, len(report.Problems))], err)
		}
	}
	for name, file := range map[string][]byte{"csv": csvList(many), "xlsx": bookList(b, many)} {
		b.Run("read/"+name, func(b *testing.B) {
			for b.Loop() {
				r, err := exchange.CheckList(exchange.LineList, source(b, file), exchange.ListOptions{})
				rate(b, r, err)
			}
			b.ReportMetric(float64(many*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run("take/"+engine, func(b *testing.B) {
			where := b.TempDir() + "/list.db"
			if engine == "postgres" {
				where = testkit.PostgreSQL(b)
			}
			clock := outbreak.NewHandClock(testkit.Start)
			s, ob := outbreakSite(b, testkit.Open(b, where, clock, owners), clock)
			n := 0
			for b.Loop() {
				n++
				r, err := s.ImportList(context.Background(), s.by, exchange.LineList, source(b, csvList(many)), exchange.ListOptions{Outbreak: ob, Party: fmt.Sprint(n), Plan: &exchange.Plan{Area: "11"}})
				rate(b, r, err)
			}
			b.ReportMetric(float64(many*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
