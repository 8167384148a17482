package exchange

import (
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// Report is what became of a file: Received = Accepted + Repeated + Rejected.
type Report struct {
	Kind      Kind              `json:"kind"`
	Received  int               `json:"received"` // rows below the header that are not empty
	Accepted  int               `json:"accepted"`
	Changed   int               `json:"changed,omitempty"` // among the accepted: known before, now something new was said
	Repeated  int               `json:"repeated"`          // known before, or twice in the file
	Rejected  int               `json:"rejected"`
	Mapping   map[string]string `json:"mapping"` // column -> field
	Problems  []Problem         `json:"problems"`
	LeftOut   int               `json:"problems_left_out,omitempty"` // problems beyond those listed
	Shared    []Shared          `json:"shared,omitempty"`            // of a list: reasons for which every row that comes back does so
	Ignored   []string          `json:"ignored"`                     // columns that mean nothing here
	Encoding  Encoding          `json:"encoding"`
	Separator string            `json:"separator"`
	HeaderRow int               `json:"header_row"`
	Warnings  []string          `json:"warnings"`
	Sheet     string            `json:"sheet,omitempty"`  // of a workbook
	Extra     []string          `json:"extra,omitempty"`  // columns of a list that are kept with its rows under their own names
	Links     *LinkTotals       `json:"links,omitempty"`  // of a line list: those who infected its cases, and those these exposed
	Edit      outbreak.BatchID  `json:"edit,omitempty"`   // of a list of our own that came back: what it changed, as one edit that can be taken back
	Digest    string            `json:"digest,omitempty"` // of a list's headers: what its mapping is kept under
}

// Problem is one thing wrong with one row. Row is the line of the file the row begins at; Value is cut, and of private cells
// only enough is left to find it again.
type Problem struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"` // a sentence in the user's language
	Check  string `json:"check"`  // the check that found it: stable
}

func newReport(kind Kind, s *Sniffed, m *mapping) *Report {
	r := &Report{Kind: kind, Mapping: map[string]string{}, Problems: []Problem{}, Ignored: []string{}, Warnings: []string{},
		Encoding: s.Encoding, Separator: string(rune(s.Separator)), HeaderRow: m.line}
	for i, f := range m.fields {
		switch {
		case f != fieldNone:
			r.Mapping[m.header[i]] = f.String()
		case m.header[i] != "" && i < m.own:
			r.Ignored = append(r.Ignored, m.header[i])
		}
	}
	return r
}

// balanced refuses a report whose totals do not add up: that is a fault of ours, never of the file.
func (r *Report) balanced() error {
	if r.Received != r.Accepted+r.Repeated+r.Rejected {
		return fmt.Errorf("%d rows received, but %d accepted, %d repeated and %d rejected", r.Received, r.Accepted, r.Repeated, r.Rejected)
	}
	return nil
}

func (r *Report) tell(p Problem, most int) {
	if len(r.Problems) >= most {
		r.LeftOut++
		return
	}
	r.Problems = append(r.Problems, p)
}

func sentence(lang words.Lang, err *outbreak.Error) string {
	return words.Text(lang, err.Msg, err.Slots)
}
