package table

import (
	"strings"
	"time"
)

// readHan reads 2022年3月14日, 3月14日, 2022年3月.
func readHan(s string) (Reading, bool) {
	y, rest, hasYear := strings.Cut(s, "年")
	if !hasYear {
		y, rest = "", s
	}
	m, d, hasMonth := strings.Cut(rest, "月")
	d = strings.TrimRight(strings.TrimSpace(d), "日号")
	y, m = strings.TrimSpace(y), strings.TrimSpace(m)
	switch {
	case !hasMonth || !allDigits(m) || len(m) > 2 || hasYear && (!allDigits(y) || len(y) != 4) || d != "" && (!allDigits(d) || len(d) > 2):
		return Reading{}, false
	case !hasYear && d == "":
		return Reading{}, false // months of age
	case !hasYear:
		return numbers(ShapeNoYear, "月", 0, atoi(m), atoi(d)), true
	case d == "":
		return numbers(ShapeMonth, "年", atoi(y), atoi(m), 1), true
	}
	return numbers(ShapeHan, "年", atoi(y), atoi(m), atoi(d)), true
}

// months are the names of months and what is written for them.
var months = func() map[string]int {
	m := map[string]int{"sept": 9}
	for i := time.January; i <= time.December; i++ {
		full := strings.ToLower(i.String())
		m[full], m[full[:3]] = int(i), int(i)
	}
	return m
}()

// namedMonth finds the name of a month among the words of a cell, and gives the other words.
func namedMonth(s string) (month int, rest []string) {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' }) < 0 {
		return 0, nil
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '/' || r == ',' || r == '.' })
	if len(words) == 1 { // 14mar2022
		words = partWords(words[0])
	}
	for _, w := range words {
		if m := months[w]; m > 0 && month == 0 {
			month = m
			continue
		}
		rest = append(rest, w)
	}
	return month, rest
}

// partWords parts letters from digits.
func partWords(s string) (words []string) {
	from := 0
	for i := 1; i <= len(s); i++ {
		if i == len(s) || (s[i] >= '0' && s[i] <= '9') != (s[i-1] >= '0' && s[i-1] <= '9') {
			words = append(words, s[from:i])
			from = i
		}
	}
	return words
}

func readNamed(month int, rest []string) (Reading, bool) {
	for i, w := range rest {
		for _, ending := range []string{"st", "nd", "rd", "th"} {
			if t := strings.TrimSuffix(w, ending); allDigits(t) {
				rest[i] = t
			}
		}
		if !allDigits(rest[i]) || len(rest[i]) > 4 {
			return Reading{}, false
		}
	}
	switch {
	case len(rest) == 2 && len(rest[0]) == 4 && len(rest[1]) <= 2:
		return numbers(ShapeNamed, "", atoi(rest[0]), month, atoi(rest[1])), true
	case len(rest) == 2 && len(rest[0]) <= 2 && (len(rest[1]) == 4 || len(rest[1]) == 2):
		return numbers(ShapeNamed, "", atoi(rest[1]), month, atoi(rest[0])), true
	case len(rest) == 1 && len(rest[0]) == 4:
		return numbers(ShapeMonth, "", atoi(rest[0]), month, 1), true
	case len(rest) == 1 && len(rest[0]) <= 2:
		return numbers(ShapeNoYear, "", 0, month, atoi(rest[0])), true
	}
	return Reading{}, false
}
