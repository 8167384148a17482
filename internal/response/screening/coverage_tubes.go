package screening

import (
	"hash/maphash"
	"iter"

	"breakwater/internal/outbreak"
)

// shelf keeps the tubes of one round: about 20 bytes and a number a tube, four bytes a member.
type shelf struct {
	index map[uint64]uint32 // key of the code -> ordinal
	views [][]tubeView      // in chunks, so that growing copies nothing
	slab  [][]uint32        // members; no tube lies across two chunks
	n     uint32
	base  int64 // sequence of the last row before the round
}

// tubeView is one tube.
type tubeView struct {
	seq      uint32 // of its first row, after the round's base
	start    uint32 // first member: chunk and place in the slab
	taken    uint32 // seconds since era
	received uint32 // at a laboratory, seconds since era; 0: not yet
	area     uint32 // place in the coverage's list of areas
	count    uint8  // members
	said     uint8  // result, 0 for none
	spoiled  bool
	again    bool // one person alone, who was in another tube of the round before: no draw from the people
}

const (
	viewsPerChunk = 1 << 12
	slabPerChunk  = 1 << 16
	mostInTube    = 255
	era           = outbreak.Instant(1_577_836_800_000) // 1 January 2020: seconds from then on fit 32 bits for 136 years
)

func newShelf(base int64) *shelf { return &shelf{index: map[uint64]uint32{}, base: base} }

// expect makes room for the keys of so many tubes in a shelf that has none.
func (s *shelf) expect(n int) {
	if s.n == 0 {
		s.index = make(map[uint64]uint32, n)
	}
}

func seconds(i outbreak.Instant) uint32 { return uint32(max(i-era, 0) / 1000) }
func instant(s uint32) outbreak.Instant { return era + outbreak.Instant(s)*1000 }

var codeSeed = maphash.MakeSeed()

// keyOf packs a code of up to twelve characters without loss. Longer ones are hashed, with a mark: two of them would have to
// agree in 63 bits.
func keyOf(code outbreak.TubeCode) uint64 {
	if len(code) > 12 {
		return maphash.String(codeSeed, string(code)) | 1<<63
	}
	var k uint64
	for i := range len(code) {
		k = k*38 + letter(code[i])
	}
	return k
}

func letter(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c-'0') + 1
	case c >= 'A' && c <= 'Z':
		return uint64(c-'A') + 11
	}
	return 37 // the hyphen
}

func (s *shelf) at(i uint32) *tubeView { return &s.views[i/viewsPerChunk][i%viewsPerChunk] }

func (s *shelf) find(code outbreak.TubeCode) (uint32, bool) {
	i, ok := s.index[keyOf(code)]
	return i, ok
}

// add gives a new tube its place.
func (s *shelf) add(code outbreak.TubeCode, v tubeView) uint32 {
	i := s.n
	if i%viewsPerChunk == 0 {
		s.views = append(s.views, make([]tubeView, viewsPerChunk))
	}
	*s.at(i) = v
	s.index[keyOf(code)] = i
	s.n++
	return i
}

// fill gives a tube its members, in place of those it had.
func (s *shelf) fill(i uint32, members []uint32) {
	members = members[:min(len(members), mostInTube)]
	last := len(s.slab) - 1
	if last < 0 || len(s.slab[last])+len(members) > slabPerChunk {
		s.slab = append(s.slab, make([]uint32, 0, slabPerChunk))
		last++
	}
	v := s.at(i)
	v.start, v.count = uint32(last*slabPerChunk+len(s.slab[last])), uint8(len(members))
	s.slab[last] = append(s.slab[last], members...)
}

func (s *shelf) members(i uint32) []uint32 {
	v := s.at(i)
	if v.count == 0 {
		return nil
	}
	return s.slab[v.start/slabPerChunk][v.start%slabPerChunk:][:v.count:v.count]
}

func (s *shelf) all() iter.Seq2[uint32, *tubeView] {
	return func(yield func(uint32, *tubeView) bool) {
		for i := range s.n {
			if !yield(i, s.at(i)) {
				return
			}
		}
	}
}

// said numbers the results; their place in outbreak.Results and one.
var saidIndex = func() map[outbreak.Result]uint8 {
	m := map[outbreak.Result]uint8{"": 0}
	for i, r := range outbreak.Results {
		m[r] = uint8(i + 1)
	}
	return m
}()

func (v *tubeView) result() outbreak.Result {
	if v.said == 0 {
		return ""
	}
	return outbreak.Results[v.said-1]
}

func (v *tubeView) state() tubeState {
	return tubeState{single: v.count == 1, spoiled: v.spoiled, result: v.result()}
}

// waits tells that a tube still owes an answer.
func (v *tubeView) waits() bool { return v.said == 0 && !v.spoiled }
