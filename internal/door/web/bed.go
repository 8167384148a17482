package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
)

// needsPage is the people who wait for a bed, the gravest and longest waiting first.
type needsPage struct {
	Needs  []placement.Need
	States []string
	State  string
	Full   bool
}

var needStates = []string{"waiting", "reserved", "met", "ended"}

func (s *Server) readNeeds(c *call) (any, error) {
	p := needsPage{States: needStates, State: c.query.Get("state")}
	if p.State == "" {
		p.State = needStates[0]
	}
	var err error
	p.Needs, err = s.House.Placement.ListNeeds(c.ctx, c.by, p.State, 0, mostRows)
	p.Full = len(p.Needs) == mostRows
	return p, err
}

// sitesPage is every site with its beds, and the sums.
type sitesPage struct {
	Sites []placement.SiteStatus
	Sum   placement.SiteStatus
}

func (s *Server) readSites(c *call) (any, error) {
	var p sitesPage
	list, err := s.House.Placement.ListSites(c.ctx, c.by)
	for _, x := range list {
		p.Sum.Beds += x.Beds
		p.Sum.Free += x.Free
		p.Sum.Reserved += x.Reserved
		p.Sum.Occupied += x.Occupied
		p.Sum.Over += x.Over
	}
	p.Sites = list
	return p, err
}

// sitePage is one site and who is there or on the way.
type sitePage struct {
	Site      placement.SiteStatus
	Stays     []placement.Stay
	State     string
	Full      bool
	MayRecord bool
	Reasons   []string
}

func (s *Server) readSite(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.SiteID](c.path("id"))
	if err != nil {
		return nil, err
	}
	list, err := s.House.Placement.ListSites(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	p := sitePage{State: c.query.Get("state"), Reasons: placement.DischargeReasons}
	for _, x := range list {
		if x.ID == id {
			p.Site = x
		}
	}
	if p.Site.ID == 0 {
		return nil, outbreak.Refuse(outbreak.NotFound, "web.error.no_page")
	}
	if p.State == "" {
		p.State = "arrived"
	}
	p.MayRecord = access.Can(c.by, access.StayRecord, p.Site.Scope())
	p.Stays, err = s.House.Placement.ListStays(c.ctx, c.by, id, p.State, 0, mostRows)
	p.Full = len(p.Stays) == mostRows
	return p, err
}

func (s *Server) discharge(c *call) (string, error) {
	stay, err := outbreak.ParseID[outbreak.StayID](c.path("stay"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Placement.DischargePerson(c.ctx, c.by, placement.DischargePerson{Stay: stay, Reason: c.form.Get("reason")})
	return "/sites/" + c.path("id") + "?done=discharged", err
}
