package linkage

import (
	"slices"
	"strings"
)

// jaroWinkler says how alike two words are, between 0 and 1: letters in common near the same place, less exchanges, more for a
// common beginning (Winkler, String comparator metrics, 1990).
func jaroWinkler(a, b []rune) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	a, b = a[:min(len(a), longestName)], b[:min(len(b), longestName)]
	if len(b) > longestName {
		b = b[:longestName]
	}
	reach := max(max(len(a), len(b))/2-1, 0)
	var tookA, tookB [longestName]bool
	common := 0
	for i, c := range a {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !tookB[j] && b[j] == c {
				tookA[i], tookB[j] = true, true
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	exchanged, j := 0, 0
	for i := range a {
		if !tookA[i] {
			continue
		}
		for !tookB[j] {
			j++
		}
		if a[i] != b[j] {
			exchanged++
		}
		j++
	}
	m := float64(common)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(exchanged/2))/m) / 3
	begin := 0
	for begin < min(4, len(a), len(b)) && a[begin] == b[begin] {
		begin++
	}
	return jaro + float64(begin)*0.1*(1-jaro)
}

// alike is jaroWinkler made symmetric: which letters pair first depends on whose are looked at first.
func alike(a, b []rune) float64 { return max(jaroWinkler(a, b), jaroWinkler(b, a)) }

// slip tells whether one sign was written wrong, left out or added, or two neighbours exchanged (Damerau 1964); equal is no slip.
func slip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) {
		return false
	}
	if slices.Equal(a[i+1:], b[i+1:]) {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}

// sounds that are written in several ways, the longer first. What is left after them: the first letter and the consonants.
var spellings = strings.NewReplacer("sch", "s", "tch", "c", "ough", "o", "ph", "f", "ck", "k", "gh", "g", "kn", "n", "wr", "r", "sh", "s", "ch", "c", "zh", "c", "th", "t",
	"kh", "k", "dh", "d", "bh", "b", "ou", "u", "oo", "u", "ee", "i", "ie", "i", "ei", "i", "ey", "i", "y", "i", "w", "v", "z", "s", "q", "k", "x", "ks", "j", "i")

// code writes roughly how a Latin word sounds: spellings of one sound made one, doubled letters and inner vowels gone. It is in
// the manner of Soundex (Russell 1918) and knows the spellings of several languages; empty for other letters.
func code(word string) string {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return ""
		}
	}
	s := spellings.Replace(word)
	out := make([]byte, 0, 8)
	var last byte
	for i := range len(s) {
		c := s[i]
		if c == 'c' {
			c = 'k'
		}
		vowel := c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'h'
		if c != last && (i == 0 || !vowel) && len(out) < cap(out) {
			out = append(out, c)
		}
		last = c
	}
	return string(out)
}
