package web

import (
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/board"
)

// boardPage is the backlog of the whole response, what has waited longest, and what was done in a day.
type boardPage struct {
	Groups  []boardGroup
	Waiting int
	Past    int
	Longest []board.Row
	Done    []dayOf
	Areas   []areaChoice
	In      outbreak.Path
	Rows    bool // the reader may see what stands behind the figures
	Guarded bool // some figures are left out: he may see figures alone

	Editions []registry.Edition // rule books that changed in the last week, or are to
}

// boardGroup is one stretch of the chain.
type boardGroup struct {
	Name  string
	Lines []board.Line
}

// stretches names the groups of the board in the order things pass them.
var stretches = []struct {
	name  string
	steps []board.Step
}{
	{"testing", []board.Step{board.Transit, board.Testing, board.Release, board.LabAlarm, board.Again}},
	{"recall", []board.Step{board.Resample, board.OwnResult, board.Search}},
	{"house", []board.Step{board.StockLow, board.StockOdd, board.Silent, board.Odd, board.Parked}},
	{"cases", []board.Step{board.Tell, board.Report, board.Retest, board.CoreInfo, board.FullReport, board.Question}},
	{"beds", []board.Step{board.Bed, board.Vehicle, board.PickUp, board.HandOver, board.Over}},
}

// dayOf is what was done of one kind in the last 24 hours, hour by hour.
type dayOf struct {
	What string
	Sum  int
	Mark board.Mark // of a sum that is left out
	Bars []bar
}

// bar is one hour of a small chart, in the units of its picture.
type bar struct{ X, Y, H int }

// editionNews is how long the board tells that a rule book changed.
const editionNews = 7 * 24 * time.Hour

const (
	chartHours  = 24
	chartHeight = 28
	barStep     = 8
)

func (s *Server) readBoard(c *call) (any, error) {
	f := board.Filter{Below: outbreak.Path(c.query.Get("in"))}
	backlog, err := s.House.Board.Backlog(c.ctx, c.by, f)
	if err != nil {
		return nil, err
	}
	c.view.Head = backlog.AsOf
	p := boardPage{In: f.Below}
	lines := map[board.Step]board.Line{}
	for _, l := range backlog.Lines {
		lines[l.Step] = l
		p.Waiting, p.Past = p.Waiting+l.Waiting, p.Past+l.Past
		p.Guarded = p.Guarded || l.WaitingMark != board.Exact || l.PastMark != board.Exact
	}
	for _, st := range stretches {
		g := boardGroup{Name: st.name}
		for _, step := range st.steps {
			g.Lines = append(g.Lines, lines[step])
		}
		p.Groups = append(p.Groups, g)
	}
	f.Most = 8
	if p.Rows = access.Anywhere(c.by, access.BoardRows); p.Rows {
		if p.Longest, err = s.House.Board.ListWaiting(c.ctx, c.by, f); err != nil {
			return nil, err
		}
	}
	if p.Guarded = p.Guarded || !p.Rows; p.Guarded { // whole days: hours would be small figures
		counts, err := s.House.Board.ListCounts(c.ctx, c.by, f, c.view.Now)
		if err != nil {
			return nil, err
		}
		p.Done = wholeDays(counts)
		return s.boardNews(c, p)
	}
	from := c.view.Now.Add(-(chartHours - 1) * time.Hour)
	from -= from % outbreak.Instant(time.Hour.Milliseconds())
	counts, err := s.House.Board.ListCounts(c.ctx, c.by, f, from)
	if err != nil {
		return nil, err
	}
	p.Done = daysOf(counts, from)
	return s.boardNews(c, p)
}

// boardNews adds the rule books that changed and the areas to choose from.
func (s *Server) boardNews(c *call, p boardPage) (any, error) {
	var err error
	if access.Anywhere(c.by, access.AreaRead) {
		if p.Editions, err = s.Registry.ListEditions(c.ctx, c.by, c.view.Now.Add(-editionNews)); err != nil {
			return nil, err
		}
	}
	p.Areas, err = s.areaChoices(c, access.BoardRead)
	return p, err
}

// wholeDays is what was done today, for somebody who sees figures alone.
func wholeDays(counts []board.Count) []dayOf {
	var days []dayOf
	for _, what := range board.Tallies {
		d := dayOf{What: what}
		for _, n := range counts {
			if n.What == what {
				d.Sum, d.Mark = n.N, n.Mark
			}
		}
		days = append(days, d)
	}
	return days
}

// daysOf sums counts per kind and draws each as bars, the highest hour of a kind filling the picture.
func daysOf(counts []board.Count, from outbreak.Instant) []dayOf {
	var days []dayOf
	for _, what := range board.Tallies {
		d := dayOf{What: what}
		var hours [chartHours]int
		most := 1
		for _, n := range counts {
			at := int(n.Hour.Sub(from) / time.Hour)
			if n.What == what && at >= 0 && at < chartHours {
				hours[at] += n.N
				d.Sum += n.N
				most = max(most, hours[at])
			}
		}
		for i, n := range hours {
			h := n * chartHeight / most
			if n > 0 {
				h = max(h, 2)
			}
			d.Bars = append(d.Bars, bar{X: i * barStep, Y: chartHeight - h, H: h})
		}
		days = append(days, d)
	}
	return days
}

// waitingPage is what stands behind one number of the board.
type waitingPage struct {
	Rows  []board.Row
	Steps []board.Step
	Areas []areaChoice
	More  string
}

func (s *Server) readWaiting(c *call) (any, error) {
	f := board.Filter{Below: outbreak.Path(c.query.Get("in")), Step: board.Step(c.query.Get("step")), Past: c.query.Get("past") != "",
		After: c.query.Get("after"), At: board.Step(c.query.Get("at")), Most: rowsPerPage + 1}
	if err := f.Since.UnmarshalText([]byte(c.query.Get("since"))); err != nil {
		return nil, err
	}
	rows, err := s.House.Board.ListWaiting(c.ctx, c.by, f)
	if err != nil {
		return nil, err
	}
	p := waitingPage{Rows: rows}
	for _, st := range board.Steps {
		p.Steps = append(p.Steps, st.Step)
	}
	if len(rows) > rowsPerPage {
		p.Rows = rows[:rowsPerPage]
		last := p.Rows[rowsPerPage-1]
		p.More = c.view.With("after", last.Key, "since", last.Since, "at", last.Step)
	}
	p.Areas, err = s.areaChoices(c, access.BoardRead)
	return p, err
}
