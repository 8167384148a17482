package web

import (
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// accountPage is one's own account.
type accountPage struct {
	Session  access.Session
	Sessions []access.Session
	Tokens   []access.Token
	Grants   []outbreak.Grant
	Made     string // the secret of a token just made; shown once
}

func (s *Server) readAccount(c *call) (any, error) {
	p := accountPage{Session: c.visit.session, Grants: c.by.Grants}
	if made, ok := c.remind.(string); ok {
		p.Made = made
	}
	if !access.Anywhere(c.by, access.SelfManage) { // a one-time password, or no role yet: only the password can be changed
		return p, nil
	}
	var err error
	if p.Sessions, err = s.House.Access.ListSessions(c.ctx, c.by); err != nil {
		return nil, err
	}
	p.Tokens, err = s.House.Access.ListTokens(c.ctx, c.by, c.by.User)
	return p, err
}

func (s *Server) ownPassword(c *call) (string, error) {
	if c.form.Get("password") != c.form.Get("again") {
		return "", refuseField("again", "web.password.differs")
	}
	if err := s.House.Access.SetPassword(c.ctx, c.by, c.by.User, c.form.Get("old"), c.form.Get("password"), c.key()); err != nil {
		return "", err
	}
	c.cookies = append(c.cookies, s.House.SessionCookie("")) // all sessions have ended, this one too
	return "/login?done=password", nil
}

// ownLanguage keeps the language on the account, and forgets what was chosen in this browser alone.
func (s *Server) ownLanguage(c *call) (string, error) {
	if err := s.House.Access.SetLanguage(c.ctx, c.by, words.Lang(c.form.Get("lang")), c.key()); err != nil {
		return "", err
	}
	gone := languageCookie("", s.House.Secure())
	gone.MaxAge = -1
	c.cookies = append(c.cookies, gone)
	return "/account?done=language", nil
}

func (s *Server) makeToken(c *call) (string, error) {
	days := map[string]time.Duration{"1": 1, "30": 30, "90": 90, "365": 365}[c.form.Get("days")]
	until := s.House.Wall.Now().Time().Add(days * 24 * time.Hour).Truncate(time.Hour).Add(time.Hour) // the same for a form sent twice
	secret, _, err := s.House.Access.MakeToken(c.ctx, c.by, access.NewToken{Name: c.form.Get("name"), Until: outbreak.At(until)}, c.key())
	if err != nil {
		return "", err
	}
	c.remind, c.form = secret, nil
	return "", nil // the page itself is the answer: the secret is in no address and is never shown again
}

func (s *Server) revokeToken(c *call) (string, error) {
	id, err := outbreak.ParseID[access.TokenID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/account?done=token_revoked", s.House.Access.RevokeToken(c.ctx, c.by, id, c.key())
}

func (s *Server) endSession(c *call) (string, error) {
	id, err := outbreak.ParseID[access.SessionID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/account?done=session_ended", s.House.Access.EndSession(c.ctx, c.by, id, c.key())
}

// aboutPage says who one is and what one may do.
type aboutPage struct {
	Version string
	Roles   []roleRights
	Lacking []access.Permission // what nobody gave this reader, so that he knows whom to ask
}

// roleRights is one role with its permissions, as it was granted.
type roleRights struct {
	outbreak.Grant
	Permissions []access.Permission
}

func (s *Server) readAbout(c *call) (any, error) {
	p := aboutPage{Version: s.House.Version}
	for _, g := range c.by.Grants {
		p.Roles = append(p.Roles, roleRights{Grant: g, Permissions: access.Table[access.Role(g.Role)]})
	}
	for _, may := range allPermissions {
		if !access.Anywhere(c.by, may) {
			p.Lacking = append(p.Lacking, may)
		}
	}
	return p, nil
}

// allPermissions are those of the most powerful role, which holds each.
var allPermissions = access.Table[access.Administrator]
