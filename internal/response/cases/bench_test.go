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

	"breakwater/internal/engine/collector"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// BenchmarkCases takes BREAKWATER_CASES rows (100,000) of an invented line list in (testkit.ListRows) as an import does: a thousand in one
// transaction, each batch made ready while the one before is written, each person compared with all before. It tells the speed of each
// hundred thousand. Then people are registered and their cases opened one by one, names searched and pages of the queue opened, and
// 10,000 of the cases are changed at once, which is taken back. The references, in the same tables: people of the list put on the roll,
// who are not compared and become no cases, and rows put straight into the tables of cases (testkit.LineList). Processor time is that of this
// process, so without the server of PostgreSQL. PostgreSQL keeps what it
// acknowledges, with the settings it comes with. The garbage collector comes when it comes in a house that serves.
func BenchmarkCases(b *testing.B) {
	many := 100_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_CASES")); err == nil {
		many = n
	}
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			collector.Tune(b.Context())
			where := b.TempDir() + "/bench.db"
			if engine == "postgres" {
				where = durable(b)
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
			s := &benched{B: b, db: db, reg: reg, Service: cases.New(db, j, ids, reg, task.New(db, j, ids))}
			for b.Loop() {
				s.run(many)
			}
		})
	}
}

// durable is a server that keeps what it acknowledges.
func durable(b *testing.B) string {
	bin := testkit.PGBin()
	if bin == "" {
		b.Skip("no PostgreSQL server is installed")
	}
	c, err := testkit.StartCluster(bin, true)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Stop)
	where, err := c.Database("bench")
	if err != nil {
		b.Fatal(err)
	}
	return where
}

// benched is a room that is measured.
type benched struct {
	*testing.B
	*cases.Service
	db    *store.DB
	reg   *registry.Service
	ob    outbreak.OutbreakID
	areas []string // codes
	rows  testkit.ListRows
}

func (s *benched) must(err error) {
	if err != nil {
		s.Helper()
		s.Fatal(err)
	}
}

func (s *benched) run(many int) {
	ctx := context.Background()
	s.found(max(many/3000, 20))
	all := s.load(many)
	if _, err := s.reg.LearnLinks(ctx); err != nil { // as the house does at start and every hour
		s.Fatal(err)
	}
	s.create()
	s.search()
	s.queue()
	s.change(all)
	s.references(min(many, 20_000))
	s.ReportMetric(0, "ns/op")
}

// found makes the areas and the outbreak.
func (s *benched) found(areas int) {
	ctx := context.Background()
	list := []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}
	for i := range areas {
		code := fmt.Sprintf("22%04d", i)
		list = append(list, registry.NewArea{Code: code, Parent: "22", Name: fmt.Sprint("街道", i)})
		s.areas = append(s.areas, code)
	}
	_, err := s.reg.LoadAreas(ctx, root, registry.LoadAreas{Areas: list})
	s.must(err)
	s.ob, err = s.reg.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	s.must(err)
	s.rows = testkit.ListRows{Areas: areas, Seed: 1}
}

func (s *benched) person(r testkit.ListRow) registry.NewPerson {
	p := registry.NewPerson{Area: s.areas[r.Area], Sex: r.Sex, Identity: registry.Identity{Name: r.Name, Birth: r.Birth, Phone: r.Phone, Document: r.Document}}
	if r.Document != "" {
		p.Identity.DocumentKind = registry.OtherID
	}
	return p
}

// load takes rows in and tells how fast, step by step.
func (s *benched) load(many int) (all []outbreak.CaseID) {
	const size = 1000
	var spent time.Duration
	for len(all) < many {
		step := min(100_000, many-len(all))
		var batches [][]cases.LoadedCase
		for from := 0; from < step; from += size {
			list := make([]cases.LoadedCase, min(size, step-from))
			for i := range list {
				r := s.rows.Next()
				list[i] = cases.LoadedCase{Person: s.person(r), External: r.Number, Values: cases.Values{"onset": r.Onset, "sampled": r.Sampled, "classification": r.Classification, "occupation": r.Occupation}}
			}
			batches = append(batches, list)
		}
		began, busy := time.Now(), testkit.Spent()
		all = append(all, s.send(batches)...)
		took := time.Since(began)
		spent += took
		each := float64((testkit.Spent() - busy).Microseconds()) / float64(step)
		waiting, _, err := s.waiting()
		s.must(err)
		fmt.Fprintf(os.Stderr, "%s: %d rows: %.0f rows/s, %.0f µs of processors a row, %d pairs wait\n", s.Name(), len(all), float64(step)/took.Seconds(), each, waiting)
		if len(all) >= many {
			s.ReportMetric(float64(step)/took.Seconds(), "last-rows/s")
			s.ReportMetric(each, "last-cpu-µs/row")
		}
	}
	s.ReportMetric(float64(many)/spent.Seconds(), "rows/s")
	return all
}

func (s *benched) waiting() (n int64, oldest outbreak.Instant, err error) {
	err = s.db.Read(context.Background(), func(tx *store.Tx) error {
		n, oldest, err = registry.CountDuplicates(tx)
		return err
	})
	return n, oldest, err
}

// send writes batches in their order; one is made ready while that before it is written.
func (s *benched) send(batches [][]cases.LoadedCase) (all []outbreak.CaseID) {
	type sent struct {
		got  cases.LoadedCases
		err  error
		done chan struct{}
	}
	way := make(chan *sent, 1)
	go func() {
		defer close(way)
		var before *sent
		for _, list := range batches {
			x, after := &sent{done: make(chan struct{})}, before
			before = x
			turn := func() error {
				if after != nil {
					<-after.done
				}
				return nil
			}
			go func() {
				defer close(x.done)
				x.got, x.err = s.LoadCases(context.Background(), root, cases.LoadCases{Outbreak: s.ob, Party: "nation", Turn: turn, Rows: list})
			}()
			way <- x
		}
	}()
	for x := range way {
		<-x.done
		s.must(x.err)
		if len(x.got.Rejected) > 0 {
			s.Fatal(x.got.Rejected[0])
		}
		all = append(all, x.got.Cases...)
	}
	return all
}

// create registers people and opens their cases one by one, as through the interface: a third of them stand in the list.
func (s *benched) create() {
	ctx := context.Background()
	s.rows.Copies = 33
	s.times("create", 300, func(int) error {
		p, err := s.reg.RegisterPerson(ctx, root, registry.RegisterPerson{Person: s.person(s.rows.Next())})
		if err == nil {
			_, err = s.OpenCase(ctx, root, cases.OpenCase{Outbreak: s.ob, Person: p.ID})
		}
		if outbreak.KindOf(err) == outbreak.Conflict { // known by document, with a case
			err = nil
		}
		return err
	})
	s.rows.Copies = 3
}

// search looks for names: in a community, and in the whole province. Each searches as a user of his own: they may not so often.
func (s *benched) search() {
	by := root
	by.Purpose = outbreak.PurposeInvestigation
	for name, below := range map[string]func(i int) outbreak.Path{
		"search":      func(i int) outbreak.Path { return outbreak.Path("/22/" + s.areas[i%len(s.areas)] + "/") },
		"search-wide": func(int) outbreak.Path { return "/22/" },
	} {
		s.times(name, 100, func(i int) error {
			by.User++
			_, err := s.reg.SearchPeople(context.Background(), by, registry.SearchPeople{Name: s.rows.Next().Name, Below: below(i)})
			return err
		})
	}
}

// queue opens pages of pairs: from the heaviest on, and of communities.
func (s *benched) queue() {
	ctx := context.Background()
	var f registry.DuplicatesFilter
	s.times("queue", 100, func(i int) error {
		page, err := s.reg.ListDuplicates(ctx, root, f)
		if err == nil {
			_, err = s.reg.FindLinking(ctx, root)
		}
		if f.After = page.Next; i%10 == 9 {
			f = registry.DuplicatesFilter{Below: outbreak.Path("/22/" + s.areas[i*7%len(s.areas)] + "/")}
		}
		return err
	})
}

func (s *benched) times(what string, n int, do func(i int) error) {
	var took []float64
	for i := range n {
		began := time.Now()
		s.must(do(i))
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	s.ReportMetric(took[n/2], what+"-p50-ms")
	s.ReportMetric(took[n*95/100], what+"-p95-ms")
}

// change edits cases at once and takes it back.
func (s *benched) change(all []outbreak.CaseID) {
	ctx := context.Background()
	slices.Sort(all)
	all = slices.Compact(all)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	some := all[:min(10_000, len(all))]
	began := time.Now()
	done, err := s.EditCases(ctx, root, cases.EditCases{Cases: some, Values: cases.Values{"cluster": "market"}, Reason: "one market"})
	s.must(err)
	s.ReportMetric(time.Since(began).Seconds(), "edit-s")
	began = time.Now()
	back, err := s.UndoEdit(ctx, root, cases.UndoEdit{Batch: done.Batch})
	s.must(err)
	s.ReportMetric(time.Since(began).Seconds(), "undo-s")
	if done.Changed != len(some) || back.Changed != len(some) {
		s.Fatalf("%d changed, %d back", done.Changed, back.Changed)
	}
}

// references puts rows in that are not compared.
func (s *benched) references(n int) {
	ctx := context.Background()
	var batches [][]registry.NewPerson
	for range n / 1000 {
		people := make([]registry.NewPerson, 1000)
		for i := range people {
			people[i] = s.person(s.rows.Next())
		}
		batches = append(batches, people)
	}
	began := time.Now()
	for _, people := range batches {
		_, err := s.reg.LoadPeople(ctx, root, registry.LoadPeople{People: people})
		s.must(err)
	}
	s.ReportMetric(float64(n)/time.Since(began).Seconds(), "on-a-roll/s")
	paths := make([]outbreak.Path, len(s.areas))
	for i, code := range s.areas {
		paths[i] = outbreak.Path("/22/" + code + "/")
	}
	began = time.Now()
	s.must(testkit.LineList{Cases: n, Outbreak: s.ob + 1, Areas: paths, Seed: 3}.Write(ctx, s.db))
	s.ReportMetric(float64(n)/time.Since(began).Seconds(), "bare/s")
}
