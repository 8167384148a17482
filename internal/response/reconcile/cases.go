package reconcile

import (
	"context"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Field is a field of a case that can be compared.
type Field struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"` // day, word, text, number
	Words []string `json:"words,omitempty"`
}

// Ours is one of our cases as it is compared. Values stand in the order of Fields; empty: not known.
type Ours struct {
	Case    outbreak.CaseID
	Person  outbreak.PersonID
	Area    outbreak.Path
	Version int64
	Number  string // in the list of the party asked for; empty: none is known
	Values  []string
}

// Cases is what is needed of the slice that keeps the cases.
type Cases interface {
	// Fields lists what can be compared and edited.
	Fields() []Field
	// CasesOf reads the live cases of an outbreak below an area, with their numbers at a party, in the order of their ids.
	CasesOf(tx *store.Tx, ob outbreak.OutbreakID, party string, below outbreak.Path) ([]Ours, error)
	// CasesIn reads some of them.
	CasesIn(tx *store.Tx, ids []outbreak.CaseID) ([]Ours, error)
	// Edit writes values of a case, as a user would; version 0: whatever it is.
	Edit(ctx context.Context, by outbreak.Actor, key string, c outbreak.CaseID, version int64, values map[string]string) error
	// Load opens cases of a party's rows, or finds those that are known.
	Load(ctx context.Context, by outbreak.Actor, key string, ob outbreak.OutbreakID, party string, rows []NewCase) ([]outbreak.CaseID, error)
	// Numbers keeps the numbers of cases in a party's list.
	Numbers(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers map[string]outbreak.CaseID) error
	// Reported keeps that cases were reported to a party, under a receipt.
	Reported(tx *store.Tx, ob outbreak.OutbreakID, party string, cases []outbreak.CaseID, receipt string) error
}

// NewCase is a row of a party's list that is to become a case.
type NewCase struct {
	Person registry.NewPerson
	Number string
	Values map[string]string
}
