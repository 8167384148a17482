package web

import (
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/placement"
)

// siteForm is what the form for a new site offers; nil for a reader who may open none.
type siteForm struct {
	Kinds     []string
	Beds      []string
	Areas     []areaChoice
	Outbreaks []outbreakChoice
}

func (s *Server) siteForm(c *call) (*siteForm, error) {
	if !access.Anywhere(c.by, access.SiteManage) {
		return nil, nil
	}
	f := &siteForm{Kinds: placement.SiteKinds, Beds: placement.BedKinds}
	var err error
	if f.Areas, err = s.namedAreas(c, access.SiteManage); err != nil {
		return nil, err
	}
	f.Outbreaks, err = s.outbreakChoices(c)
	return f, err
}

// openSite makes a site known, or adds wards to the one that the form names.
func (s *Server) openSite(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	n := placement.OpenSite{Key: c.key(), Outbreak: ob, Area: outbreak.Path(c.form.Get("area")).Code(), Kind: c.form.Get("kind"), Name: c.form.Get("name")}
	if n.Wards, err = c.wards(); err != nil {
		return "", err
	}
	x, err := s.House.Placement.OpenSite(c.ctx, c.by, n)
	return "/sites/" + x.ID.String() + "?done=site_opened", err
}

// wards reads the lines of a form, each a ward with its kind of beds and their number; lines without a name are left out.
func (c *call) wards() ([]placement.NewWard, error) {
	names, kinds, beds := c.form["ward"], c.form["bed_kind"], c.form["beds"]
	if len(kinds) != len(names) || len(beds) != len(names) {
		return nil, outbreak.Refuse(outbreak.Invalid, "web.form.unreadable")
	}
	var list []placement.NewWard
	for i, name := range names {
		if name == "" {
			continue
		}
		n, err := strconv.Atoi(beds[i])
		if err != nil || n < 1 {
			return nil, refuseField("ward", "web.site.beds_wrong", "ward", name)
		}
		list = append(list, placement.NewWard{Name: name, Kind: kinds[i], Beds: n})
	}
	return list, nil
}

// recordArrival notes that somebody is at the site, expected or not.
func (s *Server) recordArrival(c *call) (string, error) {
	site, err := outbreak.ParseID[outbreak.SiteID](c.path("id"))
	if err != nil {
		return "", err
	}
	n := placement.RecordArrival{Key: c.key(), Site: site, Ward: c.form.Get("ward"), Bed: c.form.Get("bed")}
	if n.Person, err = outbreak.ParseID[outbreak.PersonID](c.form.Get("person")); err != nil || n.Person == 0 {
		return "", refuseField("person", "web.site.person_wrong")
	}
	if n.Outbreak, err = outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak")); err != nil {
		return "", err
	}
	if n.At, err = c.moment("at"); err != nil {
		return "", err
	}
	st, err := s.House.Placement.RecordArrival(c.ctx, c.by, n)
	done := "arrival_recorded"
	if st.Bed == 0 {
		done = "arrival_over"
	}
	return "/sites/" + site.String() + "?done=" + done, err
}
