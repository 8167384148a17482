package web

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// laboratoryPage is one laboratory's floor: what waits, what runs, what has to be decided.
type laboratoryPage struct {
	Labs      []lab.Lab // the reader may see
	Floor     lab.Floor
	Runs      []lab.Run
	Alarms    []alarmRow
	NeverCame []lab.NeverCame
	Kits      []lab.Kit
	Report    bool // the reader may enter runs here and say how instruments stand
	Manage    bool // and add instruments and kits
	States    []string
	Whys      []string
	Verdicts  []string
	Doubts    []string
	Layouts   []lab.Layout
	Controls  []lab.WellKind
}

// alarmRow is an alarm with whether the reader may settle it.
type alarmRow struct {
	lab.Alarm
	May   bool
	Shown []alarmFigure
	Box   *lab.Crate // it is about, where the reader may see boxes
}

// alarmFigure is one figure that says why.
type alarmFigure struct{ Name, Value string }

// labsOf lists the laboratories whose floor the reader may see.
func (s *Server) labsOf(c *call, may access.Permission) ([]lab.Lab, error) {
	list, err := s.House.Lab.ListLabs(c.ctx, c.by)
	return slices.DeleteFunc(list, func(l lab.Lab) bool { return !access.Can(c.by, may, outbreak.Scope{Area: l.Area}) }), err
}

// readLaboratories shows the first laboratory the reader may see.
func (s *Server) readLaboratories(c *call) (any, error) {
	labs, err := s.labsOf(c, access.LabRead)
	if err != nil {
		return nil, err
	}
	if id := c.query.Get("alarm"); id != "" { // of a task
		alarms, err := s.House.Lab.ListAlarms(c.ctx, c.by, 0, 500)
		if err != nil {
			return nil, err
		}
		for _, a := range alarms {
			if a.ID.String() == id {
				return nil, goTo("/laboratories/" + a.Lab.String())
			}
		}
	}
	if id := c.query.Get("lab"); id != "" {
		return nil, goTo("/laboratories/" + id)
	}
	if len(labs) == 0 {
		return laboratoryPage{}, nil
	}
	return s.laboratory(c, labs[0].ID)
}

func (s *Server) readLaboratory(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.LabID](c.path("id"))
	if err != nil {
		return nil, err
	}
	return s.laboratory(c, id)
}

func (s *Server) laboratory(c *call, id outbreak.LabID) (p laboratoryPage, err error) {
	p = laboratoryPage{States: lab.ToolStates, Whys: lab.Whys[1:], Verdicts: lab.Verdicts, Layouts: lab.Layouts, Controls: lab.WellKinds[1:]}
	if p.Labs, err = s.labsOf(c, access.LabRead); err != nil {
		return p, err
	}
	if p.Floor, err = s.House.Lab.FindFloor(c.ctx, c.by, id); err != nil {
		return p, err
	}
	if p.Runs, err = s.House.Lab.ListRuns(c.ctx, c.by, id, 20); err != nil {
		return p, err
	}
	alarms, err := s.House.Lab.ListAlarms(c.ctx, c.by, id, 20)
	if err != nil {
		return p, err
	}
	boxes, err := s.alarmBoxes(c, id, alarms)
	if err != nil {
		return p, err
	}
	for _, a := range alarms {
		p.Alarms = append(p.Alarms, alarmRow{Alarm: a, Box: boxes[a.Crate], May: a.SettledAt == 0 && access.Can(c.by, a.May(), outbreak.Scope{Area: a.Area}), Shown: shownFigures(c, a)})
	}
	if access.Anywhere(c.by, access.CrateRead) {
		if p.NeverCame, err = s.House.Lab.ListNeverCame(c.ctx, c.by, id, 20); err != nil {
			return p, err
		}
	}
	where := outbreak.Scope{Area: p.Floor.Lab.Area}
	p.Report, p.Manage = access.Can(c.by, access.LabReport, where), access.Can(c.by, access.LabManage, where)
	p.Kits, err = s.House.Lab.ListKits(c.ctx, c.by)
	return p, err
}

// alarmBoxes finds the transport boxes that alarms are about, among those the page of boxes shows.
func (s *Server) alarmBoxes(c *call, id outbreak.LabID, alarms []lab.Alarm) (map[outbreak.CrateID]*lab.Crate, error) {
	boxes := map[outbreak.CrateID]*lab.Crate{}
	if !access.Anywhere(c.by, access.CrateRead) || !slices.ContainsFunc(alarms, func(a lab.Alarm) bool { return a.Crate != 0 }) {
		return boxes, nil
	}
	list, err := s.House.Lab.ListCrates(c.ctx, c.by, id, rowsPerPage)
	for i := range list {
		boxes[list[i].ID] = &list[i]
	}
	return boxes, err
}

// shownFigures writes the figures of an alarm in the order of their names.
func shownFigures(c *call, a lab.Alarm) []alarmFigure {
	var list []alarmFigure
	for _, name := range []string{"tubes", "positive", "expected", "chance", "minutes", "least", "wells", "used", "again", "sent", "taken"} {
		if v, has := a.Figures[name]; has {
			text := c.view.N(int(v))
			if name == "chance" || name == "expected" {
				text = strconv.FormatFloat(v, 'g', 2, 64)
			}
			list = append(list, alarmFigure{name, text})
		}
	}
	return list
}

// atLab is the laboratory the address names.
func atLab(c *call) (outbreak.LabID, string, error) {
	id, err := outbreak.ParseID[outbreak.LabID](c.path("id"))
	return id, "/laboratories/" + id.String(), err
}

func (s *Server) addTool(c *call) (string, error) {
	id, back, err := atLab(c)
	if err != nil {
		return "", err
	}
	wells, _ := strconv.Atoi(c.form.Get("wells"))     // no number is refused as one that is none
	minutes, _ := strconv.Atoi(c.form.Get("minutes")) // likewise
	_, err = s.House.Lab.AddTool(c.ctx, c.by, lab.AddTool{Key: c.key(), Lab: id, Name: c.form.Get("name"), Wells: lab.Layout(wells), Minutes: minutes})
	return back + "?done=tool_added", err
}

func (s *Server) setTool(c *call) (string, error) {
	_, back, err := atLab(c)
	if err != nil {
		return "", err
	}
	tool, err := outbreak.ParseID[outbreak.ToolID](c.path("tool"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Lab.SetTool(c.ctx, c.by, lab.SetTool{Key: c.key(), Tool: tool, State: c.form.Get("state"), Why: c.form.Get("why")})
	return back + "?done=tool_set", err
}

func (s *Server) countSupply(c *call) (string, error) {
	id, back, err := atLab(c)
	if err != nil {
		return "", err
	}
	kit, err := outbreak.ParseID[outbreak.KitID](c.form.Get("kit"))
	if err != nil {
		return "", err
	}
	tests, wrong := strconv.Atoi(c.form.Get("tests"))
	if wrong != nil {
		return "", refuseField("tests", "lab.supply_number")
	}
	_, err = s.House.Lab.CountSupply(c.ctx, c.by, lab.CountSupply{Key: c.key(), Lab: id, Kit: kit, Lot: c.form.Get("lot"), Tests: tests, Found: c.form.Get("found") != ""})
	return back + "?done=supply_counted", err
}

// addKit reads the targets from lines "ORF1ab 38 40", the control of the swab marked by a word behind it.
func (s *Server) addKit(c *call) (string, error) {
	_, back, err := atLab(c)
	if err != nil {
		return "", err
	}
	k := lab.Kit{Name: strings.TrimSpace(c.form.Get("name")), Maker: strings.TrimSpace(c.form.Get("maker")), Source: strings.TrimSpace(c.form.Get("source"))}
	k.Minutes, _ = strconv.Atoi(c.form.Get("minutes"))
	k.Needs, _ = strconv.Atoi(c.form.Get("needs"))
	for line := range strings.Lines(c.form.Get("targets")) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		t := lab.Target{Name: words[0]}
		for _, w := range words[1:] {
			n, wrong := strconv.ParseFloat(w, 64)
			switch {
			case slices.Contains([]string{"human", "内标", "人源"}, w):
				t.Human = true
			case wrong != nil:
				return "", refuseField("targets", "lab.kit_target", "target", t.Name)
			case t.Positive == 0:
				t.Positive = lab.Ct(n)
			default:
				t.Grey = lab.Ct(n)
			}
		}
		k.Targets = append(k.Targets, t)
	}
	for _, kind := range c.form["control"] {
		k.Controls = append(k.Controls, lab.WellKind(kind))
	}
	_, err = s.House.Lab.AddKit(c.ctx, c.by, lab.AddKit{Key: c.key(), Kit: k})
	return back + "?done=kit_added", err
}

// wellsOf reads lines "A1 T0001 ORF1ab=21.5 N=20.3 RNP=27": the well, a tube or the kind of a control, and cycles. Instruments
// export tables; whoever copies one here keeps its columns apart by spaces, tabs or commas.
func wellsOf(text string) ([]lab.EnteredWell, error) {
	var list []lab.EnteredWell
	n := 0
	for line := range strings.Lines(text) {
		n++
		parts := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；　", r) })
		if len(parts) == 0 {
			continue
		}
		if len(parts) < 2 {
			return nil, refuseField("wells", "web.lab.wells_line", "line", n)
		}
		w := lab.EnteredWell{Well: parts[0], Kind: lab.Sample, Tube: outbreak.TubeCode(parts[1]), Cts: map[string]lab.Ct{}}
		if kind, is := controls[strings.ToLower(parts[1])]; is {
			w.Kind, w.Tube = kind, ""
		}
		for _, part := range parts[2:] {
			target, cycles, has := strings.Cut(part, "=")
			ct, err := strconv.ParseFloat(cycles, 64)
			if !has || target == "" || err != nil {
				return nil, refuseField("wells", "web.lab.wells_line", "line", n)
			}
			w.Cts[target] = lab.Ct(ct)
		}
		list = append(list, w)
	}
	return list, nil
}

// controls are how the kinds of controls are written in a plate.
var controls = map[string]lab.WellKind{"pos": lab.PositiveControl, "pc": lab.PositiveControl, "阳性质控": lab.PositiveControl, "neg": lab.NegativeControl, "nc": lab.NegativeControl,
	"阴性质控": lab.NegativeControl, "ntc": lab.NoTemplate, "water": lab.NoTemplate, "空白": lab.NoTemplate, "空白对照": lab.NoTemplate}

func (s *Server) enterRun(c *call) (string, error) {
	if _, _, err := atLab(c); err != nil {
		return "", err
	}
	n := lab.EnterRun{Key: c.key(), Lot: c.form.Get("lot"), Plate: c.form.Get("plate")}
	var err error
	if n.Tool, err = outbreak.ParseID[outbreak.ToolID](c.form.Get("tool")); err != nil {
		return "", err
	}
	if n.Kit, err = outbreak.ParseID[outbreak.KitID](c.form.Get("kit")); err != nil {
		return "", err
	}
	if n.StartedAt, err = c.moment("started_at"); err != nil {
		return "", err
	}
	if n.EndedAt, err = c.moment("ended_at"); err != nil {
		return "", err
	}
	if n.Wells, err = wellsOf(c.form.Get("wells")); err != nil {
		return "", err
	}
	r, err := s.House.Lab.EnterRun(c.ctx, c.by, n)
	return "/runs/" + r.Run.ID.String() + "?done=run_entered", err
}

func (s *Server) settleLabAlarm(c *call) (string, error) {
	_, back, err := atLab(c)
	if err != nil {
		return "", err
	}
	alarm, err := outbreak.ParseID[outbreak.AlarmID](c.path("alarm"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Lab.SettleAlarm(c.ctx, c.by, lab.SettleAlarm{Key: c.key(), Alarm: alarm, Verdict: c.form.Get("verdict"), Note: c.form.Get("note")})
	return back + "?done=lab_alarm_settled", err
}

// runPage is one run with its wells, and what the reader may do with it.
type runPage struct {
	lab.RunRead
	Kit     string
	Release bool // as the second person
	Doubt   bool
	Decide  bool // on a proposal to void it
	Void    bool // confirm it, as the second person
	Doubts  []string
}

func (s *Server) readRun(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RunID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := runPage{Doubts: lab.Doubts}
	if p.RunRead, err = s.House.Lab.FindRun(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	kits, err := s.House.Lab.ListKits(c.ctx, c.by)
	for _, k := range kits {
		if k.ID == p.Run.Kit {
			p.Kit = k.Name
		}
	}
	where := outbreak.Scope{Area: p.Run.Area}
	p.Release = p.Run.State == lab.Entered && p.Run.Doubt == "" && p.Run.EnteredBy != c.by.User && access.Can(c.by, access.LabRelease, where)
	may := p.Run.State != lab.Voided && access.Can(c.by, access.LabVoid, where)
	p.Doubt, p.Decide = may && p.Run.Doubt == "", may && p.Run.Doubt != ""
	p.Void = p.Decide && p.Run.DoubtBy != c.by.User
	return p, err
}

// aboutRun does something to the run the address names.
func aboutRun(c *call, done string, do func(outbreak.RunID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.RunID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/runs/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) releaseRun(c *call) (string, error) {
	return aboutRun(c, "run_released", func(id outbreak.RunID) error {
		_, err := s.House.Lab.ReleaseRun(c.ctx, c.by, lab.ReleaseRun{Key: c.key(), Run: id})
		return err
	})
}

func (s *Server) doubtRun(c *call) (string, error) {
	return aboutRun(c, "run_doubted", func(id outbreak.RunID) error {
		_, err := s.House.Lab.DoubtRun(c.ctx, c.by, lab.DoubtRun{Key: c.key(), Run: id, Reason: c.form.Get("reason"), Note: c.form.Get("note")})
		return err
	})
}

func (s *Server) clearRun(c *call) (string, error) {
	return aboutRun(c, "run_cleared", func(id outbreak.RunID) error {
		_, err := s.House.Lab.ClearRun(c.ctx, c.by, lab.DecideDoubt{Key: c.key(), Run: id})
		return err
	})
}

func (s *Server) voidRun(c *call) (string, error) {
	return aboutRun(c, "run_voided", func(id outbreak.RunID) error {
		_, err := s.House.Lab.VoidRun(c.ctx, c.by, lab.DecideDoubt{Key: c.key(), Run: id})
		return err
	})
}
