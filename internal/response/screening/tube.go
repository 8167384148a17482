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
	Unproven     // the code that was read does not carry its proof
	Typed        // the number was typed in, not read from a code
)

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
	Seq      int64               `json:"seq,omitempty"` // in a list: its place in it
	Spoiled  string              `json:"spoiled,omitempty"`

	device  int64 // that made its first operation; 0: none did
	counter int64 // of that operation on the device
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

// opOf makes an operation id from the content, for hand-ins that bring none: the same content again is the same operation.
func opOf(round outbreak.RoundID, taken outbreak.Instant, members []Member) int64 {
	h := fnv.New64a()
	b := binary.LittleEndian.AppendUint64(nil, uint64(round))
	b = binary.LittleEndian.AppendUint64(b, uint64(taken))
	for _, m := range members { // in the form of the first edition, whose ids are in the tables
		b = binary.LittleEndian.AppendUint32(b, uint32(m.No))
		b = binary.LittleEndian.AppendUint16(b, uint16(min(max(m.After, 0), math.MaxUint16)))
		b = binary.LittleEndian.AppendUint16(b, m.Flags)
	}
	h.Write(b)
	return int64(h.Sum64() & (1<<62 - 1))
}
