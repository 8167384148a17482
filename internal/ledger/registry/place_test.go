package registry

import (
	"context"
	"slices"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// placeSite is a registry with rule books and an outbreak.
func placeSite(t *testing.T, db *store.DB, clock *outbreak.HandClock) (keySite, outbreak.OutbreakID) {
	t.Helper()
	s := nameSite(t, db, clock)
	set, err := protocols.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s.Service = New(db, s.journal, s.ids, set, s.vault)
	s.by.Purpose = outbreak.PurposeInvestigation
	ob, err := s.DeclareOutbreak(context.Background(), s.by, DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
	if err != nil {
		t.Fatal(err)
	}
	return s, ob
}

func (s keySite) place(c AddPlace) Place {
	s.t.Helper()
	p, err := s.AddPlace(context.Background(), s.by, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func TestPlacesAreATreeWithNames(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s, _ := placeSite(t, db, clock)
		market := s.place(AddPlace{Kind: "market", Area: "220101", Name: "东方批发市场", Aliases: []PlaceName{{"Oriental Wholesale Market", "en"}, {"東方批發市場", "zh-Hant"}, {"老东市", ""}},
			Lat: 43_840_000, Lon: 126_550_000, Coordinates: "GCJ02"})
		stall := s.place(AddPlace{Kind: "stall", Parent: market.ID, Name: "A-12"})
		if again := s.place(AddPlace{Kind: "market", Area: "220101", Name: "东方 批发市场", Aliases: []PlaceName{{"East Market", "en"}}}); again.ID != market.ID {
			t.Error("the same place twice")
		}
		for _, name := range []string{"oriental", "東方批發", "老东", "East market"} {
			if list, err := s.SearchPlaces(ctx, s.by, name, "/22/"); err != nil || len(list) != 1 || list[0].ID != market.ID {
				t.Errorf("%s: %+v %v", name, list, err)
			}
		}
		d, err := s.FindPlace(ctx, s.by, stall.ID)
		if err != nil || len(d.Around) != 1 || d.Around[0].ID != market.ID || d.Area != "/22/2201/220101/" {
			t.Errorf("%+v %v", d, err)
		}
		for want, c := range map[string]AddPlace{
			"registry.place_within":      {Kind: "room", Parent: market.ID, Name: "x1"},
			"registry.place_kind":        {Kind: "cave", Area: "22", Name: "x1"},
			"registry.place_name":        {Kind: "shop", Area: "22", Name: " · "},
			"registry.place_coordinates": {Kind: "shop", Area: "22", Name: "x1", Lat: 5},
			"registry.no_place":          {Kind: "stall", Parent: 77, Name: "x1"},
			"registry.no_area":           {Kind: "shop", Area: "99", Name: "x1"},
		} {
			if _, err := s.AddPlace(ctx, s.by, c); msgOf(err) != want {
				t.Errorf("%v instead of %s", err, want)
			}
		}
		s.changes(market, stall)
		double := s.place(AddPlace{Kind: "market", Area: "220101", Name: "东方市场"})
		m, err := s.MergePlaces(ctx, s.by, MergePlaces{One: double.ID, Other: market.ID, Reason: "one hall"})
		if err != nil {
			t.Fatal(err)
		}
		if d, err := s.FindPlace(ctx, s.by, double.ID); err != nil || d.MergedInto != market.ID || len(d.Names) != 7 || len(d.Within) != 1 || !slices.Equal(d.Together, []outbreak.PlaceID{market.ID, double.ID}) {
			t.Errorf("%+v %v", d, err)
		}
		if _, err := s.MergePlaces(ctx, s.by, MergePlaces{One: market.ID, Other: double.ID, Reason: "again"}); msgOf(err) != "registry.places_merged" {
			t.Error(err)
		}
		if _, err := s.UnmergePlaces(ctx, s.by, UnmergePlaces{Merge: m.ID, Reason: "two halls"}); err != nil {
			t.Fatal(err)
		}
		if d, err := s.FindPlace(ctx, s.by, double.ID); err != nil || d.MergedInto != 0 || len(d.Together) != 1 {
			t.Errorf("%+v %v", d, err)
		}
	})
}

// head is the newest entry of the journal.
func (s keySite) head() (n int64) {
	s.t.Helper()
	if err := s.db.Read(context.Background(), func(tx *store.Tx) (err error) {
		n, err = journal.Head(tx)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// changes renames a market, gives it a name more, moves it with what lies in it, and moves it back.
func (s keySite) changes(market, stall Place) {
	s.t.Helper()
	ctx := context.Background()
	again := AddPlace{Kind: market.Kind, Area: "220101", Name: market.Name, Lat: market.Lat, Lon: market.Lon, Coordinates: market.Coordinates}
	change := func(id outbreak.PlaceID, c AddPlace) (Place, error) {
		return s.ChangePlace(ctx, s.by, ChangePlace{Place: id, AddPlace: c})
	}
	head := s.head()
	if _, err := change(market.ID, again); err != nil || s.head() != head {
		s.t.Errorf("the same said again: %v", err)
	}
	moved := again
	moved.Name, moved.Area = "东方新市场", "220102"
	if p, err := change(market.ID, moved); err != nil || p.Area != "/22/2201/220102/" {
		s.t.Errorf("%+v %v", p, err)
	}
	if d, err := s.FindPlace(ctx, s.by, stall.ID); err != nil || d.Area != "/22/2201/220102/" || d.Around[0].Name != "东方新市场" {
		s.t.Errorf("what lies in it did not come along: %+v %v", d, err)
	}
	for _, name := range []string{"东方批发", "东方新"} {
		if list, err := s.SearchPlaces(ctx, s.by, name, "/22/"); err != nil || len(list) != 1 {
			s.t.Errorf("%s: %+v %v", name, list, err)
		}
	}
	if _, err := s.NamePlace(ctx, s.by, NamePlace{Place: market.ID, Names: []PlaceName{{"Eastern Hall", "en"}}}); err != nil {
		s.t.Error(err)
	}
	shop := s.place(AddPlace{Kind: "shop", Area: "220101", Name: "小店"})
	hall := s.place(AddPlace{Kind: "building", Area: "220101", Name: "楼"})
	inner := s.place(AddPlace{Kind: "market", Parent: hall.ID, Name: "内市场"})
	for want, try := range map[string]func() error{
		"registry.place_there": func() error { _, err := change(shop.ID, moved); return err },
		"registry.place_holds": func() error { c := moved; c.Kind = "shop"; _, err := change(market.ID, c); return err },
		"registry.place_in_itself": func() error {
			_, err := change(hall.ID, AddPlace{Kind: "other", Parent: inner.ID, Name: "楼"})
			return err
		},
		"registry.no_place": func() error {
			by := s.by
			by.Grants = []outbreak.Grant{{Role: string(access.ContactTracer), Area: "/22/2201/220102/"}}
			_, err := s.ChangePlace(ctx, by, ChangePlace{Place: shop.ID, AddPlace: moved})
			return err
		},
		"access.not_allowed": func() error {
			_, err := s.NamePlace(ctx, outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Command)}}}, NamePlace{Place: shop.ID, Names: []PlaceName{{"x1", ""}}})
			return err
		},
	} {
		if err := try(); msgOf(err) != want {
			s.t.Errorf("%v instead of %s", err, want)
		}
	}
	if _, err := change(market.ID, again); err != nil {
		s.t.Error(err)
	}
}

func TestVisitsAreAddedCorrectedReadAndDeleted(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s, ob := placeSite(t, db, clock)
		shop := s.place(AddPlace{Kind: "shop", Area: "220101", Name: "小卖部"})
		one, other := s.walkIn(called("220101", "张伟", 0)), s.walkIn(called("220102", "张伟", 0))
		said := RecordVisit{Outbreak: ob, Person: one.ID, Place: shop.ID, When: When{at(-5), ToHour, at(-4), ToHour}, Source: "interview", Purpose: "contact_tracing"}
		record := func(c RecordVisit) Visit {
			t.Helper()
			v, err := s.RecordVisit(ctx, s.by, c)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		first := record(said)
		better := said
		better.Corrects, better.When = first.ID, When{at(-4.5), ToMinute, at(-4), ToMinute}
		second := record(better)
		elsewhere := said
		elsewhere.Person, elsewhere.When = other.ID, When{at(-24), ToDay, 99, NotKnown}
		third := record(elsewhere)
		if third.To != 0 || third.Retention != outbreak.RetainVisit {
			t.Errorf("%+v", third)
		}
		ids := func(list []Visit, err error) (ids []VisitID) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range list {
				ids = append(ids, v.ID)
			}
			return ids
		}
		if got := ids(s.VisitsOf(ctx, s.by, one.ID)); !slices.Equal(got, []VisitID{second.ID}) {
			t.Errorf("%v, want the correction alone", got)
		}
		if got := ids(s.VisitsAt(ctx, s.by, shop.ID)); !slices.Equal(got, []VisitID{second.ID, third.ID}) {
			t.Errorf("%v", got)
		}
		s.merge(one.ID, other.ID)
		if got := ids(s.VisitsOf(ctx, s.by, other.ID)); len(got) != 2 {
			t.Errorf("of one person with two codes %v", got)
		}
		care := s.by
		care.Purpose = outbreak.PurposeCare
		if got := ids(s.VisitsOf(ctx, care, one.ID)); got != nil {
			t.Errorf("visits collected for tracing are read for care: %v", got)
		}
		for want, try := range map[string]func() error{
			"registry.no_visit":        func() error { _, err := s.RecordVisit(ctx, s.by, better); return err }, // corrected already
			"registry.purpose_missing": func() error { by := s.by; by.Purpose = ""; _, err := s.VisitsOf(ctx, by, one.ID); return err },
			"registry.visit_purpose": func() error {
				by := s.by
				by.Purpose = outbreak.PurposePlacement
				_, err := s.VisitsOf(ctx, by, one.ID)
				return err
			},
			"registry.visit_when": func() error {
				c := said
				c.When = When{0, NotKnown, 0, NotKnown}
				_, err := s.RecordVisit(ctx, s.by, c)
				return err
			},
			"registry.visit_backwards": func() error {
				c := said
				c.When = When{at(-2), ToMinute, at(-3), ToMinute}
				_, err := s.RecordVisit(ctx, s.by, c)
				return err
			},
			"registry.visit_future": func() error {
				c := said
				c.When = When{at(20), ToMinute, at(30), ToMinute}
				_, err := s.RecordVisit(ctx, s.by, c)
				return err
			},
			"registry.visit_words": func() error { c := said; c.Source = "rumour"; _, err := s.RecordVisit(ctx, s.by, c); return err },
			"registry.visit_until": func() error { c := said; c.Until = at(24 * 300); _, err := s.RecordVisit(ctx, s.by, c); return err },
			"access.not_allowed": func() error {
				_, err := s.VisitsOf(ctx, outbreak.Actor{User: 2, Purpose: outbreak.PurposeInvestigation, Grants: []outbreak.Grant{{Role: string(access.Command)}}}, one.ID)
				return err
			},
		} {
			if err := try(); msgOf(err) != want {
				t.Errorf("%v instead of %s", err, want)
			}
		}
		record(RecordVisit{Corrects: second.ID, Gone: true})
		if got := ids(s.VisitsAt(ctx, s.by, shop.ID)); !slices.Equal(got, []VisitID{third.ID}) {
			t.Errorf("what was taken back stands: %v", got)
		}
		if _, err := s.ErasePerson(ctx, s.by, asked(other.ID)); err != nil {
			t.Fatal(err)
		}
		if got := ids(s.VisitsAt(ctx, s.by, shop.ID)); got != nil {
			t.Errorf("visits of somebody erased: %v", got)
		}
		elsewhere.Corrects = 0
		if _, err := s.RecordVisit(ctx, s.by, elsewhere); msgOf(err) != "registry.visit_erased" {
			t.Errorf("a visit of somebody erased: %v", err)
		}
		p := s.walkIn(called("220101", "李娜", 0))
		said.Person = p.ID
		record(said)
		clock.Move(36 * 24 * time.Hour)
		if n, err := s.ExpireVisits(ctx); err != nil || n != 1 {
			t.Errorf("%d visits were deleted, %v", n, err)
		}
		if got := ids(s.VisitsOf(ctx, s.by, p.ID)); got != nil {
			t.Errorf("a visit is kept after its end: %v", got)
		}
	})
}
