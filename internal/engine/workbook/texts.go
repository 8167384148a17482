package workbook

import (
	"io"
	"strings"
)

// texts are what cells share: one long text and where each begins.
type texts struct {
	all  string
	from []uint32
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i+1 >= len(t.from) {
		return "", false
	}
	return t.all[t.from[i]:t.from[i+1]], true
}

// readTexts reads the texts that cells share. Of a text with marks and readings above its characters the text alone is taken.
func (b *Book) readTexts() error {
	targets, err := b.targets(b.workbookPart())
	if err != nil {
		return err
	}
	part := targets["sharedStrings"]
	if part == "" || b.parts[strings.ToLower(part)] == nil {
		return nil
	}
	s, err := b.open(part)
	if err != nil {
		return err
	}
	defer s.close()
	var all strings.Builder
	b.texts.from = []uint32{0}
	var r textReader
	for {
		t, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		text, done, err := r.take(s, t, "si")
		if err != nil {
			return err
		}
		if !done {
			continue
		}
		if all.Len()+len(text) > MostText {
			return ErrText
		}
		all.WriteString(text)
		b.texts.from = append(b.texts.from, uint32(all.Len()))
		if len(b.texts.from) > MostText/8 {
			return ErrText
		}
	}
	b.texts.all = all.String()
	return nil
}

// textReader gathers the runs of a text.
type textReader struct {
	in      bool // within the element that holds a text
	run     bool // within a run
	reading int  // within readings, which are no text
	b       []byte
}

// take takes a word; done when the element of that name ends.
func (r *textReader) take(s *scanner, t wordKind, name string) (text string, done bool, err error) {
	switch t {
	case begins:
		switch string(s.name) {
		case name:
			r.in, r.b = true, r.b[:0]
		case "t":
			r.run = true
		case "rPh":
			r.reading++
		}
	case ends:
		switch string(s.name) {
		case name:
			if !r.in {
				return "", false, nil
			}
			r.in, r.run, r.reading = false, false, 0
			return escaped(string(r.b)), true, nil
		case "t":
			r.run = false
		case "rPh":
			r.reading--
		}
	case says:
		if r.in && r.run && r.reading <= 0 {
			if r.b = append(r.b, s.text...); len(r.b) > MostInCell {
				return "", false, ErrCell
			}
		}
	}
	return "", false, nil
}

// escaped reads the signs that XML cannot hold, which spreadsheets write as _x000D_.
func escaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		if len(s) >= 7 && s[0] == '_' && s[1] == 'x' && s[6] == '_' {
			n, ok := 0, true
			for _, c := range []byte(s[2:6]) {
				v := strings.IndexByte("0123456789abcdef", c|0x20)
				if c >= '0' && c <= '9' {
					v = int(c - '0')
				}
				if ok = ok && v >= 0; ok {
					n = n<<4 | v
				}
			}
			if ok && n != 0 {
				b.WriteRune(rune(n))
				s = s[7:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}
