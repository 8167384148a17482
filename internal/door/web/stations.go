package web

import (
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// stationsPage is where swabs are taken and where tubes are tested, and the forms to make either known.
type stationsPage struct {
	Booths    []screening.Booth
	Labs      []lab.Lab
	BoothAt   []areaChoice // where the reader may add a sampling point; nil: nowhere
	LabAt     []areaChoice
	BoxAt     []areaChoice // where the reader may issue tube serials
	Outbreaks []outbreakChoice
	Kinds     []string // of sampling points
}

func (s *Server) readStations(c *call) (any, error) {
	p := stationsPage{Kinds: screening.BoothKinds}
	var err error
	if p.Booths, err = s.House.Screening.ListBooths(c.ctx, c.by); err != nil {
		return nil, err
	}
	if p.Labs, err = s.House.Lab.ListLabs(c.ctx, c.by); err != nil {
		return nil, err
	}
	for may, into := range map[access.Permission]*[]areaChoice{access.RoundManage: &p.BoothAt, access.LabManage: &p.LabAt, access.AreaManage: &p.BoxAt} {
		if !access.Anywhere(c.by, may) {
			continue
		}
		if *into, err = s.namedAreas(c, may); err != nil {
			return nil, err
		}
	}
	p.Outbreaks, err = s.outbreakChoices(c)
	return p, err
}

func (s *Server) addBooth(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	if c.form.Get("name") == "" {
		return "", refuseField("booth-name", "web.stations.name_missing")
	}
	_, err = s.House.Screening.AddBooth(c.ctx, c.by, screening.AddBooth{Key: c.key(), Outbreak: ob, Area: outbreak.Path(c.form.Get("area")).Code(), Name: c.form.Get("name"), Kind: c.form.Get("kind")})
	return "/stations?done=booth_added", err
}

func (s *Server) addLab(c *call) (string, error) {
	n := lab.AddLab{Key: c.key(), Name: c.form.Get("name"), Area: outbreak.Path(c.form.Get("area")).Code()}
	n.PerDay, _ = strconv.Atoi(c.form.Get("per_day")) // no number: not known
	_, err := s.House.Lab.AddLab(c.ctx, c.by, n)
	return "/stations?done=lab_added", err
}

func (s *Server) issueBox(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	_, err = s.Registry.IssueBox(c.ctx, c.by, registry.IssueBox{Key: c.key(), First: outbreak.TubeCode(c.form.Get("first")),
		Last: outbreak.TubeCode(c.form.Get("last")), Area: outbreak.Path(c.form.Get("area")).Code(), Outbreak: ob})
	return "/stations?done=box_issued", err
}
