package exchange_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
)

// rollFile is a part of a roll as a file, by the places of its people in it: three to a household, three thousand to a community.
func rollFile(from, n int) string {
	const surnames, given = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英文华建国红玉"
	s, g := []rune(surnames), []rune(given)
	var b strings.Builder
	b.WriteString("社区代码,楼栋,门牌,姓名,性别,身份证号,电话,住址\n")
	for k := from; k < from+n; k++ {
		born := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, k/900%25_000)
		document := "220202" + born.Format("20060102") + fmt.Sprintf("%03d", k%900)
		fmt.Fprintf(&b, "22%07d,%d,%d,%c%c%c,%s,%s%c,%d,人民大街%d号\n", k/3000, k/60%50, k/3%20, s[k%len(s)], g[k*7%len(g)], g[k*13/7%len(g)],
			[]string{"女", "男"}[k%2], document, registry.CitizenCheck(document), 13_000_000_000+k*7, k/60)
	}
	return b.String()
}

// BenchmarkImportRoster imports files of a roll in its order, each of 60,000 people, from the first byte to the last index entry.
func BenchmarkImportRoster(b *testing.B) {
	const people = 60_000
	for engine, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func() string { return testkit.PostgreSQL(b) },
	} {
		b.Run(engine, func(b *testing.B) {
			clock := outbreak.NewHandClock(testkit.Start)
			s := newSite(b, testkit.Open(b, where(), clock, owners), clock)
			areas := []registry.NewArea{{Code: "22", Name: "省"}}
			for i := range 2000 {
				areas = append(areas, registry.NewArea{Code: fmt.Sprintf("22%07d", i), Parent: "22", Name: "社区"})
			}
			if _, err := s.Registry.LoadAreas(context.Background(), s.by, registry.LoadAreas{Areas: areas}); err != nil {
				b.Fatal(err)
			}
			n := 0
			for b.Loop() {
				b.StopTimer()
				file := rollFile(n*people, people)
				b.StartTimer()
				s.want(b, exchange.Roster, file, exchange.Options{}, people, 0, 0)
				n++
			}
			b.ReportMetric(float64(n*people)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
