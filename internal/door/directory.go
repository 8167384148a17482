package door

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"breakwater/internal/outbreak"
)

// Directory is an office's own sign-in by OpenID Connect. It says who somebody is and nothing of what he may do here.
type Directory struct {
	Issuer string
	client string
	secret string
	wall   outbreak.Clock
	ask    *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

const (
	directoryPatience = 10 * time.Second // an answer of the directory
	directoryTime     = 10 * time.Minute // somebody has for signing in there
	directoryDone     = "/login/directory/done"
)

// NewDirectory knows where the directory is. It is asked at the first sign-in, so that a directory that is down keeps no house
// from starting.
func NewDirectory(issuer, client, secret string, wall outbreak.Clock) *Directory {
	return &Directory{Issuer: issuer, client: client, secret: secret, wall: wall, ask: &http.Client{Timeout: directoryPatience}}
}

// errand is what a browser carries to the directory and back in a cookie of its own: what ties the answer to the question.
type errand struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Next     string `json:"t"`
}

// Vouched is whom the directory vouches for.
type Vouched struct {
	Subject string
	Strong  bool   // the directory says that it asked for more than a password
	Next    string // where the visitor wanted to go
}

func (d *Directory) meet(ctx context.Context) (*oidc.Provider, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.provider != nil {
		return d.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, d.ask), d.Issuer)
	if err != nil {
		return nil, outbreak.Refuse(outbreak.Busy, "door.directory_silent").Because(fmt.Errorf("asking the directory %s: %w", d.Issuer, err))
	}
	d.provider = p
	return p, nil
}

func (d *Directory) config(h House, r *http.Request, p *oidc.Provider) oauth2.Config {
	scheme := "http://"
	if h.encrypted(r) {
		scheme = "https://"
	}
	return oauth2.Config{ClientID: d.client, ClientSecret: d.secret, Endpoint: p.Endpoint(), RedirectURL: scheme + r.Host + directoryDone, Scopes: []string{oidc.ScopeOpenID}}
}

func (h House) errandCookie(value string) *http.Cookie {
	c := &http.Cookie{Name: h.cookie() + "-directory", Value: value, Path: "/", HttpOnly: true, Secure: h.Secure(), SameSite: http.SameSiteLaxMode,
		MaxAge: int(directoryTime.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// Send gives the address of the directory's sign-in page, and the cookie without which its answer is worth nothing.
func (d *Directory) Send(h House, r *http.Request, next string) (string, *http.Cookie, error) {
	p, err := d.meet(r.Context())
	if err != nil {
		return "", nil, err
	}
	e := errand{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	text, err := json.Marshal(e)
	if err != nil {
		return "", nil, err
	}
	config := d.config(h, r, p)
	to := config.AuthCodeURL(e.State, oidc.Nonce(e.Nonce), oauth2.S256ChallengeOption(e.Verifier))
	return to, h.errandCookie(base64.RawURLEncoding.EncodeToString(text)), nil
}

// Receive takes the directory's answer and gives whom it vouches for, and the cookie that ends the errand.
func (d *Directory) Receive(h House, r *http.Request) (Vouched, *http.Cookie, error) {
	end := h.errandCookie("")
	v, err := d.receive(h, r)
	if err != nil && outbreak.KindOf(err) == outbreak.Internal {
		err = outbreak.Refuse(outbreak.Forbidden, "door.directory_failed").Because(err)
	}
	return v, end, err
}

func (d *Directory) receive(h House, r *http.Request) (Vouched, error) {
	c, err := r.Cookie(h.cookie() + "-directory")
	if err != nil {
		return Vouched{}, err
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return Vouched{}, err
	}
	var e errand
	if err := json.Unmarshal(text, &e); err != nil {
		return Vouched{}, err
	}
	q := r.URL.Query()
	if e.State == "" || subtle.ConstantTimeCompare([]byte(e.State), []byte(q.Get("state"))) != 1 {
		return Vouched{}, errors.New("the answer belongs to another question")
	}
	p, err := d.meet(r.Context())
	if err != nil {
		return Vouched{}, err
	}
	ctx := oidc.ClientContext(r.Context(), d.ask)
	config := d.config(h, r, p)
	token, err := config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(e.Verifier))
	if err != nil {
		return Vouched{}, fmt.Errorf("exchanging the directory's code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Vouched{}, errors.New("the directory says nothing of who it is")
	}
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: d.client, Now: func() time.Time { return d.wall.Now().Time() }}).Verify(ctx, raw)
	if err != nil {
		return Vouched{}, fmt.Errorf("checking the directory's word: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(e.Nonce)) != 1 {
		return Vouched{}, errors.New("the directory's word was given for another sign-in")
	}
	var claims struct {
		Methods []string `json:"amr"`
	}
	if err := id.Claims(&claims); err != nil {
		return Vouched{}, err
	}
	return Vouched{Subject: id.Subject, Strong: slices.Contains(claims.Methods, "mfa"), Next: e.Next}, nil
}
