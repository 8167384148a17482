package app

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"

	"breakwater/internal/door"
	"breakwater/internal/door/my"
	"breakwater/internal/door/watch"
	"breakwater/internal/outbreak"
)

// TLS says where certificates come from. At most one of the three ways is taken: files, an authority that is asked by
// itself, or an authority of the house's own.
type TLS struct {
	Cert, Key string   // files in PEM; read again when they change
	ACME      []string // the names to ask a certificate for
	Email     string   // whom the authority writes to; may be empty
	Directory string   // address of the authority; empty: Let's Encrypt
	LocalCA   bool     // the house's own authority, for a network without the Internet
	PlainAddr string   // address for plain HTTP: the authority's questions, or the page that installs the house's own; empty: none
}

// DirectoryConfig names an office's own sign-in by OpenID Connect.
type DirectoryConfig struct {
	Issuer string // its address, without the path of its description
	Client string // what this site is called there
	Secret string
}

// boothRoutes is all a sampling point needs. Its address answers nothing else.
var boothRoutes = []string{
	"GET /api/v1/rounds", "GET /api/v1/rounds/{round}", "GET /api/v1/booths", "GET /api/v1/tubes/{tube}",
	"POST /api/v1/rounds/{round}/operations", "POST /api/v1/rounds/{round}/tubes", "POST /api/v1/rounds/{round}/outcomes", "POST /api/v1/tubes/{tube}/spoil", "POST /api/v1/people",
	"GET /booth", "GET /booth-worker.js", "POST /booth/enrol", "GET /static/", "GET /favicon.ico", "POST /csp",
	"POST /api/v1/device/beat", "POST /api/v1/device/walk-ins", "POST /api/v1/device/shifts", "POST /api/v1/device/leave",
}

// opened is one entrance with its listener and its server.
type opened struct {
	name    string
	listen  net.Listener
	server  *http.Server
	encrypt bool
}

// listenAll opens every address before anything is served: a house that cannot stand as it was told does not start.
func (a *App) listenAll() (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeAll())
		}
	}()
	config, plain, err := a.encryption()
	if err != nil {
		return err
	}
	a.encrypt = config
	staff := a.Handler()
	for _, e := range []struct {
		name, addr string
		limits     door.Limits
		handler    http.Handler
	}{
		{"staff", a.config.Addr, door.StaffLimits, staff},
		{"booth", a.config.BoothAddr, door.BoothLimits, a.only(boothRoutes, staff)},
		{"public", a.config.PublicAddr, door.PublicLimits, a.only(my.Routes, staff)},
	} {
		if e.addr == "" && e.name != "staff" {
			continue
		}
		if l, ok := a.config.Limits[e.name]; ok {
			e.limits = l
		}
		if err := a.open(e.name, e.addr, e.limits, e.handler, config); err != nil {
			return err
		}
	}
	a.opened[0].server.RegisterOnShutdown(a.web.Close)
	if plain == nil || a.config.TLS.PlainAddr == "" {
		return nil
	}
	handler, err := plain(a.addresses())
	if err != nil {
		return err
	}
	return a.open("plain", a.config.TLS.PlainAddr, door.PublicLimits, handler, nil)
}

func (a *App) open(name, addr string, limits door.Limits, handler http.Handler, encrypt *tls.Config) error {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return outbreak.Refuse(outbreak.Conflict, "app.address_taken", "addr", addr).Because(err)
	}
	if err != nil {
		return fmt.Errorf("listening on %s: %w", addr, err)
	}
	e := door.NewEntrance(name, limits, a.config.Wall)
	a.opened = append(a.opened, &opened{name: name, listen: l, encrypt: encrypt != nil, server: &http.Server{Handler: a.House.Front(handler), TLSConfig: encrypt,
		ReadHeaderTimeout: door.HeaderPatience, ReadTimeout: limits.Read, IdleTimeout: limits.Idle, MaxHeaderBytes: limits.HeaderBytes,
		BaseContext: func(net.Listener) context.Context { return e.Through(context.Background()) },
		ErrorLog:    slog.NewLogLogger(a.config.Log.Handler(), slog.LevelDebug)}})
	a.opened[len(a.opened)-1].listen = e.Listen(l)
	return nil
}

// encryption gives how connections are encrypted, nil for not at all, and what is served beside it unencrypted.
func (a *App) encryption() (*tls.Config, func(urls []string) (http.Handler, error), error) {
	t, beside := a.config.TLS, strings.TrimRight(a.config.Data, "/\\")
	switch {
	case t.Cert != "":
		files, err := door.OpenCertificate(t.Cert, t.Key, a.config.Wall, func(err error) {
			a.config.Log.Error("the certificate from before stays in use: the new one cannot be read", "error", err)
		})
		if err != nil {
			return nil, nil, outbreak.Refuse(outbreak.Invalid, "app.certificate_wrong", "file", t.Cert).Because(err)
		}
		a.files = files
		return door.TLSConfig(files.Get), nil, nil
	case len(t.ACME) > 0:
		acme := door.NewACME(t.ACME, t.Email, beside+".acme", t.Directory)
		return acme.TLSConfig(), func([]string) (http.Handler, error) { return acme.Handler(), nil }, nil
	case t.LocalCA:
		ca, err := door.OpenAuthority(beside+".ca", a.config.Wall)
		if err != nil {
			return nil, nil, err
		}
		a.ca = ca
		return door.TLSConfig(ca.Get), ca.Page, nil
	}
	return nil, nil, nil
}

// RereadCertificate reads the certificate's files now, not only when it is their turn; false when there are none.
func (a *App) RereadCertificate() (bool, error) {
	if a.files == nil {
		return false, nil
	}
	return true, a.files.Reread()
}

// only lets the routes of a list through to the handler, and health checks; everything else is not here.
func (a *App) only(routes []string, handler http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r, handler)
	}
	mux.HandleFunc("GET /healthz", watch.Alive)
	mux.Handle("/", a.House.Wrap(door.Chain{Door: "none", Refuse: a.House.RefuseText}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.House.RefuseText(w, r, outbreak.Refuse(outbreak.NotFound, "door.not_here"))
	})))
	return mux
}

func (a *App) serveAll() {
	a.serveHL7()
	for _, o := range a.opened {
		a.work.Go(func() {
			serve := o.server.Serve
			if o.encrypt {
				serve = func(l net.Listener) error { return o.server.ServeTLS(l, "", "") }
			}
			if err := serve(o.listen); !errors.Is(err, http.ErrServerClosed) {
				a.failed <- fmt.Errorf("serving at the entrance %s: %w", o.name, err)
			}
		})
	}
}

// shutAll lets the requests of every entrance end.
func (a *App) shutAll(ctx context.Context) error {
	errs := make([]error, len(a.opened))
	var all sync.WaitGroup
	for i, o := range a.opened {
		all.Go(func() { errs[i] = o.server.Shutdown(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (a *App) closeAll() (err error) {
	err = a.closeHL7()
	for _, o := range a.opened {
		err = errors.Join(err, o.listen.Close())
	}
	a.opened = nil
	return err
}

// URL is where staff finds the house.
func (a *App) URL() string { return a.URLOf("staff") }

// URLOf is where an entrance is to be found: "staff", "booth", "public" or "plain"; empty when it is not open.
func (a *App) URLOf(name string) string {
	for _, o := range a.opened {
		if o.name != name {
			continue
		}
		addr := o.listen.Addr().(*net.TCPAddr)
		host := addr.IP.String()
		if addr.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
		if name == "staff" && len(a.config.TLS.ACME) > 0 {
			host = a.config.TLS.ACME[0]
		}
		return o.scheme() + net.JoinHostPort(host, fmt.Sprint(addr.Port))
	}
	return ""
}

func (o *opened) scheme() string {
	if o.encrypt {
		return "https://"
	}
	return "http://"
}

// addresses are the addresses a phone in the network can type to reach staff's entrance.
func (a *App) addresses() []string {
	addr := a.opened[0].listen.Addr().(*net.TCPAddr)
	if !addr.IP.IsUnspecified() || a.ca == nil {
		return []string{a.URL()}
	}
	var list []string
	for _, host := range a.ca.Reached() {
		list = append(list, "https://"+net.JoinHostPort(host, fmt.Sprint(addr.Port)))
	}
	return list
}

// Fingerprint is that of the house's own authority; empty when it has none.
func (a *App) Fingerprint() string {
	if a.ca == nil {
		return ""
	}
	return a.ca.Fingerprint()
}

// setupCode makes what the first visitor of a fresh house has to show: four groups of four, to be copied from the screen.
func setupCode() string {
	t := rand.Text()
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:16]
}

// Fresh tells whether the house waits for its first administrator.
func (a *App) Fresh(ctx context.Context) (bool, error) {
	list, err := a.House.Access.ListUsers(ctx, outbreak.SystemActor("app"), "", 1)
	return err == nil && len(list) == 0, err
}
