package web

import (
	"slices"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/transfer"
)

// tripsPage is the queue of transfers and the vehicles.
type tripsPage struct {
	Trips    []transfer.Trip
	Vehicles []transfer.VehicleStatus
	Sites    map[outbreak.SiteID]string
	Names    map[outbreak.VehicleID]string
	States   []transfer.State
	State    transfer.State
	More     string
	One      bool         // a single trip was asked for
	Add      []areaChoice // where the reader may add a vehicle
	Kinds    []string     // of vehicles
}

var tripStates = []transfer.State{transfer.Requested, transfer.Assigned, transfer.Riding, transfer.Arrived, transfer.Cancelled, transfer.Died}

func (s *Server) readTrips(c *call) (any, error) {
	after, err := outbreak.ParseID[outbreak.TripID](c.query.Get("after"))
	if err != nil {
		return nil, err
	}
	p := tripsPage{States: tripStates, State: transfer.State(c.query.Get("state")), Sites: map[outbreak.SiteID]string{}, Names: map[outbreak.VehicleID]string{},
		Kinds: transfer.VehicleKinds}
	if p.State == "" {
		p.State = transfer.Requested
	}
	f := transfer.Filter{State: p.State, After: after, Most: rowsPerPage + 1}
	one, err := outbreak.ParseID[outbreak.TripID](c.query.Get("trip"))
	if err != nil {
		return nil, err
	}
	if one != 0 { // the list is by number, so the first after the one before it is the one asked for
		f = transfer.Filter{After: one - 1, Most: 1}
	}
	if p.Trips, err = s.House.Transfer.ListTrips(c.ctx, c.by, f); err != nil {
		return nil, err
	}
	if one != 0 {
		p.One = true
		p.Trips = slices.DeleteFunc(p.Trips, func(t transfer.Trip) bool { return t.ID != one })
		for _, t := range p.Trips {
			p.State = t.State
		}
	}
	if len(p.Trips) > rowsPerPage {
		p.Trips = p.Trips[:rowsPerPage]
		p.More = c.view.With("after", p.Trips[rowsPerPage-1].ID)
	}
	if p.Vehicles, err = s.House.Transfer.ListVehicles(c.ctx, c.by); err != nil {
		return nil, err
	}
	for _, v := range p.Vehicles {
		p.Names[v.ID] = v.Name
	}
	if access.Anywhere(c.by, access.TripPlan) {
		if p.Add, err = s.namedAreas(c, access.TripPlan); err != nil {
			return nil, err
		}
	}
	return p, s.siteNames(c, p.Sites)
}

// siteNames fills in the names of the sites the reader may see.
func (s *Server) siteNames(c *call, names map[outbreak.SiteID]string) error {
	if !access.Anywhere(c.by, access.SiteRead) {
		return nil
	}
	list, err := s.House.Placement.ListSites(c.ctx, c.by)
	for _, x := range list {
		names[x.ID] = x.Name
	}
	return err
}

// aboutTrip does something to the trip the address names and comes back to the queue it was seen in.
func aboutTrip(c *call, done string, do func(outbreak.TripID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.TripID](c.path("id"))
	if err != nil {
		return "", err
	}
	back := "/transfers?done=" + done
	if from := c.form.Get("state"); from != "" {
		back += "&state=" + from
	}
	return back, do(id)
}

func (s *Server) assignVehicle(c *call) (string, error) {
	return aboutTrip(c, "assigned", func(id outbreak.TripID) error {
		vehicle, err := outbreak.ParseID[outbreak.VehicleID](c.form.Get("vehicle"))
		if err != nil {
			return err
		}
		_, err = s.House.Transfer.AssignVehicle(c.ctx, c.by, transfer.AssignVehicle{Key: c.key(), Trip: id, Vehicle: vehicle})
		return err
	})
}

func (s *Server) pickUp(c *call) (string, error) {
	return aboutTrip(c, "picked_up", func(id outbreak.TripID) error {
		_, err := s.House.Transfer.PickUp(c.ctx, c.by, transfer.PickUp{Key: c.key(), Trip: id})
		return err
	})
}

// endTrip says how a trip ended: with the person at the site, or otherwise and why.
func (s *Server) endTrip(c *call) (string, error) {
	how := transfer.State(c.form.Get("how"))
	done := "trip_ended"
	if how == transfer.Arrived {
		done = "arrived"
	}
	return aboutTrip(c, done, func(id outbreak.TripID) error {
		_, err := s.House.Transfer.EndTrip(c.ctx, c.by, transfer.EndTrip{Key: c.key(), Trip: id, How: how, Reason: c.form.Get("reason")})
		return err
	})
}

func (s *Server) addVehicle(c *call) (string, error) {
	n := transfer.AddVehicle{Key: c.key(), Area: outbreak.Path(c.form.Get("area")).Code(), Kind: c.form.Get("kind"), Name: c.form.Get("name")}
	n.Seats, _ = strconv.Atoi(c.form.Get("seats")) // no number is refused by the service
	_, err := s.House.Transfer.AddVehicle(c.ctx, c.by, n)
	return "/transfers?done=vehicle_added", err
}
