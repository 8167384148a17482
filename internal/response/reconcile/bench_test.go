package reconcile_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/testkit"
)

// benchSize is how many rows each of the two lists has.
const benchSize = 100_000

// BenchmarkReconcile takes in a list of 100,000 rows and compares it with 100,000 cases, on each database: nine of ten rows are
// cases of ours, found by number, document, telephone or birth, one of ten of them says another day. The same list the next day is
// compared again. What pairing alone costs beside comparing all with all is BenchmarkPairs in internal/engine/match.
func BenchmarkReconcile(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			where := filepath.Join(b.TempDir(), "bench.db")
			if engine == "postgres" {
				where = testkit.PostgreSQL(b)
			}
			clock := outbreak.NewHandClock(testkit.Start)
			h := &house{ctx: b.Context(), clock: clock, db: testkit.Open(b, where, clock, owners)}
			wire(b, h, h.db, clock)
			if _, err := h.reconcile.KeepParty(h.ctx, root, reconcile.KeepParty{Party: reconcile.Party{Code: "lab-1", Name: "First Laboratory", Kind: "laboratory", Outbreak: h.outbreak, Area: "/22/"}}); err != nil {
				b.Fatal(err)
			}
			fill(b, h)
			rows := [][]string{{"编号", "姓名", "身份证号", "联系电话", "出生日期", "发病日期", "病例分类"}}
			for i := range benchSize {
				rows = append(rows, theirRow(i+benchSize/10))
			}
			b.ResetTimer()
			for n := 0; b.Loop(); n++ {
				took := outbreak.Stopwatch()
				if _, err := h.reconcile.LoadList(h.ctx, root, reconcile.LoadList{Party: "lab-1", Name: "list.csv", Digest: fmt.Sprint(n), Rows: rows}); err != nil {
					b.Fatal(err)
				}
				loaded := took()
				run, err := h.reconcile.Compare(h.ctx, root, reconcile.Compare{Party: "lab-1"})
				if err != nil {
					b.Fatal(err)
				}
				if paired := run.Matched + run.Differing; paired+run.Unclear != benchSize*9/10 || paired < benchSize*89/100 || run.Differing < benchSize*8/100 {
					b.Fatalf("it came to %+v", run.Counts)
				}
				b.Logf("run %d: the list was taken in in %.1f s, compared in %.1f s, %d differences opened", n+1, loaded.Seconds(), (took() - loaded).Seconds(), run.Opened)
				clock.Move(86_400_000_000_000)
			}
		})
	}
}

func who(i int) registry.Identity {
	id := registry.Identity{Name: fmt.Sprintf("张%c%c", 0x4e00+i%5000, 0x4e00+i/5000)}
	switch i % 3 {
	case 0:
		id.DocumentKind, id.Document = "other", fmt.Sprintf("D%08d", i)
	case 1:
		id.Phone = fmt.Sprintf("139%08d", i)
	case 2:
		id.Birth = fmt.Sprintf("19%02d-%02d-%02d", 40+i/3%60, 1+i/180%12, 1+i/2160%28)
	}
	return id
}

func theirRow(i int) []string {
	id := who(i)
	onset := "2022-03-01"
	if i%10 == 0 {
		onset = "2022-03-02"
	}
	return []string{fmt.Sprintf("L%07d", i), id.Name, id.Document, id.Phone, id.Birth, onset, "确诊"}
}

func fill(b *testing.B, h *house) {
	for from := 0; from < benchSize; from += 1000 {
		load := cases.LoadCases{Outbreak: h.outbreak}
		for i := from; i < from+1000; i++ {
			load.Rows = append(load.Rows, cases.LoadedCase{Person: registry.NewPerson{Area: "22", Identity: who(i)}, External: fmt.Sprint(i), Values: cases.Values{"onset": "2022-03-01", "classification": "confirmed"}})
		}
		if done, err := h.cases.LoadCases(h.ctx, root, load); err != nil || done.Added != 1000 {
			b.Fatalf("%v, %+v", err, done.Rejected)
		}
	}
}
