package lab

import (
	"context"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Stages are what a tube passes, in their order. Sampled is known by screening; collected and sent come from the transport
// box, run from the run, resulted and validated from the results: only receipt and extraction are stamped by themselves.
var Stages = []string{"sampled", "collected", "sent", "received", "extracted", "run", "resulted", "validated"}

// stamped are the stages a laboratory stamps by scanning tubes.
var stamped = []string{"extracted"}

// StampTubes is the command that says that tubes passed a stage inside a laboratory.
type StampTubes struct {
	Key   string              `json:"-"`
	Lab   outbreak.LabID      `json:"lab"`
	Stage string              `json:"stage"`
	At    outbreak.Instant    `json:"at"` // 0: now
	Tubes []outbreak.TubeCode `json:"tubes"`
}

// StampTubes notes when tubes passed a stage. The first time stands; runs keep the times of repeats.
func (s *Service) StampTubes(ctx context.Context, by outbreak.Actor, c StampTubes) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabReceive); err != nil {
		return Taken{}, err
	}
	if len(c.Tubes) > mostPerBatch {
		return Taken{}, outbreak.Refuse(outbreak.Invalid, "lab.batch_too_large", "most", mostPerBatch)
	}
	if !slices.Contains(stamped, c.Stage) {
		return Taken{}, outbreak.Refuse(outbreak.Invalid, "lab.stage_word")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.StampTubes", Key: c.Key}, c, func(tx *store.Tx) (Taken, error) {
		t := Taken{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(c.Tubes)}
		lab, err := s.labFor(tx, by, c.Lab, access.LabReceive)
		if err != nil {
			return t, err
		}
		at, err := momentOf(c.At, tx.Now)
		if err != nil {
			return t, err
		}
		for i, code := range c.Tubes {
			if code.Canonical() == "" {
				if err := t.Rejected.Add(i, outbreak.Refuse(outbreak.Invalid, "lab.tube_code")); err != nil {
					return t, err
				}
			}
		}
		codes := distinct(c.Tubes)
		boxes, err := registry.BoxesOf(tx, codes)
		if err != nil {
			return t, err
		}
		rows := make([][]any, len(codes))
		for i, code := range codes {
			rows[i] = []any{boxes[code].AreaID, code, c.Stage, lab.ID, at, tx.Now, t.Batch}
			if boxes[code].AreaID == 0 {
				t.Orphans++
			}
		}
		n, err := tx.Insert("tube_seen", []string{"area_id", "tube", "stage", "lab", "at", "recorded_at", "batch"}, []string{"area_id", "tube", "stage", "lab"}, rows)
		if err != nil {
			return t, err
		}
		t.Accepted = int(n)
		t.Repeated = t.Received - t.Accepted - len(t.Rejected)
		t.Orphans = min(t.Orphans, t.Accepted)
		if n == 0 {
			return t, nil
		}
		t.Seq, err = s.journal.Append(tx, by, outbreak.TubesStamped{Scope: outbreak.Scope{Area: lab.Area}, Lab: lab.ID, Stage: c.Stage, At: at, Digest: digest(codes), Tubes: codes})
		return t, err
	})
}

// stagesOf gives every stage a tube passed, in the order of time: what was stamped, and what boxes, runs and results say.
func stagesOf(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode, results []Result) ([]Seen, error) {
	list, err := seenOf(tx, area, tube)
	if err != nil {
		return nil, err
	}
	add := func(stage string, lab outbreak.LabID, at outbreak.Instant) {
		if at != 0 {
			list = append(list, Seen{Stage: stage, Lab: lab, At: at})
		}
	}
	err = store.Each(tx, func(r store.Row) error {
		var lab outbreak.LabID
		var collected, sent outbreak.Instant
		err := r.Scan(&lab, &collected, &sent)
		add("collected", 0, collected)
		add("sent", lab, sent)
		return err
	}, "select c.lab, c.collected_at, c.sent_at from lab_crate_tube t join lab_crate c on c.id = t.crate where t.area_id = $1 and t.tube = $2", area, tube)
	if err != nil {
		return nil, err
	}
	err = store.Each(tx, func(r store.Row) error {
		var lab outbreak.LabID
		var started, ended, released outbreak.Instant
		err := r.Scan(&lab, &started, &ended, &released)
		add("run", lab, started)
		add("resulted", lab, ended)
		add("validated", lab, released)
		return err
	}, "select distinct r.lab, r.started_at, r.ended_at, r.released_at from lab_well w join lab_run r on r.id = w.run where w.area_id = $1 and w.tube = $2", area, tube)
	if err != nil {
		return nil, err
	}
	for _, x := range results {
		if x.Run == 0 && x.Voids == 0 { // reported without a run: released by the laboratory that reported it
			add("resulted", x.Lab, x.RanAt)
			add("validated", x.Lab, x.RecordedAt)
		}
	}
	slices.SortStableFunc(list, func(a, b Seen) int {
		if a.At != b.At {
			return int(min(max(a.At-b.At, -1), 1))
		}
		return slices.Index(Stages, a.Stage) - slices.Index(Stages, b.Stage)
	})
	return list, nil
}
