package worklist

import (
	"strconv"
	"strings"
	"unicode"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// What a list may hold.
const (
	MostLines = 1000 // a longer list is a file of the line list
	mostInRow = 500  // characters of a line
)

// linesOf parts what was pasted into lines, the empty ones left out.
func linesOf(text string) (lines []string, err error) {
	for _, l := range strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if l = strings.TrimRightFunc(strings.ToValidUTF8(strings.ReplaceAll(l, "\x00", ""), "�"), unicode.IsSpace); strings.TrimSpace(l) == "" {
			continue
		}
		if runes := []rune(l); len(runes) > mostInRow {
			return nil, outbreak.Refuse(outbreak.Invalid, "worklist.line_long", "line", len(lines)+1, "most", mostInRow)
		}
		lines = append(lines, l)
	}
	switch {
	case len(lines) == 0:
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.no_lines")
	case len(lines) > MostLines:
		return nil, outbreak.Refuse(outbreak.Invalid, "worklist.too_many", "most", MostLines)
	}
	return lines, nil
}

// clueOf finds in a line what says who is meant: a code, a number of a document, a telephone, a name. People write them in any
// order, with whatever between them.
func clueOf(line string) (c registry.Clue) {
	var latin []string
	for _, piece := range strings.FieldsFunc(withoutOrdinal(line), parts) {
		for _, word := range joined(strings.Fields(piece)) {
			if c.Name == "" && isLatinName(word) && !isCode(word) {
				latin = append(latin, word)
				continue
			}
			takeName(&c, &latin)
			read(&c, word)
		}
		takeName(&c, &latin)
	}
	if c.Person != 0 {
		c.Name = "" // a code needs no name
	}
	return c
}

// joined puts the parts of a telephone together that stand apart: 139 0013 9000.
func joined(words []string) (list []string) {
	for _, w := range words {
		n := len(list) - 1
		if n >= 0 && len(w) >= 3 && digitsOf(w) == w && len(list[n]) >= 3 && digitsOf(list[n]) == list[n] && len(list[n])+len(w) <= 11 {
			list[n] += w
			continue
		}
		list = append(list, w)
	}
	return list
}

// takeName makes a name of the words in Latin letters that stood together; one alone may be a remark.
func takeName(c *registry.Clue, words *[]string) {
	if len(*words) > 1 && c.Name == "" {
		c.Name = strings.Join(*words, " ")
	}
	*words = nil
}

func parts(r rune) bool {
	return strings.ContainsRune("\t,;|:，；、：/()（）[]【】\"“”", r)
}

// withoutOrdinal takes off what counts the lines: "1.", "12、", "(3)".
func withoutOrdinal(line string) string {
	s := strings.TrimLeft(strings.TrimSpace(line), "(（")
	digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 1 || digits > 4 {
		return line
	}
	rest := []rune(s[digits:])
	if strings.ContainsRune(".、)）:：\t", rest[0]) {
		return string(rest[1:])
	}
	return line
}

// read takes what a word says, the first of each kind.
func read(c *registry.Clue, word string) {
	plain := strings.Trim(word, ".。#*-—")
	if isCode(plain) {
		if id, err := outbreak.ParseID[outbreak.PersonID](plain); err == nil && c.Person == 0 {
			c.Person = id
			return
		}
	}
	digits := digitsOf(plain)
	switch {
	case c.Document == "" && isDocument(plain):
		c.Document = plain
	case strings.HasPrefix(word, "#") && digits == plain && len(digits) <= 10:
		c.No, _ = strconv.ParseInt(digits, 10, 64)
	case c.Phone == "" && len(digits) >= 7 && len(digits) <= 15 && len(plain)-len(digits) <= 4:
		c.Phone = plain
	case c.Name == "" && isHanName(plain):
		c.Name = plain
	}
}

// isCode tells whether a word looks like a personal code: fourteen characters with a check.
func isCode(word string) bool {
	w := strings.ReplaceAll(word, "-", "")
	if len(w) != 14 || digitsOf(w[:13]) == w[:13] && w[13] >= '0' && w[13] <= '9' && w[0] == '1' {
		return false
	}
	_, err := outbreak.ParseID[outbreak.PersonID](w)
	return err == nil
}

// isDocument tells a number of a document: a resident's, whose digits check, or letters and digits of a passport.
func isDocument(word string) bool {
	if _, _, err := registry.CheckDocument(registry.CitizenID, word); err == nil {
		return true
	}
	digits := digitsOf(word)
	return len(word) >= 7 && len(word) <= 9 && len(digits) >= 6 && len(digits) < len(word) && !strings.ContainsFunc(word, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func isHanName(word string) bool {
	n := 0
	for _, r := range word {
		if !unicode.Is(unicode.Han, r) && r != '·' {
			return false
		}
		n++
	}
	return n >= 2 && n <= 12
}

func isLatinName(word string) bool {
	for _, r := range word {
		if !unicode.IsLetter(r) && r != '\'' && r != '-' && r != '.' || unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return word != ""
}
