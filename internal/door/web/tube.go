package web

import (
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// tubesPage is the tubes of one round as booths handed them in.
type tubesPage struct {
	Rounds []screening.Round
	Round  screening.Round
	Tubes  []screening.Tube
	More   string
}

func (s *Server) readTubes(c *call) (any, error) {
	if code := outbreak.TubeCode(c.query.Get("tube")).Canonical(); code != "" {
		return nil, goTo("/tubes/" + string(code))
	}
	var p tubesPage
	var err error
	if p.Rounds, err = s.House.Screening.ListRounds(c.ctx, c.by); err != nil || len(p.Rounds) == 0 {
		return p, err
	}
	p.Round = p.Rounds[0] // the newest
	for _, r := range p.Rounds {
		if r.ID.String() == c.query.Get("round") {
			p.Round = r
		}
	}
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // what is no place is the beginning
	p.Tubes, err = s.House.Screening.ListTubes(c.ctx, c.by, p.Round.ID, after, rowsPerPage+1)
	if len(p.Tubes) > rowsPerPage {
		p.Tubes = p.Tubes[:rowsPerPage]
		p.More = c.view.With("after", p.Tubes[rowsPerPage-1].Seq)
	}
	return p, err
}

// tubePage is everything the house knows of one tube.
type tubePage struct {
	Code      outbreak.TubeCode
	Area      outbreak.Path
	Handed    bool // a booth has handed it in
	Tube      screening.Tube
	People    []memberRow
	History   lab.History
	Labs      map[outbreak.LabID]string
	Held      []screening.RecallMember
	Timeline  []outbreak.Entry
	MaySpoil  bool     // nobody has yet said that it gives no result
	Reasons   []string // for saying so
	MayReport bool
	ReportAs  []lab.Lab // the laboratories whose results the reader may report
	Results   []outbreak.Result
}

// memberRow is one person in a tube.
type memberRow struct {
	screening.Member
	Person  registry.Person
	Known   bool
	TakenAt outbreak.Instant
}

func (s *Server) readTube(c *call) (any, error) {
	code := outbreak.TubeCode(c.path("code")).Canonical()
	if code == "" {
		return nil, outbreak.Refuse(outbreak.NotFound, "web.tube.code_wrong")
	}
	p := tubePage{Code: code, Reasons: screening.SpoilReasons, Results: outbreak.Results, Labs: map[outbreak.LabID]string{}}
	history, err := s.House.Lab.FindTube(c.ctx, c.by, code)
	if err != nil {
		return nil, err
	}
	p.History, p.Area = history, history.Area
	t, people, err := s.House.Screening.FindTube(c.ctx, c.by, code)
	switch {
	case err == nil:
		p.Handed, p.Tube, p.Area = true, t, t.Area
	case outbreak.KindOf(err) != outbreak.NotFound:
		return nil, err
	case len(history.Results)+len(history.Seen) == 0:
		return nil, err
	}
	p.MaySpoil = t.Spoiled == "" && access.Can(c.by, access.TubeSpoil, t.Scope())
	for _, m := range t.Members {
		who, known := people[m.No]
		p.People = append(p.People, memberRow{Member: m, Person: who, Known: known, TakenAt: t.Taken + outbreak.Instant(m.After)*1000})
	}
	if p.Held, err = s.House.Screening.ListHeld(c.ctx, c.by, code, screening.Mark{}, 200); err != nil {
		return nil, err
	}
	if err := s.labNames(c, p.Labs); err != nil {
		return nil, err
	}
	if p.MayReport = access.Anywhere(c.by, access.LabReport); p.MayReport {
		labs, err := s.House.Lab.ListLabs(c.ctx, c.by)
		if err != nil {
			return nil, err
		}
		for _, l := range labs {
			if access.Can(c.by, access.LabReport, outbreak.Scope{Area: l.Area}) {
				p.ReportAs = append(p.ReportAs, l)
			}
		}
	}
	p.Timeline, err = s.about(c, outbreak.Ref{Kind: "tube", ID: string(code)}, access.RoundRead)
	return p, err
}

// spoilTube says that a tube will give no result, so that its people are sampled again.
func (s *Server) spoilTube(c *call) (string, error) {
	at, err := c.moment("at")
	if err != nil {
		return "", err
	}
	t, err := s.House.Screening.SpoilTube(c.ctx, c.by, screening.SpoilTube{Key: c.key(), Tube: outbreak.TubeCode(c.path("code")), Reason: c.form.Get("reason"), At: at})
	return "/tubes/" + string(t.Code) + "?done=spoiled", err
}

// reportResult says what a laboratory found in the tube.
func (s *Server) reportResult(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.LabID](c.form.Get("lab"))
	if err != nil {
		return "", err
	}
	ran, err := c.moment("ran_at")
	if err != nil {
		return "", err
	}
	code := outbreak.TubeCode(c.path("code")).Canonical()
	_, err = s.House.Lab.ReportResult(c.ctx, c.by, lab.ReportResult{Key: c.key(), Lab: id, Report: lab.Report{Tube: code, Result: outbreak.Result(c.form.Get("result")), RanAt: ran}})
	return "/tubes/" + string(code) + "?done=reported", err
}

// labNames fills in the names of laboratories the reader may see.
func (s *Server) labNames(c *call, names map[outbreak.LabID]string) error {
	if !access.Anywhere(c.by, access.LabRead) {
		return nil
	}
	labs, err := s.House.Lab.ListLabs(c.ctx, c.by)
	for _, l := range labs {
		names[l.ID] = l.Name
	}
	return err
}

// mostAbout is how far back a time line goes.
const mostAbout = 200

// about reads the journal's entries about one thing that lie where the reader holds a permission, the newest first.
func (s *Server) about(c *call, what outbreak.Ref, may access.Permission) ([]outbreak.Entry, error) {
	var seen []outbreak.Entry
	err := s.House.DB.Read(c.ctx, func(tx *store.Tx) error {
		all, err := journal.ListAbout(tx, what, mostAbout)
		for _, e := range all {
			if access.Can(c.by, may, e.Scope) {
				seen = append(seen, e)
			}
		}
		return err
	})
	return seen, err
}
