package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// searchesPage is the positive pools without a positive member.
type searchesPage struct {
	List  []screening.Search
	Round outbreak.RoundID
	Over  bool
	More  string
}

func (s *Server) readSearches(c *call) (any, error) {
	p := searchesPage{Over: c.query.Get("over") != ""}
	var err error
	if p.Round, err = outbreak.ParseID[outbreak.RoundID](c.query.Get("round")); err != nil {
		return nil, err
	}
	after := screening.Mark{Tube: outbreak.TubeCode(c.query.Get("after"))}
	if err := after.At.UnmarshalText([]byte(c.query.Get("since"))); err != nil {
		return nil, err
	}
	p.List, err = s.House.Screening.ListSearches(c.ctx, c.by, p.Round, p.Over, after, rowsPerPage+1)
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		last := p.List[rowsPerPage-1]
		p.More = c.view.With("after", last.Tube, "since", last.OpenedAt)
	}
	return p, err
}

// searchPage is one search: what to look at, what lies around the pool, and what was found.
type searchPage struct {
	screening.SearchRead
	Steps    []stepToTake
	Runs     []lab.Pending // wells of the pool, for somebody who may see them
	Findings []string
	May      bool
}

// stepToTake is one thing to look at, with what was done of it.
type stepToTake struct {
	Step     string
	Outcomes []string
	Taken    []screening.SearchStep
}

func (s *Server) readSearch(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.SearchID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := searchPage{Findings: screening.Findings}
	if p.SearchRead, err = s.House.Screening.FindSearch(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.May = p.EndedAt == 0 && access.Can(c.by, access.PoolSearch, p.Search.Scope())
	for _, st := range screening.SearchSteps {
		row := stepToTake{Step: st.Step, Outcomes: st.Outcomes}
		for _, taken := range p.SearchRead.Steps {
			if taken.Step == st.Step {
				row.Taken = append(row.Taken, taken)
			}
		}
		p.Steps = append(p.Steps, row)
	}
	history, err := s.House.Lab.FindTube(c.ctx, c.by, p.Search.Tube)
	if err != nil && outbreak.KindOf(err) != outbreak.Forbidden {
		return nil, err
	}
	p.Runs = history.Runs
	return p, nil
}

func (s *Server) takeSearchStep(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.SearchID](c.path("id"))
	if err != nil {
		return "", err
	}
	at, err := c.moment("at")
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.TakeSearchStep(c.ctx, c.by, screening.TakeSearchStep{Key: c.key(), Search: id, Step: c.form.Get("step"), Outcome: c.form.Get("outcome"), Note: c.form.Get("note"), At: at})
	return "/searches/" + id.String() + "?done=search_step", err
}

func (s *Server) concludeSearch(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.SearchID](c.path("id"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.ConcludeSearch(c.ctx, c.by, screening.ConcludeSearch{Key: c.key(), Search: id, Finding: c.form.Get("finding"), Words: c.form.Get("words")})
	return "/searches/" + id.String() + "?done=search_concluded", err
}
