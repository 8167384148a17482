package columns

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// dictionary numbers texts; 0 is the empty one.
type dictionary struct {
	texts  []string
	index  map[string]uint32
	fixed  int // texts whose order was given, the empty one among them
	size   int64
	ranked atomic.Pointer[ranking]
}

// ranking is the order of all texts.
type ranking struct {
	rank   []uint32 // by code, from 0; the empty text has the last
	sorted []string // the texts without a given order
}

func newDictionary(words []string) *dictionary {
	d := &dictionary{index: map[string]uint32{}}
	d.add("")
	for _, w := range words {
		if _, known := d.index[w]; !known {
			d.add(w)
		}
	}
	d.fixed = len(d.texts)
	return d
}

func (d *dictionary) code(text string) (uint32, bool) {
	code, known := d.index[text]
	return code, known
}

func (d *dictionary) add(text string) uint32 {
	text = strings.Clone(text)
	code := uint32(len(d.texts))
	d.texts = append(d.texts, text)
	d.index[text] = code
	d.size += int64(len(text)) + 64 // two headers and what a map keeps for an entry
	return code
}

func (d *dictionary) clone() *dictionary {
	return &dictionary{texts: slices.Clone(d.texts), index: maps.Clone(d.index), fixed: d.fixed, size: d.size}
}

func (d *dictionary) bytes() int64 { return d.size }

// ranks gives the order of the texts; it is made anew after the dictionary grew.
func (d *dictionary) ranks() *ranking {
	if r := d.ranked.Load(); r != nil && len(r.rank) == len(d.texts) {
		return r
	}
	r := &ranking{rank: make([]uint32, len(d.texts))}
	free := make([]uint32, 0, len(d.texts)-d.fixed)
	for code := d.fixed; code < len(d.texts); code++ {
		free = append(free, uint32(code))
	}
	slices.SortFunc(free, func(a, b uint32) int { return strings.Compare(d.texts[a], d.texts[b]) })
	for code := 1; code < d.fixed; code++ {
		r.rank[code] = uint32(code - 1)
	}
	for i, code := range free {
		r.rank[code] = uint32(d.fixed - 1 + i)
		r.sorted = append(r.sorted, d.texts[code])
	}
	r.rank[0] = uint32(len(d.texts) - 1)
	d.ranked.Store(r)
	return r
}

// place gives where a text stands in the order, and whether it is there: otherwise it would stand before that place.
func (d *dictionary) place(text string) (rank uint32, there bool) {
	r := d.ranks()
	if code, known := d.index[text]; known {
		return r.rank[code], true
	}
	return uint32(d.fixed - 1 + sort.SearchStrings(r.sorted, text)), false
}
