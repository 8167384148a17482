package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// States of an instrument.
const (
	Idle = "idle"
	Busy = "busy"
	Down = "down"
)

// ToolStates lists them in the order of a form.
var ToolStates = []string{Idle, Busy, Down}

// Tool is one instrument of a laboratory.
type Tool struct {
	ID      outbreak.ToolID  `json:"id"`
	Lab     outbreak.LabID   `json:"lab"`
	Name    string           `json:"name"`
	Wells   Layout           `json:"wells"`
	Minutes int              `json:"minutes"` // of one run
	State   string           `json:"state"`
	Why     string           `json:"why"` // why it is idle or down: no staff, no reagent, no tubes, repair
	Since   outbreak.Instant `json:"since"`
}

// PerDay is how many wells the instrument can read in a day of round-the-clock work.
func (t Tool) PerDay() int { return int(t.Wells) * (24 * 60 / t.Minutes) }

const toolColumns = "id, lab, name, wells, minutes, state, why, since"

func scanTool(r store.Row) (t Tool, err error) {
	err = r.Scan(&t.ID, &t.Lab, &t.Name, &t.Wells, &t.Minutes, &t.State, &t.Why, &t.Since)
	return t, err
}

// AddKit is the command that makes a test kit known.
type AddKit struct {
	Key string `json:"-"`
	Kit
}

// AddKit makes a test kit known. A kit is never changed: other thresholds are another kit, so that an old run is read as it
// was. The same name again gives the one that is there, and is a conflict when it says something else.
func (s *Service) AddKit(ctx context.Context, by outbreak.Actor, c AddKit) (Kit, error) {
	if err := access.RequireAnywhere(by, access.LabManage); err != nil {
		return Kit{}, err
	}
	if err := c.Kit.check(); err != nil {
		return Kit{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.AddKit", Key: c.Key}, c, func(tx *store.Tx) (Kit, error) {
		k := c.Kit
		k.ID = outbreak.New[outbreak.KitID](s.ids)
		rules, err := json.Marshal(k.Rules)
		if err != nil {
			return k, fmt.Errorf("writing the rules of a kit: %w", err)
		}
		n, err := tx.Exec("insert into lab_kit ("+kitColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing",
			k.ID, k.Name, k.Maker, k.Source, k.Minutes, string(rules), tx.Now)
		if err != nil {
			return k, err
		}
		if n == 0 {
			was, _, err := store.One(tx, scanKit, "select "+kitColumns+" from lab_kit where name = $1", k.Name)
			if err == nil && was.digest() != k.digest() {
				err = outbreak.Refuse(outbreak.Conflict, "lab.kit_known")
			}
			return was, err
		}
		_, err = s.journal.Append(tx, by, outbreak.KitAdded{Kit: k.ID, Digest: k.digest()})
		return k, err
	})
}

// ListKits lists the test kits.
func (s *Service) ListKits(ctx context.Context, by outbreak.Actor) (list []Kit, err error) {
	if err := access.RequireAnywhere(by, access.LabRead); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = store.List(tx, scanKit, "select "+kitColumns+" from lab_kit order by name")
		return err
	})
	return list, err
}

// AddTool is the command that makes an instrument known.
type AddTool struct {
	Key     string         `json:"-"`
	Lab     outbreak.LabID `json:"lab"`
	Name    string         `json:"name"`
	Wells   Layout         `json:"wells"`
	Minutes int            `json:"minutes"`
}

// AddTool makes an instrument known; the same name again gives the one that is there.
func (s *Service) AddTool(ctx context.Context, by outbreak.Actor, c AddTool) (Tool, error) {
	if err := access.RequireAnywhere(by, access.LabManage); err != nil {
		return Tool{}, err
	}
	name, err := noteOf(c.Name)
	if err != nil {
		return Tool{}, err
	}
	if name == "" || !slices.Contains(Layouts, c.Wells) || c.Minutes < 1 || c.Minutes > 24*60 {
		return Tool{}, outbreak.Refuse(outbreak.Invalid, "lab.tool_wrong")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.AddTool", Key: c.Key}, c, func(tx *store.Tx) (Tool, error) {
		lab, err := s.labFor(tx, by, c.Lab, access.LabManage)
		if err != nil {
			return Tool{}, err
		}
		t := Tool{ID: outbreak.New[outbreak.ToolID](s.ids), Lab: lab.ID, Name: name, Wells: c.Wells, Minutes: c.Minutes, State: Idle, Since: tx.Now}
		n, err := tx.Exec("insert into lab_tool ("+toolColumns+", recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (lab, name) do nothing",
			t.ID, t.Lab, t.Name, int(t.Wells), t.Minutes, t.State, t.Why, t.Since, tx.Now)
		if err != nil {
			return t, err
		}
		if n == 0 {
			t, _, err = store.One(tx, scanTool, "select "+toolColumns+" from lab_tool where lab = $1 and name = $2", lab.ID, name)
			return t, err
		}
		_, err = s.journal.Append(tx, by, outbreak.ToolChanged{Scope: outbreak.Scope{Area: lab.Area}, Lab: lab.ID, Tool: t.ID, State: t.State, At: t.Since})
		return t, err
	})
}

// labFor finds a laboratory where the actor holds a right.
func (s *Service) labFor(tx *store.Tx, by outbreak.Actor, id outbreak.LabID, may access.Permission) (Lab, error) {
	lab, err := labByID(tx, id)
	if err != nil {
		return lab, err
	}
	return lab, access.Require(by, may, outbreak.Scope{Area: lab.Area})
}

// Whys are the reasons an instrument stands still; the empty one is for one that runs.
var Whys = []string{"", "no_tubes", "no_reagent", "no_staff", "repair", "cleaning", "power", "other"}

// SetTool is the command that says how an instrument stands.
type SetTool struct {
	Key   string           `json:"-"`
	Tool  outbreak.ToolID  `json:"tool"`
	State string           `json:"state"`
	Why   string           `json:"why"`
	At    outbreak.Instant `json:"at"` // 0: now
}

// SetTool says that an instrument runs, stands idle or is down, and why.
func (s *Service) SetTool(ctx context.Context, by outbreak.Actor, c SetTool) (Tool, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return Tool{}, err
	}
	if !slices.Contains(ToolStates, c.State) || !slices.Contains(Whys, c.Why) {
		return Tool{}, outbreak.Refuse(outbreak.Invalid, "lab.tool_state")
	}
	if c.State != Busy && c.Why == "" {
		return Tool{}, outbreak.Refuse(outbreak.Invalid, "lab.tool_why")
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.SetTool", Key: c.Key}, c, func(tx *store.Tx) (Tool, error) {
		t, lab, err := s.toolFor(tx, by, c.Tool, access.LabReport)
		if err != nil {
			return t, err
		}
		at, err := momentOf(c.At, tx.Now)
		if err != nil {
			return t, err
		}
		t.State, t.Why, t.Since = c.State, c.Why, at
		return t, s.stand(tx, by, lab, t)
	})
}

// stand keeps how an instrument stands.
func (s *Service) stand(tx *store.Tx, by outbreak.Actor, lab Lab, t Tool) error {
	if err := tx.Must("update lab_tool set state = $1, why = $2, since = $3 where id = $4", t.State, t.Why, t.Since, t.ID); err != nil {
		return err
	}
	_, err := s.journal.Append(tx, by, outbreak.ToolChanged{Scope: outbreak.Scope{Area: lab.Area}, Lab: lab.ID, Tool: t.ID, State: t.State, Why: t.Why, At: t.Since})
	return err
}

func (s *Service) toolFor(tx *store.Tx, by outbreak.Actor, id outbreak.ToolID, may access.Permission) (Tool, Lab, error) {
	t, ok, err := store.One(tx, scanTool, "select "+toolColumns+" from lab_tool where id = $1", id)
	if err != nil {
		return t, Lab{}, err
	}
	if !ok {
		return t, Lab{}, outbreak.Refuse(outbreak.NotFound, "lab.no_tool")
	}
	lab, err := s.labFor(tx, by, t.Lab, may)
	return t, lab, err
}

// CountSupply is the command that says how many tests' worth of reagents came in, or are there.
type CountSupply struct {
	Key   string           `json:"-"`
	Lab   outbreak.LabID   `json:"lab"`
	Kit   outbreak.KitID   `json:"kit"`
	Lot   string           `json:"lot"`
	Tests int              `json:"tests"` // that came in; with Found, that are there
	Found bool             `json:"found"` // a count: whatever the books say, so many are there
	At    outbreak.Instant `json:"at"`    // 0: now
}

// Supply is the reagents of one kit at a laboratory.
type Supply struct {
	Kit   outbreak.KitID `json:"kit"`
	Name  string         `json:"name"`
	Tests int            `json:"tests"` // left; below 0 when more were used than came in
	Used  int            `json:"used"`  // in the last day
	Hours int            `json:"hours"` // left at that pace; -1: none was used
}

// CountSupply records reagents that came in, or a count of those that are there.
func (s *Service) CountSupply(ctx context.Context, by outbreak.Actor, c CountSupply) (Supply, error) {
	if err := access.RequireAnywhere(by, access.LabReport); err != nil {
		return Supply{}, err
	}
	const most = 100_000_000
	if c.Tests < -most || c.Tests > most || c.Found && c.Tests < 0 {
		return Supply{}, outbreak.Refuse(outbreak.Invalid, "lab.supply_number")
	}
	lot, err := noteOf(c.Lot)
	if err != nil {
		return Supply{}, err
	}
	return store.Do(ctx, s.db, store.By{Actor: by, Route: "lab.CountSupply", Key: c.Key}, c, func(tx *store.Tx) (Supply, error) {
		lab, err := s.labFor(tx, by, c.Lab, access.LabReport)
		if err != nil {
			return Supply{}, err
		}
		if _, err := kitByID(tx, c.Kit); err != nil {
			return Supply{}, err
		}
		at, err := momentOf(c.At, tx.Now)
		if err != nil {
			return Supply{}, err
		}
		more := c.Tests
		if c.Found {
			now, err := suppliesOf(tx, lab.ID, c.Kit)
			if err != nil {
				return Supply{}, err
			}
			for _, x := range now {
				more -= x.Tests
			}
		}
		id := outbreak.New[outbreak.BatchID](s.ids)
		if _, err := tx.Exec("insert into lab_supply (id, lab, kit, lot, tests, at, recorded_at) values ($1, $2, $3, $4, $5, $6, $7)", id, lab.ID, c.Kit, lot, more, at, tx.Now); err != nil {
			return Supply{}, err
		}
		if _, err := s.journal.Append(tx, by, outbreak.SupplyCounted{Scope: outbreak.Scope{Area: lab.Area}, Lab: lab.ID, Kit: c.Kit, Tests: more, At: at}); err != nil {
			return Supply{}, err
		}
		list, err := suppliesOf(tx, lab.ID, c.Kit)
		if err != nil || len(list) == 0 {
			return Supply{}, err
		}
		return list[0], nil
	})
}

// suppliesOf gives what is left of every kit, or of one, at a laboratory: what came in less the wells of runs. Controls use
// reagents like samples.
func suppliesOf(tx *store.Tx, lab outbreak.LabID, kit outbreak.KitID) ([]Supply, error) {
	all := map[outbreak.KitID]*Supply{}
	var order []outbreak.KitID
	of := func(id outbreak.KitID) *Supply {
		if all[id] == nil {
			all[id] = &Supply{Kit: id, Hours: -1}
			order = append(order, id)
		}
		return all[id]
	}
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.KitID
		var n int
		err := r.Scan(&id, &n)
		of(id).Tests += n
		return err
	}, "select kit, cast(sum(tests) as bigint) from lab_supply where lab = $1 group by kit order by kit", lab); err != nil {
		return nil, err
	}
	if err := store.Each(tx, func(r store.Row) error {
		var id outbreak.KitID
		var all, day int
		err := r.Scan(&id, &all, &day)
		x := of(id)
		x.Tests, x.Used = x.Tests-all, day
		return err
	}, "select kit, cast(sum(wells) as bigint), cast(sum(case when started_at > $2 then wells else 0 end) as bigint) from lab_run where lab = $1 group by kit order by kit", lab, tx.Now.Add(-day)); err != nil {
		return nil, err
	}
	var list []Supply
	for _, id := range order {
		x := all[id]
		if kit != 0 && id != kit {
			continue
		}
		k, err := kitByID(tx, id)
		if err != nil {
			return nil, err
		}
		if x.Name = k.Name; x.Used > 0 {
			x.Hours = max(x.Tests, 0) * 24 / x.Used
		}
		list = append(list, *x)
	}
	return list, nil
}
