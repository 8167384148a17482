package linkage_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"unicode"

	"github.com/mozillazg/go-pinyin"

	"breakwater/internal/engine/linkage"
)

// record is a row as the house would hand it in: folded, with all readings of a name.
func record(c citizen) linkage.Record {
	r := linkage.Record{Birth: linkage.Date{Year: c.year, Month: c.month, Day: c.day}, Sex: c.sex, Phone: c.phone, DocumentKind: c.kind, Document: c.document, Area: c.area()}
	if c.home != 0 && r.Area != "" {
		r.Household = fmt.Sprint(c.home)
	}
	r.Name.Words = strings.Fields(strings.ToLower(c.name()))
	whole := strings.Join(r.Name.Words, "")
	if whole != "" && !strings.ContainsFunc(whole, func(c rune) bool { return !unicode.Is(unicode.Han, c) }) {
		r.Name.Readings = readings(whole)
	}
	return r
}

func readings(name string) []string {
	args := pinyin.NewArgs()
	args.Heteronym = true
	all := []string{""}
	for _, c := range name {
		var next []string
		for _, s := range pinyin.SinglePinyin(c, args) {
			for _, a := range all {
				if len(next) < 8 {
					next = append(next, a+s)
				}
			}
		}
		if next != nil {
			all = next
		}
	}
	return all
}

func records(list []citizen) []linkage.Record {
	all := make([]linkage.Record, len(list))
	for i, c := range list {
		all[i] = record(c)
	}
	return all
}

// measured is how well pairs were found.
type measured struct{ precision, recall, looked, blocked float64 }

func measure(r *linkage.Result, a, b []citizen) (m measured) {
	at := map[int]int{}
	for i, c := range a {
		at[c.person] = i
	}
	there := 0
	for _, c := range b {
		if _, is := at[c.person]; is {
			there++
		}
	}
	right, worth := 0, 0
	for _, p := range r.Linked() {
		if a[p.A].person == b[p.B].person {
			right++
		}
	}
	for _, p := range r.Pairs {
		if a[p.A].person == b[p.B].person {
			worth++
		}
	}
	return measured{float64(right) / float64(len(r.Linked())), float64(right) / float64(there), float64(worth) / float64(there), float64(len(r.Pairs)-len(r.Linked())) / float64(there)}
}

// TestLinkingACorruptedCopy is the promise: precision at least 0.97 and recall at least 0.95 at the default threshold.
func TestLinkingACorruptedCopy(t *testing.T) {
	for seed := range uint64(4) {
		a, b := newTown(seed).lists(3000)
		r := linkage.Link(records(a), records(b), linkage.Options{})
		m := measure(r, a, b)
		t.Logf("seed %d: %d and %d records, %d pairs compared, link at %.1f bits: precision %.4f (itself %.4f), recall %.4f (itself %.4f), with review %.4f",
			seed, len(a), len(b), r.Compared, r.Model.Link, m.precision, r.ExpectedPrecision, m.recall, r.ExpectedRecall, m.looked)
		if m.precision < .97 || m.recall < .95 {
			t.Errorf("seed %d: precision %.4f, recall %.4f", seed, m.precision, m.recall)
		}
	}
}

// TestTwinsNamesakesAndScarceFields counts the hard ones: lists without documents, then without telephones too, and how many of
// the people who are in one list alone were taken for a twin, a relative or a namesake of the other.
func TestTwinsNamesakesAndScarceFields(t *testing.T) {
	for _, c := range []struct {
		name              string
		rough             float64
		strip             func(*linkage.Record)
		precision, recall float64
		twins             int // that may be made one
	}{
		{"all fields", 1, func(*linkage.Record) {}, .97, .95, 3},
		{"twice as many mistakes", 2, func(*linkage.Record) {}, .97, .95, 5},
		{"no documents", 1, func(r *linkage.Record) { r.Document = "" }, .97, .95, 5},
		{"names, births and areas", 1, func(r *linkage.Record) { r.Document, r.Phone, r.Household = "", "", "" }, .96, .95, 15},
	} {
		town := newTown(11)
		town.rough = c.rough
		a, b := town.lists(3000)
		first, second := records(a), records(b)
		for _, list := range [][]linkage.Record{first, second} {
			for i := range list {
				c.strip(&list[i])
			}
		}
		r := linkage.Link(first, second, linkage.Options{})
		m := measure(r, a, b)
		twins := 0
		for _, p := range r.Linked() {
			x, y := a[p.A], b[p.B]
			if x.person != y.person && x.year == y.year && x.month == y.month && x.day == y.day && x.home == y.home {
				twins++
			}
		}
		t.Logf("%s: precision %.4f, recall %.4f, with review %.4f (%.2f more pairs to look at for each true one); twins made one: %d", c.name, m.precision, m.recall, m.looked, m.blocked, twins)
		if m.precision < c.precision || m.recall < c.recall || twins > c.twins {
			t.Errorf("%s: precision %.4f, recall %.4f, twins made one %d", c.name, m.precision, m.recall, twins)
		}
	}
}

// TestFindingDuplicatesInOneList puts both lists together.
func TestFindingDuplicatesInOneList(t *testing.T) {
	a, b := newTown(21).lists(2000)
	all := append(a, b...)
	count, there := map[int]int{}, 0
	for _, c := range all {
		there += count[c.person]
		count[c.person]++
	}
	r := linkage.Dedupe(records(all), linkage.Options{})
	right := 0
	for _, p := range r.Linked() {
		if all[p.A].person == all[p.B].person {
			right++
		}
	}
	precision, recall := float64(right)/float64(len(r.Linked())), float64(right)/float64(there)
	t.Logf("%d records, %d pairs compared: precision %.4f, recall %.4f", len(all), r.Compared, precision, recall)
	if precision < .97 || recall < .95 {
		t.Errorf("precision %.4f, recall %.4f", precision, recall)
	}
}

// TestTheWeightsAreThoseOfTheData compares what was estimated without the truth with how true pairs agree.
func TestTheWeightsAreThoseOfTheData(t *testing.T) {
	a, b := newTown(22).lists(3000)
	x, y := records(a), records(b)
	r := linkage.Link(x, y, linkage.Options{})
	at := map[int]int{}
	for i, c := range a {
		at[c.person] = i
	}
	seen := map[linkage.Field]map[string]float64{}
	known := map[linkage.Field]float64{}
	for j, c := range b {
		i, is := at[c.person]
		if !is {
			continue
		}
		for _, e := range r.Model.Compare(x[i], y[j]).Fields {
			if e.Level == "missing" {
				continue
			}
			if seen[e.Field] == nil {
				seen[e.Field] = map[string]float64{}
			}
			seen[e.Field][e.Level]++
			known[e.Field]++
		}
	}
	for _, f := range linkage.Fields() {
		for l, got := range r.Model.Classes[linkage.One].Levels[f] {
			name := f.LevelName(linkage.Level(l))
			if want := seen[f][name] / known[f]; got < want-.02 || got > want+.02 {
				t.Errorf("%s %s: estimated in %.3f of true pairs, is in %.3f", f, name, got, want)
			}
		}
	}
	if want := float64(len(at)); r.Model.Classes[linkage.One].Share*float64(len(a))*float64(len(b)) > want {
		t.Errorf("%.0f pairs expected of %.0f people", r.Model.Classes[linkage.One].Share*float64(len(a))*float64(len(b)), want)
	}
}

// TestThePopulationKnowsNothingOfTheMatcher reads what the generator imports.
func TestThePopulationKnowsNothingOfTheMatcher(t *testing.T) {
	for _, file := range []string{"population_test.go", "corruption_test.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if strings.Contains(i.Path.Value, ".") || strings.Contains(i.Path.Value, "breakwater") {
				t.Errorf("%s imports %s", file, i.Path.Value)
			}
		}
	}
}
