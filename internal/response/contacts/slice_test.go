package contacts_test

import (
	"context"
	"fmt"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var root = outbreak.Actor{User: 1, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}

// house is contacts with the cases whose numbers they are known by.
type house struct {
	*testing.T
	ctx      context.Context
	clock    *outbreak.HandClock
	registry *registry.Service
	contacts *contacts.Service
	outbreak outbreak.OutbreakID
}

func engines(t *testing.T, do func(*house)) {
	t.Helper()
	owners := []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, cases.Migrations, contacts.Migrations}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		h := &house{T: t, ctx: context.Background(), clock: clock}
		j, ids := journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock)
		vault, err := registry.NewVault(make([]byte, 32))
		h.ok(err)
		rules, err := protocols.Embedded()
		h.ok(err)
		h.registry = registry.New(db, j, ids, rules, vault)
		h.contacts = contacts.New(db, j, ids, h.registry, cases.New(db, j, ids, h.registry, task.New(db, j, ids)))
		_, err = h.registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}, {Code: "2201", Parent: "22", Name: "市"}, {Code: "2202", Parent: "22", Name: "市"}}})
		h.ok(err)
		h.outbreak, err = h.registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		h.ok(err)
		do(h)
	})
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// who is somebody as a list describes one, known by a number.
func who(number string) contacts.End {
	return contacts.End{Number: number, New: &registry.NewPerson{Area: "2201", Identity: registry.Identity{Name: "王" + number}}}
}

func (h *house) load(by outbreak.Actor, links ...contacts.LoadedLink) contacts.LoadedLinks {
	h.Helper()
	for i := range links {
		if links[i].Mark == "" {
			links[i].Mark = fmt.Sprint("mark ", i)
		}
	}
	got, err := h.contacts.LoadLinks(h.ctx, by, contacts.LoadLinks{Outbreak: h.outbreak, Party: "CDC", Links: links})
	h.ok(err)
	if got.Added+got.Changed+got.Repeated+got.Waiting+len(got.Rejected) != len(links) {
		h.Fatalf("it does not add up: %+v", got)
	}
	return got
}

func (h *house) links(by outbreak.Actor, f contacts.Filter) []contacts.Link {
	h.Helper()
	f.Most = 100
	list, err := h.contacts.ListLinks(h.ctx, by, f)
	h.ok(err)
	return list
}

func TestLinksAreAddedRepeatedAndChanged(t *testing.T) {
	engines(t, func(h *house) {
		day := h.clock.Now().Add(-48 * 3600e9)
		rows := func(setting string) []contacts.LoadedLink {
			return []contacts.LoadedLink{{From: who("a"), To: who("b"), Exposure: "meal", Setting: setting, FirstAt: day, LastAt: day, Extra: []contacts.Extra{{Name: "seat", Value: "4", Open: true}, {Name: "remark", Value: "his brother"}}},
				{From: who("a"), To: who("c"), Exposure: "car"}}
		}
		if got := h.load(root, rows("restaurant")...); got.Added != 2 {
			t.Fatalf("%+v", got)
		}
		if got := h.load(root, rows("restaurant")...); got.Repeated != 2 {
			t.Errorf("the same again: %+v", got)
		}
		if got := h.load(root, rows("canteen")...); got.Changed != 1 || got.Repeated != 1 {
			t.Errorf("one says something else: %+v", got)
		}
		list := h.links(root, contacts.Filter{})
		if len(list) != 2 || list[0].From != list[1].From || list[0].Setting != "canteen" || list[0].Version != 2 || len(list[0].Extra) != 1 {
			t.Fatalf("%+v", list)
		}
		shut, err := h.contacts.OpenExtra(h.ctx, root, list[0].ID)
		if err != nil || len(shut) != 1 || shut[0].Value != "his brother" {
			t.Errorf("%+v %v", shut, err)
		}
		for person, want := range map[outbreak.PersonID]int{list[0].From: 2, list[0].To: 1} {
			if n := len(h.links(root, contacts.Filter{Person: person})); n != want {
				t.Errorf("%d links of a person, want %d", n, want)
			}
		}
	})
}

func TestWhatCanBeNoLinkComesBackAndKeepsNobody(t *testing.T) {
	engines(t, func(h *house) {
		now := h.clock.Now()
		got := h.load(root, contacts.LoadedLink{From: who("a"), To: who("a")}, contacts.LoadedLink{From: contacts.End{Number: "nobody"}, To: who("d")},
			contacts.LoadedLink{From: who("a"), To: who("b"), FirstAt: now, LastAt: now.Add(-48 * 3600e9)}, contacts.LoadedLink{From: who("a"), To: who("b"), LastAt: now.Add(48 * 3600e9)}, contacts.LoadedLink{From: who("a"), To: who("b")})
		want := []string{"contacts.same_person", "contacts.number_unknown", "contacts.last_before_first", "contacts.in_future"}
		if got.Added != 1 || len(got.Rejected) != len(want) {
			t.Fatalf("%+v", got)
		}
		for i, r := range got.Rejected {
			if r.Row != i || r.Reason != want[i] {
				t.Errorf("%+v, want %s", r, want[i])
			}
		}
		if n := len(h.links(root, contacts.Filter{})); n != 1 {
			t.Errorf("%d links", n)
		}
		if got := h.load(root, contacts.LoadedLink{From: contacts.End{Number: "d"}, To: who("a"), Mark: "later"}); len(got.Rejected) != 1 {
			t.Errorf("a row that came back left somebody behind: %+v", got)
		}
	})
}

func TestALinkIsWithdrawnOnceWithAReason(t *testing.T) {
	engines(t, func(h *house) {
		row := contacts.LoadedLink{From: who("a"), To: who("b")}
		h.load(root, row)
		id := h.links(root, contacts.Filter{})[0].ID
		withdraw := func(by outbreak.Actor, reason string) error {
			_, err := h.contacts.WithdrawLink(h.ctx, by, contacts.WithdrawLink{Link: id, Reason: reason})
			return err
		}
		elsewhere := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2202/"}}}
		reader := outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}
		for _, c := range []struct {
			by     outbreak.Actor
			reason string
			want   outbreak.Kind
		}{{elsewhere, "no", outbreak.NotFound}, {reader, "no", outbreak.Forbidden}, {root, " ", outbreak.Invalid}} {
			if err := withdraw(c.by, c.reason); outbreak.KindOf(err) != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		}
		if n := len(h.links(elsewhere, contacts.Filter{})); n != 0 {
			t.Errorf("somebody of another area sees %d links", n)
		}
		h.ok(withdraw(root, "another Wang"))
		if err := withdraw(root, "again"); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("twice: %v", err)
		}
		if got := h.load(root, row); got.Repeated != 1 || len(h.links(root, contacts.Filter{})) != 0 {
			t.Errorf("the list brings back what was withdrawn: %+v", got)
		}
		if list := h.links(root, contacts.Filter{Withdrawn: true}); len(list) != 1 || list[0].Reason != "another Wang" {
			t.Errorf("%+v", list)
		}
		if got := h.load(elsewhere, contacts.LoadedLink{From: who("x"), To: who("y"), Mark: "m"}); len(got.Rejected) != 1 {
			t.Errorf("somebody loads where he may not: %+v", got)
		}
	})
}
