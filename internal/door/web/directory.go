package web

import (
	"net/http"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// toDirectory sends a visitor to the sign-in page of his office. It is a link, not a form: the policy of pages lets forms go
// nowhere else.
func (s *Server) toDirectory(w http.ResponseWriter, r *http.Request, c *call) error {
	if s.House.Directory == nil {
		return outbreak.Refuse(outbreak.NotFound, "web.error.no_page")
	}
	to, cookie, err := s.House.Directory.Send(s.House, r, inside(c.query.Get("next")))
	if err != nil {
		return err
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// fromDirectory lets in whom the directory vouches for, when an administrator linked him.
func (s *Server) fromDirectory(w http.ResponseWriter, r *http.Request, c *call) error {
	if s.House.Directory == nil {
		return outbreak.Refuse(outbreak.NotFound, "web.error.no_page")
	}
	v, end, err := s.House.Directory.Receive(s.House, r)
	http.SetCookie(w, end)
	if err != nil {
		return err
	}
	secret, session, err := s.House.Access.SignInLinked(c.ctx, s.House.Directory.Issuer, v.Subject, v.Strong, c.agent)
	if err != nil {
		return err
	}
	http.SetCookie(w, s.House.SessionCookie(secret))
	next := inside(v.Next)
	if page, first := stepPages[session.Step]; first && session.Step != access.StepNone {
		next = page
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
