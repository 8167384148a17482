package web

import (
	"bytes"
	"image/png"
	"net/http"
	"net/url"
	"slices"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// stepPages are where a signed-in user takes the step he has to take first.
var stepPages = map[access.Step]string{access.StepFactor: "/login/factor", access.StepPassword: "/account?once=1", access.StepEnrol: "/account/factor"}

// detour sends a visitor to the step he has to take first; nothing else is open to him. A password that has to be changed is
// changed on the account's own page, so the pages that need no permission stay open then.
func (c *call) detour() error {
	step, at := c.visit.session.Step, c.route.Step
	switch {
	case step == access.StepNone && at == access.StepFactor:
		return goTo("/")
	case step == access.StepNone, c.route.Leave, step == at, step == access.StepPassword && at == access.StepNone && c.route.May == "":
		return nil
	}
	page := stepPages[step]
	if step == access.StepFactor && c.route.Method == http.MethodGet && c.view.Path != "/" {
		page += "?next=" + url.QueryEscape(inside(c.view.Path))
	}
	return goTo(page)
}

// factorPage asks for a second factor.
type factorPage struct {
	Login  string
	Factor access.Factor
	Here   bool     // one of the passkeys works at this address
	Sites  []string // where the others work
}

// readFactor shows the page that asks for a second factor.
func (s *Server) readFactor(c *call) (any, error) {
	next := c.query.Get("next")
	if c.form != nil {
		next = c.form.Get("next")
	}
	c.view.Next = inside(next)
	f, err := s.House.Access.FactorOf(c.ctx, c.visit.session)
	if err != nil {
		return nil, err
	}
	return factorPage{Login: c.visit.session.Login, Factor: f, Here: f.WorksAt(c.site), Sites: elsewhere(f, c.site)}, nil
}

// elsewhere lists where passkeys work that do not work at a site.
func elsewhere(f access.Factor, site access.Site) []string {
	var list []string
	for _, p := range f.Passkeys {
		if p.Site != site.Name && !slices.Contains(list, p.Site) {
			list = append(list, p.Site)
		}
	}
	return list
}

// showFactor takes a code, or the answer of a passkey, and lets the visitor in, under a new cookie.
func (s *Server) showFactor(c *call) (string, error) {
	secret, err := s.House.Access.PassFactor(c.ctx, c.visit.session, c.proof(), c.from)
	if err != nil {
		return "", err
	}
	c.cookies = append(c.cookies, s.House.SessionCookie(secret))
	return inside(c.form.Get("next")), nil
}

// enrolPage is one's own second factor.
type enrolPage struct {
	Factor  access.Factor
	Must    bool // it has to be set up before anything else
	Phone   access.Telephone
	Pending bool
	Offer   *access.PasskeyOffer // a passkey that was begun
	Able    bool                 // passkeys can be used at this address
	Here    bool                 // one of the user's passkeys works here
	Codes   []string             // shown once
}

func (s *Server) readEnrol(c *call) (any, error) {
	p := enrolPage{Must: c.visit.session.Step == access.StepEnrol, Able: c.site.Passkeys()}
	var err error
	if p.Factor, err = s.House.Access.FactorOf(c.ctx, c.visit.session); err != nil {
		return nil, err
	}
	if codes, ok := c.remind.([]string); ok {
		p.Codes, p.Must = codes, false
		return p, nil
	}
	p.Here = p.Factor.WorksAt(c.site)
	if c.query.Get("other") != "" { // not what was begun
		return p, nil
	}
	offer, err := s.House.Access.PendingPasskey(c.ctx, c.visit.session)
	if err == nil {
		p.Offer = &offer
	}
	if err == nil || outbreak.KindOf(err) != outbreak.Invalid { // none was begun, or too long ago
		return p, err
	}
	p.Phone, err = s.House.Access.PendingTelephone(c.ctx, c.visit.session)
	p.Pending = err == nil
	if outbreak.KindOf(err) == outbreak.Invalid {
		err = nil
	}
	return p, err
}

// giveQR draws what the telephone has to be told.
func (s *Server) giveQR(w http.ResponseWriter, _ *http.Request, c *call) error {
	phone, err := s.House.Access.PendingTelephone(c.ctx, c.visit.session)
	if err != nil {
		return err
	}
	code, err := qr.Encode(phone.URI, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	if code, err = barcode.Scale(code, 240, 240); err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, code); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(picture.Bytes()) // who left needs no answer
	return nil
}

func (s *Server) beginFactor(c *call) (string, error) {
	_, err := s.House.Access.BeginFactor(c.ctx, c.visit.session, c.proof(), c.from)
	return "/account/factor", err
}

// confirmFactor takes the first code of a telephone; the page itself is the answer, because the codes on paper are shown once.
func (s *Server) confirmFactor(c *call) (string, error) {
	secret, codes, err := s.House.Access.ConfirmFactor(c.ctx, c.visit.session, c.form.Get("code"), c.from)
	if err != nil {
		return "", err
	}
	c.cookies = append(c.cookies, s.House.SessionCookie(secret))
	c.remind, c.form = codes, nil
	return "", nil
}

func (s *Server) renewCodes(c *call) (string, error) {
	codes, err := s.House.Access.RenewCodes(c.ctx, c.visit.session, c.proof(), c.from)
	if err != nil {
		return "", err
	}
	c.remind, c.form = codes, nil
	return "", nil
}

func (s *Server) askReset(c *call) (string, error) {
	return aboutUser(c, "factor_asked", func(id outbreak.UserID) error {
		_, err := s.House.Access.AskFactorReset(c.ctx, c.by, id, c.key())
		return err
	})
}

func (s *Server) confirmReset(c *call) (string, error) {
	return aboutUser(c, "factor_reset", func(outbreak.UserID) error {
		id, err := outbreak.ParseID[access.ResetID](c.path("reset"))
		if err != nil {
			return err
		}
		return s.House.Access.ConfirmFactorReset(c.ctx, c.by, id, c.key())
	})
}

func (s *Server) linkUser(c *call) (string, error) {
	return aboutUser(c, "linked", func(id outbreak.UserID) error {
		return s.House.Access.LinkUser(c.ctx, c.by, id, c.form.Get("issuer"), c.form.Get("subject"), c.key())
	})
}

func (s *Server) unlinkUser(c *call) (string, error) {
	return aboutUser(c, "unlinked", func(id outbreak.UserID) error {
		return s.House.Access.UnlinkUser(c.ctx, c.by, id, c.form.Get("issuer"), c.form.Get("subject"), c.key())
	})
}
