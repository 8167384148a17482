package screening

import (
	"encoding/binary"
	"math"
)

// Forms of packed members.
const (
	formFixed = 0 // n x (number u32, seconds u16, flags u16), as the first edition kept them
	formDelta = 1 // see pack
)

// pack writes members as the table keeps them; nil for none. Neighbours stand in one tube and swabs follow each other in less
// than a minute, so that each member is the difference to the one before: the number zigzag, the seconds doubled with 1 when
// flags follow, all as varints. Ten members take about 40 bytes instead of 80.
func pack(members []Member) []byte {
	if len(members) == 0 {
		return nil
	}
	b := make([]byte, 0, 5*len(members)+5)
	var no, after int64
	for _, m := range members {
		at := int64(min(max(m.After, 0), math.MaxUint16))
		b = binary.AppendVarint(b, m.No-no)
		step := zigzag(at-after) << 1
		if m.Flags != 0 {
			step |= 1
		}
		b = binary.AppendUvarint(b, step)
		if m.Flags != 0 {
			b = binary.AppendUvarint(b, uint64(m.Flags))
		}
		no, after = m.No, at
	}
	return b
}

// Append writes the operation behind b as one record of a log: its length and everything a table would keep of it.
func (o *Operation) Append(b []byte) []byte {
	begin := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, n := range [...]int64{int64(o.Round), int64(o.Booth), o.Op, o.Kind, int64(o.Taken)} {
		b = binary.AppendVarint(b, n)
	}
	b = append(append(b, o.Tube...), 0)
	b = append(b, pack(o.Members)...)
	binary.LittleEndian.PutUint32(b[begin:], uint32(len(b)-begin))
	return b
}

// unpack reads members of a form. What is cut short ends the list: the table is written by pack alone.
func unpack(form int64, b []byte) []Member {
	return unpackBehind(make([]Member, 0, len(b)/3), form, b)
}

// unpackBehind is unpack behind other members.
func unpackBehind(members []Member, form int64, b []byte) []Member {
	if form == formFixed {
		return unpackFixed(members, b)
	}
	var no, after int64
	for len(b) > 0 {
		d, n := binary.Varint(b)
		step, k := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || k <= 0 {
			break
		}
		b = b[n+k:]
		m := Member{}
		if step&1 != 0 {
			flags, n := binary.Uvarint(b)
			if n <= 0 {
				break
			}
			m.Flags, b = uint16(flags), b[n:]
		}
		no, after = no+d, after+unzigzag(step>>1)
		m.No, m.After = no, int(after)
		members = append(members, m)
	}
	return members
}

func unpackFixed(members []Member, b []byte) []Member {
	const size = 8
	for ; len(b) >= size; b = b[size:] {
		members = append(members, Member{No: int64(binary.LittleEndian.Uint32(b)),
			After: int(binary.LittleEndian.Uint16(b[4:])), Flags: binary.LittleEndian.Uint16(b[6:])})
	}
	return members
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }
