package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func (s keySite) walkIn(n NewPerson) Person {
	s.t.Helper()
	p, err := s.RegisterPerson(context.Background(), s.by, RegisterPerson{Person: n})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s keySite) merge(one, other outbreak.PersonID) Merge {
	s.t.Helper()
	m, err := s.MergePeople(context.Background(), s.by, MergePeople{One: one, Other: other, Reason: "the same passport"})
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// TestTwoCodesBecomeOnePersonAndTwoAgain walks the typical way: first without a document, then with.
func TestTwoCodesBecomeOnePersonAndTwoAgain(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		s.load([]NewPerson{{Area: "220101", Identity: Identity{Name: "张伟", DocumentKind: OtherID, Document: "D00001"}}})
		roll, err := s.FindPerson(ctx, s.by, OtherID, "D00001")
		if err != nil {
			t.Fatal(err)
		}
		walkIn := s.walkIn(called("220102", "张伟", 0))
		m := s.merge(walkIn.ID, roll.ID)
		if p, err := s.FindPersonByID(ctx, s.by, walkIn.ID); err != nil || p.MergedInto != roll.ID || p.Lead() != roll.ID {
			t.Errorf("%+v %v", p, err)
		}
		if p, err := s.FindPersonByID(ctx, s.by, roll.ID); err != nil || p.MergedInto != 0 || p.Lead() != roll.ID {
			t.Errorf("the older code does not lead: %+v %v", p, err)
		}
		if to, err := s.FindTogether(ctx, s.by, walkIn.ID); err != nil || len(to.Codes) != 2 || to.Codes[0].ID != roll.ID || !slices.Equal(to.Merges, []Merge{m}) {
			t.Errorf("%+v %v", to, err)
		}
		if _, err := s.MergePeople(ctx, s.by, MergePeople{One: roll.ID, Other: walkIn.ID, Reason: "again"}); msgOf(err) != "registry.merged_already" {
			t.Error(err)
		}
		m2, err := s.UnmergePeople(ctx, s.by, UnmergePeople{Merge: m.ID, Reason: "a brother"})
		if err != nil || m2.UndoneAt == 0 {
			t.Fatalf("%+v %v", m2, err)
		}
		if p, err := s.FindPersonByID(ctx, s.by, walkIn.ID); err != nil || p != walkIn {
			t.Errorf("%+v is not what was: %+v, %v", p, walkIn, err)
		}
		if _, err := s.UnmergePeople(ctx, s.by, UnmergePeople{Merge: m.ID, Reason: "again"}); msgOf(err) != "registry.unmerged_already" {
			t.Error(err)
		}
		east := outbreak.Actor{User: 4, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2201/220101/"}}}
		if _, err := s.MergePeople(ctx, east, MergePeople{One: roll.ID, Other: walkIn.ID, Reason: "x"}); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("who may decide about one of them alone merged both: %v", err)
		}
		for _, c := range []MergePeople{{One: roll.ID, Other: roll.ID, Reason: "x"}, {One: roll.ID, Other: walkIn.ID}, {One: roll.ID, Other: 5, Reason: "x"}} {
			if _, err := s.MergePeople(ctx, s.by, c); err == nil {
				t.Errorf("%+v went through", c)
			}
		}
	})
}

func TestErasingOneCodeErasesThePerson(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		a, b := s.walkIn(called("220101", "张伟", 0)), s.walkIn(called("220102", "张伟", 0))
		s.merge(a.ID, b.ID)
		if _, err := s.ErasePerson(ctx, s.by, asked(b.ID)); err != nil {
			t.Fatal(err)
		}
		for _, id := range []outbreak.PersonID{a.ID, b.ID} {
			if _, err := s.ReadIdentity(ctx, s.by, id, ""); msgOf(err) != "registry.erased" {
				t.Errorf("%s: %v", id, err)
			}
		}
		if known, wrong, err := s.vault.listed(); err != nil || wrong != 0 || len(known) != 2 {
			t.Errorf("%d on the list beside the key, %d wrong, %v", len(known), wrong, err)
		}
	})
}

func TestCandidatesAreProposedAndDecided(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		s.load([]NewPerson{called("220101", "张伟", 1980), called("220101", "王小明", 1970), called("220101", "李娜", 1990),
			{Area: "220102", Sex: "female", BirthYear: 1960, Identity: Identity{Name: "赵敏", Phone: "13900000001"}}})
		same := s.walkIn(called("220101", "张　伟", 1980))
		s.walkIn(called("220102", "张伟", 1980))  // another community
		s.walkIn(called("220101", "王小明", 1971)) // another year
		s.walkIn(called("220101", "李娜娜", 1990)) // another name
		daughter := s.walkIn(NewPerson{Area: "220101", Sex: "female", Identity: Identity{Phone: "139-0000-0001"}})
		s.walkIn(NewPerson{Area: "220101", Sex: "male", Identity: Identity{Phone: "13900000001"}}) // a son with the mother's telephone
		list, next, err := s.ListCandidates(ctx, s.by, "", 0)
		if err != nil || next != 0 || !slices.IsSortedFunc(list, func(a, b Candidate) int { return cmp.Compare(b.Other.ID, a.Other.ID) }) {
			t.Fatalf("%+v %v", list, err)
		}
		queue, err := s.ListDuplicates(ctx, s.by, DuplicatesFilter{Most: 100})
		if err != nil || len(queue.List) != len(list) {
			t.Fatalf("%d candidates, %d pairs in the queue, %v", len(list), len(queue.List), err)
		}
		for _, c := range list {
			if !slices.ContainsFunc(queue.List, func(d Duplicate) bool { return d.ID == c.Duplicate && d.One == c.One && d.Other == c.Other }) {
				t.Errorf("%+v is not in the queue", c)
			}
		}
		of := func(id outbreak.PersonID, why string) (found Candidate) {
			mine, err := s.ListCandidatesOf(ctx, s.by, []outbreak.PersonID{id})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range mine {
				if c.One.ID != id && c.Other.ID != id {
					t.Errorf("%+v is not about %s", c, id)
				}
				if c.One.OnRoll && slices.Contains(c.Why, why) {
					found = c
				}
			}
			return found
		}
		byName, byPhone := of(same.ID, WhyName), of(daughter.ID, WhyPhone)
		if byName.Other.ID != same.ID || byPhone.Other.ID != daughter.ID {
			t.Fatalf("%+v %+v", byName, byPhone)
		}
		s.merge(byPhone.One.ID, byPhone.Other.ID)
		if fresh, err := s.KeepApart(ctx, s.by, KeepApart{One: same.ID, Other: byName.One.ID, Reason: "two cousins"}); err != nil || !fresh {
			t.Error(fresh, err)
		}
		if again := of(same.ID, WhyName); again.Duplicate == byName.Duplicate {
			t.Errorf("what was decided is proposed again: %+v", again)
		}
		if again := of(daughter.ID, WhyPhone); again.Duplicate == byPhone.Duplicate {
			t.Errorf("what was decided is proposed again: %+v", again)
		}
		only := outbreak.Actor{User: 4, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2201/220101/"}}}
		if list, _, err := s.ListCandidates(ctx, only, "", 0); err != nil || slices.ContainsFunc(list, func(c Candidate) bool { return !only.Grants[0].Area.Contains(c.One.Area) }) {
			t.Errorf("pairs of another area: %+v %v", list, err)
		}
	})
}

// TestMergesAreWhatStandingDecisionsTie merges and unmerges at random and compares who is one person with a notebook.
func TestMergesAreWhatStandingDecisionsTie(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		area := 0
		rapid.Check(t, func(t *rapid.T) {
			area++
			code := fmt.Sprint("22-", area)
			if _, err := s.LoadAreas(ctx, s.by, LoadAreas{Areas: []NewArea{{Code: code, Name: "community"}}}); err != nil {
				t.Fatal(err)
			}
			var people []NewPerson
			for i := range 6 {
				people = append(people, called(code, fmt.Sprint("人", area, " ", i), 0))
			}
			if _, err := s.LoadPeople(ctx, s.by, LoadPeople{People: people[:4]}); err != nil {
				t.Fatal(err)
			}
			for _, p := range people[4:] {
				if _, err := s.RegisterPerson(ctx, s.by, RegisterPerson{Person: p}); err != nil {
					t.Fatal(err)
				}
			}
			path := outbreak.Path("/" + code + "/")
			ids, onRoll := codesIn(t, db, path)
			standing := map[MergeID][2]outbreak.PersonID{}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				if len(standing) > 0 && rapid.Bool().Draw(t, "undo") {
					m := rapid.SampledFrom(slices.Sorted(maps.Keys(standing))).Draw(t, "merge")
					if _, err := s.UnmergePeople(ctx, s.by, UnmergePeople{Merge: m, Reason: "not"}); err != nil {
						t.Fatal(err)
					}
					delete(standing, m)
				} else {
					a, b := rapid.SampledFrom(ids).Draw(t, "one"), rapid.SampledFrom(ids).Draw(t, "other")
					m, err := s.MergePeople(ctx, s.by, MergePeople{One: a, Other: b, Reason: "same"})
					switch together := oldest(standing, a) == oldest(standing, b); {
					case together && err == nil:
						t.Fatalf("%s and %s were merged twice", a, b)
					case !together && err != nil:
						t.Fatal(err)
					case err == nil:
						standing[m.ID] = [2]outbreak.PersonID{a, b}
					}
				}
				counted := map[outbreak.PersonID]bool{}
				for _, id := range ids {
					p, err := s.FindPersonByID(ctx, s.by, id)
					if err != nil || p.Lead() != oldest(standing, id) {
						t.Fatalf("%s leads %s, want %s, %v", p.Lead(), id, oldest(standing, id), err)
					}
					if onRoll[id] {
						counted[p.Lead()] = true
					}
				}
				if err := db.Read(ctx, func(tx *store.Tx) error {
					n, err := CountRoll(tx, path)
					if n != len(counted) {
						t.Fatalf("%d people on the roll, want %d", n, len(counted))
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
		})
	})
}

func codesIn(t *rapid.T, db *store.DB, path outbreak.Path) (ids []outbreak.PersonID, onRoll map[outbreak.PersonID]bool) {
	onRoll = map[outbreak.PersonID]bool{}
	if err := db.Read(context.Background(), func(tx *store.Tx) error {
		people, err := store.List(tx, scanPerson, "select "+personColumns+" from person where area = $1 order by id", path)
		for _, p := range people {
			ids, onRoll[p.ID] = append(ids, p.ID), p.OnRoll
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return ids, onRoll
}

// oldest follows decisions from a code to the oldest that is tied to it.
func oldest(standing map[MergeID][2]outbreak.PersonID, id outbreak.PersonID) outbreak.PersonID {
	reached := []outbreak.PersonID{id}
	for i := 0; i < len(reached); i++ {
		for _, m := range standing {
			for side, x := range m {
				if x == reached[i] && !slices.Contains(reached, m[1-side]) {
					reached = append(reached, m[1-side])
				}
			}
		}
	}
	return slices.Min(reached)
}

// TestCodesOfOneDocumentAreProposed registers somebody twice by the numbers of devices and puts him on the roll: whichever came
// first, each two of the codes are proposed.
func TestCodesOfOneDocumentAreProposed(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		p := NewPerson{Area: "220101", Identity: Identity{DocumentKind: OtherID, Document: "D7712345"}}
		for n := range int64(2) {
			if _, err := s.RegisterPerson(ctx, s.by, RegisterPerson{No: DeviceNo(FirstDevice, n), Person: p}); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				s.load([]NewPerson{p})
			}
		}
		if _, err := s.FileLinks(ctx); err != nil { // who is on a roll is looked for after it was loaded
			t.Fatal(err)
		}
		list, _, err := s.ListCandidates(ctx, s.by, "", 0)
		if err != nil || len(list) != 3 {
			t.Fatalf("%d pairs are proposed, %v", len(list), err)
		}
		for _, c := range list {
			if len(c.Why) == 0 || c.Why[0] != WhyDocument || c.One.ID >= c.Other.ID {
				t.Errorf("%+v", c)
			}
		}
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if again, _, err := s.ListCandidates(ctx, s.by, "", 0); err != nil || len(again) != 3 {
			t.Errorf("%d pairs are proposed after a rotation, %v", len(again), err)
		}
		if who, err := s.FindPerson(ctx, s.by, OtherID, "D7712345"); err != nil || !who.OnRoll {
			t.Errorf("the document finds %+v, %v", who, err)
		}
	})
}
