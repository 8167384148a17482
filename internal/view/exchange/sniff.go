package exchange

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// Encoding names how a file writes its letters.
type Encoding string

const (
	ASCII       Encoding = "ascii" // nothing else seen yet: the first other letter decides
	UTF8        Encoding = "utf-8"
	UTF16       Encoding = "utf-16"
	GB18030     Encoding = "gb18030"
	Windows1252 Encoding = "windows-1252"
)

// Sniffed is what the beginning of a file tells about it, and the reader that goes on from there.
type Sniffed struct {
	Encoding  Encoding
	Separator byte
	lineEnd   byte
	from      *bufio.Reader
}

// sniffed is how much of a file is looked at.
const sniffed = 64 << 10

// Sniff looks at the beginning of a file. What is no text of a known encoding is refused with a sentence that says what to do.
func Sniff(r io.Reader) (*Sniffed, error) {
	s := &Sniffed{from: bufio.NewReaderSize(r, sniffed)}
	head, err := s.from.Peek(sniffed)
	if err != nil && err != io.EOF {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.empty")
	}
	if msg := foreign(head); msg != "" {
		return nil, outbreak.Refuse(outbreak.Invalid, msg)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = s.from.Discard(3)
		s.Encoding, head = UTF8, head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		plain := transform.NewReader(s.from, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
		s.Encoding, s.from = UTF16, bufio.NewReaderSize(plain, sniffed)
		head, _ = s.from.Peek(sniffed)
	case bytes.IndexByte(head, 0) >= 0:
		return nil, outbreak.Refuse(outbreak.Invalid, zeros(head))
	default:
		switch s.Encoding = encodingOf(head); s.Encoding {
		case "":
			return nil, outbreak.Refuse(outbreak.Invalid, "exchange.encoding_unknown")
		case Windows1252:
			s.from = bufio.NewReaderSize(transform.NewReader(s.from, charmap.Windows1252.NewDecoder()), sniffed)
			head, _ = s.from.Peek(sniffed)
		}
	}
	s.lineEnd = '\n'
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		s.lineEnd = '\r'
	}
	s.Separator = separatorOf(head, s.lineEnd)
	return s, nil
}

// foreign names the sentence for a file that is not text at all.
func foreign(head []byte) string {
	for _, f := range []struct{ magic, msg string }{
		{"\x1f\x8b", "exchange.is_compressed"}, {"%PDF", "exchange.is_binary"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.msg
		}
	}
	return ""
}

// zeros tells UTF-16 without its mark from other files with zero bytes: every second byte of Latin letters is zero there.
func zeros(head []byte) string {
	var at [2]int
	for i, b := range head {
		if b == 0 {
			at[i%2]++
		}
	}
	if many := len(head) / 8; max(at[0], at[1]) > many && min(at[0], at[1]) <= many/8 {
		return "exchange.utf16_unmarked"
	}
	return "exchange.is_binary"
}

// encodingOf decides by the letters seen; empty when they are neither UTF-8 nor GB18030. The last, perhaps broken letter of
// a full head does not count.
func encodingOf(head []byte) Encoding {
	ascii := true
	for _, b := range head {
		if b >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return ASCII
	}
	whole := head
	if len(head) == sniffed {
		if i := bytes.LastIndexByte(head, '\n'); i > 0 {
			whole = head[:i]
		} else {
			whole = head[:len(head)-4]
		}
	}
	if utf8.Valid(whole) {
		return UTF8
	}
	looked := table.Look(head, len(head) < sniffed)
	if looked.Encoding == table.Windows1252 && looked.Sure { // letters with accents among plain ones can be read as characters, too
		return Windows1252
	}
	if _, ok := fromGB18030(whole); ok {
		return GB18030
	}
	return ""
}

// fromGB18030 decodes; false when a byte sequence is no letter.
func fromGB18030(b []byte) (string, bool) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return string(text), false
	}
	return string(text), true
}

// separatorOf takes the separator that stands most often in the first line, outside quotes.
func separatorOf(head []byte, lineEnd byte) byte {
	count := map[byte]int{}
	quoted, seen := false, false
	for _, b := range head {
		if b == '"' {
			quoted = !quoted
		}
		if b == lineEnd && !quoted {
			if seen {
				break
			}
			continue
		}
		seen = true
		if !quoted && (b == ',' || b == ';' || b == '\t') {
			count[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte{'\t', ';'} {
		if count[b] > count[best] {
			best = b
		}
	}
	return best
}
