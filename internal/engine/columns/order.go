package columns

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// Order sorts by a column. What is not known comes last in either direction.
type Order struct {
	Col  int
	Down bool
}

// Key is where a row stands in an order: what it has in each column that is sorted by, and its identifier, which comes last.
type Key struct {
	Texts   []string // of words
	Numbers []int64  // of everything else; not known: math.MaxInt64
	ID      int64
}

// ranker gives each row its place by one column; equal ones have the same.
type ranker struct {
	c    *column
	down bool
	rank []uint64 // of words, by code, with the direction in it
	last uint64   // what is not known
}

func (t *Table) ranker(o Order) ranker {
	k := ranker{c: t.cols[o.Col], down: o.Down}
	if k.c.Kind != Word {
		if k.c.low <= k.c.high {
			k.last = uint64(k.c.high-k.c.low) + 1
		}
		return k
	}
	ranks := k.c.dict.ranks().rank
	k.last = uint64(len(ranks) - 1)
	k.rank = make([]uint64, len(ranks))
	for code, r := range ranks {
		k.rank[code] = k.turn(uint64(r))
	}
	return k
}

// turn puts the direction into a place; the last one stays the last.
func (k *ranker) turn(r uint64) uint64 {
	if k.down && r != k.last {
		return k.last - 1 - r
	}
	return r
}

// places writes the place of each row.
func (k *ranker) places(rows []int32, out []uint64) {
	out = out[:len(rows)]
	switch c := k.c; {
	case c.Kind == Word && c.codes.width == 0:
		for i, r := range rows {
			out[i] = k.rank[c.codes.bytes8[r]]
		}
	case c.Kind == Word && c.codes.width == 1:
		for i, r := range rows {
			out[i] = k.rank[c.codes.bytes16[r]]
		}
	case c.Kind == Word:
		for i, r := range rows {
			out[i] = k.rank[c.codes.bytes32[r]]
		}
	case c.Kind == Number && !k.down:
		for i, r := range rows {
			v := c.numbers[r]
			p := uint64(int64(v) - c.low)
			if v == Missing {
				p = k.last
			}
			out[i] = p
		}
	case c.Kind == Number:
		for i, r := range rows {
			v := c.numbers[r]
			p := uint64(c.high - int64(v))
			if v == Missing {
				p = k.last
			}
			out[i] = p
		}
	default:
		for i, r := range rows {
			out[i] = k.long(c.longs[r])
		}
	}
}

func (k *ranker) long(v int64) uint64 {
	switch {
	case v == 0:
		return k.last
	case k.down:
		return uint64(k.c.high - v)
	}
	return uint64(v - k.c.low)
}

func (k *ranker) at(row int32) uint64 {
	var one [1]uint64
	k.places([]int32{row}, one[:])
	return one[0]
}

// KeyOf gives where a row stands.
func (t *Table) KeyOf(row int, order []Order) (k Key) {
	k.ID = t.ids[row]
	for _, o := range order {
		text, number := "", int64(math.MaxInt64)
		switch c := t.cols[o.Col]; {
		case c.Kind == Word:
			text = t.Text(row, o.Col)
		case c.Kind == Number && c.numbers[row] != Missing:
			number = int64(c.numbers[row])
		case c.Kind == Long && c.longs[row] != 0:
			number = c.longs[row]
		}
		k.Texts, k.Numbers = append(k.Texts, text), append(k.Numbers, number)
	}
	return k
}

// span is what a value of a key is among the places: those from low on are at or behind it, those from high on are behind it.
func (k *ranker) span(text string, number int64) (low, high uint64) {
	if k.c.Kind == Word {
		if text == "" {
			return k.last, k.last + 1
		}
		r, there := k.c.dict.place(text)
		switch {
		case there:
			return k.turn(uint64(r)), k.turn(uint64(r)) + 1
		case k.down: // before r going up is behind it going down
			return k.last - uint64(r), k.last - uint64(r)
		}
		return uint64(r), uint64(r)
	}
	switch {
	case number == math.MaxInt64:
		return k.last, k.last + 1
	case k.last == 0:
		return 0, 0
	case k.down && number > k.c.high, !k.down && number < k.c.low:
		return 0, 0
	case k.down && number < k.c.low, !k.down && number > k.c.high:
		return k.last, k.last
	case k.down:
		return uint64(k.c.high - number), uint64(k.c.high-number) + 1
	}
	return uint64(number - k.c.low), uint64(number-k.c.low) + 1
}

// Before counts the rows of a set that stand before a key; with the row of the key itself when it is there and through is set.
func (t *Table) Before(s *Set, order []Order, key Key, through bool) (n int) {
	keys := t.rankers(order)
	lows, highs := make([]uint64, len(keys)), make([]uint64, len(keys))
	for i := range keys {
		lows[i], highs[i] = keys[i].span(key.Texts[i], key.Numbers[i])
	}
	var first [chunk]uint64
	s.chunks(func(rows []int32) {
		if len(keys) == 0 {
			n += t.upto(rows, key.ID, through)
			return
		}
		keys[0].places(rows, first[:])
		for i, r := range rows {
			switch p := first[i]; {
			case p < lows[0]:
				n++
			case p < highs[0]:
				if t.stands(r, keys[1:], lows[1:], highs[1:], key.ID, through) {
					n++
				}
			}
		}
	})
	return n
}

func (t *Table) stands(row int32, keys []ranker, lows, highs []uint64, id int64, through bool) bool {
	for i := range keys {
		switch p := keys[i].at(row); {
		case p < lows[i]:
			return true
		case p >= highs[i]:
			return false
		}
	}
	return t.ids[row] < id || through && t.ids[row] == id
}

func (t *Table) upto(rows []int32, id int64, through bool) (n int) {
	for _, r := range rows {
		if t.ids[r] < id || through && t.ids[r] == id {
			n++
		}
	}
	return n
}

func (t *Table) rankers(order []Order) []ranker {
	keys := make([]ranker, 0, len(order))
	for _, o := range order {
		keys = append(keys, t.ranker(o))
	}
	return keys
}

// chunk is how many rows are looked at together, so that what is noted of them stays in the processor's own memory.
const chunk = 2048

// chunks gives the rows of a set in parts.
func (s *Set) chunks(do func(rows []int32)) {
	var rows [chunk]int32
	n := 0
	for i, w := range s.bits {
		if w == 0 {
			continue
		}
		if n > chunk-64 {
			do(rows[:n])
			n = 0
		}
		base := int32(i * 64)
		if w == ^uint64(0) {
			for j := range int32(64) {
				rows[n+int(j)] = base + j
			}
			n += 64
			continue
		}
		for ; w != 0; w &= w - 1 {
			rows[n] = base + int32(bits.TrailingZeros64(w))
			n++
		}
	}
	if n > 0 {
		do(rows[:n])
	}
}

// buffers are lent to who sorts.
var buffers = sync.Pool{New: func() any { return new([]int32) }}

func (t *Table) compare(keys []ranker, a, b int32) int {
	for i := range keys {
		if c := cmp.Compare(keys[i].at(a), keys[i].at(b)); c != 0 {
			return c
		}
	}
	return cmp.Compare(t.ids[a], t.ids[b])
}

// sortRows sorts few rows.
func (t *Table) sortRows(rows []int32, keys []ranker) {
	slices.SortFunc(rows, func(a, b int32) int { return t.compare(keys, a, b) })
}
