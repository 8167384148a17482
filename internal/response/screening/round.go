package screening

import (
	"slices"

	"breakwater/internal/outbreak"
)

// RoundState is where a round stands.
type RoundState string

const (
	Planned RoundState = "planned"
	Open    RoundState = "open"
	Closed  RoundState = "closed"
)

// Round is one testing round (轮次) over areas.
type Round struct {
	ID       outbreak.RoundID    `json:"id"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Edition  string              `json:"edition"` // the protocol it was opened under
	Area     outbreak.Path       `json:"area"`    // the common root of its areas
	Areas    []outbreak.Path     `json:"areas"`
	Name     string              `json:"name"`
	Pool     int                 `json:"pool"` // swabs per tube
	Opens    outbreak.Instant    `json:"opens"`
	Closes   outbreak.Instant    `json:"closes"`
	State    RoundState          `json:"state"`
	Roll     int                 `json:"roll"` // people due when it was opened
	ClosedAt outbreak.Instant    `json:"closed_at"`

	tubeBefore int64 // sequence of the last row of the table of tubes when it was opened
}

// Scope is where the round belongs.
func (r Round) Scope() outbreak.Scope { return outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak} }

// open checks a new round against its protocol.
func (r Round) open(p outbreak.Protocol) error {
	if r.Name == "" {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_name")
	}
	if len(r.Areas) == 0 {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_areas")
	}
	if r.Closes <= r.Opens {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_window")
	}
	allowed := p.Values["pool.validated"].Days
	if r.Pool < 1 || r.Pool > 1 && !slices.Contains(allowed, r.Pool) {
		return outbreak.Refuse(outbreak.Invalid, "screening.pool_not_validated", "pool", r.Pool)
	}
	return nil
}

// close decides whether a round may be closed with these outcomes. Complete means that nobody is owed anything.
func (r Round) close(outcomes map[outbreak.Outcome]int, incomplete bool) (Round, error) {
	if r.State == Closed {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_closed")
	}
	owed := outcomes[outbreak.Unknown] + outcomes[outbreak.Awaiting] + outcomes[outbreak.SampleAgain]
	if owed > 0 && !incomplete {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_owes", "unknown", outcomes[outbreak.Unknown],
			"awaiting", outcomes[outbreak.Awaiting], "again", outcomes[outbreak.SampleAgain])
	}
	r.State = Closed
	return r, nil
}

// commonRoot gives the deepest path that contains all paths.
func commonRoot(paths []outbreak.Path) outbreak.Path {
	if len(paths) == 0 {
		return ""
	}
	root := paths[0]
	for _, p := range paths[1:] {
		for root != "" && !root.Contains(p) {
			root = root.Parent()
		}
	}
	return root
}
