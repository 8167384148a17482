package table

import (
	"slices"
	"strings"
)

func filled(row []string) (n int) {
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// usualWidth is how many cells most rows fill up to.
func usualWidth(rows [][]string) int {
	count := map[int]int{}
	best := 0
	for _, r := range rows {
		n := len(trimRow(r))
		if count[n]++; n > 0 && (count[n] > count[best] || count[n] == count[best] && n > best) {
			best = n
		}
	}
	return best
}

// trimRow takes empty cells off the end.
func trimRow(row []string) []string {
	for len(row) > 0 && strings.TrimSpace(row[len(row)-1]) == "" {
		row = row[:len(row)-1]
	}
	return row
}

// mostAsked is how many cells of a row are asked whether they name a field.
const mostAsked = 100

// likeHeader says between 0 and 1 how much a row reads like names.
func likeHeader(row []string, width int) float64 {
	n := filled(row)
	if n == 0 || width == 0 || width > 1 && n < 2 {
		return 0
	}
	seen := map[string]bool{}
	named, worded, single, asked := 0, 0, 0, 0
	for _, c := range row {
		if strings.TrimSpace(c) == "" {
			continue
		}
		if wordy(c) {
			worded++
		}
		names := false
		if len(c) < 200 && asked < mostAsked {
			if asked++; namesField(c) {
				named++
				names = true
			}
		}
		if f := fold(c); names || !seen[f] { // columns of the same name are parted by numbers: a field named twice is no sign of values
			seen[f] = true
			single++
		}
	}
	part := func(n, of int) float64 { return min(float64(n)/float64(of), 1) }
	return .35*part(worded, n) + .15*part(single, n) + .15*part(n, width) + .35*min(2*part(named, max(asked, 1)), 1)
}

// wordy tells text from numbers, dates, ages and words for nothing.
func wordy(cell string) bool {
	v, odd := Clean(cell)
	if v == "" || Nothing(v) || len(v) > 200 || slices.Contains(odd, OddFormula) {
		return false
	}
	if _, ok := ReadDate(v); ok {
		return false
	}
	if _, ok := ReadAge(v); ok {
		return false
	}
	return !allDigits(strings.NewReplacer(".", "", "-", "", " ", "", "+", "").Replace(v))
}
