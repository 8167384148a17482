package columns

import "slices"

// codes are numbers of texts, as narrow as the dictionary allows: one of the three is in use.
type codes struct {
	bytes8  []uint8
	bytes16 []uint16
	bytes32 []uint32
	width   uint8 // 0: bytes8, 1: bytes16, 2: bytes32
}

func (c *codes) len() int { return len(c.bytes8) + len(c.bytes16) + len(c.bytes32) }

func (c *codes) grow(n int) {
	switch c.width {
	case 0:
		for len(c.bytes8) < n {
			c.bytes8 = append(c.bytes8, 0)
		}
	case 1:
		for len(c.bytes16) < n {
			c.bytes16 = append(c.bytes16, 0)
		}
	default:
		for len(c.bytes32) < n {
			c.bytes32 = append(c.bytes32, 0)
		}
	}
}

func (c *codes) reserve(n int) {
	switch more := max(n-c.len(), 0); c.width {
	case 0:
		c.bytes8 = slices.Grow(c.bytes8, more)
	case 1:
		c.bytes16 = slices.Grow(c.bytes16, more)
	default:
		c.bytes32 = slices.Grow(c.bytes32, more)
	}
}

func (c *codes) at(row int) uint32 {
	switch c.width {
	case 0:
		return uint32(c.bytes8[row])
	case 1:
		return uint32(c.bytes16[row])
	}
	return c.bytes32[row]
}

func (c *codes) set(row int, code uint32) {
	switch {
	case c.width == 0 && code > 0xff:
		c.bytes16, c.bytes8, c.width = wider[uint8, uint16](c.bytes8), nil, 1
		c.set(row, code)
	case c.width == 1 && code > 0xffff:
		c.bytes32, c.bytes16, c.width = wider[uint16, uint32](c.bytes16), nil, 2
		c.set(row, code)
	case c.width == 0:
		c.bytes8[row] = uint8(code)
	case c.width == 1:
		c.bytes16[row] = uint16(code)
	default:
		c.bytes32[row] = code
	}
}

func wider[A, B uint8 | uint16 | uint32](of []A) []B {
	w := make([]B, len(of), cap(of))
	for i, v := range of {
		w[i] = B(v)
	}
	return w
}

func (c *codes) clone() codes {
	return codes{slices.Clone(c.bytes8), slices.Clone(c.bytes16), slices.Clone(c.bytes32), c.width}
}

// capped shares the values, and grows elsewhere.
func (c *codes) capped() codes {
	return codes{c.bytes8[:len(c.bytes8):len(c.bytes8)], c.bytes16[:len(c.bytes16):len(c.bytes16)], c.bytes32[:len(c.bytes32):len(c.bytes32)], c.width}
}

func (c *codes) bytes() int64 {
	return int64(cap(c.bytes8) + 2*cap(c.bytes16) + 4*cap(c.bytes32))
}
