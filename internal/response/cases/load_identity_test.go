package cases_test

import (
	"slices"
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
)

func (h *house) changes(id outbreak.PersonID) []registry.OpenedChange {
	h.Helper()
	by := root
	by.Purpose = outbreak.PurposeInvestigation
	list, err := h.registry.OpenIdentityChanges(h.ctx, by, id)
	h.ok(err)
	return list
}

func (h *house) called(id outbreak.PersonID) registry.Identity {
	h.Helper()
	by := root
	by.Purpose = outbreak.PurposeInvestigation
	i, err := h.registry.ReadIdentity(h.ctx, by, id, "")
	h.ok(err)
	return i
}

// TestAListCorrectsWhoSomebodyIs loads a list whose rows say another name and birth date the next day: written, with what it was; and
// where another list corrected it meanwhile, left to a person who decides.
func TestAListCorrectsWhoSomebodyIs(t *testing.T) {
	engines(t, func(h *house) {
		row := func(name, birth, phone, onset string) cases.LoadCases {
			return cases.LoadCases{Party: "hospital", Rows: []cases.LoadedCase{{External: "1", Values: cases.Values{"onset": onset},
				Person: registry.NewPerson{Area: "22", Identity: registry.Identity{Name: name, Birth: birth, Phone: phone}}}}}
		}
		id := h.load(row("王芳", "1980-02-03", "", "2022-03-01"), 1, 0, 0, 0).Cases[0]
		c, _, err := h.cases.FindCase(h.ctx, root, id)
		h.ok(err)
		h.load(row("王芳", "1980-03-02", "13800000001", "2022-03-01"), 0, 1, 0, 0)
		if got := h.called(c.Person); got.Birth != "1980-03-02" || got.Phone != "13800000001" || got.Name != "王芳" {
			h.Fatalf("%+v", got)
		}
		h.load(row("王芳", "1980-03-02", "13800000001", "2022-03-01"), 0, 0, 1, 0)
		list := h.changes(c.Person)
		if len(list) != 1 || list[0].State != registry.ChangeCorrected || list[0].Source != "hospital" || list[0].Said["birth"] != (registry.Difference{Was: "1980-02-03", Became: "1980-03-02"}) || !slices.Equal(list[0].Fields, []string{"birth", "phone"}) {
			h.Fatalf("%+v", list)
		}

		h.load(row("", "1980-03-02", "13800000001", "2022-03-01"), 0, 0, 1, 0) // an empty cell says nothing
		if h.called(c.Person).Name != "王芳" {
			h.Error("an empty cell took the name away")
		}
		h.load(row("王方", "1980-03-02", "13800000001", "2022-03-02"), 0, 1, 0, 0)
		if got := h.called(c.Person); got.Name != "王方" {
			h.Fatalf("%+v", got)
		}
		list = h.changes(c.Person)
		waits := h.loadDiffering(c, row)
		if got := h.called(c.Person); got.Name != "王方" {
			h.Fatalf("what was decided here was overwritten: %+v", got)
		}
		open, err := h.registry.ListIdentityDifferences(h.ctx, root, "", 0, 10)
		h.ok(err)
		if len(open) != 1 || open[0].ID != waits || len(h.changes(c.Person)) != len(list)+2 {
			h.Fatalf("%+v", open)
		}
		work := h.work()
		got, err := h.registry.DecideIdentity(h.ctx, root, registry.DecideIdentity{Change: waits, Take: true})
		h.ok(err)
		if got.State != registry.ChangeTaken || h.called(c.Person).Phone != "13900000009" {
			h.Errorf("%+v %+v", got, h.called(c.Person))
		}
		_, err = h.registry.DecideIdentity(h.ctx, root, registry.DecideIdentity{Change: waits})
		h.refused(err, "registry.identity_decided")
		if h.followLatest("IdentityDecided"); h.work() != work-1 {
			h.Errorf("the work is not ended: %d of %d", h.work(), work)
		}
	})
}

// loadDiffering makes two numbers of one case say different telephones, one after the other, and gives what waits.
func (h *house) loadDiffering(c cases.Case, row func(name, birth, phone, onset string) cases.LoadCases) registry.ChangeID {
	h.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		return cases.LearnNumbers(tx, h.outbreak, "ministry", []cases.CaseNumber{{Number: "m1", Case: c.ID}})
	}))
	ministry := row("王方", "1980-03-02", "13900000008", "2022-03-02")
	ministry.Party, ministry.Rows[0].External = "ministry", "m1"
	got, err := h.cases.LoadCases(h.ctx, root, cases.LoadCases{Outbreak: h.outbreak, Party: "ministry", Rows: ministry.Rows})
	h.ok(err)
	list := h.changes(c.Person)
	if got.Changed != 1 || list[0].State != registry.ChangeWaits || list[0].Source != "ministry" {
		h.Fatalf("%+v %+v", got, list)
	}
	kept, err := h.registry.DecideIdentity(h.ctx, root, registry.DecideIdentity{Change: list[0].ID})
	h.ok(err)
	if kept.State != registry.ChangeKept || h.called(c.Person).Phone != "13800000001" {
		h.Fatalf("%+v", kept)
	}
	h.followLatest("IdentityDecided")
	ministry.Rows[0].Person.Identity.Phone = "13900000009"
	_, err = h.cases.LoadCases(h.ctx, root, cases.LoadCases{Outbreak: h.outbreak, Party: "ministry", Rows: ministry.Rows})
	h.ok(err)
	return h.changes(c.Person)[0].ID
}
