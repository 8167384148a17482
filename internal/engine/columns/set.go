package columns

import (
	"math/bits"
	"slices"
)

// Set is some rows of a table, a bit for each.
type Set struct {
	bits []uint64
	rows int
}

// All is every row.
func (t *Table) All() *Set {
	s := &Set{bits: make([]uint64, (len(t.ids)+63)/64), rows: len(t.ids)}
	for i := range s.bits {
		s.bits[i] = ^t.dead[i]
	}
	if over := len(t.ids) % 64; over != 0 {
		s.bits[len(s.bits)-1] &= 1<<over - 1
	}
	return s
}

// None is no row, to be filled.
func (t *Table) None() *Set { return &Set{bits: make([]uint64, (len(t.ids)+63)/64), rows: len(t.ids)} }

// Count is how many rows there are.
func (s *Set) Count() (n int) {
	for _, w := range s.bits {
		n += bits.OnesCount64(w)
	}
	return n
}

// Has tells whether a row is in it.
func (s *Set) Has(row int) bool { return row < s.rows && s.bits[row/64]>>(row%64)&1 == 1 }

// Put takes a row in.
func (s *Set) Put(row int) { s.bits[row/64] |= 1 << (row % 64) }

// And keeps what is in another set of the same table too.
func (s *Set) And(o *Set) {
	for i := range s.bits {
		s.bits[i] &= o.bits[i]
	}
}

// Or takes in what is in another set of the same table.
func (s *Set) Or(o *Set) {
	for i := range s.bits {
		s.bits[i] |= o.bits[i]
	}
}

// Without takes out what is in another set of the same table.
func (s *Set) Without(o *Set) {
	for i := range s.bits {
		s.bits[i] &^= o.bits[i]
	}
}

// Clone is the same rows again.
func (s *Set) Clone() *Set { return &Set{bits: append([]uint64(nil), s.bits...), rows: s.rows} }

// appendRows appends the rows, in their order.
func (s *Set) appendRows(rows []int32) []int32 {
	n := len(rows)
	rows = slices.Grow(rows, s.Count())[:n+s.Count()]
	for i, w := range s.bits {
		base := int32(i * 64)
		if w == ^uint64(0) {
			all := rows[n : n+64]
			for j := range all {
				all[j] = base + int32(j)
			}
			n += 64
			continue
		}
		for ; w != 0; w &= w - 1 {
			rows[n] = base + int32(bits.TrailingZeros64(w))
			n++
		}
	}
	return rows
}

// Each calls do for every row, in their order.
func (s *Set) Each(do func(row int)) {
	for i, w := range s.bits {
		for ; w != 0; w &= w - 1 {
			do(i*64 + bits.TrailingZeros64(w))
		}
	}
}

func trailing(w uint64) int { return bits.TrailingZeros64(w) }
