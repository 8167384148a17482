package hl7

import (
	"bytes"
	"strconv"
	"strings"
)

// Batch is a file of messages, with or without the envelopes FHS/FTS and BHS/BTS around them.
type Batch struct {
	Messages [][]byte
	Wrong    []string // what the envelopes promise and the file does not hold: "BTS-1", "FTS-1", "FTS"
}

// Split cuts a file into its messages. Nothing of a message is read but its first three letters; what stands before the first
// message, or in a segment of an envelope, belongs to none. Envelope totals that do not agree are told, and no reason to leave
// anything out.
func Split(file []byte) Batch {
	var b Batch
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	var now []byte
	inBatch, batches, opened := 0, 0, false
	end := func() {
		if now != nil {
			b.Messages = append(b.Messages, now)
			now = nil
		}
	}
	for len(file) > 0 {
		line := file
		if i := bytes.IndexAny(file, "\r\n"); i >= 0 {
			line, file = file[:i], file[i+1:]
		} else {
			file = nil
		}
		line = bytes.Trim(line, "\x0b\x1c")
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		switch name := string(line[:min(3, len(line))]); name {
		case "FHS":
			end()
			opened = true
		case "BHS":
			end()
			inBatch = 0
			batches++
		case "BTS":
			end()
			if n, said := total(line); said && n != inBatch {
				b.Wrong = append(b.Wrong, "BTS-1")
			}
			inBatch = 0
		case "FTS":
			end()
			if n, said := total(line); said && n != batches {
				b.Wrong = append(b.Wrong, "FTS-1")
			}
			opened = false
		case "MSH":
			end()
			inBatch++
			now = append([]byte{}, line...)
		default:
			if now != nil {
				now = append(append(now, '\r'), line...)
			}
		}
	}
	end()
	if opened { // the file was cut off
		b.Wrong = append(b.Wrong, "FTS")
	}
	return b
}

// total reads the first field of a trailer, a number of messages or batches; false when it says none.
func total(line []byte) (int, bool) {
	if len(line) < 5 {
		return 0, false
	}
	first, _, _ := strings.Cut(string(line[4:]), string(rune(line[3])))
	n, err := strconv.Atoi(strings.TrimSpace(first))
	return n, err == nil
}
