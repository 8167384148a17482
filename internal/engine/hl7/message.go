package hl7

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Limits of what is read: a laboratory's message is a few kilobytes.
const (
	MostBytes    = 1 << 20 // of one message
	mostSegments = 20_000
	mostFields   = 400
)

// Faults that make a message unreadable.
var (
	ErrEmpty      = errors.New("the message is empty")
	ErrNoHeader   = errors.New("the message does not begin with MSH")
	ErrDelimiters = errors.New("MSH names delimiters that cannot be told apart")
	ErrTooLong    = errors.New("the message is too long")
	ErrCharset    = errors.New("the letters of the message are not what MSH-18 says")
	ErrNoLetters  = errors.New("MSH-18 names letters that are not known here")
)

// delimiters of one message, from its MSH.
type delimiters struct{ field, component, repetition, escape, sub byte }

// Message is one message, its letters as UTF-8.
type Message struct {
	Charset  Charset // as it came: an answer goes out in it
	delims   delimiters
	segments []Segment
}

// Segment is one line of a message: its name and its fields as they stand, escapes and all.
type Segment struct {
	Name   string
	fields []string
	d      delimiters
}

// Parse reads one message. Line ends may be CR, as the standard has it, or LF, or both.
func Parse(raw []byte) (Message, error) {
	if len(raw) > MostBytes {
		return Message{}, ErrTooLong
	}
	raw = bytes.TrimPrefix(bytes.Trim(raw, "\x0b\x1c\r\n \t"), []byte("\xef\xbb\xbf"))
	if len(raw) == 0 {
		return Message{}, ErrEmpty
	}
	if !bytes.HasPrefix(raw, []byte("MSH")) {
		return Message{}, ErrNoHeader
	}
	d, err := delimitersOf(raw)
	if err != nil {
		return Message{}, err
	}
	text, charset, err := decode(raw, d)
	if err != nil {
		return Message{Charset: charset, delims: d}, err
	}
	m := Message{Charset: charset, delims: d}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len(m.segments) == mostSegments {
			return m, ErrTooLong
		}
		s, err := segment(line, d)
		if err != nil {
			return m, err
		}
		if s.Name != "" {
			m.segments = append(m.segments, s)
		}
	}
	return m, nil
}

// delimitersOf reads MSH-1 and MSH-2. The escape and the sub-component may be left out.
func delimitersOf(raw []byte) (delimiters, error) {
	if len(raw) < 5 {
		return delimiters{}, ErrDelimiters
	}
	d := delimiters{field: raw[3]}
	rest := raw[4:]
	if i := bytes.IndexAny(rest, string(rune(d.field))+"\r\n"); d.field < 0x80 && i >= 0 {
		rest = rest[:i]
	}
	rest = rest[:min(len(rest), 4)]
	for i, into := range []*byte{&d.component, &d.repetition, &d.escape, &d.sub} {
		if i < len(rest) {
			*into = rest[i]
		}
	}
	seen := map[byte]bool{} // numbers, times and the names of letters have to stay whole
	for _, b := range []byte{d.field, d.component, d.repetition, d.escape, d.sub} {
		if b == 0 {
			continue
		}
		if seen[b] || b < 0x21 || b > 0x7e || strings.IndexByte("+-./:", b) >= 0 || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' {
			return d, ErrDelimiters
		}
		seen[b] = true
	}
	if d.component == 0 {
		return d, ErrDelimiters
	}
	return d, nil
}

func segment(line string, d delimiters) (Segment, error) {
	fields := strings.Split(line, string(rune(d.field)))
	if len(fields) > mostFields {
		return Segment{}, ErrTooLong
	}
	s := Segment{Name: strings.TrimSpace(fields[0]), fields: fields, d: d}
	if s.Name == "MSH" { // its first field is the delimiter itself
		s.fields = append([]string{"MSH", string(rune(d.field))}, fields[1:]...)
	}
	return s, nil
}

// Header is the first segment.
func (m Message) Header() Segment {
	if len(m.segments) == 0 {
		return Segment{}
	}
	return m.segments[0]
}

// Raw gives a field as it stands; empty when there is none.
func (s Segment) Raw(field int) string {
	if field < 0 || field >= len(s.fields) {
		return ""
	}
	return s.fields[field]
}

// Repetitions gives the repetitions of a field as they stand.
func (s Segment) Repetitions(field int) []string {
	raw := s.Raw(field)
	if raw == "" {
		return nil
	}
	if s.d.repetition == 0 || s.Name == "MSH" && field <= 2 {
		return []string{raw}
	}
	return strings.Split(raw, string(rune(s.d.repetition)))
}

// Text gives a component, from 1, of the first repetition of a field, its escapes read; of its sub-components the first.
func (s Segment) Text(field, component int) string {
	all := s.Repetitions(field)
	if len(all) == 0 {
		return ""
	}
	return s.part(all[0], component)
}

func (s Segment) part(repetition string, component int) string {
	parts := strings.Split(repetition, string(rune(s.d.component)))
	if component < 1 || component > len(parts) {
		return ""
	}
	part := parts[component-1]
	if s.d.sub != 0 {
		part, _, _ = strings.Cut(part, string(rune(s.d.sub)))
	}
	return strings.TrimSpace(s.d.unescape(part))
}

// unescape reads escapes: delimiters, line breaks and bytes in hexadecimal. One that is not known stays as it stands.
func (d delimiters) unescape(text string) string {
	if d.escape == 0 || strings.IndexByte(text, d.escape) < 0 {
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, string(rune(d.escape)))
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code, after, closed := strings.Cut(rest, string(rune(d.escape)))
		if !closed {
			b.WriteByte(d.escape)
			b.WriteString(rest)
			return b.String()
		}
		if plain, known := d.meant(code); known {
			b.WriteString(plain)
		} else {
			b.WriteString(string(rune(d.escape)) + code + string(rune(d.escape)))
		}
		text = after
	}
}

func (d delimiters) meant(code string) (string, bool) {
	switch code {
	case "F":
		return string(rune(d.field)), true
	case "S":
		return string(rune(d.component)), true
	case "R":
		return string(rune(d.repetition)), true
	case "E":
		return string(rune(d.escape)), true
	case "T":
		return string(rune(d.sub)), true
	case ".br", ".sp", ".ce":
		return " ", true
	case "H", "N": // highlighting
		return "", true
	}
	if hex, is := strings.CutPrefix(code, "X"); is && len(hex) > 0 && len(hex)%2 == 0 {
		var raw []byte
		if _, err := fmt.Sscanf(hex, "%x", &raw); err != nil {
			return "", false
		}
		for _, c := range raw {
			if c < 0x20 || c > 0x7e {
				return "", false // of which letters they are bytes nobody says
			}
		}
		return string(raw), true
	}
	return "", false
}

// escape writes text so that no delimiter is in it.
func (d delimiters) escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		code := ""
		switch r {
		case rune(d.escape):
			code = "E"
		case rune(d.field):
			code = "F"
		case rune(d.component):
			code = "S"
		case rune(d.repetition):
			code = "R"
		case rune(d.sub):
			code = "T"
		case '\r', '\n':
			code = ".br"
		}
		switch {
		case r == 0 || r == 0x0b || r == 0x1c:
		case code == "":
			b.WriteRune(r)
		case d.escape == 0:
			b.WriteByte(' ')
		default:
			b.WriteByte(d.escape)
			b.WriteString(code)
			b.WriteByte(d.escape)
		}
	}
	return b.String()
}

// Text gives a field, its first component, of the first segment of a name.
func (m Message) Text(segment string, field int) string {
	for _, s := range m.segments {
		if s.Name == segment {
			return s.Text(field, 1)
		}
	}
	return ""
}

// Count gives how many segments of a name there are.
func (m Message) Count(segment string) (n int) {
	for _, s := range m.segments {
		if s.Name == segment {
			n++
		}
	}
	return n
}
