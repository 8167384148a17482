package registry

import (
	"strings"
	"time"

	"breakwater/internal/outbreak"
)

// Document kinds. None is a kind too: nobody needs a document.
const (
	NoDocument = ""
	CitizenID  = "cn_id"    // Chinese resident identity number, 18 characters (GB 11643)
	Passport   = "passport" // number, or the second line of the machine-readable zone (ICAO 9303)
	OtherID    = "other"
)

// CheckDocument folds a number to its canonical form and checks its digits. The birth date is known for a citizen number.
func CheckDocument(kind, number string) (canonical string, birth time.Time, err error) {
	n := foldNumber(number)
	switch kind {
	case NoDocument:
		if n != "" {
			return "", birth, outbreak.Refuse(outbreak.Invalid, "registry.document_kind")
		}
		return "", birth, nil
	case CitizenID:
		birth, err = checkCitizen(n)
		return n, birth, err
	case Passport:
		n, err = checkPassport(n)
		return n, birth, err
	case OtherID:
		if n == "" || len(n) > 40 {
			return "", birth, outbreak.Refuse(outbreak.Invalid, "registry.document_number")
		}
		return n, birth, nil
	}
	return "", birth, outbreak.Refuse(outbreak.Invalid, "registry.document_kind")
}

// foldNumber drops spaces and separators, folds full-width forms and letter case.
func foldNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case r >= 'a' && r <= 'z':
			return r - ('a' - 'A')
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r == '<':
			return r
		case r == ' ', r == '-', r == '　', r == '.', r == '\t':
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}

// citizenWeights are GB 11643's, for ISO 7064 MOD 11-2.
var citizenWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

func checkCitizen(n string) (time.Time, error) {
	if len(n) != 18 {
		return time.Time{}, outbreak.Refuse(outbreak.Invalid, "registry.citizen_length", "length", len(n))
	}
	sum := 0
	for i, w := range citizenWeights {
		d := int(n[i] - '0')
		if d < 0 || d > 9 {
			return time.Time{}, outbreak.Refuse(outbreak.Invalid, "registry.citizen_character", "position", i+1)
		}
		sum += d * w
	}
	if "10X98765432"[sum%11] != n[17] {
		return time.Time{}, outbreak.Refuse(outbreak.Invalid, "registry.citizen_check")
	}
	birth, err := time.Parse("20060102", n[6:14])
	if err != nil {
		return time.Time{}, outbreak.Refuse(outbreak.Invalid, "registry.citizen_birth")
	}
	return birth, nil
}

// CitizenCheck gives the eighteenth character of the first seventeen digits; synthetic cities use it.
func CitizenCheck(first17 string) byte {
	sum := 0
	for i, w := range citizenWeights {
		sum += int(first17[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// checkPassport takes a bare number (5 to 9 letters and digits) or the second line of the machine-readable zone, whose check
// digits it verifies and whose number it gives.
func checkPassport(n string) (string, error) {
	if len(n) == 44 {
		number := strings.TrimRight(n[:9], "<")
		for _, f := range []struct {
			field string
			check byte
		}{{n[:9], n[9]}, {n[13:19], n[19]}, {n[21:27], n[27]}, {n[:10] + n[13:20] + n[21:43], n[43]}} {
			if mrzCheck(f.field) != f.check {
				return "", outbreak.Refuse(outbreak.Invalid, "registry.passport_check")
			}
		}
		return number, nil
	}
	if len(n) < 5 || len(n) > 9 || strings.ContainsRune(n, '<') {
		return "", outbreak.Refuse(outbreak.Invalid, "registry.passport_length")
	}
	return n, nil
}

// mrzCheck is ICAO 9303's check digit: weights 7, 3, 1, letters from 10, filler 0.
func mrzCheck(field string) byte {
	sum := 0
	for i := range len(field) {
		v := 0
		switch c := field[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}
