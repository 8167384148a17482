package contacts_test

import (
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/contacts"
)

func (h *house) meet(by outbreak.Actor) contacts.Met {
	h.Helper()
	got, err := h.contacts.MeetWaiting(h.ctx, by, contacts.MeetWaiting{Outbreak: h.outbreak, Party: "CDC"})
	h.ok(err)
	return got
}

func (h *house) waiting(by outbreak.Actor, f contacts.Filter) []contacts.Waiting {
	h.Helper()
	f.Most = 100
	list, err := h.contacts.ListWaiting(h.ctx, by, f)
	h.ok(err)
	return list
}

// TestALinkWaitsForItsNumber loads a link whose source nobody knows yet, twice, then somebody of that number, and then another source.
func TestALinkWaitsForItsNumber(t *testing.T) {
	engines(t, func(h *house) {
		row := func(number string) contacts.LoadedLink {
			return contacts.LoadedLink{From: contacts.End{Number: number}, To: who("b"), Mark: "infected b", Setting: "market", Wait: true}
		}
		for range 2 {
			if got := h.load(root, row("a")); got.Waiting != 1 {
				t.Fatalf("%+v", got)
			}
		}
		list := h.waiting(root, contacts.Filter{})
		if len(list) != 1 || list[0].Number != "a" || list[0].Setting != "market" || len(h.links(root, contacts.Filter{})) != 0 {
			t.Fatalf("%+v", list)
		}
		if got := h.meet(root); got != (contacts.Met{Left: 1}) {
			t.Errorf("%+v", got)
		}
		h.load(root, contacts.LoadedLink{From: who("a"), To: who("c"), Mark: "other"})
		elsewhere := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2202/"}}}
		if got := h.meet(elsewhere); got.Left != 1 || len(h.waiting(elsewhere, contacts.Filter{})) != 0 {
			t.Errorf("somebody of another area: %+v", got)
		}
		if _, err := h.contacts.MeetWaiting(h.ctx, outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}, contacts.MeetWaiting{Outbreak: h.outbreak}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("somebody who only reads: %v", err)
		}
		if got := h.meet(root); got != (contacts.Met{Added: 1}) {
			t.Errorf("%+v", got)
		}
		links := h.links(root, contacts.Filter{Person: list[0].To})
		if len(links) != 1 || links[0].ID != list[0].ID || links[0].Setting != "market" || links[0].From == links[0].To {
			t.Fatalf("%+v", links)
		}
		if got := h.load(root, row("a")); got.Repeated != 1 || len(h.waiting(root, contacts.Filter{})) != 0 {
			t.Errorf("the list again: %+v", got)
		}
		if got := h.load(root, row("z")); got.Waiting != 1 || h.links(root, contacts.Filter{Person: list[0].To})[0].Version != 1 {
			t.Errorf("another number that nobody has: %+v", got)
		}
		if got := h.load(root, contacts.LoadedLink{From: who("z"), To: who("c"), Mark: "third"}); got.Added != 1 {
			t.Errorf("%+v", got)
		}
		if got := h.meet(root); got != (contacts.Met{Changed: 1}) {
			t.Errorf("%+v", got)
		}
		if links = h.links(root, contacts.Filter{Person: list[0].To}); len(links) != 1 || links[0].Version != 2 {
			t.Errorf("%+v", links)
		}
	})
}
