package registry

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"breakwater/internal/outbreak"
)

// entry is a digest of a part of a name and, behind it, the number of the person: ordered by the digest.
type entry uint64

func newEntry(digest uint32, no int64) entry { return entry(digest)<<32 | entry(uint32(no)) }

func (e entry) digest() uint32 { return uint32(e >> 32) }
func (e entry) no() int64      { return int64(uint32(e)) }

const entrySize = 8

// packEntries writes a portion of the index as it is kept.
func packEntries(list []entry) []byte {
	packed := make([]byte, 0, entrySize*len(list))
	for _, e := range list {
		packed = binary.BigEndian.AppendUint64(packed, uint64(e))
	}
	return packed
}

func unpackEntries(packed []byte) ([]entry, error) {
	if len(packed)%entrySize != 0 {
		return nil, fmt.Errorf("a portion of the index of names has %d bytes", len(packed))
	}
	list := make([]entry, len(packed)/entrySize)
	for i := range list {
		list[i] = entry(binary.BigEndian.Uint64(packed[entrySize*i:]))
	}
	return list, nil
}

// The entries of an area lie in portions by the first bits of their digests, so that a search reads little and a batch, whose
// people mostly live in few areas, writes little. An area that outgrows its portions gets more of them, of half the size it
// needs, and is so laid out anew a few times in its life.
const (
	fullPortion = 256 // entries a portion, on average
	mostBits    = 20
)

// nameArea is how the entries of an area lie.
type nameArea struct {
	bits    int
	entries int // in portions
	tail    int // entries that wait for the others
}

// tailOf is the row in which entries of an area wait. Whoever comes by a list of cases lives anywhere: written at once each of his few entries
// would read and write a portion of its own.
func tailOf(area outbreak.AreaID) int64 { return -int64(area) }

// waits tells whether so many entries more still wait: the more portions there are the longer, since all are written anew then.
func (a nameArea) waits(more int) bool {
	most := 8 * int(math.Sqrt(float64(a.entries)))
	return a.bits > 3 && a.tail+more <= most
}

// fits gives how an area lies that is to hold so many entries.
func (a nameArea) fits(entries int) nameArea {
	grown := nameArea{bits: a.bits, entries: entries}
	if entries <= fullPortion<<a.bits {
		return grown
	}
	for grown.bits < mostBits && entries > fullPortion/2<<grown.bits {
		grown.bits++
	}
	return grown
}

// portion is the row a digest lies in.
func (a nameArea) portion(area outbreak.AreaID, digest uint32) int64 {
	return int64(area)<<mostBits | int64(uint64(digest)<<a.bits>>32)
}

// portionsOf is the first row of an area and the first that is no more its own.
func portionsOf(area outbreak.AreaID) (from, upto int64) {
	return int64(area) << mostBits, (int64(area) + 1) << mostBits
}

// ordered sorts entries, each once.
func ordered(list []entry) []entry {
	slices.Sort(list)
	return slices.Compact(list)
}

// parted puts entries, which are in order, into their portions.
func (a nameArea) parted(area outbreak.AreaID, list []entry) map[int64][]entry {
	portions := map[int64][]entry{}
	for from := 0; from < len(list); {
		id := a.portion(area, list[from].digest())
		upto := from
		for upto < len(list) && a.portion(area, list[upto].digest()) == id {
			upto++
		}
		portions[id] = list[from:upto:upto]
		from = upto
	}
	return portions
}
