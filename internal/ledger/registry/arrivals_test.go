package registry

import (
	"context"
	"fmt"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// arrive keeps people in a transaction of their own, two times over: a transaction may run twice.
func (s keySite) arrive(by outbreak.Actor, list []NewPerson, skip func(int) bool) (*Arrivals, []Person) {
	s.t.Helper()
	a, err := s.Arrive(context.Background(), by, access.PersonRegister, list)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = s.db.Write(context.Background(), func(tx *store.Tx) error {
		if _, err := a.Keep(tx, by, skip); err != nil {
			s.t.Error(err)
		}
		return fmt.Errorf("not this time")
	})
	var people []Person
	if err := s.db.Write(context.Background(), func(tx *store.Tx) error {
		people, err = a.Keep(tx, by, skip)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return a, people
}

func TestArrivalsAreKnownOrNew(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		document := func(area, n string) NewPerson {
			return NewPerson{Area: area, Door: "7", Identity: Identity{Name: "张伟", DocumentKind: OtherID, Document: "D0000" + n}}
		}
		s.load([]NewPerson{document("220101", "1")})
		device, err := s.RegisterPerson(ctx, s.by, RegisterPerson{No: DeviceNo(FirstDevice, 1), Person: document("220101", "2")})
		if err != nil {
			t.Fatal(err)
		}
		double := s.walkIn(called("220102", "张伟", 0))
		roll, err := s.FindPerson(ctx, s.by, OtherID, "D00001")
		if err != nil {
			t.Fatal(err)
		}
		s.merge(double.ID, roll.ID)
		before := s.walkIn(document("220201", "9"))
		list := []NewPerson{
			document("220102", "1"), // on the roll
			document("220102", "2"), // known by a device's number
			document("220101", "3"), // new
			document("220101", "3"), // the same again
			called("220101", "王小明", 1970),
			called("220101", "王小明", 1970), // no document: somebody else
			{Area: "229999"},
			document("220101", "4"), // skipped
			{Area: "220101", Identity: Identity{Birth: "yesterday"}},
			document("220101", "9"), // a walk-in
		}
		a, people := s.arrive(s.by, list, func(i int) bool { return i == 7 })
		for i, p := range people {
			if none := i == 6 || i == 7 || i == 8; none != (p.ID == 0) || (a.Refused(i) != nil) != (i == 6 || i == 8) {
				t.Errorf("row %d: %+v, %v", i, p, a.Refused(i))
			}
		}
		if people[0] != roll && people[0].ID != roll.ID || people[1] != device || people[9] != before || people[2] != people[3] || people[4].ID == people[5].ID {
			t.Errorf("%+v", people)
		}
		if n := people[2]; n.OnRoll || n.No != before.No+1 || people[5].No != before.No+3 || n.Household != roll.Household || n.Area != roll.Area {
			t.Errorf("%+v", people)
		}
		if i, err := s.ReadIdentity(ctx, s.by, people[4].ID, ""); err != nil || i.Name != "王小明" {
			t.Errorf("%+v %v", i, err)
		}
		if p, err := s.FindPerson(ctx, s.by, OtherID, "D00003"); err != nil || p != people[2] {
			t.Errorf("%+v %v", p, err)
		}
		if names := s.names(SearchPeople{Name: "王小明"}); len(names) != 2 {
			t.Errorf("the names of arrivals lead to %q", names)
		}
		if err := db.Read(ctx, func(tx *store.Tx) error {
			entries, err := journal.List(tx, 0, 1000, []string{"PeopleArrived"}, 100)
			told := 0
			for _, e := range entries {
				told++
				if arrived, _, err := outbreak.As[outbreak.PeopleArrived](e); err != nil || arrived.Added != 3 || arrived.Digest == "" {
					t.Errorf("%+v %v", arrived, err)
				}
			}
			if told != 1 {
				t.Errorf("%d entries tell of one area", told)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestArrivalsOutliveAChangeOfKeys makes people ready, then changes what they were made ready with.
func TestArrivalsOutliveAChangeOfKeys(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		doc := NewPerson{Area: "220101", Identity: Identity{Name: "张伟", DocumentKind: OtherID, Document: "D00001"}}
		a, err := s.Arrive(ctx, s.by, access.PersonRegister, []NewPerson{doc, called("220102", "李娜", 1990)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().Rotate(ctx, nil, nil); err != nil {
			t.Fatal(err)
		}
		roll := s.walkIn(doc)
		if err := db.Write(ctx, func(tx *store.Tx) error {
			people, err := a.Keep(tx, s.by, nil)
			if err == nil && (people[0] != roll || people[1].ID == 0) {
				t.Errorf("%+v", people)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if c, err := s.Keys().Check(ctx, nil); err != nil || c.People != 2 || c.Opened != 2 {
			t.Errorf("%+v %v", c, err)
		}
		east := outbreak.Actor{User: 4, Grants: []outbreak.Grant{{Role: string(access.Sampler), Area: "/22/2201/220101/"}}}
		b, err := s.Arrive(ctx, east, access.PersonRegister, []NewPerson{called("220101", "赵敏", 0), called("220102", "赵敏", 0)})
		if err != nil || b.Refused(0) != nil || outbreak.KindOf(b.Refused(1)) != outbreak.Forbidden {
			t.Errorf("%v %v", b, err)
		}
		if _, err := s.Arrive(ctx, east, access.CaseLoad, nil); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error(err)
		}
	})
}
