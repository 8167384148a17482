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

// MostEdited is how many cases one command changes.
const MostEdited = 20_000

// EditCases is the command of somebody who changes many cases at once.
type EditCases struct {
	Key    string            `json:"-"`
	Cases  []outbreak.CaseID `json:"cases"`
	Values Values            `json:"values"`
	Reason string            `json:"reason"`
	Dry    bool              `json:"dry"` // nothing is written: what would happen
}

// Edited is what became of a change of many cases.
type Edited struct {
	Batch   outbreak.BatchID `json:"batch"` // 0: nothing changed
	Changed int              `json:"changed"`
	Same    int              `json:"same"` // said it already
	Refused []RefusedCase    `json:"refused"`
}

// RefusedCase is a case that was left as it is, and why.
type RefusedCase struct {
	Case   outbreak.CaseID `json:"case"`
	Reason string          `json:"reason"`
	Slots  map[string]any  `json:"slots,omitempty"`
}

// refuse notes why a case is left alone; an error that is not about the case comes back.
func (e *Edited) refuse(id outbreak.CaseID, err error) error {
	var r outbreak.Rejections
	if err := r.Add(0, err); err != nil {
		return err
	}
	e.Refused = append(e.Refused, RefusedCase{id, r[0].Reason, r[0].Slots})
	return nil
}

// EditCases sets the same values in many cases of one outbreak, in one transaction. Those that cannot change are told and the
// others do; UndoEdit takes it back.
func (s *Service) EditCases(ctx context.Context, by outbreak.Actor, c EditCases) (Edited, error) {
	if err := access.RequireAnywhere(by, access.CaseBulk); err != nil {
		return Edited{}, err
	}
	c.Reason = strings.Join(strings.Fields(c.Reason), " ")
	switch {
	case len(c.Cases) == 0 || len(c.Cases) > MostEdited:
		return Edited{}, outbreak.Refuse(outbreak.Invalid, "cases.too_many", "count", len(c.Cases), "most", MostEdited)
	case c.Reason == "" && !c.Dry:
		return Edited{}, outbreak.Refuse(outbreak.Invalid, "cases.reason_missing")
	}
	try := func(tx *store.Tx) (Edited, error) { return s.editMany(tx, by, c) }
	if c.Dry {
		var e Edited
		err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
			e, err = try(tx)
			return err
		})
		return e, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "cases.EditCases", Key: c.Key}, c, try)
}

func (s *Service) editMany(tx *store.Tx, by outbreak.Actor, c EditCases) (e Edited, err error) {
	list, err := s.several(tx, by, c.Cases, &e)
	if err != nil {
		return e, err
	}
	editors := map[outbreak.OutbreakID]*editor{}
	var changes []change
	for _, k := range list {
		if editors[k.Outbreak] == nil {
			if editors[k.Outbreak], err = s.newEditor(tx, by, k.Outbreak, c.Values); err != nil {
				return e, err
			}
		}
		now, err := editors[k.Outbreak].apply(tx, k, c.Values)
		if err != nil {
			if err := e.refuse(k.ID, err); err != nil {
				return e, err
			}
			continue
		}
		if now == k {
			e.Same++
			continue
		}
		changes = append(changes, change{k, now})
	}
	e.Changed = len(changes)
	if c.Dry || len(changes) == 0 {
		return e, nil
	}
	e.Batch = outbreak.New[outbreak.BatchID](s.ids)
	return e, s.keepBatch(tx, by, changes, e, c.Reason, slices.Sorted(maps.Keys(c.Values)), 0)
}

// keepBatch writes the changes of a batch, remembers it and tells the journal, area by area.
func (s *Service) keepBatch(tx *store.Tx, by outbreak.Actor, changes []change, e Edited, reason string, names []string, undoes outbreak.BatchID) error {
	kept, err := keep(tx, by, changes, e.Batch, "")
	if err != nil {
		return err
	}
	first := changes[0].was
	common, ob := first.Area, first.Outbreak
	counts := map[outbreak.Scope]int{}
	var events []outbreak.Event
	was := map[outbreak.CaseID]Case{}
	for _, x := range changes {
		was[x.was.ID] = x.was
		for !common.Contains(x.was.Area) {
			common = common.Parent()
		}
		if x.was.Outbreak != ob {
			ob = 0
		}
		counts[x.was.Scope()]++
	}
	for _, c := range kept {
		events = append(events, (&editor{by: by}).classified(tx, was[c.ID], c)...)
	}
	for _, scope := range slices.SortedFunc(maps.Keys(counts), func(a, b outbreak.Scope) int { return strings.Compare(string(a.Area), string(b.Area)) }) {
		events = append(events, outbreak.CasesEdited{Scope: scope, Batch: e.Batch, Count: counts[scope], Fields: names, Undoes: undoes, At: tx.Now})
	}
	if err := saveEdit(tx, Edit{Batch: e.Batch, Area: common, Outbreak: ob, Fields: names, Changed: len(kept), Reason: reason, Actor: by.String(), Undoes: undoes}); err != nil {
		return err
	}
	_, err = s.journal.Append(tx, by, events...)
	return err
}

// saveEdit remembers an edit, or what more belongs to one.
func saveEdit(tx *store.Tx, e Edit) error {
	before, more, err := editOf(tx, e.Batch)
	if err != nil {
		return err
	}
	if !more {
		return tx.Must("insert into case_edit (batch, area, outbreak, fields, changed, reason, actor, undoes, undone, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)",
			e.Batch, e.Area, e.Outbreak, strings.Join(e.Fields, " "), e.Changed, e.Reason, e.Actor, e.Undoes, tx.Now)
	}
	for !e.Area.Contains(before.Area) {
		e.Area = e.Area.Parent()
	}
	if before.Outbreak != e.Outbreak {
		e.Outbreak = 0
	}
	names := slices.Compact(slices.Sorted(slices.Values(append(before.Fields, e.Fields...))))
	return tx.Must("update case_edit set area = $1, outbreak = $2, fields = $3, changed = changed + $4 where batch = $5", e.Area, e.Outbreak, strings.Join(names, " "), e.Changed, e.Batch)
}

// several reads cases in the order they are named; those the actor may not change are told in e as not found.
func (s *Service) several(tx *store.Tx, by outbreak.Actor, ids []outbreak.CaseID, e *Edited) (list []Case, err error) {
	found, err := casesByID(tx, ids)
	if err != nil {
		return nil, err
	}
	seen := map[outbreak.CaseID]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		c, ok := found[id]
		if !ok || access.Require(by, access.CaseBulk, c.Scope()) != nil {
			if err := e.refuse(id, outbreak.Refuse(outbreak.NotFound, "cases.none")); err != nil {
				return nil, err
			}
			continue
		}
		list = append(list, c)
	}
	return list, nil
}

func casesByID(tx *store.Tx, ids []outbreak.CaseID) (map[outbreak.CaseID]Case, error) {
	found := make(map[outbreak.CaseID]Case, len(ids))
	for part := range slices.Chunk(ids, store.MostGiven) {
		in, args := store.In(nil, part)
		list, err := store.List(tx, scan, "select "+columns+" from case_file where id in ("+in+")", args...)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			found[c.ID] = c
		}
	}
	return found, nil
}
