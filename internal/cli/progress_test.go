package cli

import (
	"strings"
	"testing"
)

// TestProgressWithoutATerminalIsPlainLines shows works in a file: whole lines, now and then, and nothing drawn over.
func TestProgressWithoutATerminalIsPlainLines(t *testing.T) {
	var out strings.Builder
	p := progressOn(&out)
	for i := range 101 {
		p.show("roll", "The roll  ", float64(i), 100)
	}
	p.end()
	for i := range 97 {
		p.show("day 1", "Day 1, 08:00", float64(i), 96)
	}
	p.end()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if strings.Contains(out.String(), "\r") || len(lines) != 22 || lines[0] != "The roll: 0 %" || lines[10] != "The roll: 100 %" || lines[11] != "Day 1, 08:00: 0 %" || lines[21] != "Day 1, 08:00: 100 %" {
		t.Errorf("%q", lines)
	}
}

// TestProgressOnATerminalIsOneLine draws the same line anew, and ends it before others follow.
func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var out strings.Builder
	p := &progress{to: &out, terminal: true}
	p.show("roll", "The roll  ", 50, 100)
	p.show("roll", "The roll  ", 100, 100)
	p.end()
	p.end()
	if half, full := strings.Repeat("#", 15)+strings.Repeat(".", 15), strings.Repeat("#", 30); out.String() != "\rThe roll   ["+half+"] \rThe roll   ["+full+"] \n" {
		t.Errorf("%q", out.String())
	}
}
