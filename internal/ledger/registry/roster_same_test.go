package registry

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"

	"pgregory.net/rapid"
)

// stood is somebody as a roll left him, without what is by chance.
type stood struct {
	Sex   string
	Born  int
	Said  Identity
	House int  // the first place in the roll of somebody of the same household; -1: nobody's
	Filed bool // by exactly what is in the box
}

// TestABatchIsItsRowsOneByOne loads rolls in batches cut anywhere and the same rows one by one: the same people stand there, each
// found by the same things.
func TestABatchIsItsRowsOneByOne(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		rolls := 0
		rapid.Check(t, func(t *rapid.T) {
			rolls++
			whole, single := fmt.Sprintf("W%d", rolls), fmt.Sprintf("S%d", rolls)
			if _, err := s.LoadAreas(ctx, s.by, LoadAreas{Areas: []NewArea{{Code: whole, Parent: "22", Name: "whole"}, {Code: single, Parent: "22", Name: "single"}}}); err != nil {
				t.Fatal(err)
			}
			rows := drawRoll(t)
			var in [2]Loaded
			for at := 0; at < len(rows); {
				n := rapid.IntRange(1, len(rows)-at).Draw(t, "batch")
				in[0] = in[0].and(at, s.took(t, rows[at:at+n], whole))
				at += n
			}
			for at := range rows {
				in[1] = in[1].and(at, s.took(t, rows[at:at+1], single))
			}
			if !reflect.DeepEqual(in[0], in[1]) {
				t.Fatalf("in batches %+v, one by one %+v", in[0], in[1])
			}
			a, b := s.standing(t, whole), s.standing(t, single)
			if !reflect.DeepEqual(a, b) {
				t.Fatalf("in batches %+v\none by one %+v", a, b)
			}
			for _, p := range a {
				if !p.Filed {
					t.Fatalf("filed otherwise than the box says: %+v", p)
				}
			}
		})
	})
}

// drawRoll draws rows of few people, so that they are repeated, changed and wrong.
func drawRoll(t *rapid.T) (rows []NewPerson) {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	for range rapid.IntRange(1, 120).Draw(t, "rows") {
		p := NewPerson{Household: pick("household", "", "", "H1", "H2"), Building: pick("building", "", "3"), Door: pick("door", "", "1", "2"),
			Sex: pick("sex", "", "female", "male"), BirthYear: rapid.SampledFrom([]int{0, 1950, 1951, 12}).Draw(t, "year"),
			Identity: Identity{Name: pick("name", "", "王小明", "欧阳 娜", "Anna Berg", "李", "長孫無忌"), Phone: pick("phone", "", "139 1", "1392"),
				Address: pick("address", "", "人民大街1号"), Birth: pick("birth", "", "", "1980-02-29", "yesterday")}}
		if d := pick("document", "", "D1", "D2", "D3", "D4", "D5", "D6"); d != "" {
			p.Identity.DocumentKind, p.Identity.Document = pick("kind", OtherID, OtherID, Passport), d
		}
		rows = append(rows, p)
	}
	return rows
}

// took loads rows into an area; documents are of that area alone.
func (s keySite) took(t *rapid.T, rows []NewPerson, area string) Loaded {
	mine := slices.Clone(rows)
	for i := range mine {
		mine[i].Area = area
		if d := mine[i].Identity.Document; d != "" {
			mine[i].Identity.Document = d + area
		}
	}
	l, err := s.LoadPeople(context.Background(), s.by, LoadPeople{People: mine})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// and adds what a further batch came to, that began at a row.
func (l Loaded) and(at int, more Loaded) Loaded {
	l.Added, l.Changed, l.Repeated = l.Added+more.Added, l.Changed+more.Changed, l.Repeated+more.Repeated
	for _, r := range more.Rejected {
		r.Row += at
		l.Rejected = append(l.Rejected, r)
	}
	return l
}

// standing lists the people of an area in the order of their numbers.
func (s keySite) standing(t *rapid.T, area string) (list []stood) {
	if err := s.db.Read(context.Background(), func(tx *store.Tx) error {
		a, _, err := AreaByCode(tx, area)
		if err != nil {
			return err
		}
		filed, err := filedIn(tx, a.ID)
		if err != nil {
			return err
		}
		_, eyes, err := s.keys(tx)
		if err != nil {
			return err
		}
		rows, err := store.List(tx, scanSealed, "select "+sealedColumns+" from person where area = $1 order by no", a.Path)
		if err != nil {
			return err
		}
		houses := map[outbreak.HouseholdID]int{}
		for i, row := range rows {
			p, _, err := PersonByID(tx, row.id)
			if err != nil {
				return err
			}
			identity, err := s.unseal(row.id, row.box)
			if err != nil {
				return err
			}
			head, err := store.Count(tx, "select uhead from person where id = $1", row.id)
			if err != nil {
				return err
			}
			names := eyes.nameParts(a.ID, identity.Name)
			slices.Sort(names)
			k := stood{Sex: p.Sex, Born: p.BirthYear, Said: identity, House: -1,
				Filed: eyes.files(identity, row) && head == headOf(row.ukey) && slices.Equal(slices.Compact(names), filed[p.No])}
			if p.Household != 0 {
				first, there := houses[p.Household]
				if !there {
					first = i
					houses[p.Household] = i
				}
				k.House = first
			}
			k.Said.Document = strings.TrimSuffix(k.Said.Document, area)
			list = append(list, k)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}
