package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// outbreaksPage is the outbreaks a reader may see, and the form to declare one.
type outbreaksPage struct {
	List      []registry.Outbreak
	MayAdd    bool
	Protocols []outbreak.Protocol
	Areas     []areaChoice
}

func (s *Server) readOutbreaks(c *call) (any, error) {
	p := outbreaksPage{MayAdd: access.Anywhere(c.by, access.OutbreakManage)}
	var err error
	if p.List, err = s.Registry.ListOutbreaks(c.ctx, c.by); err != nil || !p.MayAdd {
		return p, err
	}
	p.Protocols = s.House.Protocols.List()
	p.Areas, err = s.areaChoices(c, access.OutbreakManage)
	return p, err
}

func (s *Server) declareOutbreak(c *call) (string, error) {
	_, err := s.Registry.DeclareOutbreak(c.ctx, c.by, registry.DeclareOutbreak{Key: c.key(), Name: c.form.Get("name"),
		Protocol: c.form.Get("protocol"), Area: outbreak.Path(c.form.Get("area"))})
	return "/outbreaks?done=declared", err
}
