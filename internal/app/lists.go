package app

import (
	"context"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/store"
)

// caseLists is what the rooms of lists need of the room of cases.
type caseLists struct{ *cases.Service }

// Fields lists what of a case is compared.
func (caseLists) Fields() []reconcile.Field {
	var all []reconcile.Field
	for _, f := range cases.ListedFields() {
		all = append(all, reconcile.Field{Name: f.Name, Kind: string(f.Kind), Words: f.Words})
	}
	return all
}

// CasesOf reads the live cases of an outbreak below an area, with their numbers at a party.
func (caseLists) CasesOf(tx *store.Tx, ob outbreak.OutbreakID, parties []string, below outbreak.Path) ([]reconcile.Ours, error) {
	list, err := cases.ListedCases(tx, ob, parties, below)
	ours := make([]reconcile.Ours, len(list))
	for i, c := range list {
		ours[i] = reconcile.Ours{Case: c.ID, Person: c.Person, Area: c.Area, Numbers: c.Numbers, Values: c.Said, AgeAt: c.AgeAt()}
	}
	return ours, err
}

// Edit writes values of a case, whatever its version.
func (l caseLists) Edit(ctx context.Context, by outbreak.Actor, key string, c outbreak.CaseID, values map[string]string) error {
	_, err := l.EditCase(ctx, by, cases.EditCase{Key: key, Case: c, Values: values, Take: true})
	return err
}

// Load opens cases of a party's rows, a thousand at a time.
func (l caseLists) Load(ctx context.Context, by outbreak.Actor, key string, ob outbreak.OutbreakID, party string, followed bool, rows []reconcile.NewCase) ([]outbreak.CaseID, outbreak.Rejections, error) {
	load := cases.LoadCases{Key: key, Outbreak: ob, Party: party, Followed: followed}
	for _, r := range rows {
		load.Rows = append(load.Rows, cases.LoadedCase{Person: r.Person, External: r.Number, Values: r.Values})
	}
	done, err := l.LoadCases(ctx, by, load)
	return done.Cases, done.Rejected, err
}

// PartiesNamed lists under which names a party's numbers stand.
func (caseLists) PartiesNamed(tx *store.Tx, ob outbreak.OutbreakID, names ...string) ([]string, error) {
	return cases.PartiesNamed(tx, ob, names...)
}

// Numbers keeps the numbers of cases in a party's list.
func (caseLists) Numbers(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers map[string]outbreak.CaseID) error {
	var list []cases.CaseNumber
	for number, id := range numbers {
		list = append(list, cases.CaseNumber{Number: number, Case: id})
	}
	return cases.LearnNumbers(tx, ob, party, list)
}

// Reported keeps that cases were reported to a party.
func (l caseLists) Reported(tx *store.Tx, by outbreak.Actor, ob outbreak.OutbreakID, party string, numbers map[outbreak.CaseID]string, receipt string) error {
	_, err := l.Service.Reported(tx, by, cases.ReportCases{Outbreak: ob, Party: party, Numbers: numbers, Receipt: receipt})
	return err
}

// LiveOf tells which people have a live case.
func (caseLists) LiveOf(tx *store.Tx, ob outbreak.OutbreakID, people []outbreak.PersonID) (map[outbreak.PersonID]outbreak.CaseID, error) {
	return cases.LiveOf(tx, ob, people)
}

// PeopleCalled tells whom parties' lists know by numbers.
func (caseLists) PeopleCalled(tx *store.Tx, ob outbreak.OutbreakID, numbers []string) (map[string][]outbreak.PersonID, error) {
	return cases.PeopleCalled(tx, ob, numbers)
}
