package reconcile

import (
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

type differenceKind struct{}

// DifferenceID names a difference.
type DifferenceID = outbreak.ID[differenceKind]

// What differs.
const (
	Differs   = "differs"    // one field of one case
	OnlyHere  = "only_here"  // a case of ours that is not in their list
	OnlyThere = "only_there" // a row of theirs that is none of our cases
)

// Whats lists them.
var Whats = []string{Differs, OnlyHere, OnlyThere}

// State of a difference.
type State string

// The states. Open waits for somebody; Gone was not there any more when it was looked for; the others are what was decided.
const (
	Open        State = "open"
	OursRight   State = "ours_right"
	TheirsRight State = "theirs_right"
	Explained   State = "explained"
	TakenOver   State = "taken_over" // theirs was written here
	Asked       State = "asked"      // ours stands on the list of corrections for them
	Gone        State = "gone"
)

// States lists them in the order of a form.
var States = []State{Open, OursRight, TheirsRight, Explained, TakenOver, Asked, Gone}

// Decisions are the states that a person may put a difference into.
var Decisions = []State{Open, OursRight, TheirsRight, Explained}

// Difference is one thing about which their list and our cases do not agree.
type Difference struct {
	ID        DifferenceID        `json:"id"`
	Party     string              `json:"party"`
	Outbreak  outbreak.OutbreakID `json:"outbreak"`
	Area      outbreak.Path       `json:"area"`
	What      string              `json:"what"`
	Field     string              `json:"field,omitempty"`
	Ours      string              `json:"ours"`
	Theirs    string              `json:"theirs"`
	Case      outbreak.CaseID     `json:"case"`
	Number    string              `json:"number,omitempty"` // in their list
	Row       int                 `json:"row,omitempty"`    // of the list it was last seen in
	Rivals    int                 `json:"rivals,omitempty"` // of a row of theirs: cases of ours it may be
	FoundBy   string              `json:"found_by,omitempty"`
	Owner     outbreak.UserID     `json:"owner"`
	State     State               `json:"state"`
	Note      string              `json:"note,omitempty"`
	Present   bool                `json:"present"` // in the newest comparison
	Times     int                 `json:"times"`   // how often it was opened
	FirstSeen outbreak.Instant    `json:"first_seen"`
	LastSeen  outbreak.Instant    `json:"last_seen"`
	ChangedAt outbreak.Instant    `json:"changed_at"` // of its state
	ChangedBy string              `json:"changed_by"`

	Says map[string]string `json:"says,omitempty"` // of a row of theirs that is no case of ours: its fields, where somebody asks for differences

	mark string // what makes it the same one the next day
}

// Scope is where the difference belongs.
func (d Difference) Scope() outbreak.Scope { return outbreak.Scope{Area: d.Area, Outbreak: d.Outbreak} }

// again is a difference that is known, seen in a new comparison: what was decided stays while both values are the same, and is
// open again when one changed or it had gone.
func (d Difference) again(seen Difference, now outbreak.Instant) (next Difference, opened bool) {
	changed := d.Ours != seen.Ours || d.Theirs != seen.Theirs
	next = seen
	next.ID, next.Owner, next.State, next.Note, next.Times, next.FirstSeen, next.ChangedAt, next.ChangedBy = d.ID, d.Owner, d.State, d.Note, d.Times, d.FirstSeen, d.ChangedAt, d.ChangedBy
	next.LastSeen, next.Present = now, true
	if d.State == Open || d.State != Gone && !changed {
		return next, false
	}
	next.State, next.Times, next.ChangedAt, next.ChangedBy = Open, d.Times+1, now, comparer.String()
	return next, true
}

// gone is a difference that a new comparison does not find. What was taken over has come to its end and stays so.
func (d Difference) gone(now outbreak.Instant) Difference {
	d.Present = false
	if d.State != TakenOver {
		d.State, d.ChangedAt, d.ChangedBy = Gone, now, comparer.String()
	}
	return d
}

// first is a difference nobody saw before.
func (d Difference) first(id DifferenceID, owner outbreak.UserID, now outbreak.Instant) Difference {
	d.ID, d.Owner, d.State, d.Present, d.Times, d.FirstSeen, d.LastSeen, d.ChangedAt, d.ChangedBy = id, owner, Open, true, 1, now, now, now, comparer.String()
	return d
}

// decide puts a difference into a state, with a note; what is gone needs no decision.
func (d Difference) decide(to State, note string, by outbreak.Actor, now outbreak.Instant) (Difference, error) {
	switch {
	case !slices.Contains(Decisions, to):
		return d, outbreak.Refuse(outbreak.Invalid, "reconcile.state_word")
	case d.State == Gone:
		return d, outbreak.Refuse(outbreak.Conflict, "reconcile.gone")
	case d.State == TakenOver && !d.Present:
		return d, outbreak.Refuse(outbreak.Conflict, "reconcile.taken_over_before")
	}
	if note != "" {
		d.Note = note
	}
	d.State, d.ChangedAt, d.ChangedBy = to, now, by.String()
	return d, nil
}

// comparer is who opens and ends differences.
var comparer = outbreak.SystemActor("reconcile")

const differenceColumns = "id, party, outbreak, area, mark, what, field, ours, theirs, case_id, number, row_no, rivals, found_by, owner, state, note, present, times, first_seen, last_seen, changed_at, changed_by"

func scanDifference(r store.Row) (d Difference, err error) {
	var present int64
	err = r.Scan(&d.ID, &d.Party, &d.Outbreak, &d.Area, &d.mark, &d.What, &d.Field, &d.Ours, &d.Theirs, &d.Case, &d.Number, &d.Row, &d.Rivals, &d.FoundBy, &d.Owner, &d.State,
		&d.Note, &present, &d.Times, &d.FirstSeen, &d.LastSeen, &d.ChangedAt, &d.ChangedBy)
	d.Present = present != 0
	return d, err
}

func (d Difference) row() []any {
	present := int64(0)
	if d.Present {
		present = 1
	}
	return []any{int64(d.ID), d.Party, int64(d.Outbreak), string(d.Area), d.mark, d.What, d.Field, d.Ours, d.Theirs, int64(d.Case), d.Number, int64(d.Row), int64(d.Rivals), d.FoundBy,
		int64(d.Owner), string(d.State), d.Note, present, int64(d.Times), int64(d.FirstSeen), int64(d.LastSeen), int64(d.ChangedAt), d.ChangedBy}
}
