package hl7

import (
	"strconv"
	"strings"
	"time"
)

// Answer is a code of an acknowledgement, of the original mode.
type Answer string

// The answers.
const (
	Accept Answer = "AA" // everything stands
	Error  Answer = "AE" // something of it is wrong: sent again it is wrong again
	Reject Answer = "AR" // nothing of it was looked at: it may be sent again
)

// Fault is one thing that is wrong with a message, for an ERR segment.
type Fault struct {
	Segment string // OBR, OBX, MSH
	Nth     int    // from 1
	Field   int
	Code    string // HL7's table 0357: 100 sequence, 101 required, 102 type, 103 table value, 200 message type, 201 event, 202 processing id, 203 version, 204 unknown key, 205 duplicate, 207 internal
	Text    string // a sentence
}

// Ack is an acknowledgement.
type Ack struct {
	ID     string // of the acknowledgement itself
	Site   string // who answers
	At     time.Time
	Code   Answer
	Text   string
	Faults []Fault
}

// usual are the delimiters of an answer to a message that could not be read.
var usual = delimiters{'|', '^', '~', '\\', '&'}

// Write gives the acknowledgement of a message, in its delimiters and its letters, its segments ended by CR. A message that could
// not be read is answered as well: with what could be made out of it.
func (a Ack) Write(of Message) []byte {
	d := of.delims
	if d.field == 0 || d.component == 0 {
		d = usual
	}
	letters := of.Charset
	if letters == "" {
		letters = UTF8
	}
	if letters == ASCII && !plain([]byte(a.Text)) {
		letters = UTF8
	}
	h := of.Head()
	e := d.escaped
	var b strings.Builder
	line := func(fields ...string) {
		for len(fields) > 0 && fields[len(fields)-1] == "" {
			fields = fields[:len(fields)-1]
		}
		b.WriteString(strings.Join(fields, string(rune(d.field))) + "\r")
	}
	marks := string(rune(d.component))
	for _, c := range []byte{d.repetition, d.escape, d.sub} {
		if c != 0 {
			marks += string(rune(c))
		}
	}
	parts := func(texts ...string) string { return strings.Join(texts, string(rune(d.component))) }
	line("MSH", marks, "Breakwater", e(a.Site), e(h.Application), e(h.Facility), a.At.Format("20060102150405-0700"), "", parts("ACK", "R01", "ACK"), e(a.ID), "P", "2.5.1", "", "", "", "", "", string(letters))
	line("MSA", string(a.Code), e(h.ID), e(a.Text))
	for _, f := range a.Faults {
		line("ERR", "", parts(e(f.Segment), number(f.Nth), number(f.Field)), parts(f.Code), "E", "", "", "", e(f.Text))
	}
	return encode(b.String(), letters)
}

func number(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}
