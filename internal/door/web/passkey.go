package web

import (
	"net/http"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// proof is the second factor a form shows: the answer of a passkey, or a typed code.
func (c *call) proof() string {
	if answer := c.form.Get("passkey"); answer != "" {
		return answer
	}
	return c.form.Get("code")
}

// askPasskey gives a browser what it needs to show a passkey.
func (s *Server) askPasskey(w http.ResponseWriter, _ *http.Request, c *call) error {
	options, err := s.House.Access.AskPasskey(c.ctx, c.visit.session, c.site)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(options) // who left needs no answer
	return nil
}

func (s *Server) beginPasskey(c *call) (string, error) {
	return "/account/factor", s.House.Access.BeginPasskey(c.ctx, c.visit.session, c.site, c.form.Get("name"), c.proof(), c.from)
}

// confirmPasskey keeps what the browser made. The codes on paper that come with the first one are shown once, by this answer.
func (s *Server) confirmPasskey(c *call) (string, error) {
	secret, codes, err := s.House.Access.ConfirmPasskey(c.ctx, c.visit.session, c.form.Get("passkey"), c.from)
	if err != nil {
		return "", err
	}
	c.cookies = append(c.cookies, s.House.SessionCookie(secret))
	if codes == nil {
		return "/account/factor?done=passkey_made", nil
	}
	c.remind, c.form = codes, nil
	return "", nil
}

func (s *Server) removePasskey(c *call) (string, error) {
	id, err := outbreak.ParseID[access.PasskeyID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/account/factor?done=factor_removed", s.House.Access.RemovePasskey(c.ctx, c.visit.session, id, c.proof(), c.from, c.key())
}

func (s *Server) removeTelephone(c *call) (string, error) {
	return "/account/factor?done=factor_removed", s.House.Access.RemoveTelephone(c.ctx, c.visit.session, c.proof(), c.from, c.key())
}
