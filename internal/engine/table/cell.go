package table

import (
	"strings"
	"unicode/utf8"
)

// fold makes cells alike that people write differently: full-width letters and signs, spaces of all kinds around, small letters.
func fold(s string) string {
	if plainCell(s) {
		return s
	}
	return strings.ToLower(strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - ('！' - '!')
		case r == '\u3000', r == '\u00a0', r == '\t', r == '\r', r == '\n':
			return ' '
		case r == '\ufeff', r == '\u200b':
			return -1
		}
		return r
	}, s)))
}

// plainCell tells that folding would change nothing: the way of most cells.
func plainCell(s string) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' {
		return s == ""
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// nothings are the words people write for "nothing known", folded.
var nothings = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Split("na|n/a|n.a.|n.a|nan|nil|none|null|-|--|---|—|——|/|.|..|?|??|???|unknown|unk|unkn|not known|not available|not stated|missing|"+
		"#n/a|0000|0000-00-00|00/00/0000|无|不详|未知|不明|暂无|缺失|空|未填|待查|不清楚|未提供|未登记", "|") {
		m[w] = true
	}
	return m
}()

// Nothing tells whether a cell says that nothing is known.
func Nothing(cell string) bool { return cell == "" || len(cell) < 64 && nothings[fold(cell)] }

// What a spreadsheet does to cells.
const (
	OddTextFormula  = "text_formula"     // ="0431": kept as text by a formula
	OddFormula      = "formula"          // a formula where a value should be
	OddError        = "error_value"      // #REF!, #VALUE!
	OddApostrophe   = "apostrophe"       // '0431
	OddRounded      = "rounded_number"   // 1.23E+17: digits are lost
	OddFifteen      = "fifteen_digits"   // a long number that ends in zeros from its 16th digit on
	OddCut          = "cut_at_32767"     // as much as a spreadsheet's cell holds
	OddSpaces       = "spaces_around"    // spaces before or behind
	OddLines        = "line_breaks"      // line breaks within
	OddSeveral      = "several_in_cell"  // parted by ; or 、: a family, several symptoms
	OddUnreadable   = "unreadable"       // letters that were no letters of the encoding
	OddMojibake     = "wrong_encoding"   // read in the wrong encoding before it came here
	OddDecimalComma = "decimal_comma"    // 36,5
	OddZeros        = "zeros_lost"       // a number shorter than nearly all of its column, which begin with 0
	OddSerial       = "may_be_dates"     // numbers that may be a spreadsheet's count of days
	OddCode         = "may_mean_missing" // 99, 999: far above all others
)

// Clean takes off what a spreadsheet put around a value: ="...", an apostrophe, spaces. It tells what it found.
func Clean(cell string) (value string, odd []string) {
	value = strings.Trim(cell, " \t\r\n\u3000\u00a0\ufeff\u200b")
	if len(value) != len(cell) && value != "" {
		odd = append(odd, OddSpaces)
	}
	switch {
	case len(value) > 2 && strings.HasPrefix(value, `="`) && strings.HasSuffix(value, `"`):
		value, odd = value[2:len(value)-1], append(odd, OddTextFormula)
	case len(value) > 1 && value[0] == '=' || len(value) > 2 && value[0] == '@' && strings.Contains(value, "("):
		odd = append(odd, OddFormula)
	case len(value) > 1 && value[0] == '\'':
		value, odd = value[1:], append(odd, OddApostrophe)
	case len(value) > 2 && value[0] == '#' && (strings.HasSuffix(value, "!") || strings.HasSuffix(value, "?")):
		odd = append(odd, OddError)
	}
	switch {
	case rounded(value):
		odd = append(odd, OddRounded)
	case fifteen(value):
		odd = append(odd, OddFifteen)
	}
	if strings.ContainsAny(value, "\r\n") {
		odd = append(odd, OddLines)
	}
	if strings.ContainsAny(value, ";；、") {
		odd = append(odd, OddSeveral)
	}
	if strings.ContainsRune(value, '\ufffd') {
		odd = append(odd, OddUnreadable)
	}
	if len(value) >= 32_767 && len([]rune(value)) == 32_767 {
		odd = append(odd, OddCut)
	}
	return value, odd
}

// rounded finds 1.23E+17: a power of ten or more that only long numbers are written in.
func rounded(s string) bool {
	if len(s) > 30 || strings.IndexByte(s, '+') < 0 {
		return false
	}
	number, power, is := strings.Cut(strings.ToUpper(s), "E+")
	power = strings.TrimLeft(power, "0")
	return is && allDigits(strings.Replace(number, ".", "", 1)) && allDigits(power) && len(power) == 2
}

// fifteen finds a number of more than fifteen digits all of whose later ones are 0.
func fifteen(s string) bool {
	return len(s) >= 17 && len(s) <= 30 && allDigits(s) && strings.Trim(s[15:], "0") == "" && strings.Trim(s[:15], "0") != ""
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
