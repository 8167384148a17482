package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a word of a part is.
type wordKind byte

const (
	begins wordKind = iota + 1 // an element
	ends                       // an element
	says                       // text
)

// scanner reads the XML of a part, one word of it at a time, and never holds more than a cell. It reads what spreadsheets write: elements,
// attributes in quotes, text, the five named signs and numbered ones. Parts that name other parts to be put in are broken: nothing we read
// has them.
type scanner struct {
	from io.ReadCloser
	buf  []byte
	at   int // of buf, up to which was read
	have int
	end  bool // nothing comes any more

	name   []byte // of an element, without its prefix; good until the next word
	attrs  []byte // of an element that begins, as they stand
	text   []byte
	closes bool // the element that began ends at once
	plain  []byte
}

const (
	scanned  = 64 << 10
	mostWord = MostInCell + 128<<10 // bytes of a word: that is how a cell of a gigabyte looks before it is read
)

func newScanner(from io.ReadCloser) *scanner { return &scanner{from: from, buf: make([]byte, scanned)} }

func (s *scanner) close() { _ = s.from.Close() }

// fill reads on; io.EOF when nothing comes any more. What was not read yet moves to the beginning.
func (s *scanner) fill() error {
	if s.end {
		return io.EOF
	}
	if s.at > 0 {
		s.have = copy(s.buf, s.buf[s.at:s.have])
		s.at = 0
	}
	if s.have > mostWord {
		return ErrCell
	}
	if s.have == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.from.Read(s.buf[s.have:])
	s.have += n
	switch {
	case errors.Is(err, io.EOF):
		s.end = true
	case err != nil:
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

// upto gives what stands before a sign, which may be further than what is in memory, and leaves both behind; io.EOF when it does not come.
func (s *scanner) upto(sign string) ([]byte, error) {
	for looked := 0; ; {
		if i := bytes.Index(s.buf[s.at+looked:s.have], []byte(sign)); i >= 0 {
			part := s.buf[s.at : s.at+looked+i]
			s.at += looked + i + len(sign)
			return part, nil
		}
		looked = max(s.have-s.at-len(sign)+1, 0)
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// next gives the kind of the next word; io.EOF at the end of the part.
func (s *scanner) next() (wordKind, error) {
	if s.closes {
		s.closes = false
		return ends, nil
	}
	for {
		if s.at == s.have {
			if err := s.fill(); err != nil {
				return 0, err
			}
			continue
		}
		if s.buf[s.at] != '<' {
			return s.readText()
		}
		for s.have-s.at < 2 {
			if err := s.fill(); err != nil {
				return 0, broken(err)
			}
		}
		switch s.buf[s.at+1] {
		case '?':
			if err := s.instruction(); err != nil {
				return 0, err
			}
		case '!':
			if kind, err := s.declared(); kind != 0 || err != nil {
				return kind, err
			}
		default:
			return s.element()
		}
	}
}

// broken is the fault of a part that ends within a word.
func broken(err error) error {
	if err == io.EOF {
		return fmt.Errorf("%w: it ends within a word", ErrBroken)
	}
	return err
}

// instruction passes over <?xml ...?>, unless it says that the letters are none of ours.
func (s *scanner) instruction() error {
	text, err := s.upto("?>")
	if err != nil {
		return broken(err)
	}
	if _, said, is := bytes.Cut(text, []byte("encoding=")); is && len(said) > 1 {
		said, _, _ = bytes.Cut(said[1:], said[:1])
		if !bytes.EqualFold(said, []byte("utf-8")) && !bytes.EqualFold(said, []byte("us-ascii")) {
			return fmt.Errorf("%w: letters of %q", ErrBroken, said)
		}
	}
	return nil
}

// declared passes over a remark, and gives text that stands as it is.
func (s *scanner) declared() (wordKind, error) {
	for s.have-s.at < 9 && !s.end {
		if err := s.fill(); err != nil {
			return 0, broken(err)
		}
	}
	switch head := s.buf[s.at:s.have]; {
	case bytes.HasPrefix(head, []byte("<!--")):
		s.at += 4
		_, err := s.upto("-->")
		return 0, broken(err)
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		s.at += 9
		text, err := s.upto("]]>")
		if err != nil {
			return 0, broken(err)
		}
		s.text = text
		return says, s.legible()
	}
	return 0, fmt.Errorf("%w: a declaration", ErrBroken)
}

// readText reads up to the next element; at the end of the part what is left.
func (s *scanner) readText() (wordKind, error) {
	looked := 0
	for {
		if i := bytes.IndexByte(s.buf[s.at+looked:s.have], '<'); i >= 0 {
			s.text = s.buf[s.at : s.at+looked+i]
			s.at += looked + i
			break
		}
		looked = s.have - s.at
		err := s.fill()
		if err == io.EOF {
			s.text = s.buf[s.at:s.have]
			s.at = s.have
			break
		}
		if err != nil {
			return 0, err
		}
	}
	if err := s.legible(); err != nil {
		return 0, err
	}
	if bytes.IndexByte(s.text, '&') >= 0 {
		s.plain = unfolded(s.plain[:0], s.text)
		s.text = s.plain
	}
	return says, nil
}

// legible refuses text that is no letters, and makes the ends of its lines alike.
func (s *scanner) legible() error {
	far, lines := false, false
	for _, c := range s.text {
		switch {
		case c >= utf8.RuneSelf:
			far = true
		case c == '\r':
			lines = true
		case c < ' ' && c != '\t' && c != '\n':
			return fmt.Errorf("%w: a sign that is no letter", ErrBroken)
		}
	}
	if far && !utf8.Valid(s.text) {
		return fmt.Errorf("%w: letters that are none", ErrBroken)
	}
	if lines {
		s.text = bytes.ReplaceAll(bytes.ReplaceAll(s.text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	return nil
}

// element reads <name attributes> and </name>. A sign > within quotes ends nothing.
func (s *scanner) element() (wordKind, error) {
	looked := 1
	for {
		if i := bytes.IndexByte(s.buf[s.at+looked:s.have], '>'); i >= 0 {
			word := s.buf[s.at+1 : s.at+looked+i]
			looked += i + 1
			if quoted(word) {
				continue
			}
			s.at += looked
			return s.named(word)
		}
		looked = s.have - s.at
		if err := s.fill(); err != nil {
			return 0, broken(err)
		}
	}
}

// quoted tells that a word ends within quotes.
func quoted(word []byte) bool {
	for {
		i := bytes.IndexByte(word, '"')
		if i < 0 {
			i = len(word)
		}
		if j := bytes.IndexByte(word[:i], '\''); j >= 0 {
			i = j
		}
		if i == len(word) {
			return false
		}
		end := bytes.IndexByte(word[i+1:], word[i])
		if end < 0 {
			return true
		}
		word = word[i+end+2:]
	}
}

func (s *scanner) named(word []byte) (wordKind, error) {
	kind := begins
	if len(word) > 0 && word[0] == '/' {
		kind, word = ends, word[1:]
	} else if n := len(word); n > 0 && word[n-1] == '/' {
		s.closes, word = true, word[:n-1]
	}
	n := 0
	for n < len(word) && !space(word[n]) {
		n++
	}
	s.name, s.attrs = word[:n], word[n:]
	if i := bytes.IndexByte(s.name, ':'); i >= 0 {
		s.name = s.name[i+1:]
	}
	if len(s.name) == 0 || s.name[0] == '"' || s.name[0] == '\'' || s.name[0] == '=' || s.name[0] == '<' {
		return 0, fmt.Errorf("%w: an element without a name", ErrBroken)
	}
	return kind, nil
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// attr gives an attribute of the element that began, by its name without its prefix; prefixed tells whether it has one. A second one of the
// name counts when the first has no prefix.
func (s *scanner) attr(name string) (value []byte, prefixed bool) {
	s.each(func(key, v []byte, with bool) bool {
		if string(key) == name {
			value, prefixed = v, with
			return false
		}
		return true
	})
	return value, prefixed
}

// each gives the attributes of the element that began, until it is told to stop.
func (s *scanner) each(do func(key, value []byte, prefixed bool) bool) {
	for rest := s.attrs; ; {
		for len(rest) > 0 && space(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return
		}
		i := 0
		for i < len(rest) && rest[i] != '=' && !space(rest[i]) {
			i++
		}
		key := rest[:i]
		for rest = rest[i:]; len(rest) > 0 && space(rest[0]); {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != '=' { // a name alone says nothing
			continue
		}
		rest = rest[1:]
		for len(rest) > 0 && space(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return
		}
		value := rest[1 : 1+end]
		rest = rest[2+end:]
		if bytes.IndexByte(value, '&') >= 0 {
			value = unfolded(nil, value)
		}
		prefix := bytes.IndexByte(key, ':')
		if !do(key[prefix+1:], value, prefix >= 0) {
			return
		}
	}
}

// said is an attribute as a string; empty when there is none.
func (s *scanner) said(name string) string {
	value, _ := s.attr(name)
	return strings.ToValidUTF8(string(value), "\uFFFD")
}

// unfolded writes text with its named and numbered signs as they are meant. What names no sign stays as it stands.
func unfolded(to, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(to, text...)
		}
		to, text = append(to, text[:i]...), text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		r, known := rune(0), false
		if end > 1 {
			r, known = sign(string(text[1:end]))
		}
		if !known {
			to, text = append(to, '&'), text[1:]
			continue
		}
		to, text = utf8.AppendRune(to, r), text[end+1:]
	}
}

func sign(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if strings.HasPrefix(digits, "x") {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || n < ' ' && n != '\t' && n != '\n' && n != '\r' || n >= 0xD800 && n < 0xE000 {
		return 0, false
	}
	return rune(n), true
}
