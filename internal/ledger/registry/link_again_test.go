package registry

import (
	"context"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestPeopleFiledByFormerKeysAreFiledAnew takes the digests of people for those of a former program, which nothing is found by, and lets the
// house start: everybody is found again, whoever was erased meanwhile is not, and the next start has nothing to do.
func TestPeopleFiledByFormerKeysAreFiledAnew(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		write := func(do func(*store.Tx) error) {
			t.Helper()
			if err := db.Write(ctx, do); err != nil {
				t.Fatal(err)
			}
		}
		born := func(name, phone string) NewPerson {
			return NewPerson{Area: "220101", Sex: "female", Identity: Identity{Name: name, Phone: phone, Birth: "1980-05-06"}}
		}
		one, gone := s.walkIn(born("王小明", "13900000001")), s.walkIn(born("李娜", "13900000002"))
		if _, err := s.FileLinks(ctx); err != nil { // the house starts for the first time
			t.Fatal(err)
		}
		if _, err := s.ErasePerson(ctx, s.by, asked(gone.ID)); err != nil {
			t.Fatal(err)
		}
		nothing := packTokens([]int64{1})
		write(func(tx *store.Tx) error {
			if _, err := tx.Exec("delete from link_state"); err != nil {
				return err
			}
			_, err := tx.Exec("update link_filed set tokens = $1, keys = 1", nothing)
			return err
		})
		later := aKeySite(t, db, clock, s.file)
		var last [2]int64
		for i := range last {
			if _, err := later.FileLinks(ctx); err != nil {
				t.Fatal(err)
			}
			write(func(tx *store.Tx) (err error) { last[i], err = lastFiled(tx); return err })
		}
		if last[0] != last[1] {
			t.Errorf("people are filed anew at each start: %v", last)
		}
		again := later.walkIn(born("王小明", "13900000003"))
		found := false
		for _, d := range later.queue(DuplicatesFilter{Most: 100}) {
			found = found || d.One.ID == one.ID && d.Other.ID == again.ID || d.One.ID == again.ID && d.Other.ID == one.ID
			if d.One.ID == gone.ID || d.Other.ID == gone.ID {
				t.Errorf("somebody who was erased is found: %+v", d)
			}
		}
		if !found {
			t.Errorf("nobody is found by the keys he was filed anew with: %+v", later.queue(DuplicatesFilter{Most: 100}))
		}
		write(func(tx *store.Tx) error {
			n, err := store.Count(tx, "select count(*) from link_filed where tokens = $1", nothing)
			if n != 0 {
				t.Errorf("%d are filed by former keys", n)
			}
			return err
		})
	})
}
