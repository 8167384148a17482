package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// RunPath is embedded in the input of a route about one run.
type RunPath struct {
	Run Ref[outbreak.RunID] `path:"run"`
}

// OfLab is embedded in the input of a list that can be cut to one laboratory.
type OfLab struct {
	Lab Ref[outbreak.LabID] `query:"lab" doc:"One laboratory; empty for all one may see"`
}

// floorRoutes are kits, instruments, transport boxes, runs and alarms of laboratories.
func floorRoutes(p *plan) {
	kitRoutes(p)
	crateRoutes(p)
	runRoutes(p)
	alarmRoutes(p)
}

func kitRoutes(p *plan) {
	tags := []string{"lab"}
	route(p, access.LabRead, huma.Operation{Method: http.MethodGet, Path: "/kits", Summary: "The test kits, with the thresholds by which results are called", Tags: tags},
		func(ctx context.Context, _ *struct{}) (*page[lab.Kit], error) {
			list, err := p.house.Lab.ListKits(ctx, door.ActorOf(ctx))
			return whole(list), err
		})
	route(p, access.LabManage, huma.Operation{Method: http.MethodPost, Path: "/kits", Summary: "Make a test kit known; other thresholds are another kit", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Name     string         `json:"name" maxLength:"200"`
				Maker    string         `json:"maker,omitempty" maxLength:"200"`
				Source   string         `json:"source" maxLength:"500" doc:"Where the thresholds are written: instructions and their edition"`
				Minutes  int            `json:"minutes" doc:"The least time from receipt to a reading"`
				Targets  []lab.Target   `json:"targets" minItems:"1" maxItems:"20" doc:"Up to positive cycles a target is there, up to grey it may be; human marks the control of the swab"`
				Needs    int            `json:"needs" doc:"Targets that have to be there for a positive"`
				Controls []lab.WellKind `json:"controls" minItems:"1" maxItems:"3" doc:"Controls every run has to carry: positive_control, negative_control, no_template"`
			}
		}) (*reply[lab.Kit], error) {
			b := in.Body
			k, err := p.house.Lab.AddKit(ctx, door.ActorOf(ctx), lab.AddKit{Key: in.Key, Kit: lab.Kit{Name: b.Name, Maker: b.Maker, Source: b.Source, Minutes: b.Minutes,
				Rules: lab.Rules{Targets: b.Targets, Needs: b.Needs, Controls: b.Controls}}})
			return &reply[lab.Kit]{k}, err
		})
	route(p, access.LabManage, huma.Operation{Method: http.MethodPost, Path: "/labs/{lab}/instruments", Summary: "Make an instrument known", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			LabPath
			Body struct {
				Name    string     `json:"name" maxLength:"200"`
				Wells   lab.Layout `json:"wells" doc:"96 or 384"`
				Minutes int        `json:"minutes" doc:"Of one run"`
			}
		}) (*reply[lab.Tool], error) {
			t, err := p.house.Lab.AddTool(ctx, door.ActorOf(ctx), lab.AddTool{Key: in.Key, Lab: in.Lab.ID, Name: in.Body.Name, Wells: in.Body.Wells, Minutes: in.Body.Minutes})
			return &reply[lab.Tool]{t}, err
		})
	route(p, access.LabReport, huma.Operation{Method: http.MethodPost, Path: "/instruments/{tool}/state", Summary: "Say that an instrument runs, stands idle or is down, and why", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Tool Ref[outbreak.ToolID] `path:"tool"`
			Body struct {
				State string           `json:"state" enum:"idle,busy,down"`
				Why   string           `json:"why,omitempty" maxLength:"40" doc:"no_tubes, no_reagent, no_staff, repair, cleaning, power or other; needed unless it runs"`
				At    outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[lab.Tool], error) {
			t, err := p.house.Lab.SetTool(ctx, door.ActorOf(ctx), lab.SetTool{Key: in.Key, Tool: in.Tool.ID, State: in.Body.State, Why: in.Body.Why, At: in.Body.At})
			return &reply[lab.Tool]{t}, err
		})
	route(p, access.LabReport, huma.Operation{Method: http.MethodPost, Path: "/labs/{lab}/supplies", Summary: "Record reagents that came in, or a count of those that are there", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			LabPath
			Body struct {
				Kit   outbreak.KitID   `json:"kit"`
				Lot   string           `json:"lot,omitempty" maxLength:"100"`
				Tests int              `json:"tests" doc:"That came in; with found, that are there"`
				Found bool             `json:"found,omitempty" doc:"A count: whatever the books say, so many are there"`
				At    outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
			}
		}) (*reply[lab.Supply], error) {
			b := in.Body
			x, err := p.house.Lab.CountSupply(ctx, door.ActorOf(ctx), lab.CountSupply{Key: in.Key, Lab: in.Lab.ID, Kit: b.Kit, Lot: b.Lot, Tests: b.Tests, Found: b.Found, At: b.At})
			return &reply[lab.Supply]{x}, err
		})
	route(p, access.LabRead, huma.Operation{Method: http.MethodGet, Path: "/labs/{lab}/floor", Summary: "How a laboratory stands: what waits, what runs, what it can do in a shift", Tags: tags},
		func(ctx context.Context, in *LabPath) (*reply[lab.Floor], error) {
			f, err := p.house.Lab.FindFloor(ctx, door.ActorOf(ctx), in.Lab.ID)
			f.Oldest, f.Repeats, f.Tools, f.Supplies = some(f.Oldest), some(f.Repeats), some(f.Tools), some(f.Supplies)
			return &reply[lab.Floor]{f}, err
		})
	route(p, access.LabReceive, huma.Operation{Method: http.MethodPost, Path: "/labs/{lab}/stages", Summary: "Say that tubes passed a stage inside a laboratory", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			LabPath
			Body struct {
				Stage string              `json:"stage" enum:"extracted"`
				At    outbreak.Instant    `json:"at,omitempty" doc:"Empty: now"`
				Tubes []outbreak.TubeCode `json:"tubes" minItems:"1" maxItems:"1000"`
			}
		}) (*reply[lab.Taken], error) {
			t, err := p.house.Lab.StampTubes(ctx, door.ActorOf(ctx), lab.StampTubes{Key: in.Key, Lab: in.Lab.ID, Stage: in.Body.Stage, At: in.Body.At, Tubes: in.Body.Tubes})
			return &reply[lab.Taken]{t}, err
		})
}

func crateRoutes(p *plan) {
	tags := []string{"transport boxes"}
	route(p, access.CrateRead, huma.Operation{Method: http.MethodGet, Path: "/crates", Summary: "Transport boxes, those on their way first", Tags: tags},
		func(ctx context.Context, in *struct {
			OfLab
			Limit
		}) (*page[lab.Crate], error) {
			list, err := p.house.Lab.ListCrates(ctx, door.ActorOf(ctx), in.Lab.ID, in.Most)
			return whole(list), err
		})
	route(p, access.CrateSend, huma.Operation{Method: http.MethodPost, Path: "/crates", Summary: "Hand a transport box over", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Number      string              `json:"number" maxLength:"100" doc:"What stands on the box"`
				Outbreak    outbreak.OutbreakID `json:"outbreak"`
				Area        string              `json:"area" maxLength:"40" doc:"Code of the area where it was packed"`
				Lab         outbreak.LabID      `json:"lab" doc:"Where it goes"`
				CollectedAt outbreak.Instant    `json:"collected_at,omitempty" doc:"Empty: when it was sent"`
				SentAt      outbreak.Instant    `json:"sent_at,omitempty" doc:"Empty: now"`
				Counted     int                 `json:"counted,omitempty" doc:"Tubes, as counted; empty: as many as are listed"`
				Seal        string              `json:"seal,omitempty" maxLength:"32"`
				Temperature *float64            `json:"temperature,omitempty" doc:"Degrees Celsius"`
				HandedBy    string              `json:"handed_by" maxLength:"100" doc:"Who signs"`
				Tubes       []outbreak.TubeCode `json:"tubes,omitempty" maxItems:"1000"`
			}
		}) (*reply[lab.Crate], error) {
			b := in.Body
			x, err := p.house.Lab.SendCrate(ctx, door.ActorOf(ctx), lab.SendCrate{Key: in.Key, Number: b.Number, Outbreak: b.Outbreak, Area: b.Area, Lab: b.Lab, CollectedAt: b.CollectedAt, SentAt: b.SentAt,
				Counted: b.Counted, Seal: b.Seal, Temperature: b.Temperature, HandedBy: b.HandedBy, Tubes: b.Tubes})
			return &reply[lab.Crate]{x}, err
		})
	route(p, access.LabReceive, huma.Operation{Method: http.MethodPost, Path: "/crates/{crate}/taken", Summary: "Take a transport box over; what differs is recorded and raised, never refused", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Crate Ref[outbreak.CrateID] `path:"crate"`
			Body  struct {
				Lab         outbreak.LabID   `json:"lab" doc:"Where it came to"`
				At          outbreak.Instant `json:"at,omitempty" doc:"Empty: now"`
				Counted     int              `json:"counted" minimum:"0"`
				Seal        string           `json:"seal,omitempty" maxLength:"32"`
				Temperature *float64         `json:"temperature,omitempty" doc:"Degrees Celsius"`
				TakenBy     string           `json:"taken_by" maxLength:"100" doc:"Who signs"`
			}
		}) (*reply[lab.Crate], error) {
			b := in.Body
			x, err := p.house.Lab.TakeCrate(ctx, door.ActorOf(ctx), lab.TakeCrate{Key: in.Key, Crate: in.Crate.ID, Lab: b.Lab, At: b.At, Counted: b.Counted, Seal: b.Seal, Temperature: b.Temperature, TakenBy: b.TakenBy})
			return &reply[lab.Crate]{x}, err
		})
	route(p, access.CrateRead, huma.Operation{Method: http.MethodGet, Path: "/crates/never-came", Summary: "Tubes that were sent and are booked in nowhere, though they should be by now", Tags: tags},
		func(ctx context.Context, in *struct {
			OfLab
			Limit
		}) (*page[lab.NeverCame], error) {
			list, err := p.house.Lab.ListNeverCame(ctx, door.ActorOf(ctx), in.Lab.ID, in.Most)
			return whole(list), err
		})
}

func runRoutes(p *plan) {
	tags := []string{"runs"}
	whole := func(r lab.RunRead, err error) (*reply[lab.RunRead], error) {
		r.Wells, r.Suspects = some(r.Wells), some(r.Suspects)
		return &reply[lab.RunRead]{r}, err
	}
	route(p, access.LabRead, huma.Operation{Method: http.MethodGet, Path: "/runs", Summary: "Runs, those that wait for somebody first", Tags: tags},
		func(ctx context.Context, in *struct {
			OfLab
			Limit
		}) (*page[lab.Run], error) {
			list, err := p.house.Lab.ListRuns(ctx, door.ActorOf(ctx), in.Lab.ID, in.Most)
			return &page[lab.Run]{pageOf[lab.Run]{Items: some(list)}}, err
		})
	route(p, access.LabReport, huma.Operation{Method: http.MethodPost, Path: "/runs", Summary: "Enter what an instrument read of a plate; nothing of it counts before a second person releases it", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Keyed
			Body struct {
				Tool      outbreak.ToolID  `json:"tool"`
				Kit       outbreak.KitID   `json:"kit"`
				Lot       string           `json:"lot,omitempty" maxLength:"100"`
				Plate     string           `json:"plate,omitempty" maxLength:"100"`
				Layout    lab.Layout       `json:"layout,omitempty" doc:"96 or 384; empty: as the instrument has"`
				StartedAt outbreak.Instant `json:"started_at"`
				EndedAt   outbreak.Instant `json:"ended_at,omitempty" doc:"Empty: now"`
				Wells     []enteredWell    `json:"wells" minItems:"1" maxItems:"384"`
			}
		}) (*reply[lab.RunRead], error) {
			b := in.Body
			c := lab.EnterRun{Key: in.Key, Tool: b.Tool, Kit: b.Kit, Lot: b.Lot, Plate: b.Plate, Layout: b.Layout, StartedAt: b.StartedAt, EndedAt: b.EndedAt}
			for _, w := range b.Wells {
				c.Wells = append(c.Wells, lab.EnteredWell(w))
			}
			return whole(p.house.Lab.EnterRun(ctx, door.ActorOf(ctx), c))
		})
	route(p, access.LabRead, huma.Operation{Method: http.MethodGet, Path: "/runs/{run}", Summary: "One run with its wells, and the samples that lay beside positives", Tags: tags},
		func(ctx context.Context, in *RunPath) (*reply[lab.RunRead], error) {
			return whole(p.house.Lab.FindRun(ctx, door.ActorOf(ctx), in.Run.ID))
		})
	route(p, access.LabRelease, huma.Operation{Method: http.MethodPost, Path: "/runs/{run}/release", Summary: "Release the results of a run that somebody else entered", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			RunPath
		}) (*reply[lab.Taken], error) {
			t, err := p.house.Lab.ReleaseRun(ctx, door.ActorOf(ctx), lab.ReleaseRun{Key: in.Key, Run: in.Run.ID})
			return &reply[lab.Taken]{t}, err
		})
	route(p, access.LabVoid, huma.Operation{Method: http.MethodPost, Path: "/runs/{run}/doubt", Summary: "Propose to void a run", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			RunPath
			Body struct {
				Reason string `json:"reason" enum:"contamination,control,swap,kit,instrument,other"`
				Note   string `json:"note" minLength:"1" maxLength:"500" doc:"What was found; no names of people"`
			}
		}) (*reply[lab.Run], error) {
			r, err := p.house.Lab.DoubtRun(ctx, door.ActorOf(ctx), lab.DoubtRun{Key: in.Key, Run: in.Run.ID, Reason: in.Body.Reason, Note: in.Body.Note})
			return &reply[lab.Run]{r}, err
		})
	route(p, access.LabVoid, huma.Operation{Method: http.MethodPost, Path: "/runs/{run}/clear", Summary: "Turn the proposal to void a run down", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			RunPath
		}) (*reply[lab.Run], error) {
			r, err := p.house.Lab.ClearRun(ctx, door.ActorOf(ctx), lab.DecideDoubt{Key: in.Key, Run: in.Run.ID})
			return &reply[lab.Run]{r}, err
		})
	route(p, access.LabVoid, huma.Operation{Method: http.MethodPost, Path: "/runs/{run}/void", Summary: "Confirm that nothing of a run stands: all its results are revised at once", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			RunPath
		}) (*reply[lab.VoidedRun], error) {
			v, err := p.house.Lab.VoidRun(ctx, door.ActorOf(ctx), lab.DecideDoubt{Key: in.Key, Run: in.Run.ID})
			v.Suspects = some(v.Suspects)
			return &reply[lab.VoidedRun]{v}, err
		})
}

// enteredWell is a well in the body of a run. Its content is judged by the kit, so that the answer names the well.
type enteredWell struct {
	Well string            `json:"well" maxLength:"4" doc:"A1"`
	Kind lab.WellKind      `json:"kind,omitempty" doc:"sample, positive_control, negative_control or no_template; empty: sample"`
	Tube outbreak.TubeCode `json:"tube,omitempty"`
	Cts  map[string]lab.Ct `json:"cts,omitempty" doc:"Cycles by target; absent: nothing was found"`
}

func alarmRoutes(p *plan) {
	tags := []string{"lab"}
	route(p, access.LabRead, huma.Operation{Method: http.MethodGet, Path: "/lab-alarms", Summary: "What at laboratories cannot be as it is said, open ones first", Tags: tags},
		func(ctx context.Context, in *struct {
			OfLab
			Limit
		}) (*page[lab.Alarm], error) {
			list, err := p.house.Lab.ListAlarms(ctx, door.ActorOf(ctx), in.Lab.ID, in.Most)
			return whole(list), err
		})
	route(p, access.LabSettle, huma.Operation{Method: http.MethodPost, Path: "/lab-alarms/{alarm}/settle", Summary: "Say what an alarm was; one about a laboratory's own word needs the right to audit", Tags: tags},
		func(ctx context.Context, in *struct {
			Keyed
			Alarm Ref[outbreak.AlarmID] `path:"alarm"`
			Body  struct {
				Verdict string `json:"verdict" enum:"explained,corrected,mistake"`
				Note    string `json:"note,omitempty" maxLength:"500"`
			}
		}) (*reply[lab.Alarm], error) {
			a, err := p.house.Lab.SettleAlarm(ctx, door.ActorOf(ctx), lab.SettleAlarm{Key: in.Key, Alarm: in.Alarm.ID, Verdict: in.Body.Verdict, Note: in.Body.Note})
			return &reply[lab.Alarm]{a}, err
		})
}
