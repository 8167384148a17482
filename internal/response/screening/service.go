package screening

import (
	"cmp"
	"context"
	"embed"
	"maps"
	"slices"
	"strings"

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
	zones    zones
	version  string // of the program, for rehearsals
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
	Kind     string              `json:"kind"` // of BoothKinds; empty: community
}

// AddBooth makes a sampling point known.
func (s *Service) AddBooth(ctx context.Context, by outbreak.Actor, c AddBooth) (Booth, error) {
	if err := access.RequireAnywhere(by, access.RoundManage); err != nil {
		return Booth{}, err
	}
	if c.Kind = cmp.Or(c.Kind, Community); !slices.Contains(BoothKinds, c.Kind) {
		return Booth{}, outbreak.Refuse(outbreak.Invalid, "screening.booth_kind")
	}
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	if n := len([]rune(c.Name)); n == 0 || n > longestBooth {
		return Booth{}, outbreak.Refuse(outbreak.Invalid, "screening.booth_name", "most", longestBooth)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "screening.AddBooth", Key: c.Key}, c, func(tx *store.Tx) (Booth, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Booth{}, err
		}
		if !ok {
			return Booth{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err := knownOutbreak(tx, c.Outbreak); err != nil {
			return Booth{}, err
		}
		if err := access.Require(by, access.RoundManage, outbreak.Scope{Area: area.Path, Outbreak: c.Outbreak}); err != nil {
			return Booth{}, err
		}
		b := Booth{ID: outbreak.New[outbreak.BoothID](s.ids), Outbreak: c.Outbreak, AreaID: area.ID, Area: area.Path, Name: c.Name, Kind: c.Kind}
		return b, tx.Must("insert into booth ("+boothColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7)", b.ID, b.Outbreak, b.AreaID, b.Area, b.Name, b.Kind, tx.Now)
	})
}

// longestBooth is how many characters the name of a sampling point has at most.
const longestBooth = 100

// knownOutbreak refuses an outbreak nobody declared.
func knownOutbreak(tx *store.Tx, id outbreak.OutbreakID) error {
	_, ok, err := registry.OutbreakByID(tx, id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.Invalid, "screening.no_outbreak")
	}
	return err
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
		if err := settleable(tx, by, a); err != nil {
			return a, err
		}
		a.Verdict, a.SettledAt = c.Verdict, tx.Now
		return a, s.settle(tx, by, a, c.Verdict)
	})
}

// appendAll appends one event for each area, in the order of areas.
func appendAll[E outbreak.Event](j *journal.Journal, tx *store.Tx, by outbreak.Actor, events map[outbreak.Path]*E) error {
	var all []outbreak.Event
	for _, area := range slices.Sorted(maps.Keys(events)) {
		all = append(all, *events[area])
	}
	_, err := j.Append(tx, by, all...)
	return err
}
