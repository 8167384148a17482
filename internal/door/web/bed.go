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
	New   *siteForm
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
	if err != nil {
		return nil, err
	}
	p.Sites = list
	p.New, err = s.siteForm(c)
	return p, err
}

// sitePage is one site and who is there or on the way.
type sitePage struct {
	Site      placement.SiteStatus
	Lists     []stayList
	States    []string
	State     string // empty: who is here and who is expected
	MayRecord bool
	Reasons   []string
	Outbreaks []outbreakChoice
	Beds      []string // kinds, for a reader who may add some; nil for others
}

// bedNames tells how to find the beds of stays.
func (s *Server) bedNames(c *call, stays []placement.Stay) (map[outbreak.BedID]placement.BedName, error) {
	var beds []outbreak.BedID
	for _, st := range stays {
		if st.Bed != 0 {
			beds = append(beds, st.Bed)
		}
	}
	return s.House.Placement.NameBeds(c.ctx, c.by, beds)
}

// stayList is the stays at a site in one state.
type stayList struct {
	State string
	Stays []placement.Stay
	Names map[outbreak.BedID]placement.BedName
	Full  bool
}

var stayStates = []string{"reserved", "arrived", "discharged", "cancelled"}

func (s *Server) readSite(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.SiteID](c.path("id"))
	if err != nil {
		return nil, err
	}
	list, err := s.House.Placement.ListSites(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	p := sitePage{State: c.query.Get("state"), States: stayStates, Reasons: placement.DischargeReasons}
	for _, x := range list {
		if x.ID == id {
			p.Site = x
		}
	}
	if p.Site.ID == 0 {
		return nil, outbreak.Refuse(outbreak.NotFound, "web.error.no_page")
	}
	p.MayRecord = access.Can(c.by, access.StayRecord, p.Site.Scope())
	if access.Can(c.by, access.SiteManage, p.Site.Scope()) {
		p.Beds = placement.BedKinds
	}
	if p.Outbreaks, err = s.outbreakChoices(c); err != nil {
		return nil, err
	}
	states := []string{p.State}
	if p.State == "" {
		states = []string{"arrived", "reserved"}
	}
	for _, state := range states {
		stays, err := s.House.Placement.ListStays(c.ctx, c.by, id, state, 0, mostRows)
		if err != nil {
			return nil, err
		}
		names, err := s.bedNames(c, stays)
		if err != nil {
			return nil, err
		}
		p.Lists = append(p.Lists, stayList{State: state, Stays: stays, Names: names, Full: len(stays) == mostRows})
	}
	return p, nil
}

func (s *Server) discharge(c *call) (string, error) {
	stay, err := outbreak.ParseID[outbreak.StayID](c.path("stay"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Placement.DischargePerson(c.ctx, c.by, placement.DischargePerson{Key: c.key(), Stay: stay, Reason: c.form.Get("reason")})
	return "/sites/" + c.path("id") + "?done=discharged", err
}
