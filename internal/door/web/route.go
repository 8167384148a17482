package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// Route is one row of the table that makes the mux, the navigation, the test of rights and the pictures of all pages.
type Route struct {
	Method string
	Path   string            // as the mux reads it: "/cases/{id}"
	May    access.Permission // what its visitor must hold somewhere, the rows being cut to his reach; empty: being signed in is enough
	Open   bool              // for visitors who have not signed in, too
	Title  string            // words key of the page's title
	Group  string            // navigation group; empty: not in the navigation
	Page   string            // template; empty for a command
	Back   string            // of a command: the page whose form it answers
	Live   bool              // the page is redrawn while it is open
	Own    bool              // its rows depend on who reads, not on his rights alone

	read func(s *Server, c *call) (any, error)    // gives the data of a page
	do   func(s *Server, c *call) (string, error) // does a command and gives where to go next
}

// call is what a handler may know of a request: who asks, what for, in which language.
type call struct {
	ctx   context.Context
	by    outbreak.Actor
	visit visit
	view  *View
	query url.Values
	path  func(name string) string
	form  url.Values
	route Route
	agent string // what the browser calls itself
	from  string // the address of the visitor

	cookies []*http.Cookie // to be set with the answer
	remind  any            // data for the page when the command is shown again, or instead of going anywhere
}

// Routes are the pages and commands of the web door, in the order of the navigation.
var Routes = []Route{
	{Method: "GET", Path: "/login", Open: true, Title: "web.login.title", Page: "login", read: (*Server).readLogin},
	{Method: "POST", Path: "/login", Open: true, Title: "web.login.title", Back: "/login", do: (*Server).signIn},
	{Method: "POST", Path: "/logout", Title: "web.nav.logout", do: (*Server).signOut},
	{Method: "GET", Path: "/setup", Open: true, Title: "web.setup.title", Page: "setup", read: (*Server).readSetup},
	{Method: "POST", Path: "/setup", Open: true, Title: "web.setup.title", Back: "/setup", do: (*Server).setUp},

	{Method: "GET", Path: "/journal", May: access.JournalRead, Title: "web.journal.title", Group: "record", Page: "journal", Live: true, read: (*Server).readJournal},
	{Method: "GET", Path: "/users", May: access.UserManage, Title: "web.users.title", Group: "record", Page: "users", read: (*Server).readUsers},
	{Method: "POST", Path: "/users", May: access.UserManage, Title: "web.users.title", Back: "/users", do: (*Server).addUser},
	{Method: "GET", Path: "/users/{id}", May: access.UserManage, Title: "web.user.title", Page: "user", read: (*Server).readUser},
	{Method: "POST", Path: "/users/{id}/grants", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).grant},
	{Method: "POST", Path: "/users/{id}/grants/{grant}/revoke", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).revoke},
	{Method: "POST", Path: "/users/{id}/password", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).resetPassword},
	{Method: "POST", Path: "/users/{id}/disable", May: access.UserManage, Title: "web.user.title", Back: "/users/{id}", do: (*Server).disable},

	{Method: "GET", Path: "/account", Title: "web.account.title", Page: "account", read: (*Server).readAccount},
	{Method: "POST", Path: "/account/password", Title: "web.account.title", Back: "/account", do: (*Server).ownPassword},
	{Method: "POST", Path: "/account/language", Title: "web.account.title", Back: "/account", do: (*Server).ownLanguage},
	{Method: "POST", Path: "/account/tokens", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).makeToken},
	{Method: "POST", Path: "/account/tokens/{id}/revoke", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).revokeToken},
	{Method: "POST", Path: "/account/sessions/{id}/end", May: access.SelfManage, Title: "web.account.title", Back: "/account", do: (*Server).endSession},
	{Method: "GET", Path: "/about", Title: "web.about.title", Page: "about", read: (*Server).readAbout},
}

// match finds the route of a path and gives the values its pattern names. The mux does the same for requests; a live
// stream names its page by its address and needs it here.
func match(method, path string) (Route, func(string) string, bool) {
	for _, r := range Routes {
		if r.Method != method {
			continue
		}
		if values, ok := fits(r.Path, path); ok {
			return r, func(name string) string { return values[name] }, true
		}
	}
	return Route{}, nil, false
}

func fits(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := map[string]string{}
	for i, w := range want {
		if name, is := strings.CutPrefix(w, "{"); is && have[i] != "" {
			values[strings.TrimSuffix(name, "}")] = have[i]
		} else if w != have[i] {
			return nil, false
		}
	}
	return values, true
}

// fill puts values into a pattern's names.
func fill(pattern string, value func(string) string) string {
	parts := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/")
	for i, p := range parts {
		if name, is := strings.CutPrefix(p, "{"); is {
			parts[i] = value(strings.TrimSuffix(name, "}"))
		}
	}
	return strings.Join(parts, "/")
}

// navGroup is one group of links in the rail.
type navGroup struct {
	Title string
	Links []navLink
}

type navLink struct {
	Path  string
	Title string
	Here  bool
}

// navGroups is the order of the groups.
var navGroups = []string{"overview", "screening", "cases", "beds", "work", "record"}

// navigation lists the pages a reader may open; here is the page he is on, or the one above it.
func navigation(by outbreak.Actor, here string) []navGroup {
	var groups []navGroup
	for _, name := range navGroups {
		g := navGroup{Title: "web.nav.group." + name}
		for _, r := range Routes {
			if r.Group != name || !access.Anywhere(by, r.May) {
				continue
			}
			path := strings.TrimSuffix(r.Path, "{$}")
			on := path == here || path != "/" && strings.HasPrefix(here, path+"/")
			g.Links = append(g.Links, navLink{Path: path, Title: r.Title, Here: on})
		}
		if len(g.Links) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}
