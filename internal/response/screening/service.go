package screening

import (
	"context"
	"embed"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of rounds, tubes and recalls.
var Migrations = store.Migrations{Owner: "screening", FS: migrations}

// Service is screening's door inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
	results  Results
	desk     *registry.Desk
	places   places
	intake   *Intake
	owed     owed
	last     lastRuns
	coverage *Coverage
	access   *access.Service // nil: no device can enrol
	wall     outbreak.Clock
	devices  devices
	serials  serialDesk
	pace     pace
}

// Results is what screening asks of the laboratory.
type Results interface {
	// LastResult gives the last result of a tube and its time; empty while there is none.
	LastResult(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (outbreak.Result, outbreak.Instant, error)
	// ReceivedAt gives when a tube was booked in at a laboratory; 0 when it was not.
	ReceivedAt(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) (outbreak.Instant, error)
	// EachResult calls do for every result and when it was recorded, the revisions of a tube in their order.
	EachResult(tx *store.Tx, do func(outbreak.TubeCode, outbreak.Result, outbreak.Instant)) error
	// EachReceived calls do for every tube that was booked in.
	EachReceived(tx *store.Tx, do func(outbreak.TubeCode, outbreak.Instant)) error
	// EachHuman calls do for every sample of a run whose kit looks for a human gene, with its cycles in hundredths, 0 for none.
	// Of a run that was never released it calls nothing.
	EachHuman(tx *store.Tx, run outbreak.RunID, do func(outbreak.AreaID, outbreak.TubeCode, int64)) error
	// BenchOf tells how the laboratories stand that test tubes issued below areas.
	BenchOf(tx *store.Tx, areas []outbreak.Path, ob outbreak.OutbreakID) (outbreak.Bench, error)
}

// New makes the service and its coverage, which is empty until Coverage.Run follows the journal.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, t *task.Service, results Results) *Service {
	s := &Service{db: db, journal: j, ids: ids, registry: r, tasks: t, results: results, desk: &registry.Desk{}}
	s.intake = newIntake(s)
	s.coverage = newCoverage(s)
	return s
}

// Intake is where sampling points hand in.
func (s *Service) Intake() *Intake { return s.intake }

// Coverage is where everybody on the roll of the open rounds stands.
func (s *Service) Coverage() *Coverage { return s.coverage }

// AddBooth is the command that makes a sampling point known.
type AddBooth struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Area     string              `json:"area"` // code
	Name     string              `json:"name"`
}

// AddBooth makes a sampling point known.
func (s *Service) AddBooth(ctx context.Context, by outbreak.Actor, c AddBooth) (Booth, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Booth{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.AddBooth", Key: c.Key}, c, func(tx *store.Tx) (Booth, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Booth{}, err
		}
		if !ok {
			return Booth{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err := access.Require(by, access.RoundManage, outbreak.Scope{Area: area.Path, Outbreak: c.Outbreak}); err != nil {
			return Booth{}, err
		}
		b := Booth{ID: outbreak.New[outbreak.BoothID](s.ids), Outbreak: c.Outbreak, AreaID: area.ID, Area: area.Path, Name: c.Name}
		return b, tx.Must("insert into booth ("+boothColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6)", b.ID, b.Outbreak, b.AreaID, b.Area, b.Name, tx.Now)
	})
}

// OpenRound is the command that starts a round.
type OpenRound struct {
	Key      string              `json:"-"`
	Outbreak outbreak.OutbreakID `json:"outbreak"`
	Name     string              `json:"name"`
	Areas    []string            `json:"areas"`  // codes
	Pool     int                 `json:"pool"`   // swabs per tube; 0: the protocol's
	Opens    outbreak.Instant    `json:"opens"`  // 0: now
	Closes   outbreak.Instant    `json:"closes"` // 0: the protocol's hours later
}

// OpenRound starts a round over areas under the outbreak's protocol.
func (s *Service) OpenRound(ctx context.Context, by outbreak.Actor, c OpenRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.OpenRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		o, ok, err := registry.OutbreakByID(tx, c.Outbreak)
		if err != nil {
			return Round{}, err
		}
		if !ok {
			return Round{}, outbreak.Refuse(outbreak.Invalid, "screening.no_outbreak")
		}
		p, err := s.registry.ProtocolOf(tx, o.ID)
		if err != nil {
			return Round{}, err
		}
		r := Round{ID: outbreak.New[outbreak.RoundID](s.ids), Outbreak: o.ID, Edition: p.ID, Name: c.Name, Pool: c.Pool, Opens: c.Opens, Closes: c.Closes, State: Open}
		for _, code := range c.Areas {
			a, ok, err := registry.AreaByCode(tx, code)
			if err != nil {
				return Round{}, err
			}
			if !ok {
				return Round{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", code)
			}
			if err := access.Require(by, access.RoundManage, outbreak.Scope{Area: a.Path, Outbreak: o.ID}); err != nil {
				return Round{}, err
			}
			r.Areas = append(r.Areas, a.Path)
		}
		if r.Roll, err = registry.CountRollOf(tx, r.Areas); err != nil {
			return Round{}, err
		}
		r.Area = commonRoot(r.Areas)
		if r.Pool == 0 {
			n, _ := p.Number("pool.size")
			r.Pool = int(n)
		}
		if r.Opens == 0 {
			r.Opens = tx.Now
		}
		if r.Closes == 0 {
			r.Closes = p.Deadline("round.max_hours", r.Opens).Due
		}
		if err := r.open(p); err != nil {
			return Round{}, err
		}
		if err := insertRound(tx, r); err != nil {
			return Round{}, err
		}
		seq, err := s.journal.Append(tx, by, outbreak.RoundOpened{Scope: r.Scope(), Round: r.ID, Areas: r.Areas, Pool: r.Pool, Opens: r.Opens, Closes: r.Closes, Roll: r.Roll})
		if err != nil {
			return r, err
		}
		return r, tx.Must("update round set opened_seq = $1 where id = $2", seq, r.ID)
	})
}

// CloseRound is the command that ends a round.
type CloseRound struct {
	Key        string           `json:"-"`
	Round      outbreak.RoundID `json:"round"`
	Incomplete bool             `json:"incomplete"` // close although somebody is owed a swab or a result, or tubes may be on a device still
}

// CloseRound ends a round. While somebody is unknown, waits for a result or is to be sampled again it closes only as
// incomplete, and says so for ever; so it does while a device holds tubes, or was not heard of and may.
func (s *Service) CloseRound(ctx context.Context, by outbreak.Actor, c CloseRound) (Round, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Round{}, err
	}
	head, err := s.coverage.need(ctx, c.Round)
	if err != nil {
		return Round{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.CloseRound", Key: c.Key}, c, func(tx *store.Tx) (Round, error) {
		r, err := roundByID(tx, c.Round)
		if err != nil {
			return Round{}, err
		}
		if err := access.Require(by, access.RoundManage, r.Scope()); err != nil {
			return Round{}, err
		}
		outcomes := s.coverage.outcomes(r.ID, r.Areas)
		unsynced, silent, err := s.pending(tx, r)
		if err != nil {
			return Round{}, err
		}
		if !c.Incomplete && len(unsynced)+len(silent) > 0 && r.State != Closed {
			return Round{}, outbreak.Refuse(outbreak.Conflict, "screening.round_devices", "unsynced", nameDevices(unsynced), "silent", nameDevices(silent))
		}
		if r, err = r.close(outcomes, c.Incomplete); err != nil {
			return Round{}, err
		}
		now, err := journal.Head(tx)
		if err != nil {
			return Round{}, err
		}
		if now != head && !c.Incomplete {
			return Round{}, outbreak.Refuse(outbreak.Busy, "screening.round_moving")
		}
		r.ClosedAt = tx.Now
		owed, complete := outcomes[outbreak.Unknown]+outcomes[outbreak.Awaiting]+outcomes[outbreak.SampleAgain], 0
		if owed += len(unsynced) + len(silent); owed == 0 {
			complete = 1
		}
		if err := tx.Must("update round set state = $1, closed_at = $2, complete = $3 where id = $4", r.State, r.ClosedAt, complete, r.ID); err != nil {
			return Round{}, err
		}
		if err := s.keepAcked(tx, r.Outbreak); err != nil {
			return Round{}, err
		}
		_, err = s.journal.Append(tx, by, outbreak.RoundClosed{Scope: r.Scope(), Round: r.ID, Complete: owed == 0, Outcomes: outcomes})
		return r, err
	})
}

// SpoilTube is the command that reports a tube that will give no result.
type SpoilTube struct {
	Key    string            `json:"-"`
	Tube   outbreak.TubeCode `json:"tube"`
	Reason string            `json:"reason"` // lost, leaked or rejected
	At     outbreak.Instant  `json:"at"`     // 0: now
}

// SpoilReasons are the words of a spoiled tube; invalid comes from the laboratory alone.
var SpoilReasons = []string{"lost", "leaked", "rejected"}

// SpoilTube puts every member of a lost, leaked or rejected tube back to be sampled again. A tube that no booth has handed
// in yet is noted, and its members are asked once they are known.
func (s *Service) SpoilTube(ctx context.Context, by outbreak.Actor, c SpoilTube) (Tube, error) {
	if err := access.RequireAnywhere(by, access.TubeSpoil); err != nil {
		return Tube{}, err
	}
	code := c.Tube.Canonical()
	if code == "" {
		return Tube{}, outbreak.Refuse(outbreak.Invalid, "screening.tube_code")
	}
	if !slices.Contains(SpoilReasons, c.Reason) {
		return Tube{}, outbreak.Refuse(outbreak.Invalid, "screening.spoil_reason")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.SpoilTube", Key: c.Key}, c, func(tx *store.Tx) (Tube, error) {
		box, err := registry.BoxOf(tx, code)
		if err != nil {
			return Tube{}, err
		}
		t, known, err := s.tube(tx, box, code)
		if err != nil {
			return Tube{}, err
		}
		if err := access.Require(by, access.TubeSpoil, t.Scope()); err != nil {
			return Tube{}, err
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) {
			return Tube{}, outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
		}
		t.Spoiled = c.Reason
		if err := s.spoil(tx, by, t, c.Reason, at); err != nil || !known {
			return t, err
		}
		return t, s.askAgain(tx, by, t, at)
	})
}

// spoil notes that a tube gives no result; a second reason changes nothing.
func (s *Service) spoil(tx *store.Tx, by outbreak.Actor, t Tube, reason string, at outbreak.Instant) error {
	n, err := tx.Exec(`insert into tube_spoiled (area_id, tube, round, reason, at, recorded_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (area_id, tube) do nothing`, t.AreaID, t.Code, t.Round, reason, at, tx.Now)
	if err != nil || n == 0 {
		return err
	}
	s.owed.tube(t.Code)
	_, err = s.journal.Append(tx, by, outbreak.TubeSpoiled{Scope: t.Scope(), Round: t.Round, Tube: t.Code, Reason: reason, Members: len(t.Members), At: at})
	return err
}

// tube reads one tube; an unknown one has the scope of its box.
func (s *Service) tube(tx *store.Tx, box registry.Box, code outbreak.TubeCode) (Tube, bool, error) {
	tubes, err := tubesByCode(tx, box.AreaID, []outbreak.TubeCode{code})
	if err != nil {
		return Tube{}, false, err
	}
	t, known := tubes[code]
	if !known {
		return Tube{Code: code, AreaID: box.AreaID, Area: box.Area, Outbreak: box.Outbreak}, false, nil
	}
	t.Spoiled, err = spoiledReason(tx, box.AreaID, code)
	return t, true, err
}

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
		nos := make([]int64, 0, len(c.Items))
		for _, i := range c.Items {
			nos = append(nos, i.No)
		}
		people, err := registry.PeopleByNo(tx, nos)
		if err != nil {
			return 0, err
		}
		batch := outbreak.New[outbreak.BatchID](s.ids)
		events := map[outbreak.Path]*outbreak.OutcomesRecorded{}
		for _, i := range c.Items {
			p, ok := people[i.No]
			if !ok || access.Require(by, access.OutcomeRecord, outbreak.Scope{Area: p.Area, Outbreak: r.Outbreak}) != nil {
				return 0, outbreak.Refuse(outbreak.NotFound, "screening.no_person", "no", i.No)
			}
			if !slices.Contains(recordable, i.Outcome) {
				return 0, outbreak.Refuse(outbreak.Invalid, "screening.outcome_word", "no", i.No)
			}
			at := i.At
			if at == 0 {
				at = tx.Now
			}
			if at > tx.Now.Add(outbreak.Drift) {
				return 0, outbreak.Refuse(outbreak.Invalid, "screening.at_in_future")
			}
			if _, err := tx.Exec(`insert into roll_outcome (round, no, person, outcome, reason, at, recorded_at) values ($1, $2, $3, $4, $5, $6, $7)
				on conflict (round, no) do update set outcome = excluded.outcome, reason = excluded.reason, at = excluded.at, recorded_at = excluded.recorded_at`,
				r.ID, i.No, p.ID, i.Outcome, i.Reason, at, tx.Now); err != nil {
				return 0, err
			}
			e, ok := events[p.Area]
			if !ok {
				e = &outbreak.OutcomesRecorded{Scope: outbreak.Scope{Area: p.Area, Outbreak: r.Outbreak}, Round: r.ID, Batch: batch, Counts: map[outbreak.Outcome]int{}}
				events[p.Area] = e
			}
			e.Counts[i.Outcome]++
		}
		return len(c.Items), appendAll(s.journal, tx, by, events)
	})
}

// SettleAnomaly is the command of somebody who found out what an anomaly is.
type SettleAnomaly struct {
	Key     string             `json:"-"`
	Anomaly outbreak.AnomalyID `json:"anomaly"`
	Verdict string             `json:"verdict"` // explained, corrected or mistake
}

// Verdicts are the words that settle an anomaly by hand; handed_in settles an orphan by the fact.
var Verdicts = []string{"explained", "corrected", "mistake"}

// SettleAnomaly ends an anomaly with a verdict.
func (s *Service) SettleAnomaly(ctx context.Context, by outbreak.Actor, c SettleAnomaly) (Anomaly, error) {
	if err := access.RequireAnywhere(by, access.AnomalySettle); err != nil {
		return Anomaly{}, err
	}
	if !slices.Contains(Verdicts, c.Verdict) {
		return Anomaly{}, outbreak.Refuse(outbreak.Invalid, "screening.verdict_word")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.SettleAnomaly", Key: c.Key}, c, func(tx *store.Tx) (Anomaly, error) {
		a, ok, err := store.One(tx, scanAnomaly, "select "+anomalyColumns+" from anomaly where id = $1", c.Anomaly)
		if err != nil {
			return a, err
		}
		if !ok || access.Require(by, access.AnomalySettle, a.Scope()) != nil {
			return a, outbreak.Refuse(outbreak.NotFound, "screening.no_anomaly")
		}
		if a.SettledAt != 0 {
			return a, outbreak.Refuse(outbreak.Conflict, "screening.anomaly_settled")
		}
		a.Verdict, a.SettledAt = c.Verdict, tx.Now
		return a, s.settle(tx, by, a, c.Verdict)
	})
}

func appendAll(j *journal.Journal, tx *store.Tx, by outbreak.Actor, events map[outbreak.Path]*outbreak.OutcomesRecorded) error {
	var all []outbreak.Event
	for _, e := range events {
		all = append(all, *e)
	}
	_, err := j.Append(tx, by, all...)
	return err
}
