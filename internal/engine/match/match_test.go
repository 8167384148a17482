package match_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"breakwater/internal/engine/match"
)

func row(levels ...[]uint64) match.Row { return levels }

func one(k uint64) []uint64 { return []uint64{k} }

func TestARowIsFoundByTheSurestKey(t *testing.T) {
	here := []match.Row{
		row(one(1), one(11), one(21), one(31)),
		row(nil, one(12), one(22), one(32)),
		row(nil, nil, one(23), one(33)),
		row(nil, nil, nil, []uint64{34, 35}),
	}
	there := []match.Row{
		row(one(1), one(12)),        // the number goes before the document
		row(nil, one(12), one(22)),  // by document
		row(nil, nil, one(23)),      // by telephone and name
		row(nil, nil, nil, one(35)), // by one of two ways a name is read
		row(nil, nil, nil, one(99)),
	}
	want := []match.Found{{Here: 0, Level: 0}, {Here: 1, Level: 1}, {Here: 2, Level: 2}, {Here: 3, Level: 3}, {Here: match.None}}
	if got := match.Pairs(here, there, 4, 2); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestWhatPointsAtSeveralIsNotDecided(t *testing.T) {
	here := []match.Row{row(nil, nil, nil, one(5)), row(nil, nil, nil, one(5)), row(nil, nil, nil, one(6)), row(one(9))}
	there := []match.Row{
		row(nil, nil, nil, one(5)), // two here
		row(nil, nil, nil, one(6)), // two there
		row(nil, nil, nil, one(6)),
		row(one(9)), row(one(9)), // the same number twice: one thing
	}
	want := []match.Found{{Here: match.None, Rivals: 2}, {Here: match.None, Rivals: 2}, {Here: match.None, Rivals: 2}, {Here: 3}, {Here: 3, Again: true}}
	if got := match.Pairs(here, there, 4, 2); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestASecondRowWithTheDocumentOfAPairRepeatsIt(t *testing.T) {
	here := []match.Row{row(one(1), one(11))}
	there := []match.Row{row(one(2), one(11)), row(one(1), nil)}
	want := []match.Found{{Here: 0, Level: 1, Again: true}, {Here: 0}}
	if got := match.Pairs(here, there, 4, 2); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// lists makes two lists of n rows that share most people: each level of keys is missing in some.
func lists(n int, seed uint64) (here, there []match.Row) {
	chance := rand.New(rand.NewPCG(seed, 1))
	make1 := func(person uint64) match.Row {
		r := make(match.Row, 4)
		for level, known := range []float64{.5, .7, .8, .95} {
			if chance.Float64() < known {
				r[level] = one(person<<3 | uint64(level))
			}
		}
		return r
	}
	for i := range n {
		here = append(here, make1(uint64(i)+1))
		there = append(there, make1(uint64(i+n/20)+1))
	}
	chance.Shuffle(n, func(i, j int) { there[i], there[j] = there[j], there[i] })
	return here, there
}

// naive compares every row with every other, level by level: what Pairs has to come to.
func naive(here, there []match.Row, levels, sure int) []match.Found {
	found := make([]match.Found, len(there))
	taken := make([]bool, len(here))
	for i := range found {
		found[i].Here = match.None
	}
	shares := func(a, b match.Row, level int) bool {
		return slices.ContainsFunc(b[level], func(k uint64) bool { return slices.Contains(a[level], k) })
	}
	for level := range levels {
		points := map[int][]int{}
		for i := range there {
			if found[i].Here != match.None {
				continue
			}
			var may []int
			for j := range here {
				if (level < sure || !taken[j]) && shares(here[j], there[i], level) {
					may = append(may, j)
				}
			}
			if len(may) == 1 {
				points[may[0]] = append(points[may[0]], i)
			} else if len(may) > 1 {
				found[i].Rivals = len(may)
			}
		}
		for j, rows := range points {
			for n, i := range rows {
				if len(rows) > 1 && level >= sure {
					found[i].Rivals = len(rows)
				} else {
					found[i] = match.Found{Here: j, Level: level, Again: n > 0 || taken[j]}
				}
			}
			taken[j] = taken[j] || len(rows) == 1 || level < sure
		}
	}
	return found
}

func TestPairsAreThoseOfComparingAllWithAll(t *testing.T) {
	for seed := range uint64(20) {
		here, there := lists(200, seed)
		chance := rand.New(rand.NewPCG(seed, 2))
		for range 40 { // keys that several share
			from := here[chance.IntN(200)]
			list := [][]match.Row{here, there}[chance.IntN(2)]
			list[chance.IntN(200)][chance.IntN(4)] = from[chance.IntN(4)]
		}
		for i := range here { // levels never share a key
			for l := range here[i] {
				here[i][l] = leveled(here[i][l], l)
				there[i][l] = leveled(there[i][l], l)
			}
		}
		if got, want := match.Pairs(here, there, 4, 2), naive(here, there, 4, 2); !slices.Equal(got, want) {
			t.Fatalf("seed %d: Pairs and comparing all with all differ", seed)
		}
	}
}

func leveled(list []uint64, level int) (out []uint64) {
	for _, k := range list {
		out = append(out, k&^7|uint64(level))
	}
	return out
}

// BenchmarkPairs pairs two lists of 100,000, and says how much faster that is than comparing all with all, which is measured on
// lists of 3,000 and grows with the square.
func BenchmarkPairs(b *testing.B) {
	const size, small = 100_000, 3_000
	here, there := lists(small, 1)
	began := time.Now()
	naive(here, there, 4, 2)
	slow := time.Since(began).Seconds() * (size / small) * (size / small)
	here, there = lists(size, 1)
	b.ResetTimer()
	paired := 0
	for b.Loop() {
		paired = 0
		for _, f := range match.Pairs(here, there, 4, 2) {
			if f.Here != match.None {
				paired++
			}
		}
	}
	if paired < size*8/10 {
		b.Fatalf("only %d pairs", paired)
	}
	took := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(took*1e3, "ms/run")
	b.ReportMetric(slow/took, "times_faster_than_all_with_all")
	b.Logf("%d pairs of two lists of %d in %.2f s; comparing all with all would take about %.0f s", paired, size, took, slow)
}
