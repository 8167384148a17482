package table

import (
	"slices"
	"strings"
	"unicode"
)

// meaning is how well a name means a field.
type meaning struct {
	score float64
	why   string
}

// meanings says how well a name means each of the listed fields.
func meanings(name string) []meaning {
	all := make([]meaning, len(listed))
	words := wordsOf(name)
	whole := strings.Join(words, "")
	note := func(f int, s float64, why string) {
		if s > all[f].score {
			all[f] = meaning{s, why}
		}
	}
	for _, c := range inChinese {
		switch n := len([]rune(c.joined)); {
		case whole == c.joined:
			note(c.field, .95, WhyName)
		case n > 1 && strings.Contains(whole, c.joined) && (listed[c.field].holds == holdsDate || !endsInTime(whole)):
			note(c.field, .5+.4*float64(n)/float64(len([]rune(whole))), WhyWords)
		}
	}
	for _, c := range inEnglish {
		switch {
		case sameWords(words, c.words):
			note(c.field, .95, WhyName)
		case c.joined == whole:
			note(c.field, .9, WhyName)
		case len(words) > len(c.words) && len(words) <= 8 && contains(words, c.words) && (len(c.words) > 1 || len(c.joined) > 2):
			note(c.field, .3+.5*float64(len(c.words))/float64(len(words)), WhyWords)
		case len(whole) >= 5 && oneLetter(c.joined, whole):
			note(c.field, .75, WhyNear)
		}
	}
	return all
}

// endsInTime tells that a Chinese name is of a date, whatever it is the date of.
func endsInTime(name string) bool {
	return strings.HasSuffix(name, "日期") || strings.HasSuffix(name, "时间")
}

func sameWords(a, b []string) bool { return len(a) == len(b) && contains(a, b) }

func contains(words, of []string) bool {
	for _, w := range of {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return len(of) > 0
}

// oneLetter tells whether one letter is wrong, missing or too many.
func oneLetter(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// namesField tells whether a cell is called as a field is.
func namesField(cell string) bool {
	return slices.ContainsFunc(meanings(cell), func(m meaning) bool { return m.score >= .7 })
}

// saysDate tells whether a name promises dates.
func saysDate(name string) bool { return says(name, holdsDate, "date", "日期", "时间") }

// saysAge tells whether a name promises ages.
func saysAge(name string) bool { return says(name, holdsAge, "age", "年龄") }

func says(name string, h holds, words ...string) bool {
	list := wordsOf(name)
	whole := strings.Join(list, "")
	for _, w := range words {
		if slices.Contains(list, w) || w[0] > unicode.MaxASCII && strings.Contains(whole, w) {
			return true
		}
	}
	for i, m := range meanings(name) {
		if listed[i].holds == h && m.score >= .9 {
			return true
		}
	}
	return false
}
