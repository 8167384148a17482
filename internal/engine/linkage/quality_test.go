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
		strip             func(*linkage.Record)
		precision, recall float64
	}{
		{"all fields", func(*linkage.Record) {}, .97, .95},
		{"no documents", func(r *linkage.Record) { r.Document = "" }, .97, .93},
		{"names, births and areas", func(r *linkage.Record) { r.Document, r.Phone, r.Household = "", "", "" }, .95, .85},
	} {
		a, b := newTown(11).lists(3000)
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
		if m.precision < c.precision || m.recall < c.recall {
			t.Errorf("%s: precision %.4f, recall %.4f", c.name, m.precision, m.recall)
		}
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
