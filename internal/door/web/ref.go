package web

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// ref is a thing an entry or a task is about, with the address of its page when it has one that the reader may open.
type ref struct {
	Kind string
	ID   string
	Name string // empty: it has none, or not for this reader
	Href string
}

// things are the fields of an event's body that name a thing, in the order a sentence names them.
var things = []string{"person", "case", "tube", "single", "round", "site", "trip", "stay", "vehicle", "anomaly", "task", "user", "lab", "booth", "run", "crate", "search", "store", "party", "work_list"}

// Refs lists what an entry is about.
func (v *View) Refs(e outbreak.Entry) []ref {
	var body map[string]json.RawMessage
	if json.Unmarshal(e.Body, &body) != nil {
		return nil
	}
	var list []ref
	for _, kind := range things {
		var id string
		if json.Unmarshal(body[kind], &id) == nil && id != "" {
			list = append(list, v.ref(kind, id))
		}
	}
	return list
}

// Subject gives what a task or an anomaly is about.
func (v *View) Subject(r outbreak.Ref) []ref {
	if r.ID == "" {
		return nil
	}
	return []ref{v.ref(r.Kind, r.ID)}
}

// pageOf names the page of each kind of thing.
var pageOf = map[string]string{"person": "/people/", "case": "/cases/", "tube": "/tubes/", "single": "/tubes/", "round": "/rounds/", "site": "/sites/", "user": "/users/",
	"trip": "/transfers?trip=", "anomaly": "/anomalies?anomaly=", "lab": "/laboratories/", "run": "/runs/", "call_back": "/call-backs#c", "lab_alarm": "/laboratories?alarm=", "pool_search": "/searches/", "search": "/searches/", "store": "/supplies/",
	"party": "/reconcile/", "work_list": "/worklists/"}

func (v *View) ref(kind, id string) ref {
	r := ref{Kind: kind, ID: id, Name: v.called(kind, id)}
	if kind == "parked" && v.May(string(access.EventRetry)) {
		r.Href = "/parked"
	}
	if kind == "party" && r.Name == "" {
		return r // a list may come from somebody whose lists are not compared: no page is about him
	}
	if dir, has := pageOf[kind]; has {
		path, _, _ := strings.Cut(dir+id, "?")
		if route, _, ok := match("GET", path); ok && v.May(string(route.May)) {
			r.Href = dir + id
		}
	}
	return r
}

// Who names an actor of the journal: a user by name, one of our own consumers by what it does.
func (v *View) Who(actor string) string {
	kind, id, _ := strings.Cut(actor, ":")
	if kind == "system" {
		return v.T("web.journal.system", "part", v.Word("system", id))
	}
	return v.who(id)
}

// nameBook keeps the names of users, whom the journal knows by id alone.
type nameBook struct {
	mu sync.Mutex
	by map[string]named
}

type named struct {
	name string
	read outbreak.Instant // wall clock
}

const (
	nameFor   = 5 * time.Minute
	mostNames = 5_000
)

// name gives the name of a user; his number when nobody is found.
func (b *nameBook) name(s *Server, ctx context.Context, id string) string {
	now := s.House.Wall.Now()
	b.mu.Lock()
	known, ok := b.by[id]
	b.mu.Unlock()
	if ok && now.Sub(known.read) < nameFor {
		return known.name
	}
	user, err := outbreak.ParseID[outbreak.UserID](id)
	if err != nil {
		return id
	}
	name := id
	u, err := s.House.Access.FindUser(ctx, outbreak.SystemActor("web"), user)
	switch {
	case err == nil:
		name = u.Name
	case outbreak.KindOf(err) != outbreak.NotFound:
		return id
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by == nil || len(b.by) > mostNames {
		b.by = map[string]named{}
	}
	b.by[id] = named{name: name, read: now}
	return name
}

// furnish gives a view what it asks the server for.
func (s *Server) furnish(c *call) {
	v := c.view
	v.named = s.asset
	v.wall = s.House.Wall.Now()
	v.area = func(lang words.Lang, path outbreak.Path) string { return s.areaName(c.ctx, lang, path) }
	v.who = func(id string) string { return s.names.name(s, c.ctx, id) }
	v.called = s.thingNames(c)
}
