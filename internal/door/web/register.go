package web

import (
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// registerPage is the form for somebody who is not on the roll, whom it may be that is known already, and who was registered.
type registerPage struct {
	Areas     []areaChoice
	Kinds     []string
	Sexes     []string
	Purposes  []outbreak.Purpose // of looking for people of that name; nil: the reader may not look
	Alike     *registry.Found    // of that name in that area; nil: nobody was looked for
	Done      *registry.Person
	MayPerson bool // the reader may open the page of a person
}

func (s *Server) readRegister(c *call) (any, error) {
	p := registerPage{Kinds: documentKinds, Sexes: registry.Sexes, MayPerson: access.Anywhere(c.by, access.PersonRead)}
	switch r := c.remind.(type) {
	case *registry.Found:
		p.Alike = r
	case *registry.Person:
		p.Done = r
	}
	if access.Anywhere(c.by, access.PersonIdentity) {
		p.Purposes = outbreak.Purposes
	}
	var err error
	p.Areas, err = s.namedAreas(c, access.PersonRegister)
	return p, err
}

// registerPerson registers a walk-in. Whoever may open identities is first shown who of that name is known in the area; the
// answer is this page, and what was typed stands in no address.
func (s *Server) registerPerson(c *call) (string, error) {
	area := outbreak.Path(c.form.Get("area"))
	n, err := c.saidPerson()
	if err != nil {
		return "", err
	}
	if c.form.Get("anyway") == "" && n.Identity.Name != "" && access.Can(c.by, access.PersonIdentity, outbreak.Scope{Area: area}) {
		by, err := forPurpose(c)
		if err != nil {
			return "", err
		}
		found, err := s.Registry.SearchPeople(c.ctx, by, registry.SearchPeople{Name: n.Identity.Name, Below: area})
		switch kind := outbreak.KindOf(err); {
		case err != nil && kind != outbreak.Invalid && kind != outbreak.Busy: // too short a name, or too many searches: nobody is sent away
			return "", err
		case err == nil && len(found.Matches) > 0:
			c.remind, c.view.Form = &found, c.form
			return "", nil
		}
	}
	p, err := s.Registry.RegisterPerson(c.ctx, c.by, registry.RegisterPerson{Key: c.key(), Person: n})
	if err != nil {
		return "", err
	}
	c.remind = &p
	return "", nil
}

// saidPerson reads what is said of a person.
func (c *call) saidPerson() (n registry.NewPerson, err error) {
	get := func(field string) string { return strings.TrimSpace(c.form.Get(field)) }
	n = registry.NewPerson{Area: outbreak.Path(get("area")).Code(), Household: get("household"), Building: get("building"), Door: get("door"), Sex: get("sex"),
		Identity: registry.Identity{Name: get("name"), DocumentKind: get("kind"), Document: get("number"), Birth: get("birth"), Phone: get("phone"), Address: get("address")}}
	if n.Identity.Document == "" {
		n.Identity.DocumentKind = registry.NoDocument
	}
	if year := get("born"); year != "" {
		if n.BirthYear, err = strconv.Atoi(year); err != nil {
			return n, refuseField("born", "web.find.born_wrong")
		}
	}
	return n, nil
}
