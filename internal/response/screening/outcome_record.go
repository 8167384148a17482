package screening

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RecordOutcomes is the command that says why people were not sampled.
type RecordOutcomes struct {
	Key   string           `json:"-"`
	Round outbreak.RoundID `json:"round"`
	Items []OutcomeOf      `json:"items"`
}

// OutcomeOf says where one person stands.
type OutcomeOf struct {
	No      int64            `json:"no"`
	Outcome outbreak.Outcome `json:"outcome"` // excused, refused, away or unreachable
	Reason  string           `json:"reason"`
	At      outbreak.Instant `json:"at"` // 0: now
}

// RecordOutcomes notes who was excused, refused, is away or cannot be reached. A tube of the person counts more.
func (s *Service) RecordOutcomes(ctx context.Context, by outbreak.Actor, c RecordOutcomes) (int, error) {
	if err := access.RequireAnywhere(by, access.OutcomeRecord); err != nil {
		return 0, err
	}
	if len(c.Items) > mostPerBatch {
		return 0, outbreak.Refuse(outbreak.Invalid, "screening.batch_too_large", "most", mostPerBatch)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.RecordOutcomes", Key: c.Key}, c, func(tx *store.Tx) (int, error) {
		r, err := roundByID(tx, c.Round)
		if err != nil {
			return 0, err
		}
		return len(c.Items), s.recordOutcomes(tx, by, r, c.Items)
	})
}

// recordOutcomes writes outcomes, with who said them, and looks whether they are too much alike.
func (s *Service) recordOutcomes(tx *store.Tx, by outbreak.Actor, r Round, items []OutcomeOf) error {
	if len(items) == 0 {
		return nil
	}
	nos := make([]int64, 0, len(items))
	for _, i := range items {
		nos = append(nos, i.No)
	}
	people, err := registry.PeopleByNo(tx, nos)
	if err != nil {
		return err
	}
	batch := outbreak.New[outbreak.BatchID](s.ids)
	events := map[outbreak.Path]*outbreak.OutcomesRecorded{}
	for _, i := range items {
		p, ok := people[i.No]
		if !ok || access.Require(by, access.OutcomeRecord, outbreak.Scope{Area: p.Area, Outbreak: r.Outbreak}) != nil {
			return outbreak.Refuse(outbreak.NotFound, "screening.no_person", "no", i.No)
		}
		if !slices.Contains(recordable, i.Outcome) {
			return outbreak.Refuse(outbreak.Invalid, "screening.outcome_word", "no", i.No)
		}
		at := i.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) {
			return outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
		}
		if err := keepOutcome(tx, by, r.ID, p, i.Outcome, i.Reason, at); err != nil {
			return err
		}
		e, ok := events[p.Area]
		if !ok {
			e = &outbreak.OutcomesRecorded{Scope: outbreak.Scope{Area: p.Area, Outbreak: r.Outbreak}, Round: r.ID, Batch: batch, Counts: map[outbreak.Outcome]int{}}
			events[p.Area] = e
		}
		e.Counts[i.Outcome]++
	}
	if err := appendAll(s.journal, tx, by, events); err != nil {
		return err
	}
	return s.lookAlike(tx, by, r, items, people)
}

// keepOutcome writes what was said of one person; an empty outcome takes back what was said before.
func keepOutcome(tx *store.Tx, by outbreak.Actor, round outbreak.RoundID, p registry.Person, o outbreak.Outcome, reason string, at outbreak.Instant) error {
	_, err := tx.Exec(`insert into roll_outcome (round, no, person, outcome, reason, at, recorded_at, by_whom) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (round, no) do update set outcome = excluded.outcome, reason = excluded.reason, at = excluded.at, recorded_at = excluded.recorded_at, by_whom = excluded.by_whom`,
		round, p.No, p.ID, o, reason, at, tx.Now, by.String())
	return err
}
