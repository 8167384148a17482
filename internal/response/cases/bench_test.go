package cases_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// BenchmarkCases takes BREAKWATER_CASES rows (100,000) of a line list in by batches of a thousand, with all that compares each person;
// changes 10,000 of the cases at once and takes that back; and registers people and opens their cases one by one. The reference is
// the same number of people put on the roll, who are not compared and become no cases.
func BenchmarkCases(b *testing.B) {
	many := 100_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_CASES")); err == nil {
		many = n
	}
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			where := b.TempDir() + "/bench.db"
			if engine == "postgres" {
				where = testkit.PostgreSQL(b)
			}
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where, clock, owners)
			j, ids := journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock)
			vault, err := registry.NewVault(make([]byte, 32))
			if err != nil {
				b.Fatal(err)
			}
			rules, err := protocols.Embedded()
			if err != nil {
				b.Fatal(err)
			}
			reg := registry.New(db, j, ids, rules, vault)
			s := cases.New(db, j, ids, reg, task.New(db, j, ids))
			for b.Loop() {
				benchCases(b, reg, s, many)
			}
		})
	}
}

func benchCases(b *testing.B, reg *registry.Service, s *cases.Service, many int) {
	ctx, r := context.Background(), rand.New(rand.NewPCG(1, 2))
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	areas := []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}
	for i := range max(many/3000, 20) {
		areas = append(areas, registry.NewArea{Code: fmt.Sprint("22", 1000+i), Parent: "22", Name: fmt.Sprint("街道", i)})
	}
	_, err := reg.LoadAreas(ctx, root, registry.LoadAreas{Areas: areas})
	must(err)
	ob, err := reg.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	must(err)
	somebody := func() registry.NewPerson {
		i := registry.Identity{Name: someName(r), Birth: time.Date(1930+r.IntN(90), 1, 1+r.IntN(364), 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Phone: fmt.Sprintf("13%09d", r.IntN(1e9))}
		return registry.NewPerson{Area: areas[1+r.IntN(len(areas)-1)].Code, Sex: []string{"male", "female"}[r.IntN(2)], Identity: i}
	}
	var all []outbreak.CaseID
	rows := func(from, n int) []cases.LoadedCase {
		list := make([]cases.LoadedCase, n)
		for i := range list {
			day := func(d int) string { return time.Date(2022, 1, 1+d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
			at := r.IntN(60)
			list[i] = cases.LoadedCase{Person: somebody(), External: fmt.Sprint(from + i), Values: cases.Values{"onset": day(at), "sampled": day(at + r.IntN(9)), "classification": "confirmed", "occupation": []string{"农民", "学生", "工人", ""}[r.IntN(4)]}}
		}
		return list
	}
	began := time.Now()
	for from := 0; from < many; from += 1000 {
		got, err := s.LoadCases(ctx, root, cases.LoadCases{Outbreak: ob, Party: "nation", Rows: rows(from, 1000)})
		must(err)
		if got.Added != 1000 {
			b.Fatalf("%d of 1000 rows were added: %+v", got.Added, got.Rejected)
		}
		all = append(all, got.Cases...)
	}
	b.ReportMetric(float64(many)/time.Since(began).Seconds(), "rows/s")

	bare := min(many, 20_000)
	began = time.Now()
	for range bare / 1000 {
		people := make([]registry.NewPerson, 1000)
		for i := range people {
			people[i] = somebody()
		}
		_, err := reg.LoadPeople(ctx, root, registry.LoadPeople{People: people})
		must(err)
	}
	b.ReportMetric(float64(bare)/time.Since(began).Seconds(), "on-a-roll/s")

	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	some := all[:min(10_000, len(all))]
	began = time.Now()
	done, err := s.EditCases(ctx, root, cases.EditCases{Cases: some, Values: cases.Values{"cluster": "market"}, Reason: "one market"})
	must(err)
	b.ReportMetric(time.Since(began).Seconds(), "edit-s")
	began = time.Now()
	back, err := s.UndoEdit(ctx, root, cases.UndoEdit{Batch: done.Batch})
	must(err)
	b.ReportMetric(time.Since(began).Seconds(), "undo-s")
	if done.Changed != len(some) || back.Changed != len(some) {
		b.Fatalf("%d changed, %d back", done.Changed, back.Changed)
	}

	var took []float64
	for range 300 {
		began := time.Now()
		p, err := reg.RegisterPerson(ctx, root, registry.RegisterPerson{Person: somebody()})
		must(err)
		_, err = s.OpenCase(ctx, root, cases.OpenCase{Outbreak: ob, Person: p.ID})
		must(err)
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "create-p50-ms")
	b.ReportMetric(took[len(took)*95/100], "create-p95-ms")
	b.ReportMetric(0, "ns/op")
}

// someName is a name as a million people have them: few family names, many given ones.
func someName(r *rand.Rand) string {
	family, given := []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"), []rune("伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂英华文玉建国红梅春燕志晓东海波宇浩")
	name := []rune{family[r.IntN(len(family))], given[r.IntN(len(given))]}
	if r.IntN(4) > 0 {
		name = append(name, given[r.IntN(len(given))])
	}
	return string(name)
}
