package screening

import (
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// RoundState is where a round stands.
type RoundState string

// A round is planned, or opened at once; while it is open people are sampled; while it is closing no new sampling is planned, but
// what is on the way comes in and those who are missing are worked off; then it is closed, complete or not. A plan that was
// dropped is cancelled. Tubes are taken in whatever the state.
const (
	Planned   RoundState = "planned"
	Open      RoundState = "open"
	Closing   RoundState = "closing"
	Closed    RoundState = "closed"
	Cancelled RoundState = "cancelled"
)

// running are the states in which a round is worked on, as SQL.
const running = "('open', 'closing')"

// Round is one testing round (轮次) over areas.
type Round struct {
	ID        outbreak.RoundID    `json:"id"`
	Outbreak  outbreak.OutbreakID `json:"outbreak"`
	Edition   string              `json:"edition"` // the protocol it was opened under
	Area      outbreak.Path       `json:"area"`    // the common root of its areas
	Areas     []outbreak.Path     `json:"areas"`
	Name      string              `json:"name"`
	Pool      int                 `json:"pool"`            // swabs per tube
	Pools     []outbreak.AreaPool `json:"pools,omitempty"` // parts of it with other tubes
	Opens     outbreak.Instant    `json:"opens"`
	Closes    outbreak.Instant    `json:"closes"`
	State     RoundState          `json:"state"`
	Roll      int                 `json:"roll"` // people due when it was opened
	OpenedAt  outbreak.Instant    `json:"opened_at,omitzero"`
	ClosingAt outbreak.Instant    `json:"closing_at,omitzero"`
	ClosedAt  outbreak.Instant    `json:"closed_at"`
	Complete  bool                `json:"complete,omitempty"`  // closed with nobody owed anything
	HeldBack  outbreak.Instant    `json:"held_back,omitzero"`  // when it could not open by itself
	Excuse    string              `json:"excuse,omitempty"`    // why it was opened without a passed rehearsal
	ExcuseBy  string              `json:"excuse_by,omitempty"` // the actor
	Rehearsed RehearsalID         `json:"rehearsed,omitzero"`  // the rehearsal it relies on

	tubeBefore int64 // sequence of the last row of the table of tubes when it was opened
	earlySeq   int64 // of the first row that came while it was planned; 0: none
	knownWall  outbreak.Instant
}

// Scope is where the round belongs.
func (r Round) Scope() outbreak.Scope { return outbreak.Scope{Area: r.Area, Outbreak: r.Outbreak} }

// Runs tells whether the round is worked on.
func (r Round) Runs() bool { return r.State == Open || r.State == Closing }

func (r Round) ref() outbreak.Ref { return outbreak.Ref{Kind: "round", ID: r.ID.String()} }

// check checks a new round against its protocol.
func (r Round) check(p outbreak.Protocol) error {
	if strings.TrimSpace(r.Name) == "" {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_name")
	}
	if len(r.Areas) == 0 {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_areas")
	}
	if r.Closes <= r.Opens {
		return outbreak.Refuse(outbreak.Invalid, "screening.round_window")
	}
	return r.checkPools(p)
}

// begin decides whether a planned round may open now.
func (r Round) begin(now outbreak.Instant) (Round, error) {
	if r.State != Planned {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_not_planned")
	}
	if r.Closes <= now {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_plan_over")
	}
	r.State, r.OpenedAt, r.Opens = Open, now, min(r.Opens, now)
	return r, nil
}

// end decides whether the sampling of a round may end now.
func (r Round) end(now outbreak.Instant) (Round, error) {
	if r.State != Open {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_not_open")
	}
	r.State, r.ClosingAt = Closing, now
	return r, nil
}

// cancel decides whether a plan may be dropped.
func (r Round) cancel(now outbreak.Instant) (Round, error) {
	if r.State != Planned {
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_not_planned")
	}
	r.State, r.ClosedAt = Cancelled, now
	return r, nil
}

// close decides whether a round may be closed with what is still owed. Complete means that nobody is owed anything.
func (r Round) close(b Blockers, incomplete bool) (Round, error) {
	switch {
	case r.State == Closed:
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_closed")
	case !r.Runs():
		return r, outbreak.Refuse(outbreak.Conflict, "screening.round_not_open")
	}
	if !incomplete {
		if err := b.refusal(); err != nil {
			return r, err
		}
	}
	r.State, r.Complete = Closed, b.None()
	return r, nil
}

// reaches tells whether a booth in an area works for the round: the one lies in the other.
func (r Round) reaches(area outbreak.Path) bool {
	return slices.ContainsFunc(r.Areas, func(a outbreak.Path) bool { return a.Contains(area) || area.Contains(a) })
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
