package registry

import (
	"errors"
	"slices"
)

// Shamir's way to split a secret, byte by byte over the field of 256 elements: each byte is the value at 0 of a polynomial
// whose other coefficients are chance; a share is its value at the share's number. As many shares as the polynomial has
// coefficients give it back, one fewer tell nothing at all. Adi Shamir, "How to share a secret", 1979; the field is that of AES
// (x^8 + x^4 + x^3 + x + 1).

// fieldTimes multiplies in the field, in the same steps whatever the values.
func fieldTimes(a, b byte) (product byte) {
	for range 8 {
		product ^= -(b & 1) & a
		a = a<<1 ^ -(a>>7)&0x1b
		b >>= 1
	}
	return product
}

// fieldInverse is a to the 254th power, which is one over a.
func fieldInverse(a byte) byte {
	power := byte(1)
	for range 254 {
		power = fieldTimes(power, a)
	}
	return power
}

// splitSecret gives the shares numbered from 1.
func splitSecret(secret []byte, shares, need int) [][]byte {
	out := make([][]byte, shares)
	for i := range out {
		out[i] = make([]byte, len(secret))
	}
	for at, s := range secret {
		chance := fresh(need - 1) // coefficients of x, x^2 and so on
		for i := range out {
			x, y := byte(i+1), byte(0)
			for _, c := range slices.Backward(chance) {
				y = fieldTimes(y^c, x)
			}
			out[i][at] = y ^ s
		}
	}
	return out
}

// joinSecret finds the values at 0 of the polynomials through the shares, by their numbers.
func joinSecret(shares map[byte][]byte) ([]byte, error) {
	var secret []byte
	for x, share := range shares {
		if secret == nil {
			secret = make([]byte, len(share))
		}
		if len(share) != len(secret) {
			return nil, errors.New("the shares have different lengths")
		}
		weight := byte(1)
		for other := range shares {
			if other != x {
				weight = fieldTimes(weight, fieldTimes(other, fieldInverse(other^x)))
			}
		}
		for i, y := range share {
			secret[i] ^= fieldTimes(weight, y)
		}
	}
	return secret, nil
}
