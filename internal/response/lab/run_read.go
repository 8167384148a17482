package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const day = 24 * time.Hour

// RunRead is a run with its wells.
type RunRead struct {
	Run      Run       `json:"run"`
	Wells    []Well    `json:"wells"`
	Suspects []Suspect `json:"suspects"` // samples beside positives
}

// FindRun gives a run with its wells.
func (s *Service) FindRun(ctx context.Context, by outbreak.Actor, id outbreak.RunID) (read RunRead, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return read, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		if read.Run, err = runByID(tx, id); err != nil {
			return err
		}
		if access.Require(by, access.LabRead, read.Run.scope()) != nil {
			return outbreak.Refuse(outbreak.NotFound, "lab.no_run")
		}
		kit, err := kitByID(tx, read.Run.Kit)
		if err != nil {
			return err
		}
		if read.Wells, err = wellsOf(tx, read.Run); err != nil {
			return err
		}
		read.Suspects = suspects(read.Run.Layout, read.Wells, kit.Rules)
		return nil
	})
	return read, err
}

// ListRuns lists runs the actor may see, those that wait for a decision first, then the newest.
func (s *Service) ListRuns(ctx context.Context, by outbreak.Actor, of outbreak.LabID, most int) (list []Run, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		where, args := ofLab(of)(within(by, access.LabRead, "area", nil))
		args = append(args, most)
		list, err = store.List(tx, scanRun, "select "+runColumns+" from lab_run where "+where+
			fmt.Sprintf(" order by case when state = 'entered' or (doubt <> '' and state <> 'voided') then 0 else 1 end, started_at desc, id desc limit $%d", len(args)), args...)
		return err
	})
	return list, err
}

// Pending is what a run says of a tube that nobody has released.
type Pending struct {
	Run   outbreak.RunID   `json:"run"`
	Well  string           `json:"well"`
	Call  outbreak.Result  `json:"call"`
	Step  Step             `json:"step"`
	State RunState         `json:"state"`
	At    outbreak.Instant `json:"at"`
	Cts   map[string]Ct    `json:"cts"`
}

func runsOfTube(tx *store.Tx, area outbreak.AreaID, tube outbreak.TubeCode) ([]Pending, error) {
	return store.List(tx, func(r store.Row) (p Pending, err error) {
		var at int
		var layout Layout
		var cts string
		if err = r.Scan(&p.Run, &at, &layout, &p.Call, &p.Step, &p.State, &p.At, &cts); err != nil {
			return p, err
		}
		if err := json.Unmarshal([]byte(cts), &p.Cts); err != nil {
			return p, fmt.Errorf("reading the cycles of a well of run %s: %w", p.Run, err)
		}
		p.Well = layout.Name(at)
		return p, nil
	}, "select r.id, w.well, r.layout, w.call, w.step, r.state, r.ended_at, w.cts from lab_well w join lab_run r on r.id = w.run where w.area_id = $1 and w.tube = $2 order by r.ended_at, w.well", area, tube)
}
