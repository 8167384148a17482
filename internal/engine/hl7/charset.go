package hl7

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset is how a message writes its letters.
type Charset string

// The letters that are read and written.
const (
	ASCII   Charset = "ASCII"
	UTF8    Charset = "UNICODE UTF-8"
	GB18030 Charset = "GB 18030-2000"
	Latin1  Charset = "8859/1"
)

// named finds the letters that MSH-18 means: HL7's table 0211, and what senders write instead.
func named(text string) (Charset, bool) {
	switch strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "_", "", "/", "").Replace(text)) {
	case "":
		return "", true
	case "ASCII", "USASCII":
		return ASCII, true
	case "UNICODEUTF8", "UTF8", "UNICODE":
		return UTF8, true
	case "GB180302000", "GB18030", "GB180302005", "GB180302022", "GBK", "GB2312", "CP936":
		return GB18030, true
	case "88591", "ISO88591", "LATIN1":
		return Latin1, true
	}
	return "", false
}

// decode gives the message as UTF-8. Bytes are turned into letters before anything is cut, because the second byte of a letter
// of GB 18030 may be one that delimits fields elsewhere. Without a word in MSH-18, or with ASCII and other bytes, letters that
// are valid UTF-8 are UTF-8 and others GB 18030.
func decode(raw []byte, d delimiters) (string, Charset, error) {
	said, known := named(declared(raw, d))
	if !known {
		return "", UTF8, ErrNoLetters
	}
	if plain(raw) {
		if said == "" {
			said = ASCII
		}
		return string(raw), said, nil
	}
	switch said {
	case UTF8:
		if !utf8.Valid(raw) {
			return "", UTF8, ErrCharset
		}
		return string(raw), UTF8, nil
	case Latin1:
		text, err := charmap.ISO8859_1.NewDecoder().Bytes(raw)
		if err != nil {
			return "", Latin1, ErrCharset
		}
		return string(text), Latin1, nil
	case "", ASCII:
		if utf8.Valid(raw) {
			return string(raw), UTF8, nil
		}
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", GB18030, ErrCharset
	}
	return string(text), GB18030, nil
}

// declared reads MSH-18, which is ASCII, from bytes of unknown letters. Read as GB 18030 no byte of a letter is taken for a
// delimiter, and UTF-8 has none that could be.
func declared(raw []byte, d delimiters) string {
	line := raw
	if i := bytes.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	text := string(line)
	if !utf8.Valid(line) {
		if t, err := simplifiedchinese.GB18030.NewDecoder().Bytes(line); err == nil {
			text = string(t)
		}
	}
	fields := strings.Split(text, string(rune(d.field)))
	if len(fields) < 18 {
		return ""
	}
	first, _, _ := strings.Cut(fields[17], string(rune(max(d.repetition, 1))))
	return strings.TrimSpace(first)
}

func plain(raw []byte) bool {
	for _, b := range raw {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// encode writes text in the letters of a sender; what they do not have becomes a question mark.
func encode(text string, c Charset) []byte {
	switch c {
	case GB18030:
		if out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text)); err == nil {
			return out
		}
	case ASCII, Latin1:
		out := make([]byte, 0, len(text))
		for _, r := range text {
			switch {
			case r < utf8.RuneSelf, c == Latin1 && r >= 0xa0 && r <= 0xff:
				out = append(out, byte(r))
			default:
				out = append(out, '?')
			}
		}
		return out
	}
	return []byte(text)
}
