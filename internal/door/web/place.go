package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// placesPage lists places by a part of their names.
type placesPage struct {
	List []registry.Place
	New  *placeForm
}

func (s *Server) readPlaces(c *call) (any, error) {
	var p placesPage
	var err error
	if p.List, err = s.Registry.SearchPlaces(c.ctx, c.by, c.query.Get("name"), ""); err != nil {
		return nil, err
	}
	if p.New, err = s.placeForm(c); p.New != nil {
		p.New.typed(c.view)
		if p.New.Name == "" {
			p.New.Name = c.query.Get("name")
		}
		if in := c.query.Get("within"); in != "" {
			p.New.Parent = in
		}
	}
	return p, err
}

// placePage is what is known of one place. Who was there is in the answer to the form that named a purpose alone.
type placePage struct {
	registry.PlaceDetail
	MayVisits bool
	Visits    *[]registry.Visit
	Purposes  []outbreak.Purpose
	Change    *placeForm // nil: the reader may not manage this place
	Merges    []registry.PlaceMerge
	Record    *visitForm // nil: the reader may record no visits here
}

func (s *Server) readPlace(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PlaceID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := placePage{Purposes: outbreak.Purposes}
	if p.PlaceDetail, err = s.Registry.FindPlace(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.MayVisits = access.Can(c.by, access.VisitRead, outbreak.Scope{Area: p.Area})
	p.Visits, _ = c.remind.(*[]registry.Visit)
	if p.Merges, err = s.Registry.ListPlaceMerges(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if access.Can(c.by, access.PlaceManage, outbreak.Scope{Area: p.Area}) {
		if p.Change, err = s.placeForm(c); err != nil {
			return nil, err
		}
		if p.Change.of(p.Place, c.view); c.view.Typed("kind") != "" {
			p.Change.typed(c.view)
		}
	}
	p.Record, err = s.visitForm(c, p.Area)
	return p, err
}

// openVisits shows who was at a place in this one answer, by code.
func (s *Server) openVisits(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PlaceID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	list, err := s.Registry.VisitsAt(c.ctx, by, id)
	c.remind = &list
	return "", err
}

// openVisitsOf shows where a person was in this one answer.
func (s *Server) openVisitsOf(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	list, err := s.Registry.VisitsOf(c.ctx, by, id)
	c.remind = &list
	return "", err
}
