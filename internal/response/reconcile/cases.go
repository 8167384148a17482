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
	Numbers []string         // in the list of the party asked for
	Values  []string         // nothing known is empty
	AgeAt   outbreak.Instant // the day somebody was as old as the case says; 0: not known
}

// Number is the one to show: not that which only says that the case was reported under its own id.
func (o Ours) Number() string {
	for _, n := range o.Numbers {
		if n != o.Case.String() {
			return n
		}
	}
	return ""
}

// Cases is what is needed of the slice that keeps the cases.
type Cases interface {
	// Fields lists what can be compared and edited.
	Fields() []Field
	// PartiesNamed lists under which names the numbers of a party stand that is called by some; the first is that to write under.
	PartiesNamed(tx *store.Tx, ob outbreak.OutbreakID, names ...string) ([]string, error)
	// CasesOf reads the live cases of an outbreak below an area, with their numbers at a party, in the order of their ids.
	CasesOf(tx *store.Tx, ob outbreak.OutbreakID, parties []string, below outbreak.Path) ([]Ours, error)
	// Edit writes values of a case, as a user would, whatever its version.
	Edit(ctx context.Context, by outbreak.Actor, key string, c outbreak.CaseID, values map[string]string) error
	// Load opens cases of a party's rows, or finds those that are known; followed: what a case owes is owed for them here. A row that
	// is refused has no case, and its reason.
	Load(ctx context.Context, by outbreak.Actor, key string, ob outbreak.OutbreakID, party string, followed bool, rows []NewCase) ([]outbreak.CaseID, outbreak.Rejections, error)
	// Numbers keeps the numbers of cases in a party's list.
	Numbers(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers map[string]outbreak.CaseID) error
	// Reported keeps that cases were reported to a party, under their numbers there as far as they are known, and the receipt.
	Reported(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID, party string, numbers map[outbreak.CaseID]string, receipt string) error
}

// NewCase is a row of a party's list that is to become a case.
type NewCase struct {
	Person registry.NewPerson
	Number string
	Values map[string]string
}
