package linelist

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// View is a view of the list that somebody keeps.
type View struct {
	ID         outbreak.ViewID  `json:"id"`
	Name       string           `json:"name"`
	Query      string           `json:"query"`   // as the parameters of an address
	Columns    []string         `json:"columns"` // names of fields; empty: the usual ones
	Role       access.Role      `json:"role"`    // shared with; empty: with nobody
	Area       outbreak.Path    `json:"area"`    // of those it is shared with
	Mine       bool             `json:"mine"`
	RecordedAt outbreak.Instant `json:"recorded_at"`

	owner outbreak.UserID
}

// SaveView is the command that keeps a view.
type SaveView struct {
	Key     string        `json:"-"`
	Name    string        `json:"name"`
	Query   string        `json:"query"` // as the parameters of an address
	Columns []string      `json:"columns"`
	Role    access.Role   `json:"role"` // empty: for the actor alone
	Area    outbreak.Path `json:"area"`
}

// Limits of kept views.
const (
	mostViews    = 100 // of one user
	mostViewName = 80
)

// check tidies a view and refuses one that could not be opened. Where somebody was in the list is not kept.
func (c SaveView) check() (SaveView, error) {
	if c.Name = strings.Join(strings.Fields(c.Name), " "); c.Name == "" || utf8.RuneCountInString(c.Name) > mostViewName {
		return c, invalid("view_name", "most", mostViewName)
	}
	v, err := url.ParseQuery(c.Query)
	if err != nil {
		return c, invalid("view_query")
	}
	q, err := ParseQuery(v)
	if err != nil {
		return c, err
	}
	q.After, q.Jump, q.Seen = "", 0, 0
	c.Query = q.Values().Encode()
	for _, name := range c.Columns {
		if _, ok := columnOf(name); !ok {
			return c, invalid("no_field", "field", shortened(name))
		}
	}
	if len(c.Columns) > mostColumns {
		return c, invalid("columns_many", "most", mostColumns)
	}
	if c.Role != "" && !slices.Contains(access.Roles, c.Role) {
		return c, outbreak.Refuse(outbreak.Invalid, "access.role_unknown")
	}
	if !pathFits(string(c.Area)) {
		return c, invalid("area", "field", "area")
	}
	return c, nil
}

// SaveView keeps a view, for the actor alone or for those who hold a role in an area the actor reaches too.
func (s *Service) SaveView(ctx context.Context, by outbreak.Actor, c SaveView) (View, error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return View{}, err
	}
	c, err := c.check()
	if err != nil {
		return View{}, err
	}
	if c.Role != "" {
		if err := access.Require(by, access.CaseRead, outbreak.Scope{Area: c.Area}); err != nil {
			return View{}, err
		}
	}
	return store.Do(ctx, s.rooms.DB, store.By{Actor: by, Route: "linelist.SaveView", Key: c.Key}, c, func(tx *store.Tx) (View, error) {
		n, err := store.Count(tx, "select count(*) from saved_view where owner = $1", by.User)
		if err != nil {
			return View{}, err
		}
		if n >= mostViews {
			return View{}, outbreak.Refuse(outbreak.Conflict, "linelist.views_many", "most", mostViews)
		}
		v := View{ID: outbreak.New[outbreak.ViewID](s.rooms.IDs), Name: c.Name, Query: c.Query, Columns: c.Columns, Role: c.Role, Area: c.Area, Mine: true, RecordedAt: tx.Now, owner: by.User}
		if err := insertView(tx, v); err != nil {
			return View{}, err
		}
		_, err = s.rooms.Journal.Append(tx, by, outbreak.ListViewSaved{Scope: outbreak.Scope{Area: c.Area}, View: v.ID, Role: string(c.Role)})
		return v, err
	})
}

// DropView takes a view away from everybody; only its owner can.
func (s *Service) DropView(ctx context.Context, by outbreak.Actor, id outbreak.ViewID, key string) error {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return err
	}
	_, err := store.Do(ctx, s.rooms.DB, store.By{Actor: by, Route: "linelist.DropView", Key: key}, id, func(tx *store.Tx) (outbreak.ViewID, error) {
		v, ok, err := viewByID(tx, id)
		if err != nil {
			return 0, err
		}
		if !ok || v.owner != by.User {
			return 0, outbreak.Refuse(outbreak.NotFound, "linelist.no_view")
		}
		if err := tx.Must("delete from saved_view where id = $1", id); err != nil {
			return 0, err
		}
		_, err = s.rooms.Journal.Append(tx, by, outbreak.ListViewDropped{Scope: outbreak.Scope{Area: v.Area}, View: id})
		return id, err
	})
	return err
}

// ListViews lists the views of the actor and those that are shared with him, by name.
func (s *Service) ListViews(ctx context.Context, by outbreak.Actor) (list []View, err error) {
	if err := access.RequireAnywhere(by, access.CaseRead); err != nil {
		return nil, err
	}
	err = s.rooms.DB.Read(ctx, func(tx *store.Tx) error {
		all, err := viewsOf(tx, by.User, roles(by))
		for _, v := range all {
			if v.Mine = v.owner == by.User; v.Mine || v.sharedWith(by) {
				list = append(list, v)
			}
		}
		return err
	})
	return list, err
}

func roles(by outbreak.Actor) (list []string) {
	for _, g := range by.Grants {
		list = append(list, g.Role)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// sharedWith tells whether somebody holds the role in a part of the area, or in one around it.
func (v View) sharedWith(by outbreak.Actor) bool {
	return v.Role != "" && slices.ContainsFunc(by.Grants, func(g outbreak.Grant) bool {
		return g.Role == string(v.Role) && (g.Area.Contains(v.Area) || v.Area.Contains(g.Area))
	})
}
