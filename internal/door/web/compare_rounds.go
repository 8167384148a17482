package web

import (
	"slices"
	"strconv"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// setsPage is who was sampled in which of several rounds.
type setsPage struct {
	Rounds []screening.Round // to choose from, the newest first
	Ops    []screening.SetOp
	Asked  screening.SetQuestion
	Answer *screening.SetAnswer // nil: nothing was asked yet
	In     outbreak.Path
	People []registry.Person
	More   string
	Last   []lastRounds
}

// lastRounds asks who was missed in the last rounds of one outbreak.
type lastRounds struct {
	Outbreak outbreak.OutbreakID
	N        int
	To       string
}

// Chosen tells whether a round was asked about.
func (p setsPage) Chosen(id outbreak.RoundID) bool { return slices.Contains(p.Asked.Rounds, id) }

func (s *Server) readComparedRounds(c *call) (any, error) {
	all, err := s.House.Screening.ListRounds(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	p := setsPage{Ops: screening.SetOps, In: outbreak.Path(c.query.Get("in"))}
	for _, r := range all {
		if r.State != screening.Planned && r.State != screening.Cancelled {
			p.Rounds = append(p.Rounds, r)
		}
	}
	p.Last = lastOf(c.view, p.Rounds)
	if p.Asked, err = asked(c, p.Rounds); err != nil || len(p.Asked.Rounds) == 0 {
		return p, err
	}
	a, err := s.House.Screening.CompareRounds(c.ctx, c.by, p.Asked)
	if err != nil {
		return nil, err
	}
	p.Answer, c.view.Head = &a, a.AsOf
	if c.query.Get("people") == "" {
		return p, nil
	}
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // a number that is none means the first page
	p.People, err = s.House.Screening.ListCompared(c.ctx, c.by, p.Asked, p.In, after, rowsPerPage+1)
	if len(p.People) > rowsPerPage {
		p.People = p.People[:rowsPerPage]
		p.More = c.view.With("after", p.People[rowsPerPage-1].No)
	}
	return p, err
}

// asked reads the question of the address; the rounds are put in the order they opened, so that the first is the older.
func asked(c *call, known []screening.Round) (q screening.SetQuestion, err error) {
	q = screening.SetQuestion{Op: screening.SetOp(c.query.Get("op")), Valid: c.query.Get("valid") != ""}
	for _, text := range c.query["round"] {
		id, err := outbreak.ParseID[outbreak.RoundID](text)
		if err != nil {
			return q, err
		}
		q.Rounds = append(q.Rounds, id)
	}
	place := func(id outbreak.RoundID) int {
		return slices.IndexFunc(known, func(r screening.Round) bool { return r.ID == id })
	}
	slices.SortStableFunc(q.Rounds, func(a, b outbreak.RoundID) int { return place(b) - place(a) })
	return q, nil
}

// lastOf offers the last two, three and four rounds of each outbreak.
func lastOf(v *View, rounds []screening.Round) (list []lastRounds) {
	of := map[outbreak.OutbreakID][]outbreak.RoundID{}
	var order []outbreak.OutbreakID
	for _, r := range rounds {
		if of[r.Outbreak] == nil {
			order = append(order, r.Outbreak)
		}
		of[r.Outbreak] = append(of[r.Outbreak], r.ID)
	}
	for _, ob := range order {
		for n := 2; n <= min(4, len(of[ob])); n++ {
			to := "/round-sets?op=" + string(screening.InNone)
			for _, id := range of[ob][:n] {
				to += "&round=" + id.String()
			}
			list = append(list, lastRounds{ob, n, to})
		}
	}
	return list
}
