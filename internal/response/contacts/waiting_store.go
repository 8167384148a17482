package contacts

import (
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const waitingColumns = "id, outbreak, area, party, mark, number, to_person, exposure, setting, relation, first_at, last_at, batch, recorded_at"

func scanWaiting(r store.Row) (w Waiting, err error) {
	err = r.Scan(&w.ID, &w.Outbreak, &w.Area, &w.Party, &w.mark, &w.Number, &w.To, &w.Exposure, &w.Setting, &w.Relation, &w.FirstAt, &w.LastAt, &w.batch, &w.RecordedAt)
	return w, err
}

// waitingByMark finds the waiting links that lists of a party know by their marks.
func waitingByMark(tx *store.Tx, ob outbreak.OutbreakID, party string, marks []string) (map[string]Waiting, error) {
	found := map[string]Waiting{}
	for part := range slices.Chunk(marks, perQuestion) {
		in, args := store.In([]any{ob, party}, part)
		list, err := store.List(tx, scanWaiting, "select "+waitingColumns+" from contact_waiting where outbreak = $1 and party = $2 and mark in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			found[w.mark] = w
		}
	}
	return found, nil
}

// waitingAfter reads the waiting links of a party's lists, after one.
func waitingAfter(tx *store.Tx, ob outbreak.OutbreakID, party string, after outbreak.LinkID, most int) ([]Waiting, error) {
	return store.List(tx, scanWaiting, "select "+waitingColumns+" from contact_waiting where outbreak = $1 and party = $2 and id > $3 order by id limit $4", ob, party, after, most)
}

// keepWaiting puts links that wait in the place of what waited under their marks.
func keepWaiting(tx *store.Tx, list []Waiting) error {
	if len(list) == 0 {
		return nil
	}
	last := map[outbreak.LinkID]int{}
	for i, w := range list {
		last[w.ID] = i
	}
	if err := endWaiting(tx, slices.Sorted(maps.Keys(last))); err != nil {
		return err
	}
	var rows [][]any
	for i, w := range list {
		if last[w.ID] == i {
			rows = append(rows, []any{w.ID, w.Outbreak, w.Area, w.Party, w.mark, w.Number, w.To, w.Exposure, w.Setting, w.Relation, w.FirstAt, w.LastAt, w.batch, w.RecordedAt})
		}
	}
	err := tx.Add("contact_waiting", []string{"id", "outbreak", "area", "party", "mark", "number", "to_person", "exposure", "setting", "relation", "first_at", "last_at", "batch", "recorded_at"}, rows)
	return err
}

// endWaiting takes away links that wait no more.
func endWaiting(tx *store.Tx, ids []outbreak.LinkID) error {
	for part := range slices.Chunk(ids, perQuestion) {
		in, args := store.In(nil, part)
		if _, err := tx.Exec("delete from contact_waiting where id in ("+in+")", args...); err != nil {
			return err
		}
	}
	return nil
}
