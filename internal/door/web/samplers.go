package web

import (
	"fmt"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/label"
)

// samplersPage is who takes swabs, and where badges are given and ended.
type samplersPage struct {
	List      []screening.Sampler
	Outbreaks []outbreakChoice
	Areas     []areaChoice
	Badge     *registry.Badge // just asked for; at no address
	Groups    []string        // its code, as it is read aloud
	QR        label.Square
	More      string
}

func (s *Server) readSamplers(c *call) (any, error) {
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // no number: from the first
	p := samplersPage{}
	var err error
	if p.List, err = s.House.Screening.ListSamplers(c.ctx, c.by, after, rowsPerPage+1); err != nil {
		return nil, err
	}
	if len(p.List) > rowsPerPage {
		p.List = p.List[:rowsPerPage]
		p.More = c.view.With("after", p.List[rowsPerPage-1].ID)
	}
	if p.Areas, err = s.namedAreas(c, access.RoundManage); err != nil {
		return nil, err
	}
	if p.Outbreaks, err = s.outbreakChoices(c); err != nil {
		return nil, err
	}
	if b, ok := c.remind.(registry.Badge); ok {
		p.Badge, p.Groups = &b, label.Groups(b.Code)
		p.QR, err = label.QR(b.Code)
	}
	return p, err
}

func (s *Server) addSampler(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	x, err := s.House.Screening.AddSampler(c.ctx, c.by, screening.AddSampler{Key: c.key(), Outbreak: ob, Area: outbreak.Path(c.form.Get("area")).Code(), Name: c.form.Get("name")})
	return fmt.Sprintf("/samplers?done=sampler_added#s%d", x.ID), err
}

// samplerOf is the sampler the address names.
func samplerOf(c *call) (int64, error) {
	id, err := strconv.ParseInt(c.path("sampler"), 10, 64)
	if err != nil {
		return 0, outbreak.Refuse(outbreak.NotFound, "screening.no_sampler").Because(err)
	}
	return id, nil
}

// showBadge shows a badge in its own answer: it is in no address.
func (s *Server) showBadge(c *call) (string, error) {
	id, err := samplerOf(c)
	if err != nil {
		return "", err
	}
	b, err := s.House.Screening.ShowBadge(c.ctx, c.by, screening.ShowBadge{Key: c.key(), Sampler: id, Another: c.form.Get("another") != ""})
	if err != nil {
		return "", err
	}
	c.remind, c.form = b, nil
	return "", nil
}

func (s *Server) endSampler(c *call) (string, error) {
	id, err := samplerOf(c)
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.EndSampler(c.ctx, c.by, screening.EndSampler{Key: c.key(), Sampler: id})
	return "/samplers?done=sampler_ended", err
}
