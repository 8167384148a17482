package registry

import (
	"encoding/json"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// DuplicateID identifies two codes that may be one person, or of one household.
type DuplicateID = outbreak.ID[duplicateKind]

type duplicateKind struct{}

// What two codes may be.
const (
	KindPerson    = "person"    // one person
	KindHousehold = "household" // two people of one household
)

// What became of two codes that may be one.
const (
	StateWaiting = "waiting" // for somebody to decide
	StateMerged  = "merged"  // they are one person
	StateApart   = "apart"   // they are not; it is remembered, however often they are compared again
	StateJoined  = "joined"  // they are put into one household
)

// Kinds and States list them, for forms.
var (
	Kinds  = []string{KindPerson, KindHousehold}
	States = []string{StateWaiting, StateMerged, StateApart, StateJoined}
)

// Duplicate are two codes that may be one person, with what speaks for it. Nothing but a person's decision makes them one.
type Duplicate struct {
	ID        DuplicateID      `json:"id"`
	One       Person           `json:"one"`   // the older
	Other     Person           `json:"other"` // the newer
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	Weight    float64          `json:"weight"` // bits
	Chance    float64          `json:"chance"` // that they are one person, as the model reckons
	Sure      bool             `json:"sure"`   // at or above the weight at which one in a hundred is expected to be wrong
	Model     int64            `json:"model"`  // that weighed them; 0: the one that comes with the program
	FoundAt   outbreak.Instant `json:"found_at"`
	DecidedAt outbreak.Instant `json:"decided_at"` // 0: not yet
	Evidence  []Evidence       `json:"evidence"`

	order int64                // the weight as it is stored
	moved outbreak.PersonID    // whom joining a household moved
	was   outbreak.HouseholdID // from where
}

const duplicateColumns = "d.id, d.one, d.other, d.kind, d.state, d.weight, d.chance, d.sure, d.model, d.moved, d.was, d.found_at, d.decided_at, d.evidence"

func scanDuplicate(r store.Row) (d Duplicate, err error) {
	var weight, chance, sure int64
	var evidence string
	if err = r.Scan(&d.ID, &d.One.ID, &d.Other.ID, &d.Kind, &d.State, &weight, &chance, &sure, &d.Model, &d.moved, &d.was, &d.FoundAt, &d.DecidedAt, &evidence); err != nil {
		return d, err
	}
	d.order = weight
	d.Weight, d.Chance, d.Sure = float64(weight)/1000, float64(chance)/1e6, sure != 0
	if err := json.Unmarshal([]byte(evidence), &d.Evidence); err != nil {
		return d, fmt.Errorf("reading what speaks for two codes being one: %w", err)
	}
	return d, nil
}
