package web

import (
	"net/url"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// savedViews are the views a reader has, as tabs over the list.
type savedViews struct {
	Views []viewTab
	View  *linelist.View // the one the address is of
	Roles []access.Role  // it can be shared with
	Areas []areaChoice   // and where
}

type viewTab struct {
	linelist.View
	Href string
	Here bool
}

// viewsOf reads the views of the reader and those shared with him.
func (s *Server) viewsOf(c *call, a caseAddress) (v savedViews, err error) {
	list, err := s.House.LineList.ListViews(c.ctx, c.by)
	if err != nil {
		return v, err
	}
	for _, view := range list {
		tab := viewTab{View: view, Here: view.ID.String() == a.How("view")}
		if tab.Here {
			v.View = &view
		}
		tab.Href = viewAddress(view)
		v.Views = append(v.Views, tab)
	}
	v.Roles = access.Roles
	v.Areas, err = s.areaChoices(c, access.CaseRead)
	return v, err
}

// viewAddress is the list as a view keeps it.
func viewAddress(v linelist.View) string {
	values, _ := url.ParseQuery(v.Query) // it was written by us
	if len(v.Columns) > 0 {
		values.Set("columns", strings.Join(v.Columns, ","))
	}
	values.Set("view", v.ID.String())
	return "/cases?" + values.Encode()
}

// saveView keeps the list as it is shown.
func (s *Server) saveView(c *call) (string, error) {
	a, err := caseAddressOf("/cases", c.query)
	if err != nil {
		return "", err
	}
	q := a.Query
	q.After, q.Jump, q.Seen = "", 0, 0
	view, err := s.House.LineList.SaveView(c.ctx, c.by, linelist.SaveView{Key: c.key(), Name: c.form.Get("name"), Query: q.Values().Encode(),
		Columns: strings.FieldsFunc(a.How("columns"), func(r rune) bool { return r == ',' }), Role: access.Role(c.form.Get("role")), Area: outbreak.Path(c.form.Get("area"))})
	if err != nil {
		return "", err
	}
	return viewAddress(view) + "&done=view_saved", nil
}

// dropView takes a view away. The list stays as it was.
func (s *Server) dropView(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.ViewID](c.form.Get("drop"))
	if err != nil {
		return "", err
	}
	a, err := caseAddressOf("/cases", c.query)
	if err != nil {
		return "", err
	}
	q := a.Shown("view", "").values()
	q.Set("done", "view_dropped")
	return "/cases?" + q.Encode(), s.House.LineList.DropView(c.ctx, c.by, id, c.key())
}
