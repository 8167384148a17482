package cli

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"breakwater/internal/app"
	"breakwater/internal/engine/collector"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

type serveCmd struct {
	site
	Addr string `help:"Address to listen on." default:"127.0.0.1:8300"`
	listening
	Proxy     []string `help:"Address or network of a proxy in front, whose word on a visitor's address and encryption is taken; may be repeated." placeholder:"10.0.0.0/24"`
	WatchAddr string   `name:"watch-addr" help:"Address for Prometheus and health checks, without sign-in: on this machine or in a network of its own." placeholder:"127.0.0.1:9300"`
	backing
	PlainHTTP bool `name:"plain-http" help:"Let people sign in over unencrypted connections from other machines. Everybody on the way can read everything."`
}

// Run serves until it is told to stop.
func (c serveCmd) Run(r *run) error { return c.serve(r, func(*app.Config) {}) }

// serve serves a house that differs a little from what the flags say.
func (c serveCmd) serve(r *run, differ func(*app.Config)) error {
	collector.Tune(r.ctx)
	config := c.config(r)
	config.Addr, config.WatchAddr, config.PlainHTTP = c.Addr, c.WatchAddr, c.PlainHTTP
	for _, p := range c.Proxy {
		network, err := networkOf(p)
		if err != nil {
			return err
		}
		config.Proxies = append(config.Proxies, network)
	}
	if err := c.listening.into(&config); err != nil {
		return err
	}
	if err := c.backing.into(&config); err != nil {
		return err
	}
	differ(&config)
	a, err := app.New(r.ctx, config)
	if err != nil {
		return err
	}
	if c.PlainHTTP {
		r.say("cli.plain_http")
	}
	if err := a.Start(r.ctx); err != nil {
		return err
	}
	r.say("cli.serving", "url", a.URL())
	c.listening.tell(r, a)
	defer rereadFiles(r, a)()
	return wait(r, a)
}

// networkOf reads a network, or one address as a network of itself.
func networkOf(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, outbreak.Refuse(outbreak.Invalid, "cli.proxy_wrong", "proxy", text)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// wait lets the house run until the context ends or it can serve no more, and then stops it in order.
func wait(r *run, a *app.App) error {
	var failed error
	select {
	case <-r.ctx.Done():
	case failed = <-a.Failed():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 20*time.Second)
	defer cancel()
	if err := a.Stop(ctx); err != nil && failed == nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return failed
}

type migrateCmd struct{ site }

// Run brings the schema up to date.
func (c migrateCmd) Run(r *run) error {
	_, done, err := c.open(r)
	if err != nil {
		return err
	}
	done()
	r.say("cli.migrated")
	return nil
}

type doctorCmd struct {
	site
	JSON bool `name:"json" help:"One JSON object on standard output."`
}

// Run checks a site; a failing check is exit status 1.
func (c doctorCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	d, err := a.Doctor(r.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := r.print(d); err != nil {
			return err
		}
	} else {
		printDiagnosis(r, d)
		printProtocols(r, a)
	}
	if d.Violated() > 0 {
		return errFailed
	}
	return nil
}

func printDiagnosis(r *run, d app.Diagnosis) {
	fmt.Fprintf(r.streams.Out, "breakwater %s, %s\n", d.Version, d.Database)
	for _, c := range d.Checks {
		state := "ok  "
		if !c.OK {
			state = "FAIL"
		}
		fmt.Fprintf(r.streams.Out, "%s  %-14s %8d  %s\n", state, c.Name, c.Figure, c.Detail)
	}
}

// printProtocols prints every value in force, for the protocols of the declared outbreaks and then for the others.
func printProtocols(r *run, a *app.App) {
	outbreaks, err := a.House.Registry.ListOutbreaks(r.ctx, console(""))
	if err != nil {
		r.status(err)
		return
	}
	for _, o := range outbreaks {
		p, ok := a.House.Protocols.Find(o.Protocol)
		if !ok {
			fmt.Fprintf(r.streams.Out, "\nFAIL  outbreak %s runs under %s, which is not installed\n", o.Name, o.Protocol)
			continue
		}
		fmt.Fprintf(r.streams.Out, "\n%s: %s (%s), edition %s\n", o.Name, p.Title[string(r.lang)], p.ID, p.Edition)
		printValues(r, p)
	}
	if len(outbreaks) > 0 {
		return
	}
	for _, p := range a.Protocols() {
		fmt.Fprintf(r.streams.Out, "\n%s (%s), edition %s\n", p.Title[string(r.lang)], p.ID, p.Edition)
		printValues(r, p)
	}
}

type userCmd struct {
	Add         userAddCmd         `cmd:"" help:"Add a user. The first one is an administrator of everything."`
	ResetFactor userResetFactorCmd `cmd:"" help:"Ask to take a lost second factor away; an administrator confirms it."`
	Link        userLinkCmd        `cmd:"" help:"Let an account of the office's directory sign in as a user."`
}

type userAddCmd struct {
	site
	Login    string   `arg:"" help:"Name to sign in with."`
	Name     string   `help:"Name to show. Default: the login."`
	Role     []string `help:"Role to grant; may be repeated."`
	Area     string   `help:"Code of the area the role reaches. Default: everywhere."`
	Outbreak string   `help:"Outbreak the role reaches. Default: every one."`
	Password string   `help:"File with the password; - for standard input. Default: one is made and printed." placeholder:"FILE"`
	Token    bool     `help:"Also make a token for programs and print it."`
	JSON     bool     `name:"json" help:"One JSON object on standard output."`
}

// Run adds a user and prints how to sign in.
func (c userAddCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	password, made, err := c.password(r)
	if err != nil {
		return err
	}
	u, err := c.add(r, a, password)
	if err != nil {
		return err
	}
	out := struct {
		User     string `json:"user"`
		ID       string `json:"id"`
		Password string `json:"password,omitempty"`
		Token    string `json:"token,omitempty"`
	}{User: u.Login, ID: u.ID.String()}
	if made {
		out.Password = password
	}
	if c.Token {
		if out.Token, err = tokenFor(r.ctx, a, u); err != nil {
			return err
		}
	}
	if c.JSON {
		return r.print(out)
	}
	fmt.Fprintf(r.streams.Out, "%s\t%s\t%s\n", out.User, out.Password, out.Token)
	return nil
}

// add makes the first user an administrator, and gives the others the roles asked for.
func (c userAddCmd) add(r *run, a *app.App, password string) (access.User, error) {
	users, err := a.House.Access.ListUsers(r.ctx, console(""), "", 1)
	if err != nil {
		return access.User{}, err
	}
	if len(users) == 0 {
		return a.House.Access.Bootstrap(r.ctx, c.Login, password, r.lang)
	}
	return c.addFurther(r, a, password)
}
