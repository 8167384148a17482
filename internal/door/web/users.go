package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// rowsPerPage is how many rows a list shows at a time.
const rowsPerPage = 60

type usersPage struct {
	Users []access.User
	More  string // address of the next page
	Areas []areaChoice

	Factors map[outbreak.UserID]access.Factor
	Resets  []access.FactorReset // wait for a second administrator
}

func (s *Server) readUsers(c *call) (any, error) {
	list, err := s.House.Access.ListUsers(c.ctx, c.by, c.query.Get("after"), rowsPerPage+1)
	if err != nil {
		return nil, err
	}
	p := usersPage{Users: list}
	if len(list) > rowsPerPage {
		p.Users = list[:rowsPerPage]
		p.More = c.view.With("after", p.Users[rowsPerPage-1].Login)
	}
	if p.Factors, err = s.House.Access.ListFactors(c.ctx, c.by, p.Users); err != nil {
		return nil, err
	}
	if p.Resets, err = s.House.Access.ListFactorResets(c.ctx, c.by); err != nil {
		return nil, err
	}
	p.Areas, err = s.areaChoices(c, access.UserManage)
	return p, err
}

func (s *Server) addUser(c *call) (string, error) {
	u, err := s.House.Access.AddUser(c.ctx, c.by, access.NewUser{Login: c.form.Get("login"), Name: c.form.Get("name"),
		Lang: words.Lang(c.form.Get("lang")), Area: outbreak.Path(c.form.Get("area")), Password: c.form.Get("password")}, c.key())
	if err != nil {
		return "", err
	}
	return "/users/" + u.ID.String() + "?done=user_added", nil
}

type userPage struct {
	User   access.User
	Self   bool
	Roles  []access.Role
	Areas  []areaChoice
	Spread []outbreakChoice
	Tokens []access.Token

	Factor    access.Factor
	Reset     *access.FactorReset // waits for a second administrator
	OwnAsk    bool                // the reader asked for it himself
	Links     []access.Link
	Directory string // the issuer of the office's directory; empty: there is none
}

func (s *Server) readUser(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.UserID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := userPage{Self: id == c.by.User, Roles: access.Roles}
	if p.User, err = s.House.Access.FindUser(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if p.Tokens, err = s.House.Access.ListTokens(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if p.Areas, err = s.areaChoices(c, access.UserManage); err != nil {
		return nil, err
	}
	if err := s.readUserFactor(c, &p); err != nil {
		return nil, err
	}
	p.Spread, err = s.outbreakChoices(c)
	return p, err
}

// readUserFactor adds how the user proves who he is.
func (s *Server) readUserFactor(c *call, p *userPage) error {
	found, err := s.House.Access.ListFactors(c.ctx, c.by, []access.User{p.User})
	if err != nil {
		return err
	}
	p.Factor = found[p.User.ID]
	resets, err := s.House.Access.ListFactorResets(c.ctx, c.by)
	if err != nil {
		return err
	}
	for _, r := range resets {
		if r.User == p.User.ID {
			p.Reset, p.OwnAsk = &r, r.Asked == c.by.String()
		}
	}
	if s.House.Directory != nil {
		p.Directory = s.House.Directory.Issuer
	}
	p.Links, err = s.House.Access.ListLinks(c.ctx, c.by, p.User.ID)
	return err
}

// aboutUser does something to the user the address names and comes back to his page.
func aboutUser(c *call, done string, do func(outbreak.UserID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.UserID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/users/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) grant(c *call) (string, error) {
	return aboutUser(c, "granted", func(id outbreak.UserID) error {
		ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
		if err != nil {
			return err
		}
		_, err = s.House.Access.Grant(c.ctx, c.by, id, outbreak.Grant{Role: c.form.Get("role"), Area: outbreak.Path(c.form.Get("area")), Outbreak: ob}, 0, c.key())
		return err
	})
}

func (s *Server) revoke(c *call) (string, error) {
	return aboutUser(c, "revoked", func(outbreak.UserID) error {
		grant, err := outbreak.ParseID[access.GrantID](c.path("grant"))
		if err != nil {
			return err
		}
		return s.House.Access.Revoke(c.ctx, c.by, grant, c.key())
	})
}

func (s *Server) resetPassword(c *call) (string, error) {
	return aboutUser(c, "password_set", func(id outbreak.UserID) error {
		return s.House.Access.SetPassword(c.ctx, c.by, id, "", c.form.Get("password"), c.key())
	})
}

func (s *Server) disable(c *call) (string, error) {
	return aboutUser(c, "disabled", func(id outbreak.UserID) error { return s.House.Access.Disable(c.ctx, c.by, id, c.key()) })
}
