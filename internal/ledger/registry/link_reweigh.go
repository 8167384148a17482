package registry

import (
	"context"
	"fmt"
	"slices"

	"breakwater/internal/engine/linkage"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Reweighing is how far pairs that wait are weighed anew.
type Reweighing struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"` // 0: none is to be weighed anew
}

// ReweighLinks weighs pairs that wait for a decision by the model that was learnt last, some hundred a transaction, made ready outside the
// writer. A pair that a person would not be asked about today stays, with its lower weight: it was found, and nobody decided. App calls it
// after LearnLinks; when it is stopped it goes on at the next call.
func (s *Service) ReweighLinks(ctx context.Context) (r Reweighing, err error) {
	model, err := s.behind(ctx, &r)
	if err != nil || r.Total == 0 {
		return r, err
	}
	begun := r // those who ask how far it is read it while it goes on
	s.learnt.reweighing.Store(&begun)
	defer s.learnt.reweighing.Store(nil)
	for after := DuplicateID(0); ; {
		list, last, err := s.weighedAnew(ctx, model, after)
		if err != nil || last == 0 {
			return r, err
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return reweigh(tx, list) }); err != nil {
			return r, err
		}
		after = last
		told := Reweighing{r.Done + int64(len(list)), r.Total}
		r = told
		s.learnt.reweighing.Store(&told)
		if err := pause(ctx); err != nil {
			return r, err
		}
	}
}

// behind tells which model is in use and counts the pairs that wait and were weighed by an older one.
func (s *Service) behind(ctx context.Context, r *Reweighing) (model int64, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		j, err := s.judgeOf(tx)
		if err != nil {
			return err
		}
		model = j.from.Model
		r.Total, err = store.Count(tx, "select count(*) from duplicate where state = $1 and model < $2", StateWaiting, model)
		return err
	})
	return model, err
}

// anewWeighed is a pair and what it weighs now.
type anewWeighed struct {
	id     DuplicateID
	pair   judged
	former string // kind
	model  int64
}

// weighedAnew weighs the next pairs; last is 0 after the last of them.
func (s *Service) weighedAnew(ctx context.Context, model int64, after DuplicateID) (list []anewWeighed, last DuplicateID, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		j, err := s.judgeOf(tx)
		if err != nil {
			return err
		}
		found, err := store.List(tx, scanDuplicate, "select "+duplicateColumns+" from duplicate d where d.state = $1 and d.model < $2 and d.id > $3 order by d.id limit $4", StateWaiting, model, after, keyBatch)
		if err != nil || len(found) == 0 {
			return err
		}
		last = found[len(found)-1].ID
		people, records := map[outbreak.PersonID]Person{}, map[outbreak.PersonID]linkage.Prepared{}
		var ids []outbreak.PersonID
		for _, d := range found {
			ids = append(ids, d.One.ID, d.Other.ID)
		}
		if err := s.eachOpened(tx, sorted(ids), func(p Person, i Identity) {
			people[p.ID], records[p.ID] = p, linkage.Prepare(recordOf(p, i, ""))
		}); err != nil {
			return err
		}
		for _, d := range found {
			one, is := records[d.One.ID]
			other, too := records[d.Other.ID]
			if !is || !too { // destroyed meanwhile
				continue
			}
			v := j.Weigh(one, other)
			p := judged{one: people[d.One.ID], other: people[d.Other.ID], kind: d.Kind, verdict: v, address: slices.ContainsFunc(d.Evidence, func(e Evidence) bool { return e.Field == FieldAddress })}
			if v.Weight >= j.Review {
				p.kind, p.sure = KindPerson, v.Weight >= j.Link
			}
			list = append(list, anewWeighed{d.ID, p, d.Kind, j.from.Model})
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("weighing pairs anew: %w", err)
	}
	return list, last, nil
}

// reweigh keeps what pairs weigh now. One about which somebody decided meanwhile stays as it was decided.
func reweigh(tx *store.Tx, list []anewWeighed) error {
	for _, x := range list {
		weight, chance, sure, evidence, err := x.pair.kept()
		if err != nil {
			return err
		}
		if _, err := tx.Exec("update duplicate set kind = $1, weight = $2, chance = $3, sure = $4, model = $5, evidence = $6 where id = $7 and state = $8 and model < $9 and kind = $10",
			x.pair.kind, weight, chance, sure, x.model, evidence, x.id, StateWaiting, x.model, x.former); err != nil {
			return fmt.Errorf("keeping what pairs weigh: %w", err)
		}
	}
	return nil
}
