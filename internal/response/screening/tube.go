package screening

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"breakwater/internal/outbreak"
)

// Member is one person in a tube.
type Member struct {
	No    int64  `json:"no"`    // number of the person
	After int    `json:"after"` // seconds after the tube was opened, at most 65,535
	Flags uint16 `json:"flags,omitempty"`
}

// Flags of a member.
const (
	OffRoll uint16 = 1 << iota // a walk-in
	Child
	Partial      // the person broke off
	Unidentified // a swab is in the tube, but nobody knows whose: number 0
)

// memberSize is the length of one member in the blob.
const memberSize = 8

// pack writes members as the table keeps them; nil for none.
func pack(members []Member) []byte {
	if len(members) == 0 {
		return nil
	}
	b := make([]byte, 0, len(members)*memberSize)
	for _, m := range members {
		b = binary.LittleEndian.AppendUint32(b, uint32(m.No))
		b = binary.LittleEndian.AppendUint16(b, uint16(min(max(m.After, 0), math.MaxUint16)))
		b = binary.LittleEndian.AppendUint16(b, m.Flags)
	}
	return b
}

// unpack reads what pack wrote.
func unpack(b []byte) []Member {
	members := make([]Member, 0, len(b)/memberSize)
	for ; len(b) >= memberSize; b = b[memberSize:] {
		members = append(members, Member{No: int64(binary.LittleEndian.Uint32(b)),
			After: int(binary.LittleEndian.Uint16(b[4:])), Flags: binary.LittleEndian.Uint16(b[6:])})
	}
	return members
}

// Tube is one sample tube as the booths handed it in: the operations on it and the members of all of them.
type Tube struct {
	Code     outbreak.TubeCode   `json:"tube"`
	AreaID   outbreak.AreaID     `json:"area_id"`
	Area     outbreak.Path       `json:"area"`
	Round    outbreak.RoundID    `json:"round"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Booth    outbreak.BoothID    `json:"booth"`
	Taken    outbreak.Instant    `json:"taken"`
	Members  []Member            `json:"members"`
	Ops      int                 `json:"ops"`
	Spoiled  string              `json:"spoiled,omitempty"`
}

// Scope is where the tube belongs.
func (t Tube) Scope() outbreak.Scope { return outbreak.Scope{Area: t.Area, Outbreak: t.Outbreak} }

// Single tells that the tube holds one person: its result is that person's own.
func (t Tube) Single() bool { return len(t.Members) == 1 }

// add joins the members of a further operation.
func (t *Tube) add(members []Member) {
	for _, m := range members {
		if m.No == 0 || !slices.ContainsFunc(t.Members, func(o Member) bool { return o.No == m.No }) {
			t.Members = append(t.Members, m)
		}
	}
	t.Ops++
}

// hashOf is a digest of an operation's content: the same operation id with another content is a conflict to keep and show.
func hashOf(round outbreak.RoundID, taken outbreak.Instant, members []byte) int64 {
	h := fnv.New64a()
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(round))
	binary.LittleEndian.PutUint64(b[8:], uint64(taken))
	h.Write(b[:])
	h.Write(members)
	return int64(h.Sum64())
}
