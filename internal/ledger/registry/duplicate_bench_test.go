package registry

import (
	"context"
	"fmt"
	"go/parser"
	gotoken "go/token"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// newPerson is a row as a list hands it in.
func (s soul) newPerson() NewPerson {
	n := NewPerson{Area: fmt.Sprintf("22%04d", s.area), Door: s.door, Sex: s.sex,
		Identity: Identity{Name: s.name(), Birth: s.birth(), Phone: s.phone, Address: s.address}}
	if s.onlyYear {
		n.BirthYear = s.year
	}
	if s.paper != "" {
		n.Identity.DocumentKind, n.Identity.Document = OtherID, s.paper
	}
	return n
}

// hamletSite is a registry with the areas of a hamlet.
func hamletSite(t testing.TB, db *store.DB, clock *outbreak.HandClock, areas int) (*Service, outbreak.Actor) {
	t.Helper()
	vault, err := NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), nil, vault)
	by := outbreak.Actor{User: 1, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	list := []NewArea{{Code: "22", Name: "省"}}
	for i := range areas {
		list = append(list, NewArea{Code: fmt.Sprintf("22%04d", i), Parent: "22", Name: "社区"})
	}
	if _, err := s.LoadAreas(context.Background(), by, LoadAreas{Areas: list}); err != nil {
		t.Fatal(err)
	}
	return s, by
}

// arriveAll brings souls as an import does, a batch made ready while the one before is kept, and tells which code each got.
func arriveAll(t testing.TB, s *Service, by outbreak.Actor, souls []soul) []outbreak.PersonID {
	t.Helper()
	ctx := context.Background()
	const size = 1000
	type batch struct {
		a   *Arrivals
		err error
	}
	ready := make(chan batch, 1)
	go func() {
		defer close(ready)
		for part := range slices.Chunk(souls, size) {
			people := make([]NewPerson, len(part))
			for i, x := range part {
				people[i] = x.newPerson()
			}
			a, err := s.Arrive(ctx, by, access.CaseLoad, people)
			ready <- batch{a, err}
		}
	}()
	codes := make([]outbreak.PersonID, 0, len(souls))
	for b := range ready {
		if b.err != nil {
			t.Fatal(b.err)
		}
		var people []Person
		if err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
			people, err = b.a.Keep(tx, by, nil)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for i, p := range people {
			if p.ID == 0 {
				t.Fatal(b.a.Refused(i))
			}
			codes = append(codes, p.ID)
		}
	}
	return codes
}

// quality is how well pairs were found, through the database.
type quality struct {
	precision, recall, looked, looking float64 // looked: with those a person should look at; looking: how many of these are right
	byDocument, pairs                  int
}

// rate compares the queue with who is behind the codes of people whom a house had and of those who came then.
func rate(t testing.TB, db *store.DB, who map[outbreak.PersonID]int, came []outbreak.PersonID, souls []soul) (q quality) {
	t.Helper()
	codes := map[int]map[outbreak.PersonID]bool{}
	for id, n := range who {
		if codes[n] == nil {
			codes[n] = map[outbreak.PersonID]bool{}
		}
		codes[n][id] = true
	}
	fresh := map[outbreak.PersonID]bool{}
	for i, id := range came {
		if n, was := who[id]; was && n == souls[i].who && !fresh[id] {
			q.byDocument++
			continue
		}
		fresh[id] = true
		who[id] = souls[i].who
	}
	truth := 0
	for id := range fresh {
		truth += len(codes[who[id]])
	}
	var sure, right, all, allRight float64
	if err := db.Read(context.Background(), func(tx *store.Tx) error {
		return store.Each(tx, func(r store.Row) error {
			var one, other outbreak.PersonID
			var is int64
			if err := r.Scan(&one, &other, &is); err != nil {
				return err
			}
			if !fresh[other] || fresh[one] {
				return nil
			}
			all++
			sure += float64(is)
			if who[one] == who[other] {
				allRight++
				right += float64(is)
			}
			return nil
		}, "select one, other, sure from duplicate where kind = $1", KindPerson)
	}); err != nil {
		t.Fatal(err)
	}
	q.pairs = truth
	q.precision, q.recall = right/sure, right/float64(truth)
	q.looked, q.looking = allRight/float64(truth), allRight/all
	return q
}

func (q quality) String() string {
	return fmt.Sprintf("%d known by document; of %d other pairs: precision %.4f, recall %.4f; with those to look at: recall %.4f, of which %.3f are right", q.byDocument, q.pairs, q.precision, q.recall, q.looked, q.looking)
}

// spoiltOf gives another list of some people.
func (h *hamlet) spoiltOf(people []soul, n int) (list []soul) {
	for _, at := range h.Perm(len(people))[:n] {
		list = append(list, h.spoilt(people[at]))
	}
	return list
}

// mixed are copies of some people among as many strangers.
func (h *hamlet) mixed(people []soul, n int) []soul {
	list := append(h.spoiltOf(people, n), h.people(n)...)
	h.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// TestLinkageThroughTheDatabase brings people, then a badly written list of a part of them with as many strangers. The list shares
// no code with the matcher.
func TestLinkageThroughTheDatabase(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "duplicate_town_test.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if strings.Contains(i.Path.Value, "breakwater") {
			t.Errorf("the invented lists use %s", i.Path.Value)
		}
	}
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, by := hamletSite(t, db, clock, 20)
		h := newHamlet(11, 20)
		people := h.people(4000)
		who := map[outbreak.PersonID]int{}
		for i, id := range arriveAll(t, s, by, people) {
			who[id] = people[i].who
		}
		if _, err := s.LearnLinks(context.Background()); err != nil {
			t.Fatal(err)
		}
		list := h.mixed(people, 1500)
		q := rate(t, db, who, arriveAll(t, s, by, list), list)
		t.Log("shipped weights: ", q)
		if q.precision < .97 || q.recall < .95 {
			t.Error("too many are wrong, or missed")
		}
		j, err := s.LearnLinks(context.Background())
		if err != nil || j.Model != 1 || j.Pairs < 500 {
			t.Fatalf("%+v %v", j, err)
		}
		list = h.mixed(people, 1000)
		q = rate(t, db, who, arriveAll(t, s, by, list), list)
		t.Log("learnt weights: ", q)
		if q.precision < .97 || q.recall < .95 {
			t.Error("too many are wrong, or missed, with weights of the house")
		}
		if l, err := s.FindLinking(context.Background(), by); err != nil || l.Model != 1 || l.Records == 0 {
			t.Errorf("%+v %v", l, err)
		}
	})
}

// BenchmarkDuplicates fills a house with BREAKWATER_CASES people (100,000) who come by list, each compared as he comes; then a list of
// a part of them, badly written; then people one by one at a booth, and pages of the queue. The reference is the same number of
// people put on the roll by batches of the same size, in the same run, without being compared.
func BenchmarkDuplicates(b *testing.B) {
	cases := 100_000
	if n, err := strconv.Atoi(os.Getenv("BREAKWATER_CASES")); err == nil {
		cases = n
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			where := filepath.Join(b.TempDir(), "bench.db")
			if engine == "postgres" {
				where = testkit.PostgreSQL(b)
			}
			clock := outbreak.NewHandClock(testkit.Start)
			db := testkit.Open(b, where, clock, keyOwners)
			areas := max(cases/3000, 20)
			s, by := hamletSite(b, db, clock, areas)
			for b.Loop() {
				benchDuplicates(b, s, by, newHamlet(1, areas), cases)
			}
		})
	}
}

func benchDuplicates(b *testing.B, s *Service, by outbreak.Actor, h *hamlet, cases int) {
	ctx := context.Background()
	people := h.people(cases)
	who := make(map[outbreak.PersonID]int, cases)
	first := min(cases/2, 20_000)
	for i, id := range arriveAll(b, s, by, people[:first]) {
		who[id] = people[i].who
	}
	if _, err := s.LearnLinks(ctx); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for i, id := range arriveAll(b, s, by, people[first:]) {
		who[id] = people[first+i].who
	}
	b.ReportMetric(float64(cases-first)/time.Since(began).Seconds(), "arrivals/s")

	part := min(cases/10, 20_000)
	list := h.mixed(people, part)
	began = time.Now()
	came := arriveAll(b, s, by, list)
	b.ReportMetric(float64(len(list))/time.Since(began).Seconds(), "copies/s")
	q := rate(b, s.db, who, came, list)
	b.ReportMetric(q.precision, "precision")
	b.ReportMetric(q.recall, "recall")
	b.Log(q)
	began = time.Now()
	if j, err := s.LearnLinks(ctx); err != nil {
		b.Fatal(err)
	} else {
		b.Logf("learnt %+v in %s", j, time.Since(began).Round(time.Millisecond))
	}
	list = h.mixed(people, part/4)
	q = rate(b, s.db, who, arriveAll(b, s, by, list), list)
	b.ReportMetric(q.precision, "learnt-precision")
	b.ReportMetric(q.recall, "learnt-recall")
	b.Log(q)

	bare := h.people(min(cases/5, 20_000))
	began = time.Now()
	for part := range slices.Chunk(bare, 1000) {
		people := make([]NewPerson, len(part))
		for i, x := range part {
			people[i] = x.newPerson()
		}
		if _, err := s.LoadPeople(ctx, by, LoadPeople{People: people}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(bare))/time.Since(began).Seconds(), "uncompared/s")

	one := timesOf(300, func(i int) error {
		x := h.spoilt(people[h.IntN(len(people))])
		x.paper = ""
		_, err := s.RegisterPerson(ctx, by, RegisterPerson{Person: x.newPerson()})
		return err
	}, b)
	b.ReportMetric(one(50), "create-p50-ms")
	b.ReportMetric(one(95), "create-p95-ms")
	var f DuplicatesFilter
	page := timesOf(100, func(i int) error {
		list, err := s.ListDuplicates(ctx, by, f)
		if f.After = list.Next; i%10 == 9 {
			f = DuplicatesFilter{Below: outbreak.Path(fmt.Sprintf("/22/22%04d/", i/10))}
		}
		return err
	}, b)
	b.ReportMetric(page(50), "queue-p50-ms")
	b.ReportMetric(page(95), "queue-p95-ms")
	if l, err := s.FindLinking(ctx, by); err == nil {
		b.Logf("%+v", l)
	}
}

// timesOf does something so often, and gives its percentiles in milliseconds.
func timesOf(n int, do func(i int) error, b *testing.B) func(percent int) float64 {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return func(percent int) float64 {
		return math.Round(float64(took[min(n*percent/100, n-1)].Microseconds())/10) / 100
	}
}
