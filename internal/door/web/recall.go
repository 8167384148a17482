package web

import (
	"strconv"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// mostRows is how many rows a list shows that has no further pages.
const mostRows = 300

// recallsPage is the pools whose members are called back, and the members who still wait.
type recallsPage struct {
	Recalls  []screening.Recall
	Held     []screening.RecallMember
	Count    int64 // ever held
	Released int64
	States   []string
	Full     bool // there may be more than the page shows
}

var recallStates = []string{"open", "members_unknown", "positive_found", "none_positive", "revised"}

func (s *Server) readRecalls(c *call) (any, error) {
	p := recallsPage{States: recallStates}
	var err error
	if p.Recalls, err = s.House.Screening.ListRecalls(c.ctx, c.by, c.query.Get("state"), screening.Mark{}, mostRows); err != nil {
		return nil, err
	}
	if p.Held, err = s.House.Screening.ListHeld(c.ctx, c.by, "", screening.Mark{}, mostRows); err != nil {
		return nil, err
	}
	p.Full = len(p.Recalls) == mostRows || len(p.Held) == mostRows
	p.Count, p.Released, err = s.House.Screening.CountHeld(c.ctx, c.by)
	return p, err
}

// anomaliesPage is what does not fit.
type anomaliesPage struct {
	List     []screening.Anomaly
	Kinds    []string
	Verdicts []string
	More     string
	One      bool             // a single anomaly was asked for
	Round    outbreak.RoundID // of which they are; 0: of all
}

func (s *Server) readAnomalies(c *call) (any, error) {
	after, err := outbreak.ParseID[outbreak.AnomalyID](c.query.Get("after"))
	if err != nil {
		return nil, err
	}
	p := anomaliesPage{Kinds: screening.Anomalies, Verdicts: screening.Verdicts}
	if one := c.query.Get("anomaly"); one != "" {
		p.One = true
		p.List, err = s.oneAnomaly(c, one)
		return p, err
	}
	if p.Round, err = outbreak.ParseID[outbreak.RoundID](c.query.Get("round")); err != nil {
		return nil, err
	}
	settled, _ := strconv.ParseBool(c.query.Get("settled")) // a word that is none means open ones
	if p.Round != 0 {
		p.List, err = s.House.Screening.ListRoundAnomalies(c.ctx, c.by, p.Round, c.query.Get("what"), after, rowsPerPage+1)
	} else {
		p.List, err = s.anomaliesOf(c, settled, after)
	}
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("after", p.List[rowsPerPage-1].ID)
	}
	return p, err
}

func (s *Server) anomaliesOf(c *call, settled bool, after outbreak.AnomalyID) ([]screening.Anomaly, error) {
	return s.House.Screening.ListAnomalies(c.ctx, c.by, c.query.Get("what"), settled, after, rowsPerPage+1)
}

// oneAnomaly finds an anomaly by its number, settled or not: lists are by number, so the first after the one before it is it.
func (s *Server) oneAnomaly(c *call, text string) ([]screening.Anomaly, error) {
	id, err := outbreak.ParseID[outbreak.AnomalyID](text)
	if err != nil {
		return nil, err
	}
	for _, settled := range []bool{false, true} {
		list, err := s.House.Screening.ListAnomalies(c.ctx, c.by, "", settled, id-1, 1)
		if err != nil || len(list) == 1 && list[0].ID == id {
			return list, err
		}
	}
	return nil, nil
}

func (s *Server) settleAnomaly(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.AnomalyID](c.path("id"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.SettleAnomaly(c.ctx, c.by, screening.SettleAnomaly{Key: c.key(), Anomaly: id, Verdict: c.form.Get("verdict")})
	return "/anomalies?done=settled", err
}
