package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// zoneLines is for how many parts of a round the form offers tubes of their own at first, and how many more it gets each time.
const zoneLines = 4

// mostZoneLines is as many as a form may grow to.
const mostZoneLines = 64

// zonesAsked is for how many parts the form has lines: as many as it had, and more when it asks for them.
func (c *call) zonesAsked() int {
	n := max(len(c.form["zone"]), zoneLines)
	if c.form.Get("more") != "" {
		n += zoneLines
	}
	return min(n, mostZoneLines)
}

// household is the value of a form's size of tubes for one tube a household.
const household = "household"

// partPools reads the lines of parts with tubes of their own.
func (c *call) partPools() (list []screening.PoolIn, err error) {
	for i, path := range c.form["zone"] {
		if path == "" || i >= len(c.form["zone_pool"]) {
			continue
		}
		x := screening.PoolIn{Area: outbreak.Path(path).Code()}
		size, is := strings.CutPrefix(c.form["zone_pool"][i], household+"-")
		x.Household = is
		if x.Pool, err = strconv.Atoi(size); err != nil {
			return nil, refuseField("zone_pool", "web.rounds.zone_size")
		}
		list = append(list, x)
	}
	return list, nil
}

// zonesOpen tells whether somebody worked on the parts of the form that was refused, or asked for more of them.
func (c *call) zonesOpen() bool {
	return c.form.Get("more") != "" || slices.ContainsFunc(c.form["zone"], func(path string) bool { return path != "" })
}

// besideExcuse shows beside the reason that it is wanted.
func besideExcuse(err error) error {
	if told, is := errors.AsType[*outbreak.Error](err); is && told.Msg == screening.UnrehearsedRound {
		return fieldFault{field: "excuse", refusal: told}
	}
	return err
}

// rehearsed is what the pages of rounds say of rehearsals.
func (s *Server) rehearsed(c *call) (screening.Rehearsals, error) {
	return s.House.Screening.ListRehearsals(c.ctx, c.by, 20)
}

// stage is what can be done with a round where it stands, and what is in the way of its end.
type stage struct {
	MayBegin bool // and cancel
	MayEnd   bool
	MayClose bool
	Blockers *screening.Blockers // nil: it is not worked on, or the reader sees a part of it
	Told     screening.Rehearsals
	Wanted   int // from so many people on a rehearsal or a reason is wanted, and this plan has neither; 0: it opens by itself
}

func (s *Server) stageOf(c *call, r screening.Round) (x stage, err error) {
	if access.Can(c.by, access.RoundManage, r.Scope()) {
		x.MayBegin, x.MayEnd, x.MayClose = r.State == screening.Planned, r.State == screening.Open, r.Runs()
	}
	if r.Runs() && access.Can(c.by, access.RoundRead, r.Scope()) {
		b, err := s.House.Screening.FindBlockers(c.ctx, c.by, r.ID)
		if err != nil {
			return x, err
		}
		x.Blockers = &b
	}
	if x.MayBegin {
		if x.Wanted, err = s.House.Screening.FindWanted(c.ctx, c.by, r.ID); err != nil {
			return x, err
		}
	}
	x.Told, err = s.rehearsed(c)
	return x, err
}

// aboutRound does a command about the round of the address, and comes back to its page.
func aboutRound(c *call, done string, do func(outbreak.RoundID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/rounds/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) beginRound(c *call) (string, error) {
	return aboutRound(c, "round_opened", func(id outbreak.RoundID) error {
		_, err := s.House.Screening.BeginRound(c.ctx, c.by, screening.BeginRound{Key: c.key(), Round: id, Excuse: c.form.Get("excuse")})
		return besideExcuse(err)
	})
}

func (s *Server) cancelRound(c *call) (string, error) {
	return aboutRound(c, "round_cancelled", func(id outbreak.RoundID) error {
		_, err := s.House.Screening.CancelRound(c.ctx, c.by, screening.CancelRound{Key: c.key(), Round: id})
		return err
	})
}

func (s *Server) endSampling(c *call) (string, error) {
	return aboutRound(c, "round_closing", func(id outbreak.RoundID) error {
		_, err := s.House.Screening.EndSampling(c.ctx, c.by, screening.EndSampling{Key: c.key(), Round: id})
		return err
	})
}

// declareLoss gives a device up, with the serials somebody typed.
func (s *Server) declareLoss(c *call) (string, error) {
	id, err := strconv.ParseInt(c.path("device"), 10, 64)
	if err != nil {
		return "", outbreak.Refuse(outbreak.NotFound, "screening.no_device").Because(err)
	}
	l := screening.DeclareLoss{Key: c.key(), Device: id, Reason: c.form.Get("reason"), Whole: c.form.Get("whole") != ""}
	for _, code := range strings.FieldsFunc(c.form.Get("tubes"), func(r rune) bool { return strings.ContainsRune(" \t\r\n,，、;；　", r) }) {
		l.Tubes = append(l.Tubes, outbreak.TubeCode(code))
	}
	_, err = s.House.Screening.DeclareLoss(c.ctx, c.by, l)
	return "/booths?done=device_lost&lost=" + strconv.FormatInt(id, 10), err
}
