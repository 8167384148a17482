package web

import (
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// walkInsPage is the people in tubes of a round who are not on its roll, and whom on the roll they may be.
type walkInsPage struct {
	Round screening.Round
	List  []walkInRow
	Merge bool // the reader may decide
	More  string
}

type walkInRow struct {
	screening.WalkIn
	Candidates []walkInMay
}

// walkInMay is whom somebody may be.
type walkInMay struct {
	registry.Candidate
	Who registry.Person
}

func (s *Server) readWalkIns(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	st, err := s.House.Screening.FindRound(c.ctx, c.by, id, "")
	if err != nil {
		return nil, err
	}
	p := walkInsPage{Round: st.Round, Merge: access.Anywhere(c.by, access.PersonMerge)}
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // a number that is none means the first page
	list, err := s.House.Screening.ListWalkIns(c.ctx, c.by, id, after, rowsPerPage+1)
	if err != nil {
		return nil, err
	}
	if len(list) > rowsPerPage {
		list = list[:rowsPerPage]
		p.More = c.view.With("after", list[rowsPerPage-1].No)
	}
	of := map[outbreak.PersonID][]walkInMay{}
	if p.Merge {
		var ids []outbreak.PersonID
		for _, w := range list {
			if w.ID != 0 {
				ids = append(ids, w.ID)
			}
		}
		found, err := s.Registry.ListCandidatesOf(c.ctx, c.by, ids)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			of[x.Other.ID] = append(of[x.Other.ID], walkInMay{x, x.One})
			of[x.One.ID] = append(of[x.One.ID], walkInMay{x, x.Other})
		}
	}
	for _, w := range list {
		p.List = append(p.List, walkInRow{w, of[w.ID]})
	}
	return p, nil
}
