package linkage

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
)

// Record is what a list says of a person. Empty and zero fields are missing.
type Record struct {
	Name         Name   `json:"name"`
	Birth        Date   `json:"birth"`
	Sex          string `json:"sex"` // any words, as long as both lists use the same
	Phone        string `json:"phone"`
	DocumentKind string `json:"document_kind"`
	Document     string `json:"document"`  // stars stand for characters that were hidden
	Area         string `json:"area"`      // a path: /22/2202/220204/
	Household    string `json:"household"` // unique in its area
}

// Name is a folded name.
type Name struct {
	Words    []string `json:"words"`    // in the order written
	Readings []string `json:"readings"` // of a name in Chinese characters: how all of it may be read, without gaps
}

// Date is a day of birth; a month and day of 0 are not known.
type Date struct {
	Year  int `json:"year"`
	Month int `json:"month"`
	Day   int `json:"day"`
}

func (d Date) whole() bool { return d.Year != 0 && d.Month != 0 && d.Day != 0 }

// ready is a record prepared for comparing.
type ready struct {
	Record
	whole  string   // the name without gaps
	runes  []rune   // of whole
	han    bool     // written in Chinese characters alone
	mixed  string   // words, or characters, in the order of the alphabet
	sounds []string // readings; of a Latin name its letters, first and last word in both orders
	codes  []string // how the words of a Latin name sound, roughly
}

// longestName is how many characters of a name are looked at, mostWords how many words: comparing stays bounded.
const (
	longestName  = 64
	mostWords    = 8
	mostReadings = 8
)

func prepare(r Record) *ready {
	p := &ready{Record: r}
	words := make([]string, 0, len(r.Name.Words))
	left := longestName
	for _, w := range r.Name.Words {
		w = strings.ToValidUTF8(w, "")
		runes := []rune(w)
		if len(words) == mostWords || left == 0 {
			break
		}
		runes = runes[:min(len(runes), left)]
		left -= len(runes)
		if len(runes) > 0 {
			words = append(words, string(runes))
		}
	}
	p.Name.Words = words
	p.whole = strings.Join(words, "")
	p.runes = []rune(p.whole)
	p.han = len(p.runes) > 0 && !slices.ContainsFunc(p.runes, func(c rune) bool { return !unicode.Is(unicode.Han, c) })
	p.Phone, p.Document = digitsOf(r.Phone), signsOf(r.Document)
	if p.han {
		letters := slices.Clone(p.runes)
		slices.Sort(letters)
		p.mixed = string(letters)
		p.sounds = r.Name.Readings[:min(len(r.Name.Readings), mostReadings)]
		return p
	}
	sorted := slices.Clone(words)
	slices.Sort(sorted)
	p.mixed = strings.Join(sorted, " ")
	p.sounds = orders(words)
	for _, w := range words {
		if c := code(w); c != "" {
			p.codes = append(p.codes, c)
		}
	}
	slices.Sort(p.codes)
	return p
}

// orders gives a Latin name's letters as written, with the last word first, and with the first word last.
func orders(words []string) (all []string) {
	n := len(words)
	if n == 0 {
		return nil
	}
	all = append(all, strings.Join(words, ""))
	if n > 1 {
		for _, s := range []string{words[n-1] + strings.Join(words[:n-1], ""), strings.Join(words[1:], "") + words[0]} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// signsOf keeps letters, digits and stars, in capitals.
func signsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '*' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// seed is one for the process: digests never leave it.
var seed = maphash.MakeSeed()

func digest(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
