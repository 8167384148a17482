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

// Edit is a change of many cases that was made.
type Edit struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Area     outbreak.Path       `json:"area"`     // around all its cases
	Outbreak outbreak.OutbreakID `json:"outbreak"` // 0: of several
	Fields   []string            `json:"fields"`
	Changed  int                 `json:"changed"`
	Reason   string              `json:"reason"`
	Actor    string              `json:"actor"`
	Undoes   outbreak.BatchID    `json:"undoes,omitempty"`
	Undone   outbreak.BatchID    `json:"undone,omitempty"`
	At       outbreak.Instant    `json:"at"`
}

const editColumns = "batch, area, outbreak, fields, changed, reason, actor, undoes, undone, recorded_at"

func scanEdit(r store.Row) (e Edit, err error) {
	var names string
	err = r.Scan(&e.Batch, &e.Area, &e.Outbreak, &names, &e.Changed, &e.Reason, &e.Actor, &e.Undoes, &e.Undone, &e.At)
	e.Fields = strings.Fields(names)
	return e, err
}

// ListEdits lists the changes of many cases at once, the latest first, of areas the actor reaches as a whole.
func (s *Service) ListEdits(ctx context.Context, by outbreak.Actor, before outbreak.Instant, most int) (list []Edit, err error) {
	if err := access.RequireAnywhere(by, access.CaseBulk); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		cond, args := access.Within(by, access.CaseBulk, "", nil)
		if before != 0 {
			var mark string
			mark, args = store.In(args, []outbreak.Instant{before})
			cond += " and recorded_at < " + mark
		}
		limit, args := store.In(args, []int{max(most, 1)})
		list, err = store.List(tx, scanEdit, "select "+editColumns+" from case_edit where "+cond+" order by recorded_at desc, batch desc limit "+limit, args...)
		return err
	})
	return list, err
}

func editOf(tx *store.Tx, batch outbreak.BatchID) (Edit, bool, error) {
	return store.One(tx, scanEdit, "select "+editColumns+" from case_edit where batch = $1", batch)
}

// UndoEdit is the command that takes a change of many cases back.
type UndoEdit struct {
	Key   string           `json:"-"`
	Batch outbreak.BatchID `json:"batch"`
}

// UndoEdit gives each case of a batch the values it had, field by field. Where somebody changed a field since, the case keeps
// what it says and is told. Taking back is a batch as well, and can be taken back.
func (s *Service) UndoEdit(ctx context.Context, by outbreak.Actor, c UndoEdit) (Edited, error) {
	if err := access.RequireAnywhere(by, access.CaseBulk); err != nil {
		return Edited{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.UndoEdit", Key: c.Key}, c, func(tx *store.Tx) (e Edited, err error) {
		edit, ok, err := editOf(tx, c.Batch)
		if err != nil {
			return e, err
		}
		if !ok || access.Require(by, access.CaseBulk, outbreak.Scope{Area: edit.Area, Outbreak: edit.Outbreak}) != nil {
			return e, outbreak.Refuse(outbreak.NotFound, "cases.no_edit")
		}
		if edit.Undone != 0 {
			return e, outbreak.Refuse(outbreak.Conflict, "cases.undone_already")
		}
		back, err := valuesBefore(tx, c.Batch)
		if err != nil {
			return e, err
		}
		list, err := s.several(tx, by, slices.Sorted(maps.Keys(back)), &e)
		if err != nil {
			return e, err
		}
		changes, err := s.takeBack(tx, by, list, back, &e)
		if err != nil || len(changes) == 0 {
			return e, err
		}
		e.Changed, e.Batch = len(changes), outbreak.New[outbreak.BatchID](s.ids)
		if err := tx.Must("update case_edit set undone = $1 where batch = $2", e.Batch, c.Batch); err != nil {
			return e, err
		}
		return e, s.keepBatch(tx, by, changes, e, edit.Reason, edit.Fields, edit.Batch)
	})
}

// takeBack decides for each case whether the values of a batch still stand, and gives what it said before.
func (s *Service) takeBack(tx *store.Tx, by outbreak.Actor, list []Case, back map[outbreak.CaseID][]Change, e *Edited) (changes []change, err error) {
	editors := map[outbreak.OutbreakID]*editor{}
	for _, k := range list {
		was := Values{}
		for _, x := range back[k.ID] {
			was[x.Field] = x.Was
		}
		if editors[k.Outbreak] == nil {
			if editors[k.Outbreak], err = s.newEditor(tx, by, k.Outbreak, was); err != nil {
				return nil, err
			}
		}
		zone, err := editors[k.Outbreak].zones.of(tx, k.Area)
		if err != nil {
			return nil, err
		}
		says := ValuesOf(k, zone)
		var now Case
		if i := slices.IndexFunc(back[k.ID], func(x Change) bool { return says[x.Field] != x.Became }); i >= 0 {
			err = outbreak.Refuse(outbreak.Conflict, "cases.changed_since", "field", back[k.ID][i].Field)
		} else {
			now, err = editors[k.Outbreak].apply(tx, k, was)
		}
		if err == nil {
			changes = append(changes, change{k, now})
		} else if err := e.refuse(k.ID, err); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// valuesBefore reads what a batch changed, case by case.
func valuesBefore(tx *store.Tx, batch outbreak.BatchID) (map[outbreak.CaseID][]Change, error) {
	back := map[outbreak.CaseID][]Change{}
	err := store.Each(tx, func(r store.Row) error {
		var id outbreak.CaseID
		var x Change
		err := r.Scan(&id, &x.Field, &x.Was, &x.Became)
		back[id] = append(back[id], x)
		return err
	}, "select case_id, field, was, became from case_change where batch = $1 and batch <> 0", batch)
	return back, err
}
