package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// redirect is the answer of a page that is elsewhere.
type redirect string

func (r redirect) Error() string { return "go to " + string(r) }

func goTo(path string) error { return redirect(path) }

// fieldFault is a refusal about one field of a form.
type fieldFault struct {
	field   string
	refusal *outbreak.Error
}

func (f fieldFault) Error() string { return f.refusal.Error() }
func (f fieldFault) Unwrap() error { return f.refusal }

func refuseField(field, msg string, slots ...any) error {
	return fieldFault{field: field, refusal: outbreak.Refuse(outbreak.Invalid, msg, slots...)}
}

// serve answers one request by its row of the table.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route Route) {
	c, err := s.enter(r, route)
	if err == nil {
		rememberLanguage(w, r, c.by.User, s.House.Secure())
		if r.Method != http.MethodGet {
			s.command(w, r, c)
			return
		}
		if route.give != nil {
			err = route.give(s, w, r, c)
		} else {
			err = s.page(w, r, c, http.StatusOK)
		}
	}
	if err != nil {
		s.refuse(w, r, c, err)
	}
}

// enter finds out who asks and whether he may. The call is usable for an error page even when he may not.
func (s *Server) enter(r *http.Request, route Route) (*call, error) {
	c := &call{ctx: r.Context(), query: r.URL.Query(), path: r.PathValue, route: route, agent: r.UserAgent(), from: s.House.Address(r), local: s.House.AtTheMachine(r), site: s.House.Site(r)}
	actor, v, err := s.visitor(r)
	if err != nil && outbreak.KindOf(err) != outbreak.Expired {
		s.view(c, r)
		return c, err
	}
	c.by, c.visit = actor, v
	s.view(c, r)
	if route.Open {
		return c, nil
	}
	if !v.in {
		return c, outbreak.Refuse(outbreak.Expired, "access.session_over")
	}
	if err := c.detour(); err != nil {
		return c, err
	}
	for _, p := range []access.Permission{route.May, route.Also} {
		if p == "" {
			continue
		}
		if err := access.RequireAnywhere(actor, p); err != nil {
			return c, err
		}
	}
	return c, s.House.DB.Read(c.ctx, func(tx *store.Tx) (err error) {
		c.view.Head, err = journal.Head(tx)
		return err
	})
}

// view gives the call its view.
func (s *Server) view(c *call, r *http.Request) {
	v := &View{Lang: languageOf(r, c.visit.session), Actor: c.by, Name: c.visit.session.Name, Now: s.House.Clock.Now(),
		Zone: s.zoneOf(c), Path: r.URL.Path, Query: c.query, Title: c.route.Title, Form: url.Values{}}
	c.view = v
	s.furnish(c)
	c.asked = words.Lang(v.Query.Get("lang"))
	v.Query.Del("lang")
	if done := "web.done." + c.query.Get("done"); words.Has(v.Lang, done) {
		v.Notice = done
	}
	v.Query.Del("done")
	if c.visit.in {
		v.Nav = navigation(c.by, v.Path)
	}
	if c.route.Live {
		v.Live = "/live?at=" + url.QueryEscape(v.With())
	}
}

// page shows a page: all of it, or the rows alone when htmx asks for more of a list.
func (s *Server) page(w http.ResponseWriter, r *http.Request, c *call, status int) error {
	data, err := c.route.read(s, c)
	if err != nil {
		return err
	}
	block := "layout"
	switch {
	case r.Header.Get("HX-Request") == "true" && s.pages.has(c.route.Page, "list"):
		block = "list"
	case c.route.Open, c.route.Step == access.StepFactor:
		block = "door"
	}
	html, err := s.pages.write(c.route.Page, block, page{View: c.view, D: data})
	if err != nil {
		return err
	}
	if c.route.Page == "booth" { // it may scan with the camera
		w.Header().Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
	}
	send(w, c, status, html)
	return nil
}

func send(w http.ResponseWriter, c *call, status int, html []byte) {
	for _, cookie := range c.cookies {
		http.SetCookie(w, cookie)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, Cookie, Accept-Language")
	h.Set("Content-Language", htmlLang(c.view.Lang))
	w.WriteHeader(status)
	_, _ = w.Write(html) // a visitor who left needs no answer
}

// command does what a form asks, then goes on to a page; a refused form is shown again with what was typed and why.
func (s *Server) command(w http.ResponseWriter, r *http.Request, c *call) {
	next, err := s.act(w, r, c)
	if err == nil && c.route.give != nil {
		return
	}
	if err == nil && next != "" {
		for _, cookie := range c.cookies {
			http.SetCookie(w, cookie)
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	if err != nil {
		kind := outbreak.KindOf(err)
		if c.route.Back == "" || kind == outbreak.Internal || kind == outbreak.Expired {
			s.refuse(w, r, c, err)
			return
		}
		c.view.Fault, c.view.Form = s.fault(c, err), c.form
	}
	status := http.StatusOK
	if err != nil {
		refusal := s.House.Refuse(r.Context(), err)
		status = refusal.Status
		maps.Copy(w.Header(), refusal.Header)
	}
	back, _, ok := match(http.MethodGet, fill(c.route.Back, c.path))
	if !ok {
		s.refuse(w, r, c, fmt.Errorf("the command %s comes back to %s, which is no page", c.route.Path, c.route.Back))
		return
	}
	c.route, c.view.Path = back, fill(back.Path, c.path)
	c.view.Title = back.Title
	if fault := s.page(w, r, c, status); fault != nil {
		if err != nil && outbreak.KindOf(fault) == outbreak.NotFound { // what the form was about is gone, and its page with it
			fault = err
		}
		s.refuse(w, r, c, fault)
	}
}

// act reads a form and does what it asks.
func (s *Server) act(w http.ResponseWriter, r *http.Request, c *call) (string, error) {
	if c.route.file {
		err := s.receive(w, r, c)
		if c.file != nil {
			defer c.file.done()
		}
		if err != nil {
			return "", err
		}
		return c.route.do(s, c)
	}
	if err := r.ParseForm(); err != nil {
		return "", unread(err)
	}
	c.form = r.PostForm
	if c.route.give != nil {
		return "", c.route.give(s, w, r, c)
	}
	return c.route.do(s, c)
}

// unread is the refusal of a form that could not be read: too large, or broken.
func unread(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
}

func (s *Server) fault(c *call, err error) *Fault {
	f := &Fault{Sentence: s.House.Sentence(c.view.Lang, err)}
	if about, is := errors.AsType[fieldFault](err); is {
		f.Field = about.field
	}
	return f
}

// asset gives the hashed path of a file; a name that is none shows in the page's tests.
func (s *Server) asset(name string) string { return s.assets.named[name] }

// zoneOf gives the time zone of the area the reader works in.
func (s *Server) zoneOf(c *call) *time.Location {
	for _, g := range c.by.Grants {
		if zone := s.areas.zone(s, c.ctx, g.Area); zone != nil {
			return zone
		}
	}
	return time.UTC
}
