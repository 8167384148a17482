package linelist

import (
	"maps"
	"slices"

	"breakwater/internal/engine/columns"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Bounds of extra fields in memory: what is beyond stands in the tables and on the page of a case, and cannot be filtered by.
const (
	mostExtras     = 60
	mostExtraTexts = 200_000 // different ones of one field
	mostExtraBytes = 128 << 20
)

// extra is a field of a file that is none of ours, with what it says of a case.
type extra struct {
	id    outbreak.CaseID
	field string
	value string
}

func scanExtra(r store.Row) (e extra, err error) {
	err = r.Scan(&e.id, &e.field, &e.value)
	return e, err
}

// extrasOf reads the extra fields of some cases.
func extrasOf(tx *store.Tx, rows []caseRow) (all []extra, err error) {
	ids := make([]outbreak.CaseID, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.id)
	}
	for part := range slices.Chunk(ids, 400) {
		in, args := store.In(nil, part)
		some, err := store.List(tx, scanExtra, "select case_id, field, value from case_extra where case_id in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// extras are the extra fields in memory: their columns, and the names of those beyond the bounds.
type extras struct {
	cols   map[string]int
	beyond map[string]bool
}

// put takes what extra fields say in.
func (x *extras) put(t *columns.Table, list []extra) {
	if x.cols == nil {
		x.cols, x.beyond = map[string]int{}, map[string]bool{}
	}
	for _, e := range list {
		row, ok := t.Row(int64(e.id))
		if !ok || x.beyond[e.field] {
			continue
		}
		col, known := x.cols[e.field]
		if !known {
			if len(x.cols) >= mostExtras {
				x.beyond[e.field] = true
				continue
			}
			col = t.Add(columns.Spec{Name: ExtraPrefix + e.field, Kind: columns.Word})
			x.cols[e.field] = col
		}
		t.SetWord(row, col, e.value)
	}
}

// forget empties the extra fields of a case before they are put in anew.
func (x *extras) forget(t *columns.Table, c caseRow) {
	row, ok := t.Row(int64(c.id))
	if !ok {
		return
	}
	for _, col := range x.cols {
		t.SetWord(row, col, "")
	}
}

// bound drops the fields with too many different texts.
func (x *extras) bound(t *columns.Table) {
	var sum int64
	for _, name := range x.names() {
		bytes, texts := t.WordBytes(x.cols[name])
		if sum += bytes; texts > mostExtraTexts || sum > mostExtraBytes {
			sum -= bytes
			t.Drop(x.cols[name])
			delete(x.cols, name)
			x.beyond[name] = true
		}
	}
}

func (x *extras) names() []string { return slices.Sorted(maps.Keys(x.cols)) }

func (x *extras) beyondNames() []string { return slices.Sorted(maps.Keys(x.beyond)) }
