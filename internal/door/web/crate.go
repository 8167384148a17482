package web

import (
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
)

// cratesPage is the transport boxes, and the tubes that never came.
type cratesPage struct {
	Crates    []lab.Crate
	NeverCame []lab.NeverCame
	Labs      []lab.Lab    // boxes go to
	TakeAt    []lab.Lab    // the reader may take boxes over for
	SendFrom  []areaChoice // where the reader may hand boxes over
	Outbreaks []outbreakChoice
}

func (s *Server) readCrates(c *call) (any, error) {
	var p cratesPage
	var err error
	if p.Crates, err = s.House.Lab.ListCrates(c.ctx, c.by, 0, rowsPerPage); err != nil {
		return nil, err
	}
	if p.NeverCame, err = s.House.Lab.ListNeverCame(c.ctx, c.by, 0, rowsPerPage); err != nil {
		return nil, err
	}
	if p.Labs, err = s.House.Lab.ListLabs(c.ctx, c.by); err != nil {
		return nil, err
	}
	if p.TakeAt, err = s.labsOf(c, access.LabReceive); err != nil {
		return nil, err
	}
	if access.Anywhere(c.by, access.CrateSend) {
		if p.SendFrom, err = s.namedAreas(c, access.CrateSend); err != nil {
			return nil, err
		}
	}
	p.Outbreaks, err = s.outbreakChoices(c)
	return p, err
}

// temperature reads a field; nil when it is empty.
func temperature(c *call) (*float64, error) {
	text := strings.ReplaceAll(strings.TrimSpace(c.form.Get("temperature")), ",", ".")
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, refuseField("temperature", "lab.temperature")
	}
	return &n, nil
}

func (s *Server) sendCrate(c *call) (string, error) {
	n := lab.SendCrate{Key: c.key(), Number: c.form.Get("number"), Area: outbreak.Path(c.form.Get("area")).Code(), Seal: strings.TrimSpace(c.form.Get("seal")), HandedBy: c.form.Get("handed_by")}
	var err error
	if n.Outbreak, err = outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak")); err != nil {
		return "", err
	}
	if n.Lab, err = outbreak.ParseID[outbreak.LabID](c.form.Get("lab")); err != nil {
		return "", err
	}
	if n.Temperature, err = temperature(c); err != nil {
		return "", err
	}
	n.Counted, _ = strconv.Atoi(c.form.Get("counted")) // no number: as many as are listed
	for code := range strings.FieldsFuncSeq(c.form.Get("tubes"), func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；　", r) }) {
		n.Tubes = append(n.Tubes, outbreak.TubeCode(code))
	}
	_, err = s.House.Lab.SendCrate(c.ctx, c.by, n)
	return "/crates?done=crate_sent", err
}

func (s *Server) takeCrate(c *call) (string, error) {
	n := lab.TakeCrate{Key: c.key(), Seal: strings.TrimSpace(c.form.Get("seal")), TakenBy: c.form.Get("taken_by")}
	var err error
	if n.Crate, err = outbreak.ParseID[outbreak.CrateID](c.path("id")); err != nil {
		return "", err
	}
	if n.Lab, err = outbreak.ParseID[outbreak.LabID](c.form.Get("lab")); err != nil {
		return "", err
	}
	if n.Temperature, err = temperature(c); err != nil {
		return "", err
	}
	if n.Counted, err = strconv.Atoi(c.form.Get("counted")); err != nil {
		return "", refuseField("counted", "lab.crate_empty")
	}
	_, err = s.House.Lab.TakeCrate(c.ctx, c.by, n)
	return "/crates?done=crate_taken", err
}
