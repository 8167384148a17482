package cases

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// write writes the batch with few statements.
func (b *batch) write() error {
	var fresh []Case
	owed := map[outbreak.CaseID][]Step{}
	var changes []change
	for _, id := range b.order {
		c := b.state[id].now
		fresh = append(fresh, c)
		if c.Followed {
			owed[id] = c.owed(b.rules)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.state)) {
		if k := b.state[id]; !k.added && k.now != k.was {
			changes = append(changes, change{k.was, k.now})
		}
	}
	if err := insert(b.tx, fresh, owed); err != nil {
		return fmt.Errorf("opening the cases of a list: %w", err)
	}
	changed, err := keep(b.tx, b.by, changes, b.done.Batch, "")
	if err != nil {
		return err
	}
	if err := b.tx.Put("case_external", []string{"outbreak", "party", "number", "case_id", "mark", "said", "reported_at", "receipt", "recorded_at"}, "outbreak, party, number", lastOf(b.said, 3)); err != nil {
		return err
	}
	if err := b.keepExtra(); err != nil {
		return err
	}
	return b.tell(fresh, owed, changes, changed)
}

// tell writes what the journal and the tasks have to have.
func (b *batch) tell(fresh []Case, owed map[outbreak.CaseID][]Step, changes []change, changed []Case) error {
	var events []outbreak.Event
	for _, path := range slices.Sorted(maps.Keys(b.counts)) {
		if n := b.counts[path]; n.Added+n.Changed > 0 {
			events = append(events, *n)
		}
	}
	was := map[outbreak.CaseID]Case{}
	for _, x := range changes {
		was[x.was.ID] = x.was
	}
	for _, c := range changed {
		events = append(events, (&editor{by: b.by}).classified(b.tx, was[c.ID], c)...)
	}
	if len(events) > 0 {
		if _, err := b.journal.Append(b.tx, b.by, events...); err != nil {
			return err
		}
	}
	for _, c := range fresh {
		if !c.Followed {
			continue
		}
		if err := b.begun(b.tx, b.by, c, owed[c.ID]); err != nil {
			return err
		}
	}
	return nil
}

// keepExtra keeps the fields of the list that are none of ours: the open ones as they are, the others under the person's key.
func (b *batch) keepExtra() error {
	var open [][]any
	var alone []outbreak.CaseID // of whom the extra fields alone say something new
	texts, of := map[outbreak.PersonID][]byte{}, map[outbreak.PersonID]outbreak.CaseID{}
	for _, id := range slices.Sorted(maps.Keys(b.state)) {
		k := b.state[id]
		var shut []Extra
		for _, x := range k.extra {
			if x.Open {
				open = append(open, []any{id, x.Name, x.Value})
			} else {
				shut = append(shut, x)
			}
		}
		if len(shut) < len(k.extra) && !k.added && k.now == k.was {
			alone = append(alone, id)
		}
		if len(shut) == 0 {
			continue
		}
		text, err := json.Marshal(shut)
		if err != nil {
			return err
		}
		texts[k.now.Person], of[k.now.Person] = text, id
	}
	open = lastOf(open, 2)
	if err := b.keepFormer(open); err != nil {
		return err
	}
	if err := b.tx.Put("case_extra", []string{"case_id", "field", "value"}, "case_id, field", open); err != nil {
		return err
	}
	if err := touch(b.tx, alone); err != nil || len(texts) == 0 {
		return err
	}
	sealed, err := b.registry.SealAbout(b.tx, texts)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, person := range slices.Sorted(maps.Keys(sealed)) {
		rows = append(rows, []any{of[person], sealed[person]})
	}
	return b.tx.Put("case_more", []string{"case_id", "sealed"}, "case_id", rows)
}

// keepFormer notes what open extra fields said of cases that were there before, where it is something else now.
func (b *batch) keepFormer(open [][]any) error {
	was := map[outbreak.CaseID]map[string]string{}
	var there []outbreak.CaseID
	for _, row := range open {
		if id := row[0].(outbreak.CaseID); !b.state[id].added && was[id] == nil {
			was[id] = map[string]string{}
			there = append(there, id)
		}
	}
	if err := store.Lookup(b.tx, func(r store.Row) error {
		var id outbreak.CaseID
		var field, value string
		err := r.Scan(&id, &field, &value)
		was[id][field] = value
		return err
	}, store.Asked{Columns: "case_id, field, value", Table: "case_extra", By: "case_id"}, there); err != nil {
		return fmt.Errorf("reading what extra fields said: %w", err)
	}
	var rows [][]any
	for _, row := range open {
		id, field := row[0].(outbreak.CaseID), row[1].(string)
		if former, before := was[id]; before && former[field] != row[2].(string) {
			rows = append(rows, []any{int64(id), field, int64(b.tx.Now), former[field]})
		}
	}
	_, err := b.tx.Insert("case_extra_change", []string{"case_id", "field", "at", "was"}, []string{"case_id", "field", "at"}, rows)
	return err
}

// lastOf leaves the last of rows with the same key, which are their first columns: no statement may touch one row twice.
func lastOf(rows [][]any, key int) (last [][]any) {
	at := map[string]int{}
	for _, r := range rows {
		key := fmt.Sprintf("%q", r[:key])
		if i, twice := at[key]; twice {
			last[i] = r
			continue
		}
		at[key] = len(last)
		last = append(last, r)
	}
	return last
}

// externals reads what is known of numbers of a party's list.
func externals(tx *store.Tx, ob outbreak.OutbreakID, party string, numbers []string) (map[string]external, error) {
	known := make(map[string]external, len(numbers))
	return known, store.Lookup(tx, func(r store.Row) error {
		var number, said string
		var x external
		if err := r.Scan(&number, &x.id, &x.mark, &said); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(said), &x.said)
		known[number] = x.part()
		return err
	}, store.Asked{Columns: "number, case_id, mark, said", Table: "case_external", By: "number", And: "outbreak = $1 and party = $2", Args: []any{ob, party}}, numbers)
}
