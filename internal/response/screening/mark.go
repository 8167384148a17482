package screening

import (
	"fmt"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// Mark is the last row a reader has read of a list that runs from the oldest on: its time, in a list of people the number,
// and its tube. The zero mark stands before the first row.
type Mark struct {
	At   outbreak.Instant
	No   int64
	Tube outbreak.TubeCode
}

// String writes a mark as it is handed out, to be handed in again.
func (m Mark) String() string { return fmt.Sprintf("%d.%d.%s", m.At, m.No, m.Tube) }

// ParseMark reads what String wrote; empty is the zero mark.
func ParseMark(text string) (m Mark, err error) {
	if text == "" {
		return m, nil
	}
	at, rest, _ := strings.Cut(text, ".")
	no, tube, ok := strings.Cut(rest, ".")
	ms, wrongAt := strconv.ParseInt(at, 10, 64)
	n, wrongNo := strconv.ParseInt(no, 10, 64)
	m = Mark{At: outbreak.Instant(ms), No: n, Tube: outbreak.TubeCode(tube)}
	if !ok || wrongAt != nil || wrongNo != nil || m.String() != text {
		return Mark{}, outbreak.Refuse(outbreak.Invalid, "screening.mark")
	}
	return m, nil
}

// Mark is where a list stands after this recall.
func (x Recall) Mark() Mark { return Mark{At: x.OpenedAt, Tube: x.Tube} }

// Mark is where a list stands after this member.
func (m RecallMember) Mark() Mark { return Mark{At: m.HeldAt, No: m.No, Tube: m.Tube} }

// Mark is where a list stands after this person.
func (a Again) Mark() Mark { return Mark{At: a.AskedAt, No: a.No, Tube: a.Tube} }
