package access

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and every telephone's program use; an HMAC does not need collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// The one-time codes of RFC 6238 as every telephone's program makes them: SHA-1, six digits, thirty seconds.
const (
	stepLength  = 30 * time.Second
	codeDigits  = 6
	codeModulus = 1_000_000
	secretBytes = 20
	drift       = 1 // steps a telephone's clock may be wrong, either way
)

// code is the one-time code of a step.
func code(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, n%codeModulus)
}

func stepOf(at outbreak.Instant) int64 { return int64(at) / stepLength.Milliseconds() }

// match finds the step a code belongs to, near an instant and after the last one that was taken. Every step is looked at,
// so that the time it takes tells nothing.
func match(secret []byte, given string, at outbreak.Instant, last int64) (step int64, ok bool) {
	for s := stepOf(at) - drift; s <= stepOf(at)+drift; s++ {
		if subtle.ConstantTimeCompare([]byte(code(secret, s)), []byte(given)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// Telephone is what a telephone has to be told to make the codes of a user.
type Telephone struct {
	Secret string // to be typed, in groups of four
	URI    string // to be scanned
}

func telephone(secret []byte, login string) Telephone {
	text := base32Plain.EncodeToString(secret)
	label := (&url.URL{Path: "Breakwater:" + login}).EscapedPath()
	return Telephone{Secret: grouped(text), URI: "otpauth://totp/" + label + "?secret=" + text + "&issuer=Breakwater"}
}

// grouped writes a text in groups of four, to be read aloud.
func grouped(text string) string {
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), "-")
}

// fold takes out of a typed code what people put between its parts.
func fold(given string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' || r == '\u3000' {
			return -1
		}
		if r >= '０' && r <= '９' { // digits of a Chinese keyboard
			return r - '０' + '0'
		}
		return r
	}, given))
}
