package web

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/response/reconcile"
)

// notSaid is chosen of a column that is recognised by itself.
const notSaid = "auto"

// moreColumns is how many lines there are for columns that no list had yet.
const moreColumns = 4

// partySettings are what the form of a party's settings says: what is kept, or what was typed before it was refused.
type partySettings struct {
	Open                                     bool
	Name, Kind, Rhythm, Owner, Folder, Dates string
	Columns, More                            []reconcile.Column
	Ends                                     bool
}

func settingsOf(p partyPage, v *View) partySettings {
	f := partySettings{Name: p.Name, Kind: p.Kind, Owner: p.OwnerLogin, Folder: p.Folder, Dates: p.Standing.Dates, Columns: p.Columns, Ends: p.EndedAt != 0, More: make([]reconcile.Column, moreColumns)}
	if p.Rhythm != 0 {
		f.Rhythm = strconv.Itoa(p.Rhythm)
	}
	for i := range f.More {
		f.More[i].Field = notSaid
	}
	if v.Form.Has("column") {
		f.typed(v)
	}
	return f
}

// typed shows what somebody typed again: what he wrote of columns of lists to come stands behind those that are known.
func (f *partySettings) typed(v *View) {
	f.Open = true
	f.Name, f.Kind, f.Rhythm, f.Owner, f.Folder, f.Dates, f.Ends = v.Typed("name"), v.Typed("kind"), v.Typed("rhythm"), v.Typed("owner"), v.Typed("folder"), v.Typed("dates"), v.Typed("ends") != ""
	said := map[string]string{}
	var more []reconcile.Column
	for i, name := range v.Form["column"] {
		name = strings.TrimSpace(name)
		said[name] = v.TypedAt("as", i)
		if !slices.ContainsFunc(f.Columns, func(c reconcile.Column) bool { return c.Name == name }) {
			more = append(more, reconcile.Column{Name: name, Field: said[name]})
		}
	}
	f.Columns = slices.Clone(f.Columns)
	for i, c := range f.Columns {
		if as, is := said[c.Name]; is {
			f.Columns[i].Field = as
		}
	}
	f.More = append(more, f.More...)[:max(len(more), moreColumns)]
}
