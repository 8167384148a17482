package registry

import (
	"context"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestAddressesOfOneDoorAreOne(t *testing.T) {
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"阳光花园3号楼2单元501室", "阳光花园三栋2单元501", true},
		{"人民大街18号阳光花园3号楼2单元501室", "阳光花园 3-2-501", true},
		{"３号楼２单元５０１", "3栋二单元501室", true},
		{"阳光花园3号楼2单元501室", "阳光花园3号楼2单元502室", false},
		{"阳光花园3号楼2单元501室", "阳光花园3号楼1单元501室", false},
		{"阳光花园3号楼501室", "月亮花园3号楼501室", false},
		{"阳光花园13号楼501室", "阳光花园3号楼501室", false},
		{"十二号楼501", "12号楼501", true},
		{"二十三号楼501", "23号楼501", true},
		{"12 High Street, Flat 3", "flat 3, 12 high st.", true},
		{"12 High Street, Flat 3", "12 High Street, Flat 4", false},
		{"人民大街1号", "人民大街 1 号", true},
		{"人民大街1号", "人民大街11号", false},
	} {
		a, b := doorOf(c.one), doorOf(c.other)
		if a.near(b) != c.same || b.near(a) != c.same {
			t.Errorf("%q and %q: %+v, %+v", c.one, c.other, a, b)
		}
	}
	for _, none := range []string{"", "不详", "阳光花园", "3号楼", "1号", "same as above", "阳光花园3号楼"} {
		if d := doorOf(none); d.key != "" {
			t.Errorf("%q is a door: %+v", none, d)
		}
	}
}

func FuzzDoor(f *testing.F) {
	for _, s := range []string{"阳光花园3号楼2单元501室", "3-2-501", "12 High Street, Flat 3", "十", "-", "一二三号"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := doorOf(s); d.key != "" && !d.near(d) {
			t.Errorf("%q is not its own door: %+v", s, d)
		}
	})
}

func living(name, phone, address string) NewPerson {
	return NewPerson{Area: "220101", Sex: "female", Identity: Identity{Name: name, Phone: phone, Address: address}}
}

// TestWhoLivesBehindOneDoorIsProposedAsAHousehold registers people of one door who share nothing else, turns the keys, changes an address,
// erases one, and files whoever was there before addresses were.
func TestWhoLivesBehindOneDoorIsProposedAsAHousehold(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		homes := func() map[pair]Duplicate {
			found := map[pair]Duplicate{}
			for _, d := range s.queue(DuplicatesFilter{Kind: KindHousehold, Most: 100}) {
				found[pair{d.One.ID, d.Other.ID}] = d
			}
			return found
		}
		a := s.walkIn(living("赵敏", "13900000001", "阳光花园3号楼2单元501室"))
		b := s.walkIn(living("王小明", "13900000002", "阳光花园三栋2单元501"))
		s.walkIn(living("李娜", "13900000003", "阳光花园3号楼2单元502室"))
		s.walkIn(NewPerson{Area: "220102", Identity: Identity{Name: "孙丽", Address: "阳光花园3号楼2单元501室"}}) // of another community
		list := homes()
		d, is := list[pair{a.ID, b.ID}]
		if len(list) != 1 || !is || d.Evidence[len(d.Evidence)-1] != (Evidence{"address", "same", 0}) {
			t.Fatalf("%+v", list)
		}
		if _, err := s.JoinHousehold(ctx, s.by, JoinHousehold{ID: d.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		c := s.walkIn(living("周杰", "", "阳光花园3-2-501"))
		if list := homes(); len(list) != 2 || list[pair{a.ID, c.ID}].ID == 0 || list[pair{b.ID, c.ID}].ID == 0 {
			t.Errorf("after the keys were turned: %+v", list)
		}
		if _, err := s.ErasePerson(ctx, s.by, asked(b.ID)); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			n, err := store.Count(tx, "select count(*) from person_home where person = $1", b.ID)
			if n != 0 {
				t.Error("the address of somebody who was erased is still filed")
			}
			if err == nil { // a site of before
				_, err = tx.Exec("delete from person_home")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FileLinks(ctx); err != nil {
			t.Fatal(err)
		}
		e := s.walkIn(living("吴刚", "", "阳光花园3号楼2单元501"))
		if list := homes(); list[pair{a.ID, e.ID}].ID == 0 || list[pair{c.ID, e.ID}].ID == 0 || list[pair{b.ID, e.ID}].ID != 0 {
			t.Errorf("of a site of before: %+v", list)
		}
		for n := range 6 {
			s.walkIn(living("陈"+string(rune('一'+n)), "", "和平旅馆1号楼101室"))
		}
		before := len(homes())
		s.walkIn(living("马超", "", "和平旅馆1号楼101室"))
		if now := len(homes()); now != before {
			t.Errorf("%d pairs more of a door behind which too many live", now-before)
		}
	})
}
