package cases

import (
	"context"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// EditRows is the command of somebody who brings many cases changed, each in its own way: a list of ours that was worked on elsewhere.
type EditRows struct {
	Key    string           `json:"-"`
	Batch  outbreak.BatchID `json:"batch"` // 0: a new one; else these rows belong to it as well, so that all of a file is undone at once
	Rows   []EditedRow      `json:"rows"`
	Reason string           `json:"reason"`
}

// EditedRow is what changes in one case.
type EditedRow struct {
	Case    outbreak.CaseID `json:"case"`
	Version int64           `json:"version"` // of the case that was looked at
	Values  Values          `json:"values"`
}

// EditRows changes many cases, each in its own way, as one edit that UndoEdit takes back. Cases that cannot change are told and the
// others do.
func (s *Service) EditRows(ctx context.Context, by outbreak.Actor, c EditRows) (Edited, error) {
	if err := access.RequireAnywhere(by, access.CaseBulk); err != nil {
		return Edited{}, err
	}
	c.Reason = strings.Join(strings.Fields(c.Reason), " ")
	switch {
	case len(c.Rows) == 0 || len(c.Rows) > MostEdited:
		return Edited{}, outbreak.Refuse(outbreak.Invalid, "cases.too_many", "count", len(c.Rows), "most", MostEdited)
	case c.Reason == "":
		return Edited{}, outbreak.Refuse(outbreak.Invalid, "cases.reason_missing")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.EditRows", Key: c.Key}, c, func(tx *store.Tx) (Edited, error) { return s.editRows(tx, by, c) })
}

func (s *Service) editRows(tx *store.Tx, by outbreak.Actor, c EditRows) (e Edited, err error) {
	if e.Batch = c.Batch; e.Batch != 0 {
		if err := s.mine(tx, by, e.Batch); err != nil {
			return e, err
		}
	}
	ids, says := make([]outbreak.CaseID, len(c.Rows)), map[outbreak.CaseID]EditedRow{}
	for i, r := range c.Rows {
		ids[i], says[r.Case] = r.Case, r
	}
	list, err := s.several(tx, by, ids, &e)
	if err != nil {
		return e, err
	}
	owners := map[outbreak.OutbreakID]map[string]string{}
	ed, names := &editor{by: by, zones: zones{}}, map[string]bool{}
	var changes []change
	for _, k := range list {
		if owners[k.Outbreak] == nil {
			if owners[k.Outbreak], err = s.ownedFields(tx, by, k.Outbreak); err != nil {
				return e, err
			}
		}
		now, err := ed.row(tx, k, says[k.ID], owners[k.Outbreak])
		switch {
		case err != nil:
			if err := e.refuse(k.ID, err); err != nil {
				return e, err
			}
		case now == k:
			e.Same++
		default:
			changes = append(changes, change{k, now})
			for name := range says[k.ID].Values {
				names[name] = true
			}
		}
	}
	if e.Changed = len(changes); e.Changed == 0 {
		return e, nil
	}
	if e.Batch == 0 {
		e.Batch = outbreak.New[outbreak.BatchID](s.ids)
	}
	return e, s.keepBatch(tx, by, changes, e, c.Reason, slices.Sorted(maps.Keys(names)), 0)
}

// row decides one row.
func (e *editor) row(tx *store.Tx, k Case, r EditedRow, owned map[string]string) (Case, error) {
	if k.Version != r.Version {
		return k, outbreak.Refuse(outbreak.Conflict, "cases.edited_meanwhile", "fields", strings.Join(slices.Sorted(maps.Keys(r.Values)), ", "))
	}
	if err := mayBeSet(r.Values, owned); err != nil {
		return k, err
	}
	return e.apply(tx, k, r.Values)
}

// mine refuses to add to an edit that is somebody else's, or was taken back.
func (s *Service) mine(tx *store.Tx, by outbreak.Actor, batch outbreak.BatchID) error {
	edit, is, err := editOf(tx, batch)
	switch {
	case err != nil:
		return err
	case !is || edit.Actor != by.String():
		return outbreak.Refuse(outbreak.NotFound, "cases.no_edit")
	case edit.Undone != 0:
		return outbreak.Refuse(outbreak.Conflict, "cases.undone_already")
	}
	return nil
}
