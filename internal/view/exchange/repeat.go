package exchange

import "hash/maphash"

// fingerprints remembers the rows seen, in a table of bounded size: 12 bytes for a key and what stood under it.
type fingerprints struct {
	seed   maphash.Seed
	keys   []uint64
	said   []uint32
	count  int
	most   int
	beyond int // rows that came after the table was full: not compared
}

// sighting is what a row is beside the rows before it.
type sighting int

const (
	fresh   sighting = iota
	again            // the same row stood before
	differs          // the same thing stood before and something else was said of it
)

func newFingerprints(most int) *fingerprints {
	return &fingerprints{seed: maphash.MakeSeed(), keys: make([]uint64, 1<<12), said: make([]uint32, 1<<12), most: most}
}

// see looks a row up and remembers it.
func (p *fingerprints) see(r *row) sighting {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for f := fieldCode; f < fieldCount; f++ {
		_, _ = h.WriteString(r.cells[f])
		_ = h.WriteByte(0)
	}
	whole := h.Sum64()
	key := whole
	if parts := r.scan.shape.key(r); parts != nil {
		h.Reset()
		for _, s := range parts {
			_, _ = h.WriteString(s)
			_ = h.WriteByte(0)
		}
		key = h.Sum64()
	}
	key |= 1 // 0 is an empty slot
	at := p.slot(key)
	switch {
	case p.keys[at] == key && p.said[at] == uint32(whole>>32):
		return again
	case p.keys[at] == key:
		return differs
	case p.count >= p.most:
		p.beyond++
		return fresh
	}
	p.keys[at], p.said[at] = key, uint32(whole>>32)
	if p.count++; p.count > len(p.keys)*3/4 {
		p.grow()
	}
	return fresh
}

// slot finds where a key stands or would stand.
func (p *fingerprints) slot(key uint64) int {
	at := int(key>>1) & (len(p.keys) - 1)
	for p.keys[at] != 0 && p.keys[at] != key {
		at = (at + 1) & (len(p.keys) - 1)
	}
	return at
}

func (p *fingerprints) grow() {
	keys, said := p.keys, p.said
	p.keys, p.said = make([]uint64, 2*len(keys)), make([]uint32, 2*len(keys))
	for i, k := range keys {
		if k != 0 {
			at := p.slot(k)
			p.keys[at], p.said[at] = k, said[i]
		}
	}
}
