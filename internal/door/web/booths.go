package web

import (
	"fmt"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// boothsPage is how the sampling points work at this moment, and where their devices are enrolled and revoked.
type boothsPage struct {
	Booths []screening.BoothStatus
	Code   *deviceCode      // just made; shown once
	Lost   bool             // a device was revoked just now: personal codes may be in wrong hands
	Epoch  bool             // the reader may begin a new epoch of personal codes
	Made   bool             // he may make codes for devices somewhere
	Last   outbreak.Instant // the wall clock, which beats are of
	Round  outbreak.RoundID // those it reaches; 0: all
	More   string
}

// deviceCode is a one-time code and the sampling point it is for.
type deviceCode struct {
	screening.DeviceCode
	Booth outbreak.BoothID
}

// boothsPerPage are fewer than other rows of a page: each shows its devices and its forms.
const boothsPerPage = 50

func (s *Server) readBooths(c *call) (any, error) {
	f := screening.BoothFilter{Show: c.query.Get("show"), Most: boothsPerPage + 1}
	var err error
	if f.Round, err = outbreak.ParseID[outbreak.RoundID](c.query.Get("round")); err != nil {
		return nil, err
	}
	if f.After, err = outbreak.ParseID[outbreak.BoothID](c.query.Get("after")); err != nil {
		return nil, err
	}
	list, err := s.House.Screening.ListBoothStatus(c.ctx, c.by, f)
	if err != nil {
		return nil, err
	}
	more := ""
	if len(list) > boothsPerPage {
		list = list[:boothsPerPage]
		more = c.view.With("after", list[boothsPerPage-1].ID)
	}
	p := boothsPage{Booths: list, Round: f.Round, More: more, Lost: c.query.Get("lost") != "", Made: access.Anywhere(c.by, access.RoundManage), Last: s.House.Wall.Now()}
	p.Epoch = p.Lost && access.Can(c.by, access.UserManage, outbreak.Scope{})
	if code, ok := c.remind.(deviceCode); ok {
		p.Code = &code
	}
	return p, nil
}

// Hours writes hours with one digit behind the point.
func (v *View) Hours(h float64) string { return strconv.FormatFloat(h, 'f', 1, 64) }

// Beat tells how long ago a device was heard of.
func (p boothsPage) Beat(v *View, d screening.Device) string {
	return v.Ago(p.Last.Sub(d.BeatAt))
}

func (s *Server) newDeviceCode(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.BoothID](c.path("id"))
	if err != nil {
		return "", err
	}
	days, _ := strconv.Atoi(c.form.Get("days")) // no number: as usual
	code, err := s.House.Screening.NewDeviceCode(c.ctx, c.by, screening.NewDeviceCode{Key: c.key(), Booth: id, Name: c.form.Get("name"), Hours: 24 * days})
	if err != nil {
		return "", err
	}
	c.remind, c.form = deviceCode{code, id}, nil
	return "", nil // the page itself is the answer: the code is in no address and is never shown again
}

func (s *Server) revokeDevice(c *call) (string, error) {
	id, err := strconv.ParseInt(c.path("device"), 10, 64)
	if err != nil {
		return "", outbreak.Refuse(outbreak.NotFound, "screening.no_device").Because(err)
	}
	_, err = s.House.Screening.RevokeDevice(c.ctx, c.by, screening.RevokeDevice{Key: c.key(), Device: id})
	return fmt.Sprint("/booths?done=device_revoked&lost=", id), err
}

func (s *Server) newCodeEpoch(c *call) (string, error) {
	_, err := s.House.Registry.NewCodeEpoch(c.ctx, c.by, c.key())
	return "/booths?done=code_epoch", err
}
