package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// howShown are the parameters of the line list's addresses that say how cases are shown and not which: the columns and the saved view
// of the list; of the curve; of the table. They travel from page to page.
var howShown = []string{"columns", "view", "by", "step", "stack", "each", "rows", "across", "share", "exposed", "hit"}

// passing are parameters that are of one page alone: what is open on it.
var passing = []string{"filter", "chooser", "show", "only", "format"}

// caseAddress is a page of the line list: which cases, and how they are shown.
type caseAddress struct {
	Path  string
	Query linelist.Query
	how   url.Values
}

// caseAddressOf reads an address.
func caseAddressOf(path string, v url.Values) (a caseAddress, err error) {
	a = caseAddress{Path: path, how: url.Values{}}
	a.Query, err = linelist.ParseQuery(v, slices.Concat(howShown, passing)...)
	for _, name := range howShown {
		if v.Get(name) != "" {
			a.how[name] = v[name]
		}
	}
	return a, err
}

// addressIn reads an address that stands whole in a field of a form. Only pages of the line list are taken.
func addressIn(text string) (caseAddress, error) {
	path, query, _ := strings.Cut(text, "?")
	if !slices.ContainsFunc(casePages, func(p string) bool { return p == path }) {
		path = casePages[0]
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		return caseAddress{Path: path, how: url.Values{}}, outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
	}
	return caseAddressOf(path, v)
}

// casePages are the pages that are of the same cases.
var casePages = []string{"/cases", "/cases/curve", "/cases/table", "/cases/quality"}

// values are the parameters of the address.
func (a caseAddress) values() url.Values {
	v := a.Query.Values()
	maps.Copy(v, a.how)
	return v
}

// String is the address as a link.
func (a caseAddress) String() string {
	if v := a.values(); len(v) > 0 {
		return a.Path + "?" + v.Encode()
	}
	return a.Path
}

// params are the parameters alone.
func (a caseAddress) params() string { return a.values().Encode() }

// To is the address of a command about the same cases, shown the same way.
func (a caseAddress) To(path string) string {
	a.Path = path
	return a.String()
}

// File is the address of a file of the page's figures.
func (a caseAddress) File(path, format string) string { return a.Shown("format", format).To(path) }

// On is another page of the same cases.
func (a caseAddress) On(path string) caseAddress {
	a.Path = path
	a.Query.After, a.Query.Jump = "", 0
	return a
}

// Of is the same page of another query.
func (a caseAddress) Of(q linelist.Query) caseAddress {
	a.Query = q
	return a
}

// How is what the address says of how cases are shown.
func (a caseAddress) How(name string) string { return a.how.Get(name) }

// Shown is the address with something shown otherwise; an empty value takes it out.
func (a caseAddress) Shown(name, value string) caseAddress {
	a.how = maps.Clone(a.how)
	if value == "" {
		a.how.Del(name)
	} else {
		a.how.Set(name, value)
	}
	return a
}

// Open is a link to the address with something open on the page.
func (a caseAddress) Open(name, value string) string {
	v := a.values()
	v.Set(name, value)
	return a.Path + "?" + v.Encode()
}

// KnownDay is the day the list is known as of, in a time zone; empty: now.
func (a caseAddress) KnownDay(zone *time.Location) string {
	if a.Query.KnownAt == 0 {
		return ""
	}
	return a.Query.KnownAt.Time().In(zone).Format(time.DateOnly)
}
