package protocols

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// Problem is one fault of a file. Fault is the sentence for whoever wrote the file, as a catalogue key with slots.
type Problem struct {
	File   string
	Line   int
	Column int
	Fault  *outbreak.Error
}

// Problems are all faults found, in the order of files and lines. They are returned as an error.
type Problems []Problem

// Error lists the faults for a log: one line each, with place, catalogue key and slots.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", one.File, one.Line, one.Column, strings.TrimSuffix(one.Fault.Error(), " map[]"))
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}
