package reconcile

import (
	"encoding/json"
	"maps"
	"slices"

	"breakwater/internal/store"
)

// sayRows tells of differences that are rows of theirs alone what these rows say, as long as their list is kept: who decides about one
// needs to know what he takes. Who it is about stays sealed.
func (s *Service) sayRows(tx *store.Tx, list []Difference) error {
	of := map[string]map[int][]int{} // parties, rows, places in list
	for i, d := range list {
		if d.What == OnlyThere && d.Present {
			if of[d.Party] == nil {
				of[d.Party] = map[int][]int{}
			}
			of[d.Party][d.Row] = append(of[d.Party][d.Row], i)
		}
	}
	for party, rows := range of {
		run, is, err := newestRun(tx, party)
		if err != nil {
			return err
		}
		if !is {
			continue
		}
		if err := store.Lookup(tx, func(r store.Row) error {
			var no int
			var text string
			if err := r.Scan(&no, &text); err != nil {
				return err
			}
			says, err := s.saidIn(text)
			for _, i := range rows[no] {
				list[i].Says = says
			}
			return err
		}, store.Asked{Columns: "no, vals", Table: "party_row", By: "no", And: "list = $1", Args: []any{run.List}}, slices.Sorted(maps.Keys(rows))); err != nil {
			return err
		}
	}
	return nil
}

// saidIn reads what a row says of our fields.
func (s *Service) saidIn(text string) (map[string]string, error) {
	var all map[string]string
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, err
	}
	says := map[string]string{}
	for _, f := range s.cases.Fields() {
		if v := all[f.Name]; v != "" {
			says[f.Name] = v
		}
	}
	return says, nil
}
