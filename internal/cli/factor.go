package cli

import (
	"breakwater/internal/outbreak"
)

type userResetFactorCmd struct {
	site
	Login string `arg:"" help:"Name the user signs in with."`
}

// Run asks for a second factor to be taken away, as one of two; alone only while there is no other administrator.
func (c userResetFactorCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	by := console("")
	u, err := a.House.Access.FindUserByLogin(r.ctx, by, c.Login)
	if err != nil {
		return err
	}
	reset, err := a.House.Access.AskFactorReset(r.ctx, by, u.ID, "")
	if err != nil {
		return err
	}
	err = a.House.Access.ConfirmFactorReset(r.ctx, by, reset.ID, "")
	if outbreak.KindOf(err) == outbreak.Forbidden {
		r.say("cli.factor_asked", "login", u.Login)
		return nil
	}
	if err == nil {
		r.say("cli.factor_reset", "login", u.Login)
	}
	return err
}

type userLinkCmd struct {
	site
	Login   string `arg:"" help:"Name the user signs in with."`
	Issuer  string `arg:"" help:"Address of the directory."`
	Subject string `arg:"" help:"Identifier of the account there."`
}

// Run links an account of a directory to a user.
func (c userLinkCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	u, err := a.House.Access.FindUserByLogin(r.ctx, console(""), c.Login)
	if err != nil {
		return err
	}
	if err := a.House.Access.LinkUser(r.ctx, console(""), u.ID, c.Issuer, c.Subject, ""); err != nil {
		return err
	}
	r.say("cli.linked", "login", u.Login, "subject", c.Subject, "issuer", c.Issuer)
	return nil
}
