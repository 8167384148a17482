package cases

import (
	"cmp"
	"slices"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// LiveOf tells which of some people have a live case in an outbreak, under whatever code.
func LiveOf(tx *store.Tx, ob outbreak.OutbreakID, people []outbreak.PersonID) (map[outbreak.PersonID]outbreak.CaseID, error) {
	known, err := registry.PeopleByID(tx, people)
	if err != nil {
		return nil, err
	}
	leads := map[outbreak.PersonID][]outbreak.PersonID{} // those asked for, by each code they may be filed under
	for _, p := range known {
		leads[p.ID] = append(leads[p.ID], p.ID)
		if p.MergedInto != 0 {
			leads[p.MergedInto] = append(leads[p.MergedInto], p.ID)
		}
	}
	var codes []outbreak.PersonID
	for code := range leads {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	live := map[outbreak.PersonID]outbreak.CaseID{}
	for part := range slices.Chunk(codes, 400) {
		in, args := store.In([]any{ob}, part)
		if err := store.Each(tx, func(r store.Row) error {
			var id outbreak.CaseID
			var person outbreak.PersonID
			err := r.Scan(&id, &person)
			for _, asked := range leads[person] {
				live[asked] = id
			}
			return err
		}, "select id, person from case_file where outbreak = $1 and live = 1 and person in ("+in+") order by id", args...); err != nil {
			return nil, err
		}
	}
	return live, nil
}

// ListedCase is a live case as it is laid beside the list of a party.
type ListedCase struct {
	Case
	Said    []string // what is known of it, in the order of ListedFields; nothing known is empty
	Numbers []string // in the party's list
}

// AgeAt is the day on which somebody was as old as the case says: that of its onset, or of the first positive.
func (c ListedCase) AgeAt() outbreak.Instant { return cmp.Or(c.OnsetAt, c.PositiveAt) }

// ListedFields are the fields that are laid beside those of other lists: what can be edited.
func ListedFields() []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return !f.Editable })
}

// ListedCases reads the live cases of an outbreak below an area as they are laid beside the list of a party, whose numbers may stand under several names, in
// the order of their ids. It asks two questions and one for each area's time zone, however many cases there are.
func ListedCases(tx *store.Tx, ob outbreak.OutbreakID, parties []string, below outbreak.Path) ([]ListedCase, error) {
	in, args := store.In([]any{ob}, parties)
	numbers := map[outbreak.CaseID][]string{}
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.CaseID
		var number string
		err := r.Scan(&id, &number)
		numbers[id] = append(numbers[id], number)
		return err
	}, "select case_id, number from case_external where outbreak = $1 and party in ("+in+") order by case_id, recorded_at, number", args...); err != nil {
		return nil, err
	}
	var list []ListedCase
	hours := zones{}
	err := store.Each(tx, func(r store.Row) error {
		c, err := scan(r)
		list = append(list, ListedCase{Case: c, Numbers: numbers[c.ID]})
		return err
	}, "select "+columns+" from case_file where outbreak = $1 and live = 1 and area >= $2 and area < $3 order by id", ob, below, below.Upto())
	for i := range list { // the zones are asked for when the rows are through
		if err != nil {
			break
		}
		zone, found := hours.of(tx, list[i].Area)
		if err = found; err == nil {
			list[i].Said = said(&list[i].Case, zone)
		}
	}
	return list, err
}

// said writes what is known of a case.
func said(c *Case, zone *time.Location) []string {
	all := make([]string, 0, len(fields))
	for _, f := range fields {
		if !f.Editable {
			continue
		}
		text := f.text(c, zone)
		if unknownText(f.Name, text) {
			text = ""
		}
		all = append(all, text)
	}
	return all
}

// CaseNumber is the number of a case in a party's list.
type CaseNumber struct {
	Number string
	Case   outbreak.CaseID
}

// LearnNumbers keeps numbers of cases in a party's list that were not known; what is known of a number stays.
func LearnNumbers(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []CaseNumber) error {
	rows := make([][]any, len(numbers))
	for i, n := range numbers {
		rows[i] = []any{ob, party, n.Number, n.Case, "", "{}", int64(0), "", tx.Now}
	}
	_, err := tx.Insert("case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, []string{"outbreak", "party", "number"}, rows)
	return err
}
