package linelist_test

import (
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

func TestViewsAreKeptAndShared(t *testing.T) {
	engines(t, func(h *house) {
		owner := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2201/"}}}
		v, err := h.list.SaveView(h.ctx, owner, linelist.SaveView{Name: " Deaths  in March ", Query: "outcome=died&onset.from=2022-03-01&jump=900&after=x", Columns: []string{"case", "onset"}, Role: access.ContactTracer, Area: "/22/2201/"})
		h.ok(err)
		h.want("name", v.Name, "Deaths in March")
		h.want("query", v.Query, "onset.from=2022-03-01&outcome=died")
		for _, who := range []struct {
			grant outbreak.Grant
			sees  int
		}{{outbreak.Grant{Role: string(access.ContactTracer), Area: "/22/2201/220102/"}, 1}, {outbreak.Grant{Role: string(access.ContactTracer), Area: "/22/"}, 1},
			{outbreak.Grant{Role: string(access.ContactTracer), Area: "/22/2202/"}, 0}, {outbreak.Grant{Role: string(access.Investigator), Area: "/22/2201/"}, 0}} {
			by := outbreak.Actor{User: 8, Grants: []outbreak.Grant{who.grant}}
			list, err := h.list.ListViews(h.ctx, by)
			h.ok(err)
			h.want(who.grant.Role+" in "+string(who.grant.Area), len(list), who.sees)
			h.want("dropping another's", outbreak.KindOf(h.list.DropView(h.ctx, by, v.ID, "")), outbreak.NotFound)
		}
		mine, err := h.list.ListViews(h.ctx, owner)
		h.ok(err)
		h.want("mine", len(mine) == 1 && mine[0].Mine && len(mine[0].Columns) == 2, true)
		for _, c := range []linelist.SaveView{{Query: "outcome=died"}, {Name: "x", Query: "hospitol=1"}, {Name: "x", Columns: []string{"odd"}}, {Name: "x", Role: "king"}} {
			_, err := h.list.SaveView(h.ctx, owner, c)
			h.want(c.Name+c.Query, outbreak.KindOf(err), outbreak.Invalid)
		}
		_, err = h.list.SaveView(h.ctx, owner, linelist.SaveView{Name: "x", Role: access.ContactTracer, Area: "/22/2202/"})
		h.want("shared beyond the own area", outbreak.KindOf(err), outbreak.Forbidden)
		h.ok(h.list.DropView(h.ctx, owner, v.ID, ""))
		mine, err = h.list.ListViews(h.ctx, owner)
		h.ok(err)
		h.want("after dropping", len(mine), 0)
	})
}
