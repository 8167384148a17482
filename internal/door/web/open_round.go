package web

import (
	"slices"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// roundForm is what the form for a new round offers; nil for a reader who may open none.
type roundForm struct {
	Outbreaks []outbreakChoice
	Areas     []areaChoice
	Pools     []int // validated by the protocol of one of the outbreaks
}

func (s *Server) roundForm(c *call) (*roundForm, error) {
	if !access.Anywhere(c.by, access.RoundManage) {
		return nil, nil
	}
	f := &roundForm{Pools: []int{1}}
	list, err := s.Registry.ListOutbreaks(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		if o.EndedAt != 0 {
			continue
		}
		f.Outbreaks = append(f.Outbreaks, outbreakChoice{ID: o.ID, Name: o.Name})
		if p, ok := s.House.Protocols.Find(o.Protocol); ok {
			f.Pools = append(f.Pools, p.Values["pool.validated"].Days...)
		}
	}
	slices.Sort(f.Pools)
	f.Pools = slices.Compact(f.Pools)
	f.Areas, err = s.namedAreas(c, access.RoundManage)
	return f, err
}

func (s *Server) openRound(c *call) (string, error) {
	if c.form.Get("more") != "" { // more lines, and everything that was typed
		c.view.Form = c.form
		return "", nil
	}
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	n := screening.OpenRound{Key: c.key(), Outbreak: ob, Name: c.form.Get("name"), Excuse: c.form.Get("excuse")}
	for _, path := range c.form["area"] {
		n.Areas = append(n.Areas, outbreak.Path(path).Code())
	}
	if n.Opens, err = c.moment("opens"); err != nil {
		return "", err
	}
	if n.Closes, err = c.moment("closes"); err != nil {
		return "", err
	}
	n.Pool, _ = strconv.Atoi(c.form.Get("pool")) // no number: as the protocol says
	if n.Pools, err = c.partPools(); err != nil {
		return "", err
	}
	r, err := s.House.Screening.OpenRound(c.ctx, c.by, n)
	done := "round_opened"
	if r.State == screening.Planned {
		done = "round_planned"
	}
	return "/rounds/" + r.ID.String() + "?done=" + done, besideExcuse(err)
}

func (s *Server) closeRound(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.CloseRound(c.ctx, c.by, screening.CloseRound{Key: c.key(), Round: id, Incomplete: c.form.Get("incomplete") != ""})
	return "/rounds/" + id.String() + "?done=round_closed", err
}
