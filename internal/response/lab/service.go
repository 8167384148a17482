package lab

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

// Migrations are the tables of laboratories and results.
var Migrations = store.Migrations{Owner: "lab", FS: migrations}

// Service is the laboratory's door inside the house.
type Service struct {
	db       *store.DB
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	tasks    *task.Service
}

// New makes the service.
func New(db *store.DB, j *journal.Journal, ids *outbreak.IDs, r *registry.Service, tasks *task.Service) *Service {
	return &Service{db: db, journal: j, ids: ids, registry: r, tasks: tasks}
}

// mostPerBatch keeps one transaction short.
const mostPerBatch = 1000

// AddLab is the command that makes a laboratory known.
type AddLab struct {
	Key    string `json:"-"`
	Name   string `json:"name"`
	Area   string `json:"area"` // code
	PerDay int    `json:"per_day"`
}

// AddLab makes a laboratory known; the same name again gives the one that is there.
func (s *Service) AddLab(ctx context.Context, by outbreak.Actor, c AddLab) (Lab, error) {
	if err := access.RequireAnywhere(by, access.LabManage); err != nil {
		return Lab{}, err
	}
	if c.Name == "" || c.PerDay < 0 {
		return Lab{}, outbreak.Refuse(outbreak.Invalid, "lab.name_missing")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.AddLab", Key: c.Key}, c, func(tx *store.Tx) (Lab, error) {
		area, ok, err := registry.AreaByCode(tx, c.Area)
		if err != nil {
			return Lab{}, err
		}
		if !ok {
			return Lab{}, outbreak.Refuse(outbreak.Invalid, "registry.no_area", "code", c.Area)
		}
		if err := access.Require(by, access.LabManage, outbreak.Scope{Area: area.Path}); err != nil {
			return Lab{}, err
		}
		l := Lab{ID: outbreak.New[outbreak.LabID](s.ids), Name: c.Name, AreaID: area.ID, Area: area.Path, PerDay: c.PerDay}
		n, err := tx.Exec("insert into lab ("+labColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing",
			l.ID, l.Name, l.AreaID, l.Area, l.PerDay, tx.Now)
		if err != nil {
			return Lab{}, err
		}
		if n == 0 {
			l, _, err = store.One(tx, scanLab, "select "+labColumns+" from lab where name = $1", c.Name)
			return l, err
		}
		_, err = s.journal.Append(tx, by, outbreak.LabAdded{Scope: outbreak.Scope{Area: l.Area}, Lab: l.ID})
		return l, err
	})
}

// ListLabs lists the laboratories the actor may see.
func (s *Service) ListLabs(ctx context.Context, by outbreak.Actor) (labs []Lab, err error) {
	if err := access.RequireAnywhere(by, access.AreaRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		labs, err = store.List(tx, scanLab, "select "+labColumns+" from lab order by name")
		return err
	})
	return labs, err
}

// ReceiveTubes is the command that books tubes in at a laboratory.
type ReceiveTubes struct {
	Key   string              `json:"-"`
	Lab   outbreak.LabID      `json:"lab"`
	At    outbreak.Instant    `json:"at"` // 0: now
	Tubes []outbreak.TubeCode `json:"tubes"`
}

// Taken says what became of a batch: received = accepted + repeated + rejected.
type Taken struct {
	Batch    outbreak.BatchID    `json:"batch"`
	Seq      int64               `json:"seq"` // journal entry that holds it
	Received int                 `json:"received"`
	Accepted int                 `json:"accepted"`
	Repeated int                 `json:"repeated"`
	Revised  int                 `json:"revised"` // among the accepted
	Orphans  int                 `json:"orphans"` // among the accepted: serials nobody issued
	Rejected outbreak.Rejections `json:"rejected,omitempty"`
}

// ReceiveTubes books tubes in. A tube that no booth has handed in is booked in as well.
func (s *Service) ReceiveTubes(ctx context.Context, by outbreak.Actor, c ReceiveTubes) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabReceive); err != nil {
		return Taken{}, err
	}
	if len(c.Tubes) > mostPerBatch {
		return Taken{}, outbreak.Refuse(outbreak.Invalid, "lab.batch_too_large", "most", mostPerBatch)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.ReceiveTubes", Key: c.Key}, c, func(tx *store.Tx) (Taken, error) {
		t := Taken{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(c.Tubes)}
		lab, err := labByID(tx, c.Lab)
		if err != nil {
			return t, err
		}
		if err := access.Require(by, access.LabReceive, outbreak.Scope{Area: lab.Area}); err != nil {
			return t, err
		}
		at := c.At
		if at == 0 {
			at = tx.Now
		}
		if at > tx.Now.Add(outbreak.Drift) {
			return t, outbreak.Refuse(outbreak.Invalid, "lab.received_in_future")
		}
		w := newBatch(s, tx, by, lab, t.Batch)
		tubes := slices.Clone(c.Tubes)
		for i, code := range tubes {
			if tubes[i] = code.Canonical(); tubes[i] == "" {
				if err := t.Rejected.Add(i, outbreak.Refuse(outbreak.Invalid, "lab.tube_code")); err != nil {
					return t, err
				}
			}
		}
		if err := w.receive(tubes, at, &t); err != nil {
			return t, err
		}
		t.Seq, err = s.journal.Append(tx, by, w.events()...)
		return t, err
	})
}

// ReportResults is a batch of results from one laboratory.
type ReportResults struct {
	Key     string         `json:"-"`
	Lab     outbreak.LabID `json:"lab"`
	Results []Report       `json:"results"`
}

// ReportResults records what a laboratory says of tubes. A result that differs from an earlier one is a revision and needs
// the right to correct; rows that are wrong come back with a reason and the rest is kept.
func (s *Service) ReportResults(ctx context.Context, by outbreak.Actor, c ReportResults) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return Taken{}, err
	}
	if len(c.Results) > mostPerBatch {
		return Taken{}, outbreak.Refuse(outbreak.Invalid, "lab.batch_too_large", "most", mostPerBatch)
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.ReportResults", Key: c.Key}, c, func(tx *store.Tx) (Taken, error) {
		t := Taken{Batch: outbreak.New[outbreak.BatchID](s.ids), Received: len(c.Results)}
		lab, err := labByID(tx, c.Lab)
		if err != nil {
			return t, err
		}
		scope := outbreak.Scope{Area: lab.Area}
		if err := access.Require(by, access.LabReport, scope); err != nil {
			return t, err
		}
		w := newBatch(s, tx, by, lab, t.Batch)
		if err := w.report(c.Results, access.Can(by, access.LabCorrect, scope), &t); err != nil {
			return t, err
		}
		t.Seq, err = s.journal.Append(tx, by, w.events()...)
		return t, err
	})
}

// ReportResult is one result of one tube.
type ReportResult struct {
	Key string         `json:"-"`
	Lab outbreak.LabID `json:"lab"`
	Report
}

// ReportResult records one result; a wrong report is an error here.
func (s *Service) ReportResult(ctx context.Context, by outbreak.Actor, c ReportResult) (Taken, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return Taken{}, err
	}
	t, err := s.ReportResults(ctx, by, ReportResults{Key: c.Key, Lab: c.Lab, Results: []Report{c.Report}})
	if err != nil || len(t.Rejected) == 0 {
		return t, err
	}
	r := t.Rejected[0]
	kind := outbreak.Invalid
	if r.Reason == "lab.may_not_correct" {
		kind = outbreak.Forbidden
	}
	return t, &outbreak.Error{Kind: kind, Msg: r.Reason, Slots: r.Slots}
}

// History is everything laboratories recorded of one tube.
type History struct {
	Tube    outbreak.TubeCode `json:"tube"`
	Area    outbreak.Path     `json:"area"`
	Seen    []Seen            `json:"seen"`
	Results []Result          `json:"results"`
	Runs    []Pending         `json:"runs"` // what runs said, released or not
}

// FindTube gives what laboratories recorded of a tube.
func (s *Service) FindTube(ctx context.Context, by outbreak.Actor, code outbreak.TubeCode) (h History, err error) {
	if err := access.RequireAnywhere(by, access.RoundRead); err != nil {
		return h, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		h.Tube = code.Canonical()
		box, err := registry.BoxOf(tx, h.Tube)
		if err != nil {
			return err
		}
		if err := access.Require(by, access.RoundRead, box.Scope()); err != nil {
			return err
		}
		h.Area = box.Area
		results, err := resultsOf(tx, box.AreaID, []outbreak.TubeCode{h.Tube})
		if err != nil {
			return err
		}
		h.Results = results[h.Tube]
		if h.Seen, err = stagesOf(tx, box.AreaID, h.Tube, h.Results); err != nil {
			return err
		}
		if access.Anywhere(by, access.LabRead) { // what nobody has released is the laboratory's own
			h.Runs, err = runsOfTube(tx, box.AreaID, h.Tube)
		}
		return err
	})
	return h, err
}
