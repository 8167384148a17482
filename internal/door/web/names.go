package web

import (
	"fmt"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// nameLists reads the names of things of one kind, as far as a reader may know them.
var nameLists = map[string]func(s *Server, c *call, add func(id fmt.Stringer, name string)) error{
	"round": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Screening.ListRounds(c.ctx, c.by)
		for _, r := range list {
			add(r.ID, r.Name)
		}
		return err
	},
	"booth": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Screening.ListBooths(c.ctx, c.by)
		for _, b := range list {
			add(b.ID, b.Name)
		}
		return err
	},
	"site": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Placement.ListSites(c.ctx, c.by)
		for _, x := range list {
			add(x.ID, x.Name)
		}
		return err
	},
	"lab": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Lab.ListLabs(c.ctx, c.by)
		for _, l := range list {
			add(l.ID, l.Name)
		}
		return err
	},
	"vehicle": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Transfer.ListVehicles(c.ctx, c.by)
		for _, v := range list {
			add(v.ID, v.Name)
		}
		return err
	},
	"party": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.House.Reconcile.ListParties(c.ctx, c.by)
		for _, p := range list {
			add(partyCode(p.Code), p.Name)
		}
		return err
	},
	"outbreak": func(s *Server, c *call, add func(fmt.Stringer, string)) error {
		list, err := s.Registry.ListOutbreaks(c.ctx, c.by)
		for _, o := range list {
			add(o.ID, o.Name)
		}
		return err
	},
}

// partyCode is a code by which a party is named in lists and in the journal.
type partyCode string

func (c partyCode) String() string { return string(c) }

// thingNames gives the names of things for one page. Each list is read once, when the first thing of its kind is shown; a
// list the reader may not see leaves its things without names.
func (s *Server) thingNames(c *call) func(kind, id string) string {
	books := map[string]map[string]string{}
	return func(kind, id string) string {
		if kind == "user" {
			if name := s.names.name(s, c.ctx, id); name != id {
				return name
			}
			return ""
		}
		read, has := nameLists[kind]
		if !has {
			return ""
		}
		book, known := books[kind]
		if !known {
			book = map[string]string{}
			books[kind] = book
			err := read(s, c, func(id fmt.Stringer, name string) { book[id.String()] = name })
			if err != nil && outbreak.KindOf(err) != outbreak.Forbidden && c.ctx.Err() == nil {
				s.House.Log.Warn("names not read", "kind", kind, "error", err)
			}
		}
		return book[id]
	}
}

// holdsAny tells whether the reader holds one of some permissions somewhere.
func holdsAny(by outbreak.Actor, list ...access.Permission) bool {
	for _, p := range list {
		if access.Anywhere(by, p) {
			return true
		}
	}
	return false
}
