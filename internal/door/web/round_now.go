package web

import (
	"math"
	"slices"
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

// roundNow is how a round moves at this moment, and both coverages one level below an area.
type roundNow struct {
	Round  outbreak.RoundID
	Now    screening.RoundNow
	Stages []stageRow
	Behind bool // it goes slower than it needs to
	Areas  []areaRow
	In, Up outbreak.Path

	LateSample bool // the last sample is foreseen behind the end
}

// stageRow is one place at which a round may be held up.
type stageRow struct {
	screening.Stage
	Href   string
	Timed  bool // things there have a limit
	Past   int
	Oldest outbreak.Instant
	Slow   bool
}

type areaRow struct {
	communityRow
	Within bool
}

func (s *Server) roundNow(c *call, st screening.RoundStatus) (p roundNow, err error) {
	p = roundNow{Round: st.ID, In: outbreak.Path(c.query.Get("in"))}
	if p.Now, err = s.House.Screening.FindRoundNow(c.ctx, c.by, st.ID); err != nil {
		return p, err
	}
	f := p.Now.Finish
	p.Behind = p.Now.Needed > 0 && p.Now.Rate60 >= 0 && p.Now.Rate60 < p.Now.Needed
	p.LateSample = f.LastSample > st.Closes
	here := "/rounds/" + st.ID.String()
	for i, stage := range f.Stages {
		row := stageRow{Stage: stage, Slow: stage.Name == f.Bottleneck}
		switch i {
		case 0:
			row.Href = here + "/people?in=&outcome=unknown"
		case 1:
			row.queue(here, "transit", p.Now.Queues.Transit)
		default:
			row.queue(here, "testing", p.Now.Queues.Testing)
		}
		p.Stages = append(p.Stages, row)
	}
	areas, err := s.House.Screening.ListAreas(c.ctx, c.by, st.ID, p.In)
	for _, a := range areas {
		p.Areas = append(p.Areas, areaRow{rowOf(a.CommunityStatus), a.Within})
	}
	if p.Up = p.In.Parent(); p.Up == st.Area || !st.Area.Contains(p.Up) {
		p.Up = ""
	}
	return p, err
}

func (r *stageRow) queue(here, flow string, q screening.TubeQueue) {
	r.Href, r.Timed = here+"/waiting?flow="+flow, true
	r.Waiting, r.Past, r.Oldest = q.Waiting, q.Past, q.Oldest
}

func rowOf(x screening.CommunityStatus) communityRow {
	row := communityRow{Area: x.Area, Valid: x.Outcomes[outbreak.ValidResult], Again: x.Outcomes[outbreak.SampleAgain], Unknown: x.Outcomes[outbreak.Unknown],
		Sampled: screening.RoundStatus{Outcomes: x.Outcomes}.Sampled()}
	for _, n := range x.Outcomes {
		row.Roll += n
	}
	return row
}

// Rate writes how many an hour.
func (v *View) Rate(perHour float64) string { return words.Number(v.Lang, int64(math.Round(perHour))) }

// Share writes a small part of a whole with two digits that say something.
func (v *View) Share(share float64) string {
	if share == 0 {
		return "0%"
	}
	percent := 100 * share
	digits := max(1-int(math.Floor(math.Log10(percent))), 0)
	return strconv.FormatFloat(percent, 'f', digits, 64) + "%"
}

// roundWaiting is the tubes of one round that wait.
type roundWaiting struct {
	Round screening.RoundStatus
	Rows  []screening.WaitingTube
	Flows []screening.Flow
	Flow  screening.Flow
	More  string
}

func (s *Server) readRoundWaiting(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := roundWaiting{Flows: append(slices.Clone(screening.Flows), screening.SaidPositive), Flow: screening.Flow(c.query.Get("flow"))}
	if p.Round, err = s.House.Screening.FindRound(c.ctx, c.by, id, ""); err != nil {
		return nil, err
	}
	f := screening.TubeFilter{Flow: p.Flow, Past: c.query.Get("past") != "", After: outbreak.TubeCode(c.query.Get("after")), Most: rowsPerPage + 1}
	if err := f.Since.UnmarshalText([]byte(c.query.Get("since"))); err != nil {
		return nil, err
	}
	if p.Flow == screening.SaidPositive {
		p.Rows, err = s.House.Screening.ListRoundPositive(c.ctx, c.by, id, f.Since, f.After, f.Most)
	} else {
		p.Rows, err = s.House.Screening.ListRoundWaiting(c.ctx, c.by, id, f)
	}
	if len(p.Rows) > rowsPerPage {
		p.Rows = p.Rows[:rowsPerPage]
		last := p.Rows[rowsPerPage-1]
		p.More = c.view.With("after", last.Tube, "since", last.Since)
	}
	return p, err
}
