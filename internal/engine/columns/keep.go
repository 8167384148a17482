package columns

import "strings"

// Keep says for each text of a column, by its code, whether its rows stay; code 0 is not known.
type Keep []uint8

// KeepNone keeps nothing of a column yet.
func (t *Table) KeepNone(col int) Keep { return make(Keep, len(t.cols[col].dict.texts)) }

// Text keeps a text as well; one that is in no row changes nothing.
func (t *Table) keepText(k Keep, col int, text string) {
	if code, known := t.cols[col].dict.code(text); known {
		k[code] = 1
	}
}

// KeepTexts keeps the rows with some texts; the empty text is what is not known.
func (t *Table) KeepTexts(col int, texts []string) Keep {
	k := t.KeepNone(col)
	for _, text := range texts {
		t.keepText(k, col, text)
	}
	return k
}

// KeepWhere keeps the rows whose text fits.
func (t *Table) KeepWhere(col int, fits func(text string) bool) Keep {
	k := t.KeepNone(col)
	for code, text := range t.cols[col].dict.texts {
		if fits(text) {
			k[code] = 1
		}
	}
	return k
}

// KeepContaining keeps the rows whose text has a part, whatever its case.
func (t *Table) KeepContaining(col int, part string) Keep {
	part = strings.ToLower(part)
	return t.KeepWhere(col, func(text string) bool { return text != "" && strings.Contains(strings.ToLower(text), part) })
}

// Not keeps what was not kept.
func (k Keep) Not() Keep {
	for i := range k {
		k[i] ^= 1
	}
	return k
}

// KeepWords keeps of a set the rows whose text is kept.
func (t *Table) KeepWords(s *Set, col int, k Keep) {
	switch c := &t.cols[col].codes; c.width {
	case 0:
		var all [256]uint8
		copy(all[:], k)
		keepBytes(s.bits, c.bytes8, &all)
	case 1:
		keepCodes(s.bits, c.bytes16, k)
	default:
		keepCodes(s.bits, c.bytes32, k)
	}
}

func keepBytes(set []uint64, codes []uint8, k *[256]uint8) {
	for i, w := range set {
		if w == 0 {
			continue
		}
		var m uint64
		for j, c := range part(codes, i) {
			m |= uint64(k[c]) << (j & 63)
		}
		set[i] = w & m
	}
}

func keepCodes[C uint16 | uint32](set []uint64, codes []C, k Keep) {
	for i, w := range set {
		if w == 0 {
			continue
		}
		var m uint64
		for j, c := range part(codes, i) {
			m |= uint64(k[c]) << (j & 63)
		}
		set[i] = w & m
	}
}

// part gives the values of the rows of one word of a set.
func part[V any](values []V, word int) []V {
	return values[word*64 : min(word*64+64, len(values))]
}

// KeepPairs keeps of a set the rows whose texts in two columns go together: keep[a] says which codes of the second column stay
// for code a of the first; nil keeps none.
func (t *Table) KeepPairs(s *Set, first, second int, keep []Keep) {
	a, b := &t.cols[first].codes, &t.cols[second].codes
	s.filter(func(row int) bool {
		k := keep[a.at(row)]
		return k != nil && k[b.at(row)] == 1
	})
}

// KeepBetween keeps of a set the rows whose number is from one to another, both included.
func (t *Table) KeepBetween(s *Set, col int, from, to int64) {
	c := t.cols[col]
	if c.Kind == Long {
		s.filter(func(row int) bool { v := c.longs[row]; return v != 0 && v >= from && v <= to })
		return
	}
	low, high := int32(min(max(from, Missing+1), 1<<31-1)), int32(max(min(to, 1<<31-1), Missing+1))
	if from > 1<<31-1 || to <= Missing {
		s.empty()
		return
	}
	span := uint32(high - low)
	if high < low {
		s.empty()
		return
	}
	for i, w := range s.bits {
		if w == 0 {
			continue
		}
		var m uint64
		for j, v := range part(c.numbers, i) {
			var in uint64
			if uint32(v-low) <= span { // which what is not known never is
				in = 1
			}
			m |= in << (j & 63)
		}
		s.bits[i] = w & m
	}
}

// KeepKnown keeps of a set the rows in which something is known in a column, or with known false the others.
func (t *Table) KeepKnown(s *Set, col int, known bool) {
	switch c := t.cols[col]; c.Kind {
	case Word:
		k := t.KeepTexts(col, []string{""})
		if known {
			k = k.Not()
		}
		t.KeepWords(s, col, k)
	case Number:
		s.filter(func(row int) bool { return (c.numbers[row] != Missing) == known })
	case Long:
		s.filter(func(row int) bool { return (c.longs[row] != 0) == known })
	}
}

// KeepLongs keeps of a set the rows whose long number is one of some.
func (t *Table) KeepLongs(s *Set, col int, values map[int64]bool) {
	longs := t.cols[col].longs
	s.filter(func(row int) bool { return values[longs[row]] })
}

// KeepNumbers keeps of a set the rows whose number is one of some.
func (t *Table) KeepNumbers(s *Set, col int, values map[int32]bool) {
	numbers := t.cols[col].numbers
	s.filter(func(row int) bool { return values[numbers[row]] })
}

// KeepIDs keeps of a set the rows with some identifiers.
func (t *Table) KeepIDs(s *Set, ids []int64) {
	few := t.None()
	for _, id := range ids {
		if row, ok := t.Row(id); ok {
			few.Put(row)
		}
	}
	s.And(few)
}

// KeepLess keeps of a set the rows in which both of two numbers are known and the first is less than the second.
func (t *Table) KeepLess(s *Set, first, second int) {
	a, b := t.cols[first].numbers, t.cols[second].numbers
	s.filter(func(row int) bool { return a[row] < b[row] && a[row] != Missing && b[row] != Missing })
}

func (s *Set) empty() { clear(s.bits) }

// filter keeps the rows that fit.
func (s *Set) filter(fits func(row int) bool) {
	for i, w := range s.bits {
		m := w
		for ; w != 0; w &= w - 1 {
			if low := w & -w; !fits(i*64 + trailing(w)) {
				m &^= low
			}
		}
		s.bits[i] = m
	}
}
