package columns

import "math/bits"

// buckets is how many rows are counted into at a time at most: what counts them stays in the processor's second memory.
const buckets = 1 << 16

// few rows are sorted as they are.
const few = 512

// Window gives the rows that stand from one place on in the sorted list of a set, the first being 0. It does not sort the
// list: it counts how many rows fall where, and looks closer at those places alone that reach into the window.
func (t *Table) Window(s *Set, order []Order, from, most int) []int32 {
	if from < 0 {
		most, from = most+from, 0
	}
	if most <= 0 {
		return nil
	}
	if len(order) == 0 && t.rising {
		return s.run(from, most)
	}
	p := picker{t: t, keys: t.rankers(order)}
	held := buffers.Get().(*[]int32)
	defer buffers.Put(held)
	rows := s.appendRows((*held)[:0])
	*held = rows[:0]
	if from >= len(rows) {
		return nil
	}
	p.pick(rows, 0, from, min(most, len(rows)-from))
	return p.out
}

// run gives rows in their own order.
func (s *Set) run(from, most int) (rows []int32) {
	for i, w := range s.bits {
		n := bits.OnesCount64(w)
		if from >= n {
			from -= n
			continue
		}
		for ; w != 0; w &= w - 1 {
			if from > 0 {
				from--
				continue
			}
			if rows = append(rows, int32(i*64+bits.TrailingZeros64(w))); len(rows) == most {
				return rows
			}
		}
	}
	return rows
}

type picker struct {
	t    *Table
	keys []ranker
	out  []int32
}

// pick appends the rows from a place on, of rows that are equal in all columns before one.
func (p *picker) pick(rows []int32, key, from, most int) {
	switch {
	case most <= 0:
	case key == len(p.keys) && p.t.rising:
		p.out = append(p.out, rows[from:from+most]...)
	case len(rows) <= few:
		p.t.sortRows(rows, p.keys[min(key, len(p.keys)):])
		p.out = append(p.out, rows[from:from+most]...)
	case key == len(p.keys):
		p.split(rows, key, identity{p.t.ids}, 0, ^uint64(0)>>1, from, most)
	default:
		p.split(rows, key, &p.keys[key], 0, p.keys[key].last, from, most)
	}
}

// placing gives rows their places.
type placing interface {
	places(rows []int32, out []uint64)
}

// identity places rows by their identifiers.
type identity struct{ ids []int64 }

func (o identity) places(rows []int32, out []uint64) {
	for i, r := range rows {
		out[i] = uint64(o.ids[r])
	}
}

// split counts rows whose places are from low to high into buckets, and looks closer at those the window reaches into.
func (p *picker) split(rows []int32, key int, by placing, low, high uint64, from, most int) {
	if low == high {
		p.pick(rows, key+1, from, most)
		return
	}
	shift := max(bits.Len64(high-low)-bits.Len(buckets-1), 0)
	count := make([]int32, (high-low)>>shift+1)
	var at [chunk]uint64
	for part := range parts(rows) {
		by.places(part, at[:])
		for i := range part {
			count[(at[i]-low)>>shift]++
		}
	}
	first, last, before := reach(count, from, most)
	starts := make([]int32, last-first+2)
	for b := first; b <= last; b++ {
		starts[b-first+1] = starts[b-first] + count[b]
	}
	inside := rows
	if first != 0 || last != len(count)-1 || first != last {
		inside = place(rows, by, low, shift, first, last, starts)
	}
	from -= before
	for b := first; b <= last && most > 0; b++ {
		mine := inside[starts[b-first]:starts[b-first+1]]
		if len(mine) == 0 {
			continue
		}
		n := min(most, len(mine)-from)
		if shift == 0 {
			p.pick(mine, key+1, from, n)
		} else if begin := low + uint64(b)<<shift; len(mine) <= few {
			p.pick(mine, key, from, n)
		} else {
			p.split(mine, key, by, begin, min(begin+1<<shift-1, high), from, n)
		}
		from, most = 0, most-n
	}
}

// reach gives the first and the last bucket a window reaches into, and how many rows are before the first.
func reach(count []int32, from, most int) (first, last, before int) {
	for before+int(count[first]) <= from {
		before += int(count[first])
		first++
	}
	n := before
	for last = first; n+int(count[last]) < from+most; last++ {
		n += int(count[last])
	}
	return first, last, before
}

// place gathers the rows of some buckets, one bucket behind the other, each in the order the rows had.
func place(rows []int32, by placing, low uint64, shift, first, last int, starts []int32) []int32 {
	inside := make([]int32, starts[len(starts)-1])
	next := append([]int32(nil), starts...)
	var at [chunk]uint64
	width := uint64(last - first)
	for part := range parts(rows) {
		by.places(part, at[:])
		for i, r := range part {
			b := (at[i]-low)>>shift - uint64(first)
			if b <= width {
				inside[next[b]] = r
				next[b]++
			}
		}
	}
	return inside
}

func parts(rows []int32) func(func([]int32) bool) {
	return func(yield func([]int32) bool) {
		for len(rows) > 0 {
			n := min(chunk, len(rows))
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}
