package table

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding names how a file writes its letters.
type Encoding string

// The encodings that are told apart. Latin-1 is read as Windows-1252, which has all of its letters.
const (
	ASCII       Encoding = "ascii"
	UTF8        Encoding = "utf-8"
	UTF16       Encoding = "utf-16"
	GB18030     Encoding = "gb18030"
	Windows1252 Encoding = "windows-1252"
	Unknown     Encoding = "unknown"
)

// Letters is what the first bytes of a file tell.
type Letters struct {
	Encoding  Encoding `json:"encoding"`
	Sure      bool     `json:"sure"`            // false: another encoding would do as well
	Other     Encoding `json:"other,omitempty"` // that one
	Mark      bool     `json:"mark"`            // the file begins with a byte order mark
	Separator string   `json:"separator"`
	Parted    float64  `json:"parted"`   // share of the first rows that the separator cuts into equally many cells
	Declared  bool     `json:"declared"` // by a line sep=; before the rows
	LineEnd   string   `json:"line_end"` // lf, crlf, cr
}

// Looked is how many bytes at the beginning of a file are enough.
const Looked = 64 << 10

// Look tells how a file is written by its first bytes. whole says that there are no more.
func Look(head []byte, whole bool) Letters {
	if len(head) > Looked {
		head, whole = head[:Looked], false
	}
	l := Letters{Sure: true}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		l.Encoding, l.Mark = UTF8, true
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		l.Encoding, l.Mark = UTF16, true
	default:
		l.encodingOf(head, whole)
	}
	plain, _ := io.ReadAll(l.Reader(bytes.NewReader(head)))
	l.LineEnd = lineEnd(plain)
	l.part(plain)
	return l
}

// Reader gives a file's text as UTF-8, without its mark.
func (l Letters) Reader(r io.Reader) io.Reader {
	var e encoding.Encoding
	switch l.Encoding {
	case UTF16:
		e = utf.UTF16(utf.LittleEndian, utf.UseBOM)
	case GB18030:
		e = simplifiedchinese.GB18030
	case Windows1252:
		e = charmap.Windows1252
	default:
		e = utf.UTF8BOM
	}
	return transform.NewReader(r, e.NewDecoder())
}

func (l *Letters) encodingOf(head []byte, whole bool) {
	if !whole { // the last letter may be cut
		if i := bytes.LastIndexAny(head, "\r\n"); i > 0 {
			head = head[:i]
		} else {
			head = head[:max(len(head)-4, 0)]
		}
	}
	high, lone := highBytes(head)
	switch {
	case bytes.IndexByte(head, 0) >= 0:
		l.Encoding, l.Sure = Unknown, false
		return
	case high == 0:
		l.Encoding = ASCII
		return
	case utf8.Valid(head):
		l.Encoding = UTF8
		return
	}
	if good, bad := sequences(head); bad*20 <= good {
		l.Encoding, l.Sure = UTF8, false // a letter here and there is broken
		return
	}
	usual, all, legible := characters(head)
	switch {
	case !legible || all == 0:
		l.Encoding = Windows1252
		l.Sure = lone*2 >= high
	case usual*5 >= all*3 && lone*4 < high:
		l.Encoding = GB18030
	case lone*2 >= high:
		l.Encoding, l.Sure, l.Other = Windows1252, usual*5 < all, GB18030
	default:
		l.Encoding, l.Sure, l.Other = GB18030, false, Windows1252
	}
	if l.Sure {
		l.Other = ""
	}
}

// sequences counts letters of UTF-8 outside ASCII, and bytes that are part of none.
func sequences(b []byte) (good, bad int) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good, bad
}

// highBytes counts bytes above ASCII, and those with ASCII on both sides: a letter with an accent, not a character of two bytes.
func highBytes(b []byte) (high, lone int) {
	for i, c := range b {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if (i == 0 || b[i-1] < utf8.RuneSelf) && (i+1 == len(b) || b[i+1] < utf8.RuneSelf) {
			lone++
		}
	}
	return high, lone
}

// characters reads bytes as GB 18030 and counts characters, and of these the 3,755 usual ones and the signs that go with them.
func characters(b []byte) (usual, all int, legible bool) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return 0, 0, false
	}
	for i := 0; i < len(b); i++ {
		if b[i] < utf8.RuneSelf {
			continue
		}
		all++
		if i+1 < len(b) && b[i+1] >= 0xa1 && (b[i] >= 0xb0 && b[i] <= 0xd7 || b[i] == 0xa1 || b[i] == 0xa3) {
			usual++
		}
		if i+1 < len(b) && b[i+1] >= '0' && b[i+1] <= '9' {
			i += 2 // four bytes
		}
		i++
	}
	return usual, all, true
}

func lineEnd(text []byte) string {
	switch {
	case bytes.Contains(text, []byte("\r\n")):
		return "crlf"
	case bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0:
		return "cr"
	}
	return "lf"
}
