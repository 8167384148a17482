package linkage

import (
	"slices"
	"strings"
)

const (
	closeWord = 0.90 // of two words: one may be the other mistyped
	alikeName = 0.87 // of two names: written rather alike
	longSound = 6    // letters a reading needs so that one of them may be wrong
)

func compareNames(a, b *ready) Level {
	switch {
	case a.whole == "" || b.whole == "":
		return Missing
	case a.whole == b.whole:
		return NameSame
	case a.mixed == b.mixed:
		return NameOrder
	case sharesOne(a.sounds, b.sounds):
		return NameSound
	case a.han && b.han:
		return compareHan(a.runes, b.runes)
	case a.han || b.han:
		return compareScripts(a, b)
	}
	return compareLatin(a, b)
}

func sharesOne(a, b []string) bool {
	for _, s := range a {
		if slices.Contains(b, s) {
			return true
		}
	}
	return false
}

// compareHan compares names in Chinese characters that do not sound the same.
func compareHan(a, b []rune) Level {
	if min(len(a), len(b)) >= 2 && max(len(a), len(b)) >= 3 && slip(a, b) {
		return NameCharacter
	}
	if a[0] == b[0] || len(a) > 1 && len(b) > 1 && string(a[1:]) == string(b[1:]) {
		return NamePart
	}
	return NameDifferent
}

// compareScripts compares a name in characters with one in letters, by the sounds of both.
func compareScripts(a, b *ready) Level {
	level := NameDifferent
	for _, s := range a.sounds {
		for _, t := range b.sounds {
			r, q := []rune(s), []rune(t)
			switch {
			case len(r) == 0 || len(q) == 0:
			case min(len(r), len(q)) >= longSound && slip(r, q):
				return NameTypo
			case r[0] == q[0] && alike(r, q) >= alikeName:
				level = max(level, NameAlike)
			}
		}
	}
	if level > NameDifferent {
		return level
	}
	if b.han {
		a, b = b, a
	}
	n := len(b.Name.Words)
	for _, s := range a.sounds {
		for _, w := range []string{b.Name.Words[0], b.Name.Words[n-1]} {
			if len(w) > 1 && (strings.HasPrefix(s, w) || strings.HasSuffix(s, w)) {
				return NamePart
			}
		}
	}
	return NameDifferent
}

// compareLatin compares names in letters.
func compareLatin(a, b *ready) Level {
	if slip(a.runes, b.runes) && min(len(a.runes), len(b.runes)) >= longSound {
		return NameTypo
	}
	short, long := a.Name.Words, b.Name.Words
	if len(short) > len(long) {
		short, long = long, short
	}
	near, kept, same := paired(short, long)
	switch {
	case len(short) == len(long) && len(short) > 1 && near == len(short):
		return NameTypo
	case len(short) > 1 && kept == len(short):
		return NameShorter
	case alike(a.runes, b.runes) >= alikeName, len(a.codes) > 1 && slices.Equal(a.codes, b.codes):
		return NameAlike
	case same > 0:
		return NamePart
	}
	return NameDifferent
}

// paired pairs words: how many are the same or close, how many are the same or an initial of the other, how many are the same.
func paired(short, long []string) (near, kept, same int) {
	var took [mostWords]bool
	pair := func(fits func(a, b string) bool) (n int) {
		took = [mostWords]bool{}
		for _, w := range short {
			for j, v := range long {
				if !took[j] && fits(w, v) {
					took[j] = true
					n++
					break
				}
			}
		}
		return n
	}
	same = pair(func(a, b string) bool { return a == b && len(a) > 1 })
	near = pair(func(a, b string) bool {
		if a == b {
			return true
		}
		r, q := []rune(a), []rune(b)
		return min(len(r), len(q)) >= 3 && (slip(r, q) || alike(r, q) >= closeWord)
	})
	kept = pair(func(a, b string) bool {
		return a == b || len(a) == 1 && strings.HasPrefix(b, a) || len(b) == 1 && strings.HasPrefix(a, b)
	})
	if same == 0 {
		kept = 0 // initials alone are nobody's name
	}
	return near, kept, same
}
