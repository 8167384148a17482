package web

import (
	"crypto/subtle"
	"net/url"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// doorPage is what the sign-in page says besides its form.
type doorPage struct {
	Over bool // a session has ended
	Out  bool // somebody signed out

	Directory bool // one can sign in through the office's own directory
}

func (s *Server) readLogin(c *call) (any, error) {
	none, err := s.noUsers(c)
	if err != nil {
		return nil, err
	}
	if none {
		return nil, goTo("/setup")
	}
	if c.visit.in {
		return nil, goTo(inside(c.query.Get("next")))
	}
	c.view.Next = inside(c.query.Get("next"))
	return doorPage{Over: c.query.Get("over") != "", Out: c.query.Get("out") != "", Directory: s.House.Directory != nil}, nil
}

// inside lets through addresses of this house alone, so that nobody is sent elsewhere by a link to the sign-in page.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || u.Path == "/login" || u.Path == "/logout" {
		return "/"
	}
	return next
}

func (s *Server) signIn(c *call) (string, error) {
	c.view.Next = inside(c.form.Get("next"))
	secret, session, err := s.House.Access.SignIn(c.ctx, c.form.Get("login"), c.form.Get("password"), c.from, c.agent)
	if err != nil {
		return "", err
	}
	c.cookies = append(c.cookies, s.House.SessionCookie(secret))
	if c.asked == words.Chinese || c.asked == words.English { // the address says it, and goes before the account
		c.cookies = append(c.cookies, languageCookie(chosenBy(c.asked, session.User), s.House.Secure()))
	}
	if page, first := stepPages[session.Step]; first {
		if session.Step == access.StepFactor {
			page += "?next=" + url.QueryEscape(c.view.Next)
		}
		return page, nil
	}
	return c.view.Next, nil
}

func (s *Server) signOut(c *call) (string, error) {
	c.cookies = append(c.cookies, s.House.SessionCookie(""))
	if err := s.House.Access.SignOut(c.ctx, c.visit.secret); err != nil {
		return "", err
	}
	return "/login?out=1", nil
}

// noUsers tells whether the house is new and waits for its first administrator.
func (s *Server) noUsers(c *call) (bool, error) {
	if s.peopled.Load() {
		return false, nil
	}
	list, err := s.House.Access.ListUsers(c.ctx, outbreak.SystemActor("web"), "", 1)
	if err == nil && len(list) > 0 {
		s.peopled.Store(true)
	}
	return len(list) == 0, err
}

// setupPage is what the set-up page asks for besides name and password.
type setupPage struct {
	Code bool // what the server printed when it started: the first visitor over a network could be anybody
}

func (s *Server) readSetup(c *call) (any, error) {
	none, err := s.noUsers(c)
	if err == nil && !none {
		return nil, goTo("/login")
	}
	return setupPage{Code: s.asksCode(c)}, err
}

func (s *Server) asksCode(c *call) bool { return s.House.SetupCode != "" && !c.local }

func (s *Server) setUp(c *call) (string, error) {
	if c.form.Get("password") != c.form.Get("again") {
		return "", refuseField("again", "web.password.differs")
	}
	given := strings.ToUpper(strings.TrimSpace(c.form.Get("code")))
	if s.asksCode(c) && subtle.ConstantTimeCompare([]byte(given), []byte(s.House.SetupCode)) != 1 {
		return "", refuseField("code", "web.setup.code_wrong")
	}
	if _, err := s.House.Access.Bootstrap(c.ctx, c.form.Get("login"), c.form.Get("password"), c.view.Lang); err != nil {
		return "", err
	}
	s.peopled.Store(true)
	return s.signIn(c)
}
