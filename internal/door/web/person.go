package web

import (
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/transfer"
)

// findPage is the way to a person by code or document.
type findPage struct {
	Kinds    []string
	Purposes []outbreak.Purpose
	Areas    []areaChoice    // where names may be searched; nil: nowhere
	Found    *registry.Found // of the search that was just made
}

var documentKinds = []string{registry.CitizenID, registry.Passport, registry.OtherID}

func (s *Server) readFind(c *call) (any, error) {
	if q := c.query.Get("code"); q != "" {
		id, err := outbreak.ParseID[outbreak.PersonID](q)
		if err != nil {
			return nil, err
		}
		return nil, goTo("/people/" + id.String())
	}
	p := findPage{Kinds: documentKinds, Purposes: outbreak.Purposes}
	p.Found, _ = c.remind.(*registry.Found)
	if !access.Anywhere(c.by, access.PersonIdentity) {
		return p, nil
	}
	var err error
	p.Areas, err = s.areaChoices(c, access.PersonIdentity)
	return p, err
}

// findPerson looks for a person by a document's number. The number is in no address, and the look-up is in the journal.
func (s *Server) findPerson(c *call) (string, error) {
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	p, err := s.Registry.FindPerson(c.ctx, by, c.form.Get("kind"), c.form.Get("number"))
	if outbreak.KindOf(err) == outbreak.NotFound {
		return "", refuseField("number", "web.find.nobody")
	}
	return "/people/" + p.ID.String(), err
}

// forPurpose is the actor with the purpose he has just named.
func forPurpose(c *call) (outbreak.Actor, error) {
	by := c.by
	by.Purpose = outbreak.Purpose(c.form.Get("purpose"))
	if by.Purpose == outbreak.PurposeNone || !slices.Contains(outbreak.Purposes, by.Purpose) {
		return by, refuseField("purpose", "web.person.purpose_missing")
	}
	return by, nil
}

// personPage is what the house knows of one person. The identity is there only in the answer to the form that named a
// purpose.
type personPage struct {
	Person      registry.Person
	MayIdentity bool
	Identity    *registry.Whole
	Purpose     outbreak.Purpose
	Purposes    []outbreak.Purpose
	Cases       []cases.Case
	Needs       []placement.Need
	Stays       []placement.Stay
	Trips       []transfer.Trip
	Sites       map[outbreak.SiteID]string
	Beds        map[outbreak.BedID]placement.BedName
	Timeline    []outbreak.Entry
	Together    registry.Together                                    // all codes of the person
	Alike       []registry.Duplicate                                 // codes that may be the same person, or of the household
	Changes     []registry.IdentityChange                            // what lists said otherwise of the identity
	Said        map[registry.ChangeID]map[string]registry.Difference // opened with it
	MayVisits   bool
	Visits      *[]registry.Visit // where the person was, in the answer to the form that named a purpose
	Record      *visitForm        // nil: the reader may record no visits of the person
}

// Where is where the person belongs.
func (p personPage) Where() outbreak.Scope { return outbreak.Scope{Area: p.Person.Area} }

// Said tells whose word a field of the identity is, when the person has several codes; 0: there is one code, or nobody says it.
func (p personPage) SaidBy(field string) outbreak.PersonID {
	if p.Identity == nil || len(p.Together.Codes) < 2 {
		return 0
	}
	return p.Identity.From[field]
}

// Undoable tells whether the reader may take back a decision about the codes: it stands.
func (p personPage) Undoable(m registry.Merge) bool { return m.UndoneAt == 0 }

// opened is an identity and why it was opened.
type opened struct {
	whole   registry.Whole
	changes []registry.OpenedChange
	purpose outbreak.Purpose
}

func (s *Server) readPerson(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := personPage{Purposes: outbreak.Purposes, Sites: map[outbreak.SiteID]string{}}
	if p.Person, err = s.Registry.FindPersonByID(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.MayVisits = access.Can(c.by, access.VisitRead, outbreak.Scope{Area: p.Person.Area})
	p.Visits, _ = c.remind.(*[]registry.Visit)
	p.MayIdentity = access.Can(c.by, access.PersonIdentity, outbreak.Scope{Area: p.Person.Area})
	if o, ok := c.remind.(opened); ok {
		p.Identity, p.Purpose, p.Said = &o.whole, o.purpose, map[registry.ChangeID]map[string]registry.Difference{}
		for _, x := range o.changes {
			p.Said[x.ID] = x.Said
		}
	}
	if p.Changes, err = s.Registry.ListIdentityChanges(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if err := s.whereabouts(c, &p); err != nil {
		return nil, err
	}
	if p.Together, err = s.Registry.FindTogether(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if access.Can(c.by, access.PersonMerge, p.Where()) {
		if p.Alike, err = s.Registry.DuplicatesOf(c.ctx, c.by, id); err != nil {
			return nil, err
		}
	}
	if p.Record, err = s.visitForm(c, p.Person.Area); err != nil {
		return nil, err
	}
	p.Timeline, err = s.timelineOf(c, p.Together.Codes)
	return p, err
}

// whereabouts reads what each capability knows of the person, as far as the reader may ask it.
func (s *Server) whereabouts(c *call, p *personPage) (err error) {
	id := p.Person.ID
	if access.Anywhere(c.by, access.CaseRead) {
		if p.Cases, err = s.House.Cases.ListCases(c.ctx, c.by, cases.Filter{Person: id, Most: 20}); err != nil {
			return err
		}
	}
	if access.Anywhere(c.by, access.SiteRead) {
		if p.Needs, p.Stays, err = s.House.Placement.ListStaysOf(c.ctx, c.by, id); err != nil {
			return err
		}
		if p.Beds, err = s.bedNames(c, p.Stays); err != nil {
			return err
		}
	}
	if access.Anywhere(c.by, access.TripRead) {
		if p.Trips, err = s.House.Transfer.ListTrips(c.ctx, c.by, transfer.Filter{Person: id, Most: 20}); err != nil {
			return err
		}
	}
	return s.siteNames(c, p.Sites)
}

// openIdentity shows name, document, phone and address in this one answer.
func (s *Server) openIdentity(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	whole, err := s.Registry.ReadWhole(c.ctx, by, id, c.key())
	if err != nil {
		return "", err
	}
	changes, err := s.Registry.OpenIdentityChanges(c.ctx, by, id)
	if err != nil {
		return "", err
	}
	c.remind = opened{whole: whole, changes: changes, purpose: by.Purpose}
	return "", nil
}

// decideIdentity takes what a list says of who somebody is, or keeps what is known here.
func (s *Server) decideIdentity(c *call) (string, error) {
	id, err := outbreak.ParseID[registry.ChangeID](c.path("change"))
	if err != nil {
		return "", err
	}
	_, err = s.Registry.DecideIdentity(c.ctx, c.by, registry.DecideIdentity{Key: c.key(), Change: id, Take: c.form.Get("take") == "1"})
	return "/people/" + c.path("id") + "?done=identity_decided#changes", err
}
