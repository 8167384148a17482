package registry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func (s keySite) queue(f DuplicatesFilter) []Duplicate {
	s.t.Helper()
	page, err := s.ListDuplicates(context.Background(), s.by, f)
	if err != nil {
		s.t.Fatal(err)
	}
	return page.List
}

// whole is somebody of whom much is known.
func whole(area, name, birth, phone string) NewPerson {
	return NewPerson{Area: area, Sex: "female", Identity: Identity{Name: name, Birth: birth, Phone: phone, Address: "人民大街1号"}}
}

// TestWhoMayBeOnePersonIsProposedAsPeopleCome brings people in every way there is: by list, at a booth, on the roll before and after.
func TestWhoMayBeOnePersonIsProposedAsPeopleCome(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		s.load([]NewPerson{whole("220101", "王小明", "1971-03-04", "13900000001")})
		_, people := s.arrive(s.by, []NewPerson{
			whole("220101", "王晓明", "1971-03-04", "13900000001"), // read the same: on the roll
			whole("220201", "赵敏", "1985-10-02", "13900000002"),
			whole("220102", "赵 敏", "1985-02-10", "13900000002"), // day and month exchanged: in the same list
			whole("220102", "李娜", "1990-01-01", ""),
		}, nil)
		booth := s.walkIn(whole("220101", "Li Na", "1990-01-01", "13900000009"))
		list := s.queue(DuplicatesFilter{})
		var pairs []string
		for _, d := range list {
			pairs = append(pairs, fmt.Sprint(max(slices.IndexFunc(people, func(p Person) bool { return p.ID == d.One.ID }), -1), " ",
				slices.IndexFunc(people, func(p Person) bool { return p.ID == d.Other.ID })))
			if d.One.ID >= d.Other.ID || d.State != StateWaiting || d.FoundAt == 0 || len(d.Evidence) < 6 || d.Chance <= 0 {
				t.Errorf("%+v", d)
			}
			if text := fmt.Sprint(d.Evidence); strings.ContainsAny(text, "王赵敏明") {
				t.Errorf("evidence tells a name: %s", text)
			}
		}
		slices.Sort(pairs)
		if want := []string{"-1 0", "1 2", "3 -1"}; !slices.Equal(pairs, want) {
			t.Errorf("pairs %q, want %q", pairs, want)
		}
		if of, err := s.DuplicatesOf(ctx, s.by, booth.ID); err != nil || len(of) == 0 || of[0].Kind != KindPerson || of[0].Evidence[0].Level != "sound" {
			t.Errorf("%+v %v", of, err)
		}
		// A roll that comes later is looked through.
		s.load([]NewPerson{{Area: "220201", Identity: Identity{Name: "赵敏", Birth: "1985-10-02", Phone: "13900000002", DocumentKind: OtherID, Document: "D00001"}}})
		if n, err := s.FileLinks(ctx); err != nil || n != 0 {
			t.Errorf("%d people were not filed, %v", n, err)
		}
		if list := s.queue(DuplicatesFilter{Below: "/22/2202/"}); len(list) != 3 {
			t.Errorf("%d pairs", len(list))
		}
		if n, err := s.FileLinks(ctx); err != nil || n != 0 || len(s.queue(DuplicatesFilter{})) != 5 {
			t.Errorf("%d %v, %d pairs", n, err, len(s.queue(DuplicatesFilter{})))
		}
		// Who decides in one area alone sees no pair of two areas.
		east := outbreak.Actor{User: 4, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2201/220101/"}}}
		if page, err := s.ListDuplicates(ctx, east, DuplicatesFilter{}); err != nil || len(page.List) != 1 || page.List[0].Other.ID != people[0].ID {
			t.Errorf("%+v %v", page, err)
		} else if _, err := s.FindDuplicate(ctx, east, page.List[0].ID); err != nil {
			t.Error(err)
		}
		for _, d := range s.queue(DuplicatesFilter{Below: "/22/2202/"}) {
			if _, err := s.FindDuplicate(ctx, east, d.ID); outbreak.KindOf(err) != outbreak.NotFound {
				t.Errorf("a pair of other areas was shown: %v", err)
			}
		}
		nobody := outbreak.Actor{User: 5, Grants: []outbreak.Grant{{Role: string(access.Sampler)}}}
		if _, err := s.ListDuplicates(ctx, nobody, DuplicatesFilter{}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error(err)
		}
	})
}

// TestThePagesOfTheQueueHoldEveryPairOnce goes through many pairs a few at a time.
func TestThePagesOfTheQueueHoldEveryPairOnce(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		var list []NewPerson
		for n := range 40 {
			list = append(list, whole("220101", syntheticNames(200, 3)[n], fmt.Sprintf("19%02d-03-04", 40+n), fmt.Sprint(13900000000+n)))
		}
		s.arrive(s.by, append(list, list...), nil)
		seen := map[DuplicateID]bool{}
		last := 1e9
		for f := (DuplicatesFilter{Most: 7}); ; {
			page, err := s.ListDuplicates(ctx, s.by, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.List {
				if seen[d.ID] || d.Weight > last {
					t.Errorf("%+v comes late", d)
				}
				seen[d.ID], last = true, d.Weight
			}
			if f.After = page.Next; f.After == "" {
				break
			}
		}
		if len(seen) < 40 {
			t.Errorf("%d pairs on all pages", len(seen))
		}
		if _, err := s.ListDuplicates(ctx, s.by, DuplicatesFilter{After: "x"}); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error(err)
		}
	})
}

func TestWhatWasDecidedIsRemembered(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		_, people := s.arrive(s.by, []NewPerson{whole("220101", "王小明", "1971-03-04", "13900000001"), whole("220102", "王小明", "1971-03-04", "13900000001")}, nil)
		d := s.queue(DuplicatesFilter{})[0]
		again := func() { // as when an identity changed
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error {
				_, eyes, err := s.keys(tx)
				if err != nil {
					return err
				}
				return s.refile(tx, eyes, []outbreak.PersonID{people[0].ID})
			}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.KeepApart(ctx, s.by, KeepApart{One: d.Other.ID, Other: d.One.ID, Reason: "cousins"}); err != nil {
			t.Fatal(err)
		}
		again()
		if list := s.queue(DuplicatesFilter{}); len(list) != 0 {
			t.Errorf("what was rejected is proposed again: %+v", list)
		}
		if list := s.queue(DuplicatesFilter{State: StateApart}); len(list) != 1 || list[0].DecidedAt == 0 {
			t.Errorf("%+v", list)
		}
		if back, err := s.PutBack(ctx, s.by, PutBack{ID: d.ID}); err != nil || back.State != StateWaiting {
			t.Errorf("%+v %v", back, err)
		}
		if _, err := s.PutBack(ctx, s.by, PutBack{ID: d.ID}); msgOf(err) != "registry.not_put_aside" {
			t.Error(err)
		}
		if list := s.queue(DuplicatesFilter{}); len(list) != 1 || !reflect.DeepEqual(list[0], d) {
			t.Errorf("%+v is not what was: %+v", list, d)
		}
		again()
		list := s.queue(DuplicatesFilter{})
		if len(list) != 1 || list[0].Weight != d.Weight {
			t.Errorf("%+v", list)
		}
		s.merge(d.One.ID, d.Other.ID)
		if list := s.queue(DuplicatesFilter{}); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if l, err := s.FindLinking(ctx, s.by); err != nil || l.Waiting != 0 || l.Filed != 4 {
			t.Errorf("%+v %v", l, err)
		}
	})
}

func TestHouseholdsAreProposedAndJoined(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		mother := whole("220101", "王芳", "1980-03-04", "13900000001")
		mother.Door = "12"
		child := whole("220101", "王子涵", "2009-08-09", "13900000001")
		_, people := s.arrive(s.by, []NewPerson{mother, child, whole("220102", "王雨", "2001-01-02", "13900000001")}, nil)
		list := s.queue(DuplicatesFilter{Kind: KindHousehold})
		if len(list) != 1 || list[0].One.ID != people[0].ID || len(s.queue(DuplicatesFilter{})) != 0 {
			t.Fatalf("%+v", list)
		}
		if _, err := s.JoinHousehold(ctx, s.by, JoinHousehold{ID: list[0].ID}); err != nil {
			t.Fatal(err)
		}
		if p, err := s.FindPersonByID(ctx, s.by, people[1].ID); err != nil || p.Household != people[0].Household || p.Household == 0 {
			t.Errorf("%+v %v", p, err)
		}
		if _, err := s.JoinHousehold(ctx, s.by, JoinHousehold{ID: list[0].ID}); msgOf(err) != "registry.not_waiting" {
			t.Error(err)
		}
		if back, err := s.PutBack(ctx, s.by, PutBack{ID: list[0].ID}); err != nil || back.State != StateWaiting {
			t.Errorf("%+v %v", back, err)
		}
		if p, err := s.FindPersonByID(ctx, s.by, people[1].ID); err != nil || p != people[1] {
			t.Errorf("%+v %v", p, err)
		}
	})
}

// TestCrowdsAreToldAndNotFollowed files more people of one name and day of birth than are compared with each other.
func TestCrowdsAreToldAndNotFollowed(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := nameSite(t, db, clock)
		var list []NewPerson
		for range mostSharing + 20 {
			list = append(list, NewPerson{Area: "220101", Identity: Identity{Name: "王小明", Birth: "1971-01-01"}})
		}
		s.arrive(s.by, list, nil)
		s.arrive(s.by, list[:3], nil)
		l, err := s.FindLinking(context.Background(), s.by)
		if err != nil || len(l.Crowds) == 0 || l.Crowds[0].People < mostSharing || l.Waiting != 3 {
			t.Errorf("%+v %v", l, err)
		}
		if err := db.Read(context.Background(), s.keysKnown.follow); err != nil {
			t.Fatal(err)
		}
		marks := map[uint64]int{}
		for at, bucket := range s.keysKnown.buckets {
			for _, e := range bucket {
				key := uint64(at)<<48 | e>>32<<16
				if marks[key]++; marks[key] > mostSharing {
					t.Fatalf("more than %d are filed under one key", mostSharing)
				}
			}
		}
		if len(marks) == 0 {
			t.Error("nobody is filed")
		}
	})
}

// TestKeysOfLinkageTurnAndVanish rotates the index key and erases people: whoever comes later is found all the same, and nothing is
// left of whoever was erased.
func TestKeysOfLinkageTurnAndVanish(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		count := func(query string) (n int64) {
			t.Helper()
			if err := db.Read(ctx, func(tx *store.Tx) (err error) {
				n, err = store.Count(tx, query)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		_, people := s.arrive(s.by, []NewPerson{whole("220101", "王小明", "1971-03-04", ""), whole("220201", "李娜", "1990-02-03", "")}, nil)
		keysOf := func() (keys []int64) {
			t.Helper()
			if err := db.Read(ctx, func(tx *store.Tx) error {
				return filedAfter(tx, 0, func(f filedRow) {
					if f.person == people[0].ID {
						keys = f.keys
					}
				})
			}); err != nil {
				t.Fatal(err)
			}
			return keys
		}
		before := keysOf()
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		after := keysOf()
		if len(after) != len(before) || len(before) == 0 {
			t.Errorf("%d keys after a rotation, %d before", len(after), len(before))
		}
		for _, k := range after {
			if slices.Contains(before, k) {
				t.Error("a key is that of before")
			}
		}
		s.walkIn(whole("220201", "王小明", "1971-04-03", ""))
		if list := s.queue(DuplicatesFilter{}); len(list) != 1 || list[0].One.ID != people[0].ID {
			t.Fatalf("%+v", list)
		}
		inMemory := func() int {
			found, _ := s.keysKnown.filedUnder(after)
			n := 0
			for _, who := range found {
				for _, id := range who {
					if id == people[0].ID {
						n++
					}
				}
			}
			return n
		}
		if n := inMemory(); n != len(after) {
			t.Errorf("%d of %d keys are in memory", n, len(after))
		}
		if _, err := s.ErasePerson(ctx, s.by, asked(people[0].ID)); err != nil {
			t.Fatal(err)
		}
		if n := inMemory(); n != 0 || len(s.queue(DuplicatesFilter{})) != 0 {
			t.Errorf("%d keys are left of somebody who was erased, %d pairs wait", n, len(s.queue(DuplicatesFilter{})))
		}
		if n := count("select count(*) from link_filed where tokens is not null and person = " + fmt.Sprint(int64(people[0].ID))); n != 0 {
			t.Error("tokens are left of somebody who was erased")
		}
	})
}

// TestPeopleWhoChangeAreComparedAnew loads somebody's row again with another name: the case of somebody on the roll.
func TestPeopleWhoChangeAreComparedAnew(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		row := NewPerson{Area: "220101", Identity: Identity{Name: "王小明", Birth: "1971-03-04", DocumentKind: OtherID, Document: "D00001"}}
		s.load([]NewPerson{row})
		p, err := s.FindPerson(ctx, s.by, OtherID, "D00001")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second case of the same person changes nothing
			if err := db.Write(ctx, func(tx *store.Tx) error { return s.Meet(tx, s.by, []outbreak.PersonID{p.ID}) }); err != nil {
				t.Fatal(err)
			}
		}
		s.walkIn(whole("220201", "赵雅芝", "1985-10-02", ""))
		if list := s.queue(DuplicatesFilter{}); len(list) != 0 {
			t.Fatalf("%+v", list)
		}
		row.Identity.Name, row.Identity.Birth = "赵雅芝", "1985-10-02"
		s.load([]NewPerson{row})
		if list := s.queue(DuplicatesFilter{}); len(list) != 1 || list[0].One.ID != p.ID {
			t.Errorf("%+v", list)
		}
		row.Identity.Name, row.Identity.Birth = "孙悟空", "1999-10-02"
		s.load([]NewPerson{row})
		if list := s.queue(DuplicatesFilter{}); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	})
}

// TestAThousandMergesAreUndone makes codes one person at random, with choices of whose word leads, and takes all of it back in
// another order, with new facts in between: what was, is.
func TestAThousandMergesAreUndone(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		names := syntheticNames(400, 5)
		var list []NewPerson
		for n := range 120 {
			list = append(list, whole("220101", names[n/2], fmt.Sprintf("19%02d-03-%02d", 40+n/2, 1+n%2), fmt.Sprint(13900000000+n/2)))
		}
		_, people := s.arrive(s.by, list, nil)
		chance := rand.New(rand.NewPCG(1, 2))
		if len(s.queue(DuplicatesFilter{})) < 40 {
			t.Fatalf("%d pairs", len(s.queue(DuplicatesFilter{})))
		}
		for _, d := range s.queue(DuplicatesFilter{Most: 10}) {
			if _, err := s.KeepApart(ctx, s.by, KeepApart{One: d.One.ID, Other: d.Other.ID, Reason: "two"}); err != nil {
				t.Fatal(err)
			}
		}
		state := func() (all []any) {
			t.Helper()
			if err := db.Read(ctx, func(tx *store.Tx) error {
				for _, p := range people {
					q, _, err := PersonByID(tx, p.ID)
					if err != nil {
						return err
					}
					w, _, err := s.openWhole(tx, s.by, p.ID)
					if err != nil {
						return err
					}
					all = append(all, q, w)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, state := range States {
				all = append(all, s.queue(DuplicatesFilter{State: state, Most: 500}), s.queue(DuplicatesFilter{State: state, Kind: KindHousehold, Most: 500}))
			}
			return all
		}
		before := state()
		var standing []Merge
		merges, met := 0, 0
		for merges < 1000 {
			if len(standing) > 60 || len(standing) > 0 && chance.IntN(3) == 0 {
				at := chance.IntN(len(standing))
				if _, err := s.UnmergePeople(ctx, s.by, UnmergePeople{Merge: standing[at].ID, Reason: "not"}); err != nil {
					t.Fatal(err)
				}
				standing = slices.Delete(standing, at, at+1)
				continue
			}
			one, other := people[chance.IntN(len(people))], people[chance.IntN(len(people))]
			if chance.IntN(2) == 0 {
				n := chance.IntN(len(people)/2) * 2
				one, other = people[n], people[n+1]
			}
			c := Choices{}
			for _, field := range ChosenFields {
				if chance.IntN(2) == 0 {
					c[field] = []outbreak.PersonID{one.ID, other.ID}[chance.IntN(2)]
				}
			}
			m, err := s.MergePeople(ctx, s.by, MergePeople{One: one.ID, Other: other.ID, Reason: "same", Choices: c})
			if msg := msgOf(err); msg == "registry.merged_already" || msg == "registry.merge_self" {
				met++
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			merges++
			standing = append(standing, m)
			if merges%250 == 0 {
				s.checkChoices(m, c)
			}
		}
		for _, at := range chance.Perm(len(standing)) {
			if _, err := s.UnmergePeople(ctx, s.by, UnmergePeople{Merge: standing[at].ID, Reason: "not"}); err != nil {
				t.Fatal(err)
			}
		}
		after := state()
		for i := range before {
			if !reflect.DeepEqual(before[i], after[i]) {
				t.Fatalf("%d merges undone, %d refused: %+v became %+v", merges, met, before[i], after[i])
			}
		}
	})
}

// checkChoices opens a person who has just been merged.
func (s keySite) checkChoices(m Merge, c Choices) {
	s.t.Helper()
	ctx := context.Background()
	w, err := s.ReadWhole(ctx, s.by, m.Other, "")
	if err != nil {
		s.t.Fatal(err)
	}
	for field, id := range c {
		i, err := s.ReadIdentity(ctx, s.by, id, "")
		if err != nil {
			s.t.Fatal(err)
		}
		if got, want := map[string]string{FieldName: w.Name, FieldBirth: w.Birth, FieldPhone: w.Phone}[field], map[string]string{FieldName: i.Name, FieldBirth: i.Birth, FieldPhone: i.Phone}[field]; got != want {
			s.t.Errorf("%s is %q, chosen was %q", field, got, want)
		}
		if want := w.From[field]; want != id && field != FieldDocument {
			s.t.Errorf("%s is from %s, chosen was %s", field, want, id)
		}
	}
	if err := s.db.Read(ctx, func(tx *store.Tx) error {
		entries, err := journal.ListAbout(tx, outbreak.Ref{Kind: "person", ID: m.Other.String()}, 1)
		if err == nil && entries[0].Kind != "IdentityRead" {
			s.t.Errorf("opening left %+v", entries)
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
}
