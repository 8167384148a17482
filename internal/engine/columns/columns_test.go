package columns

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The reference keeps rows as rows and does everything the plain way.

type plain struct {
	id    int64
	class string
	place string
	day   int32
	age   int32
	at    int64
}

var specs = []Spec{{"class", Word, []string{"suspected", "probable", "confirmed"}}, {"place", Word, nil}, {"day", Number, nil}, {"age", Number, nil}, {"at", Long, nil}}

const (
	class = iota
	place_
	day
	age
	at
)

func (p plain) put(t *Table) {
	row, _ := t.Put(p.id)
	t.SetWord(row, class, p.class)
	t.SetWord(row, place_, p.place)
	t.SetNumber(row, day, p.day)
	t.SetNumber(row, age, p.age)
	t.SetLong(row, at, p.at)
}

func anyRow(r *rand.Rand, id int64, places int) plain {
	p := plain{id: id, class: []string{"", "confirmed", "suspected", "other", "probable"}[r.IntN(5)], place: fmt.Sprint("place ", r.IntN(places)), day: 18000 + r.Int32N(900), age: r.Int32N(1200), at: 1_600_000_000_000 + r.Int64N(1<<33)}
	if r.IntN(9) == 0 {
		p.place = ""
	}
	if r.IntN(7) == 0 {
		p.day = Missing
	}
	if r.IntN(300) == 0 {
		p.day = -700_000 + r.Int32N(3_000_000)
	}
	if r.IntN(8) == 0 {
		p.at = 0
	}
	return p
}

var given = map[string]int{"suspected": 1, "probable": 2, "confirmed": 3}

// words compares texts as a column does; down turns it about, but for the empty one.
func words(a, b string, down bool) int {
	if a == "" || b == "" {
		return cmp.Compare(b2i(a == ""), b2i(b == ""))
	}
	c := cmp.Or(cmp.Compare(cmp.Or(given[a], 9), cmp.Or(given[b], 9)), strings.Compare(a, b))
	if down {
		c = -c
	}
	return c
}

func numbers(a, b int64, down bool) int {
	if a == math.MaxInt64 || b == math.MaxInt64 || !down {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p plain) number(col int) int64 {
	v := map[int]int64{day: int64(p.day), age: int64(p.age), at: p.at}[col]
	if v == Missing && col != at || v == 0 && col == at {
		return math.MaxInt64
	}
	return v
}

func (p plain) text(col int) string {
	if col == class {
		return p.class
	}
	return p.place
}

func before(order []Order) func(a, b plain) int {
	return func(a, b plain) int {
		for _, o := range order {
			var c int
			if o.Col <= place_ {
				c = words(a.text(o.Col), b.text(o.Col), o.Down)
			} else {
				c = numbers(a.number(o.Col), b.number(o.Col), o.Down)
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Compare(a.id, b.id)
	}
}

// someCondition gives a condition in both worlds.
func someCondition(r *rand.Rand, t *Table) (keep func(*Set), fits func(plain) bool) {
	switch r.IntN(8) {
	case 0:
		want := []string{"confirmed", "", "nothing"}[:1+r.IntN(3)]
		return func(s *Set) { t.KeepWords(s, class, t.KeepTexts(class, want)) }, func(p plain) bool { return slices.Contains(want, p.class) }
	case 1:
		want := []string{"probable", "place 3"}
		return func(s *Set) { t.KeepWords(s, class, t.KeepTexts(class, want).Not()) }, func(p plain) bool { return !slices.Contains(want, p.class) }
	case 2:
		part := fmt.Sprint("E ", r.IntN(10))
		return func(s *Set) { t.KeepWords(s, place_, t.KeepContaining(place_, part)) }, func(p plain) bool { return strings.Contains(strings.ToUpper(p.place), part) }
	case 3:
		from := int64(17900 + r.IntN(1000))
		to := from + int64(r.IntN(500)) - 20
		return func(s *Set) { t.KeepBetween(s, day, from, to) }, func(p plain) bool { return p.day != Missing && int64(p.day) >= from && int64(p.day) <= to }
	case 4:
		known := r.IntN(2) == 0
		col := []int{class, day, at}[r.IntN(3)]
		return func(s *Set) { t.KeepKnown(s, col, known) }, func(p plain) bool {
			return map[int]bool{class: p.class != "", day: p.day != Missing, at: p.at != 0}[col] == known
		}
	case 5:
		return func(s *Set) { t.KeepLess(s, age, day) }, func(p plain) bool { return p.day != Missing && p.age != Missing && p.age < p.day }
	case 6:
		from := int64(1_600_000_000_000 + r.Int64N(1<<33))
		return func(s *Set) { t.KeepBetween(s, at, from, math.MaxInt64) }, func(p plain) bool { return p.at != 0 && p.at >= from }
	}
	return func(s *Set) { t.KeepBetween(s, age, math.MinInt64, math.MaxInt64) }, func(p plain) bool { return p.age != Missing }
}

func someOrder(r *rand.Rand) (order []Order) {
	for range r.IntN(4) {
		order = append(order, Order{r.IntN(5), r.IntN(2) == 0})
	}
	return order
}

// TestATableDoesWhatRowsDo compares tables with rows kept and searched the plain way, while they change.
func TestATableDoesWhatRowsDo(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		table, rows := New(specs...), map[int64]plain{}
		var last int64
		for range 6 {
			for range r.IntN(900) {
				last += 1 + r.Int64N(5)
				id := last
				if seed%3 == 0 { // not rising
					id = 1 + r.Int64N(1<<40)
				}
				if r.IntN(5) == 0 && len(rows) > 0 {
					id = sortedIDs(rows)[r.IntN(len(rows))]
				}
				p := anyRow(r, id, 1+int(seed)*40)
				p.put(table)
				rows[id] = p
				if r.IntN(20) == 0 {
					table.Delete(id)
					delete(rows, id)
				}
			}
			then, kept := table.Snapshot(), sortedIDs(rows)
			was := map[int64]plain{}
			for _, id := range kept {
				was[id] = rows[id]
			}
			check(t, r, table, rows)
			for _, id := range kept[:len(kept)/2] { // what changes now is not seen by the snapshot
				p := anyRow(r, id, 3000)
				p.put(table)
				rows[id] = p
			}
			check(t, r, then, was)
			check(t, r, table, rows)
		}
	}
}

func sortedIDs(rows map[int64]plain) []int64 {
	ids := make([]int64, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func check(t *testing.T, r *rand.Rand, table *Table, rows map[int64]plain) {
	t.Helper()
	if table.Len() != len(rows) {
		t.Fatalf("%d rows, want %d", table.Len(), len(rows))
	}
	set, want := table.All(), make([]plain, 0, len(rows))
	for _, id := range sortedIDs(rows) {
		want = append(want, rows[id])
	}
	for range r.IntN(3) {
		keep, fits := someCondition(r, table)
		keep(set)
		want = slices.DeleteFunc(want, func(p plain) bool { return !fits(p) })
	}
	if set.Count() != len(want) {
		t.Fatalf("%d rows fit, want %d", set.Count(), len(want))
	}
	order := someOrder(r)
	slices.SortFunc(want, before(order))
	for range 4 {
		from, most := r.IntN(len(want)+3), 1+r.IntN(200)
		got := table.Window(set, order, from, most)
		expected := want[min(from, len(want)):min(from+most, len(want))]
		if len(got) != len(expected) {
			t.Fatalf("%d rows from %d of %d in the order %v, want %d", len(got), from, len(want), order, len(expected))
		}
		for i, row := range got {
			if table.ID(int(row)) != expected[i].id {
				t.Fatalf("row %d from %d in the order %v is %d, want %v", i, from, order, table.ID(int(row)), expected[i])
			}
		}
		p := anyRow(r, 1+r.Int64N(1<<41), 50) // a row that is in no table
		if len(expected) > 0 && r.IntN(2) == 0 {
			p = expected[0]
			if n := table.Before(set, order, table.KeyOf(int(got[0]), order), false); n != from {
				t.Fatalf("%d rows before row %d in the order %v", n, from, order)
			}
		}
		through := r.IntN(2) == 0
		n, fewer := table.Before(set, order, keyOf(p, order), through), 0
		for _, o := range want {
			if c := before(order)(o, p); c < 0 || c == 0 && through {
				fewer++
			}
		}
		if n != fewer {
			t.Fatalf("%d rows before %v in the order %v, want %d", n, p, order, fewer)
		}
	}
	crossed(t, table, set, want)
}

func keyOf(p plain, order []Order) Key {
	k := Key{ID: p.id}
	for _, o := range order {
		text, number := "", int64(0)
		if o.Col <= place_ {
			text = p.text(o.Col)
		} else {
			number = p.number(o.Col)
		}
		k.Texts, k.Numbers = append(k.Texts, text), append(k.Numbers, number)
	}
	return k
}

// crossed compares counts by class and week.
func crossed(t *testing.T, table *Table, set *Set, want []plain) {
	t.Helper()
	weeks := Group{Col: day, N: 130, Low: 18000, Rest: 129, Of: make([]int32, 900)}
	for i := range weeks.Of {
		weeks.Of[i] = int32(i / 7)
	}
	expected := map[[2]int]int{}
	for _, p := range want {
		week := -1
		if p.day == Missing {
			week = 129
		} else if p.day >= 18000 && p.day < 18900 {
			week = int(p.day-18000) / 7
		}
		if week >= 0 {
			expected[[2]int{slices.Index(table.Texts(class), p.class), week}]++
		}
	}
	got := table.Cross(set, table.Words(class), weeks)
	for i, n := range got {
		if n != expected[[2]int{i / 130, i % 130}] {
			t.Fatalf("%d of class %d in week %d, want %d", n, i/130, i%130, expected[[2]int{i / 130, i % 130}])
		}
	}
}

func TestADroppedColumnIsEmpty(t *testing.T) {
	table := New(specs...)
	for id := range int64(100_000) {
		plain{id: id + 1, place: fmt.Sprint(id)}.put(table)
	}
	if bytes, texts := table.WordBytes(place_); texts != 100_001 || bytes < 100_000 {
		t.Errorf("%d texts in %d bytes", texts, bytes)
	}
	table.Drop(place_)
	if got := table.Text(77, place_); got != "" {
		t.Errorf("%q is left", got)
	}
	plain{id: 5, place: "again"}.put(table)
	if row, _ := table.Row(5); table.Text(row, place_) != "again" {
		t.Error("it takes nothing in any more")
	}
}
