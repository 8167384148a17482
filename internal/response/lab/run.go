package lab

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// RunState says where a run stands.
type RunState string

// The states of a run.
const (
	Entered  RunState = "entered"  // read; nothing counts yet
	Failed   RunState = "failed"   // a control failed: it gives no results
	Released RunState = "released" // by a second person: its results count
	Voided   RunState = "voided"   // by two people: nothing of it stands
)

// Run is one plate through one instrument.
type Run struct {
	ID         outbreak.RunID   `json:"id"`
	Lab        outbreak.LabID   `json:"lab"`
	Area       outbreak.Path    `json:"area"`
	Tool       outbreak.ToolID  `json:"tool"`
	Kit        outbreak.KitID   `json:"kit"`
	Lot        string           `json:"lot"`
	Plate      string           `json:"plate"`
	Layout     Layout           `json:"layout"`
	StartedAt  outbreak.Instant `json:"started_at"`
	EndedAt    outbreak.Instant `json:"ended_at"`
	State      RunState         `json:"state"`
	FailedBy   WellKind         `json:"failed"` // the control that failed or was missing
	Samples    int              `json:"samples"`
	Wells      int              `json:"wells"` // with the controls
	EnteredBy  outbreak.UserID  `json:"entered_by"`
	EnteredAt  outbreak.Instant `json:"entered_at"`
	ReleasedBy outbreak.UserID  `json:"released_by"`
	ReleasedAt outbreak.Instant `json:"released_at"`
	Doubt      string           `json:"doubt"` // why somebody proposes to void it; empty: nobody does
	DoubtNote  string           `json:"doubt_note"`
	DoubtBy    outbreak.UserID  `json:"doubt_by"`
	DoubtAt    outbreak.Instant `json:"doubt_at"`
	VoidedBy   outbreak.UserID  `json:"voided_by"`
	VoidedAt   outbreak.Instant `json:"voided_at"`
}

func (r Run) scope() outbreak.Scope { return outbreak.Scope{Area: r.Area} }

const runColumns = `id, lab, area, tool, kit, lot, plate, layout, started_at, ended_at, state, failed, samples, wells, entered_by, entered_at,
	released_by, released_at, doubt, doubt_note, doubt_by, doubt_at, voided_by, voided_at`

func scanRun(row store.Row) (r Run, err error) {
	err = row.Scan(&r.ID, &r.Lab, &r.Area, &r.Tool, &r.Kit, &r.Lot, &r.Plate, &r.Layout, &r.StartedAt, &r.EndedAt, &r.State, &r.FailedBy, &r.Samples, &r.Wells, &r.EnteredBy, &r.EnteredAt,
		&r.ReleasedBy, &r.ReleasedAt, &r.Doubt, &r.DoubtNote, &r.DoubtBy, &r.DoubtAt, &r.VoidedBy, &r.VoidedAt)
	return r, err
}

func runByID(tx *store.Tx, id outbreak.RunID) (Run, error) {
	r, ok, err := store.One(tx, scanRun, "select "+runColumns+" from lab_run where id = $1", id)
	if err == nil && !ok {
		err = outbreak.Refuse(outbreak.NotFound, "lab.no_run")
	}
	return r, err
}

func wellsOf(tx *store.Tx, r Run) ([]Well, error) {
	return store.List(tx, func(row store.Row) (w Well, err error) {
		var cts string
		if err = row.Scan(&w.At, &w.Kind, &w.Area, &w.Tube, &cts, &w.Call, &w.Step); err != nil {
			return w, err
		}
		if err := json.Unmarshal([]byte(cts), &w.Cts); err != nil {
			return w, fmt.Errorf("reading the cycles of a well of run %s: %w", r.ID, err)
		}
		w.Well = r.Layout.Name(w.At)
		return w, nil
	}, "select well, kind, area_id, tube, cts, call, step from lab_well where run = $1 order by well", r.ID)
}

// EnteredWell is what an instrument says of one well.
type EnteredWell struct {
	Well string            `json:"well"` // A1
	Kind WellKind          `json:"kind"`
	Tube outbreak.TubeCode `json:"tube,omitempty"`
	Cts  map[string]Ct     `json:"cts"` // cycles by target; absent or 0: none
}

// plate checks the wells of a run and puts them in order. What is wrong here was never read by an instrument: a well that is
// not on the plate, two contents of one well, a target the kit does not look for.
func plate(layout Layout, kit Kit, entered []EnteredWell) ([]Well, error) {
	if !slices.Contains(Layouts, layout) {
		return nil, outbreak.Refuse(outbreak.Invalid, "lab.layout")
	}
	seen := map[int]bool{}
	wells := make([]Well, 0, len(entered))
	for _, e := range entered {
		at, err := layout.At(e.Well)
		if err != nil {
			return nil, err
		}
		name := layout.Name(at)
		if seen[at] {
			return nil, outbreak.Refuse(outbreak.Invalid, "lab.well_twice", "well", name)
		}
		seen[at] = true
		if e.Kind == "" {
			e.Kind = Sample
		}
		if !slices.Contains(WellKinds, e.Kind) {
			return nil, outbreak.Refuse(outbreak.Invalid, "lab.well_kind", "well", name)
		}
		w := Well{At: at, Well: name, Kind: e.Kind, Cts: map[string]Ct{}}
		if e.Kind == Sample {
			if w.Tube = e.Tube.Canonical(); w.Tube == "" {
				return nil, outbreak.Refuse(outbreak.Invalid, "lab.well_tube", "well", name)
			}
		}
		for target, c := range e.Cts {
			if !kit.knows(target) {
				return nil, outbreak.Refuse(outbreak.Invalid, "lab.well_target", "well", name, "target", cut(target))
			}
			if !(c >= 0 && c <= mostCycles) {
				return nil, outbreak.Refuse(outbreak.Invalid, "lab.well_cycles", "well", name)
			}
			if c > 0 {
				w.Cts[target] = ctOf(c.hundredths())
			}
		}
		wells = append(wells, w)
	}
	slices.SortFunc(wells, func(a, b Well) int { return cmp.Compare(a.At, b.At) })
	return wells, nil
}

// failedControl names the kind of control that does not show what it has to, or is missing; empty when all hold.
func failedControl(kit Kit, wells []Well) WellKind {
	has := map[WellKind]bool{}
	for _, w := range wells {
		if w.Kind == Sample {
			continue
		}
		has[w.Kind] = true
		if !kit.holds(w.Kind, w.Cts) {
			return w.Kind
		}
	}
	for _, kind := range kit.Controls {
		if !has[kind] {
			return kind
		}
	}
	return ""
}

// verdicts gives what the wells of each tube say together, in the order of the plate.
func verdicts(wells []Well) (tubes []outbreak.TubeCode, says map[outbreak.TubeCode]outbreak.Result) {
	calls := map[outbreak.TubeCode][]outbreak.Result{}
	for _, w := range wells {
		if w.Kind != Sample {
			continue
		}
		if calls[w.Tube] == nil {
			tubes = append(tubes, w.Tube)
		}
		calls[w.Tube] = append(calls[w.Tube], w.Call)
	}
	says = map[outbreak.TubeCode]outbreak.Result{}
	for t, c := range calls {
		says[t] = agree(c)
	}
	return tubes, says
}
