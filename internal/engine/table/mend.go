package table

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Mend gives text back that was read in the wrong encoding, and says how; false when it seems right as it is.
func Mend(s string) (mended, how string, wrong bool) {
	if len(s) == 0 || len(s) > 1<<10 || plainASCII(s) {
		return s, "", false
	}
	if b, ok := bytesOf(s); ok {
		if utf8.Valid(b) && !plainASCII(string(b)) {
			return string(b), "utf-8 read as windows-1252", true
		}
		if usual, all, legible := characters(b); legible && all > 0 && usual == all && !bytes.ContainsFunc(b, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }) {
			if text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil {
				return string(text), "gb18030 read as windows-1252", true
			}
		}
		return s, "", false
	}
	if !misread()[firstForeign(s)] {
		return s, "", false
	}
	if b, err := simplifiedchinese.GB18030.NewEncoder().String(s); err == nil && utf8.ValidString(b) && !plainASCII(b) && !byChance(s, b) {
		return b, "utf-8 read as gb18030", true
	}
	return s, "", false
}

// byChance tells whether bytes of Chinese words are UTF-8 by chance: usual characters alone, as in 职业 or 联通, and nothing Chinese
// in what they would be.
func byChance(s, mended string) bool {
	if strings.ContainsFunc(mended, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.ContainsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }) {
		return false
	}
	usual, all, legible := characters([]byte(mended))
	return legible && usual == all
}

// misread are the characters that UTF-8 read as GB 18030 can begin with: most others need not be looked at.
var misread = sync.OnceValue(func() map[rune]bool {
	m := map[rune]bool{}
	for lead := 0xc2; lead <= 0xf4; lead++ {
		for trail := 0x80; trail <= 0xbf; trail++ {
			if b, err := simplifiedchinese.GB18030.NewDecoder().Bytes([]byte{byte(lead), byte(trail)}); err == nil {
				r, _ := utf8.DecodeRune(b)
				m[r] = true
			}
		}
	}
	return m
})

func firstForeign(s string) rune {
	for _, r := range s {
		if r >= utf8.RuneSelf {
			return r
		}
	}
	return 0
}

// bytesOf undoes reading bytes as Windows-1252; false when a letter is none of it.
func bytesOf(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		switch {
		case ok:
			b = append(b, c)
		case r >= 0x80 && r <= 0x9f:
			b = append(b, byte(r))
		default:
			return nil, false
		}
	}
	return b, true
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
