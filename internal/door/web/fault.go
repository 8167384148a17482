package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
)

// errorPage is what somebody reads who got no page.
type errorPage struct {
	Status   int
	Sentence string
}

// refuse answers with an error: a page, a fragment for htmx, or the way to the sign-in page.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, c *call, err error) {
	if to, is := errors.AsType[redirect](err); is {
		away(w, r, c, string(to))
		return
	}
	if outbreak.KindOf(err) == outbreak.Expired {
		s.askSignIn(w, r, c)
		return
	}
	refusal := s.House.Refuse(door.WithLang(r.Context(), c.view.Lang), err)
	maps.Copy(w.Header(), refusal.Header)
	s.sorry(w, r, c, errorPage{Status: refusal.Status, Sentence: refusal.Sentence})
}

func (s *Server) sorry(w http.ResponseWriter, r *http.Request, c *call, e errorPage) {
	c.view.Live, c.view.Notice = "", ""
	c.view.Title = "web.error.title." + titleOf(e.Status)
	block := "layout"
	switch {
	case r.Header.Get("HX-Request") == "true":
		block = "fragment"
	case !c.visit.in:
		block = "door"
	}
	html, err := s.pages.write("error", block, page{View: c.view, D: e})
	if err != nil {
		s.House.Log.Error("error page failed", "error", err)
		http.Error(w, e.Sentence, e.Status)
		return
	}
	c.cookies = nil
	send(w, c, e.Status, html)
}

// titleOf sorts the statuses that have a title of their own.
func titleOf(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "not_found"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return "busy"
	case http.StatusInternalServerError:
		return "internal"
	}
	return "refused"
}

// askSignIn sends somebody without a session to the sign-in page and back afterwards. A reader who had one is told that it
// is over; what he sent has not been done.
func (s *Server) askSignIn(w http.ResponseWriter, r *http.Request, c *call) {
	q := url.Values{}
	if _, had := s.House.Secret(r); had {
		q.Set("over", "1")
	}
	next := c.view.With()
	if r.Method != http.MethodGet {
		next = fill(c.route.Back, c.path)
	}
	if next != "/" && next != "" {
		q.Set("next", next)
	}
	to := "/login"
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	away(w, r, c, to)
}

// away sends a browser elsewhere; htmx follows a header, since a redirect would be followed inside its fragment.
func away(w http.ResponseWriter, r *http.Request, c *call, to string) {
	w.Header().Set("Cache-Control", "no-store")
	for _, cookie := range c.cookies {
		http.SetCookie(w, cookie)
	}
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// nowhere answers addresses that are no page.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) {
	c, err := s.enter(r, Route{Open: true, Title: "web.error.title.not_found"})
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	s.refuse(w, r, c, outbreak.Refuse(outbreak.NotFound, "web.error.no_page"))
}
