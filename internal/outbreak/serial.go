package outbreak

import "strings"

// The serials this house prints end with a check character, so that one that was typed or written down wrong is noticed. It is
// ISO/IEC 7064, MOD 37,36, over digits and capitals: it finds every single wrong character, and of two neighbours that changed places
// all but one in six hundred. Serials printed elsewhere need none: whether a run has them is said where it is issued.

const serialLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// SerialCheck gives the check character of the characters before it; 0 when one of them is neither digit nor capital.
func SerialCheck(body string) byte {
	p := 36
	for i := range len(body) {
		v := strings.IndexByte(serialLetters, body[i])
		if v < 0 {
			return 0
		}
		if p = (p + v) % 36; p == 0 {
			p = 36
		}
		p = 2 * p % 37
	}
	return serialLetters[(37-p)%36]
}

// Checked tells whether the last character of a serial checks the others.
func (c TubeCode) Checked() bool {
	n := len(c) - 1
	return n > 0 && SerialCheck(string(c[:n])) == c[n]
}

// Plus gives the serial n after this one in its run: the digits at its end count, before the check character where there is one.
// False when they do not suffice.
func (c TubeCode) Plus(n int, checked bool) (TubeCode, bool) {
	body := []byte(c)
	if checked && len(body) > 0 {
		body = body[:len(body)-1]
	}
	i := len(body) - 1
	for ; n != 0 && i >= 0 && body[i] >= '0' && body[i] <= '9'; i-- {
		n += int(body[i] - '0')
		d := n % 10
		if n /= 10; d < 0 {
			d, n = d+10, n-1
		}
		body[i] = byte('0' + d)
	}
	if n != 0 || len(body) == 0 {
		return "", false
	}
	if checked {
		body = append(body, SerialCheck(string(body)))
	}
	return TubeCode(body), true
}

// Until counts how far another serial of the run is from this one: 0 for the same. False when they are of no run that counts, or
// the other comes before.
func (c TubeCode) Until(last TubeCode, checked bool) (n int, ok bool) {
	if checked && (!c.Checked() || !last.Checked()) {
		return 0, false
	}
	if checked {
		c, last = c[:len(c)-1], last[:len(last)-1]
	}
	if len(c) != len(last) || c == "" || last < c {
		return 0, false
	}
	same := 0
	for same < len(c) && c[same] == last[same] {
		same++
	}
	from, to := 0, 0
	for i := same; i < len(c); i++ {
		if c[i] < '0' || c[i] > '9' || last[i] < '0' || last[i] > '9' || i-same > 8 {
			return 0, false
		}
		from, to = 10*from+int(c[i]-'0'), 10*to+int(last[i]-'0')
	}
	return to - from, true
}
