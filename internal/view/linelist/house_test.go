package linelist_test

import (
	"context"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/linelist"
	"breakwater/protocols"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	root   = outbreak.Actor{User: 1, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	owners = []store.Migrations{journal.Migrations, access.Migrations, task.Migrations, registry.Migrations, cases.Migrations, linelist.Migrations}
)

// house is a line list on one database.
type house struct {
	testing.TB
	ctx      context.Context
	db       *store.DB
	clock    *outbreak.HandClock
	journal  *journal.Journal
	ids      *outbreak.IDs
	registry *registry.Service
	cases    *cases.Service
	list     *linelist.Service
	outbreak outbreak.OutbreakID
	areas    []outbreak.Path
}

// engines runs do in a fresh house on each database.
func engines(t *testing.T, do func(*house)) {
	t.Helper()
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) { do(newHouse(t, db, clock)) })
}

func newHouse(t testing.TB, db *store.DB, clock *outbreak.HandClock) *house {
	h := &house{TB: t, ctx: context.Background(), db: db, clock: clock, journal: journal.New(db, testkit.Quiet(), nil), ids: outbreak.NewIDs(clock)}
	vault, err := registry.NewVault(make([]byte, 32))
	h.ok(err)
	rules, err := protocols.Embedded()
	h.ok(err)
	h.registry = registry.New(db, h.journal, h.ids, rules, vault)
	h.cases = cases.New(db, h.journal, h.ids, h.registry, task.New(db, h.journal, h.ids))
	_, err = h.registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"},
		{Code: "2201", Name: "市", Parent: "22", Population: 9_000_000}, {Code: "2202", Name: "乙", Parent: "22", Population: 400_000},
		{Code: "220102", Name: "区", Parent: "2201"}, {Code: "220103", Name: "县", Parent: "2201"}}})
	h.ok(err)
	h.areas = []outbreak.Path{"/22/2201/220102/", "/22/2201/220103/", "/22/2202/", "/22/"}
	h.outbreak, err = h.registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	h.ok(err)
	h.list = h.fresh()
	return h
}

// fresh is a line list that has read nothing yet, as another server would be.
func (h *house) fresh() *linelist.Service {
	return linelist.New(linelist.Rooms{DB: h.db, Journal: h.journal, IDs: h.ids, Registry: h.registry})
}

// fill writes generated cases.
func (h *house) fill(n int) {
	h.Helper()
	h.ok(testkit.LineList{Cases: n, Outbreak: h.outbreak, Areas: h.areas, Zone: zone(h), Seed: 5}.Write(h.ctx, h.db))
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %v, want %v", what, got, want)
	}
}
