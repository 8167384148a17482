package columns

import "slices"

// places finds the row of an identifier: open addressing over row numbers, four bytes a slot.
type places struct {
	slots  []int32 // row + 1; 0 is free
	n      int
	shared bool // somebody else reads the slots
}

func mix(id int64) uint64 {
	x := uint64(id)
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>29
}

func (p *places) find(ids []int64, id int64) (int, bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(p.slots) - 1)
	for at := mix(id) & mask; ; at = (at + 1) & mask {
		row := p.slots[at]
		if row == 0 {
			return 0, false
		}
		if ids[row-1] == id {
			return int(row - 1), true
		}
	}
}

// add notes a row whose identifier is not there yet.
func (p *places) add(ids []int64, row int) {
	if p.n++; p.n*4 > len(p.slots)*3 {
		p.shared = false
		p.slots = make([]int32, max(64, len(p.slots)*2))
		for r := range row {
			p.put(ids, r)
		}
	}
	if p.shared {
		p.slots, p.shared = slices.Clone(p.slots), false
	}
	p.put(ids, row)
}

func (p *places) put(ids []int64, row int) {
	mask := uint64(len(p.slots) - 1)
	at := mix(ids[row]) & mask
	for p.slots[at] != 0 {
		at = (at + 1) & mask
	}
	p.slots[at] = int32(row + 1)
}
