package linkage

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// KeyKind says what people share that are compared with each other.
type KeyKind string

// Key is something two records share before they are compared: equal keys are looked up, nothing else is.
type Key struct {
	Kind KeyKind
	Text string
}

// Keys gives the keys of a record. A store keeps them as keyed digests and finds candidates for a new record by them, the same
// pairs that Link and Dedupe find.
func Keys(r Record) []Key { return keysOf(prepare(r)) }

func keysOf(r *ready) (list []Key) {
	add := func(kind KeyKind, text string) {
		if k := (Key{kind, text}); !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	if len(r.Document) >= 5 && !slices.Contains([]rune(r.Document), '*') {
		add("document", r.Document)
	}
	if n := len(r.Phone); n >= fullPhone {
		add("phone", r.Phone[n-fullPhone:])
	}
	if r.Household != "" && r.Area != "" {
		add("household", r.Area+" "+r.Household)
	}
	nameKeys(r, add)
	if r.Birth.whole() {
		day := r.Birth.anyOrder()
		for _, i := range initials(r) {
			add("birth, initial", day+" "+i)
		}
		if r.Area != "" {
			add("birth, area", day+" "+r.Area)
		}
	}
	return list
}

// nameKeys gives the ways a name is found by; a name alone would lead to all of its namesakes.
func nameKeys(r *ready, add func(KeyKind, string)) {
	if len(r.runes) < 2 {
		return
	}
	add("name", r.mixed)
	ways := append([]string{r.mixed}, r.sounds...)
	if len(r.codes) > 1 {
		ways = append(ways, fmt.Sprint(r.codes))
	}
	for _, w := range ways {
		if r.Birth.Year != 0 {
			add("name, year", w+" "+strconv.Itoa(r.Birth.Year))
		}
		if r.Birth.whole() {
			add("name, day", fmt.Sprintf("%s %d %d", w, min(r.Birth.Month, r.Birth.Day), max(r.Birth.Month, r.Birth.Day)))
		}
		if r.Area != "" {
			add("name, area", w+" "+r.Area)
		}
	}
}

// anyOrder writes a date so that day and month exchanged are the same.
func (d Date) anyOrder() string {
	return fmt.Sprintf("%04d %02d %02d", d.Year, min(d.Month, d.Day), max(d.Month, d.Day))
}

// initials are the letters the words of a name, or its readings, begin with.
func initials(r *ready) (all []string) {
	words := r.Name.Words
	if r.han {
		words = r.sounds
	}
	for _, w := range words {
		if i := string([]rune(w)[:1]); w != "" && !slices.Contains(all, i) {
			all = append(all, i)
		}
	}
	return all
}

// Crowd is a key that so many records share that they were not compared because of it.
type Crowd struct {
	Kind    KeyKind `json:"kind"`
	Records int     `json:"records"`
	Pairs   int     `json:"pairs"` // that this key alone would have led to
}

// index finds the records that share a key.
type index struct {
	entries []entry
	keys    [][]uint64 // by record, in order, crowded ones left out
	crowds  []Crowd
}

type entry struct {
	key    uint64
	record int32
	kind   uint8
}

func newIndex(people []*ready, most int) *index {
	x := &index{keys: make([][]uint64, len(people))}
	var kinds []KeyKind
	for i, p := range people {
		for _, k := range keysOf(p) {
			kind := slices.Index(kinds, k.Kind)
			if kind < 0 {
				kind = len(kinds)
				kinds = append(kinds, k.Kind)
			}
			x.entries = append(x.entries, entry{digest(string(k.Kind), k.Text), int32(i), uint8(kind)})
		}
	}
	slices.SortFunc(x.entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.record, b.record)) })
	kept := x.entries[:0]
	for block := range blocks(x.entries) {
		n := len(block)
		if n > most {
			x.crowds = append(x.crowds, Crowd{kinds[block[0].kind], n, n * (n - 1) / 2})
			continue
		}
		for _, e := range block {
			x.keys[e.record] = append(x.keys[e.record], e.key) // in order: blocks come in the order of their keys
		}
		kept = append(kept, block...)
	}
	x.entries = kept
	slices.SortFunc(x.crowds, func(a, b Crowd) int { return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Kind, b.Kind)) })
	return x
}

// blocks gives runs of entries of one key.
func blocks(entries []entry) func(yield func([]entry) bool) {
	return func(yield func([]entry) bool) {
		for from := 0; from < len(entries); {
			to := from + 1
			for to < len(entries) && entries[to].key == entries[from].key {
				to++
			}
			if !yield(entries[from:to]) {
				return
			}
			from = to
		}
	}
}

// pairs gives each pair of records that share a key once: at the first key they share. No set of pairs is kept for it.
func (x *index) pairs(may func(a, b int32) bool, each func(a, b int32)) {
	for block := range blocks(x.entries) {
		for i, e := range block {
			for _, f := range block[i+1:] {
				if e.record != f.record && may(e.record, f.record) && firstShared(x.keys[e.record], x.keys[f.record]) == e.key {
					each(e.record, f.record)
				}
			}
		}
	}
}

func firstShared(a, b []uint64) uint64 {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			return a[i]
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return 0
}
