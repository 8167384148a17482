package registry

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestNamesAreFolded(t *testing.T) {
	for typed, want := range map[string]string{
		"张　偉":                    "张 伟",
		"ＪＯＳＥ":                   "jose",
		"José  Núñez-Łukasz":     "jose nunez lukasz",
		"买买提·吐尔逊":                "买买提 吐尔逊",
		"买买提•吐尔逊":                "买买提 吐尔逊",
		"O'Brien":                "obrien",
		"Straße":                 "strasse",
		"歐陽娜娜":                   "欧阳 娜娜",
		"":                       "",
		" · ":                    "",
		"Nguyễn Thị Minh":        "nguyen thi minh",
		"김민준":                    "김민준",
		strings.Repeat("长", 200): strings.Repeat("长", longestName),
	} {
		want := strings.ReplaceAll(want, "欧阳 娜娜", "欧阳娜娜")
		if got := strings.Join(foldName(typed), " "); got != want {
			t.Errorf("%q is folded to %q, want %q", typed, got, want)
		}
	}
}

func TestTheTableOfCharactersHoldsPairs(t *testing.T) {
	runes := []rune(traditional)
	if len(runes)%2 != 0 {
		t.Fatalf("%d characters", len(runes))
	}
	for i := 0; i < len(runes); i += 2 {
		if was := simplifiedOf[runes[i]]; was != runes[i+1] {
			t.Errorf("%c stands for %c and for %c", runes[i], runes[i+1], was)
		}
		if to, again := simplifiedOf[runes[i+1]]; again && to != runes[i+1] {
			t.Errorf("%c stands for %c, which stands for another", runes[i], runes[i+1])
		}
	}
}

func TestReadingsOfNames(t *testing.T) {
	for name, first := range map[string]string{
		"单雄信": "shanxiongxin", "解晓东": "xiexiaodong", "仇和": "qiuhe", "曾国藩": "zengguofan", "尉迟恭": "yuchigong", "万俟卨": "moqi",
		"吕蒙": "lvmeng", "张伟": "zhangwei", "长孙无忌": "zhangsunwuji",
	} {
		got := readings(name)
		if len(got) == 0 || len(got) > mostReadings || !strings.HasPrefix(got[0], first) {
			t.Errorf("%s is read %q, first should be %s", name, got, first)
		}
	}
	if got := readings("单乐行曾解"); len(got) != mostReadings {
		t.Errorf("%d readings", len(got))
	}
}

// nameSite is a registry with two communities of one county and one of another.
func nameSite(t *testing.T, db *store.DB, clock *outbreak.HandClock) keySite {
	t.Helper()
	s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key"))
	areas := []NewArea{{Code: "22", Name: "province"}, {Code: "2201", Parent: "22", Name: "county"}, {Code: "2202", Parent: "22", Name: "other county"},
		{Code: "220101", Parent: "2201", Name: "east"}, {Code: "220102", Parent: "2201", Name: "west"}, {Code: "220201", Parent: "2202", Name: "far"}}
	if _, err := s.LoadAreas(context.Background(), s.by, LoadAreas{Areas: areas}); err != nil {
		t.Fatal(err)
	}
	return s
}

func called(area, name string, year int) NewPerson {
	return NewPerson{Area: area, BirthYear: year, Identity: Identity{Name: name}}
}

// names lists who a search found, as the names behind the codes.
func (s keySite) names(c SearchPeople) (names []string) {
	s.t.Helper()
	found, err := s.SearchPeople(context.Background(), s.by, c)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range found.Matches {
		i, err := s.ReadIdentity(context.Background(), s.by, m.ID, "")
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, i.Name+" "+m.Fits)
	}
	return names
}

func TestPeopleAreFoundByName(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := nameSite(t, db, clock)
		s.load([]NewPerson{called("220101", "张伟", 1980), called("220102", "章伟", 1990), called("220201", "張偉", 2000), called("220101", "王小明", 1970),
			called("220101", "李小明", 1971), called("220102", "Maria José Silva", 1985), called("220102", "Zhang Wei", 1999), called("220101", "单晓红", 0),
			called("220101", "", 1950), called("220101", "王", 1950)})
		for _, c := range []struct {
			ask  SearchPeople
			want []string
		}{
			{SearchPeople{Name: "张伟"}, []string{"张伟 same", "張偉 same", "章伟 sound", "Zhang Wei sound"}},
			{SearchPeople{Name: "張 偉", Below: "/22/2201/"}, []string{"张伟 same", "章伟 sound", "Zhang Wei sound"}},
			{SearchPeople{Name: "张伟", BirthYear: 1980}, []string{"张伟 same"}},
			{SearchPeople{Name: "wei zhang"}, []string{"Zhang Wei sound", "张伟 sound", "章伟 sound", "張偉 sound"}},
			{SearchPeople{Name: "小明"}, []string{"王小明 part", "李小明 part"}},
			{SearchPeople{Name: "李小明"}, []string{"李小明 same", "王小明 part"}},
			{SearchPeople{Name: "shan xiao hong"}, []string{"单晓红 sound"}},
			{SearchPeople{Name: "maria"}, []string{"Maria José Silva part"}},
			{SearchPeople{Name: "SILVA Maria Jose"}, []string{"Maria José Silva sound"}},
			{SearchPeople{Name: "赵钱"}, nil},
		} {
			if got := s.names(c.ask); !slices.Equal(got, c.want) {
				t.Errorf("%+v finds %q, want %q", c.ask, got, c.want)
			}
		}
		ctx := context.Background()
		far := outbreak.Actor{User: 9, Purpose: outbreak.PurposeCare, Grants: []outbreak.Grant{{Role: string(access.Investigator), Area: "/22/2202/"}}}
		if f, err := s.SearchPeople(ctx, far, SearchPeople{Name: "张伟"}); err != nil || len(f.Matches) != 1 || f.Matches[0].BirthYear != 2000 {
			t.Errorf("who may open identities of one county finds %+v, %v", f, err)
		}
		for want, try := range map[string]func() error{
			"registry.name_short": func() error { _, err := s.SearchPeople(ctx, s.by, SearchPeople{Name: "王"}); return err },
			"registry.purpose_missing": func() error {
				by := s.by
				by.Purpose = ""
				_, err := s.SearchPeople(ctx, by, SearchPeople{Name: "张伟"})
				return err
			},
			"access.outside_scope": func() error {
				_, err := s.SearchPeople(ctx, far, SearchPeople{Name: "张伟", Below: "/22/2201/"})
				return err
			},
			"access.not_allowed": func() error {
				_, err := s.SearchPeople(ctx, outbreak.Actor{User: 3, Purpose: outbreak.PurposeCare, Grants: []outbreak.Grant{{Role: string(access.Command)}}}, SearchPeople{Name: "张伟"})
				return err
			},
		} {
			if err := try(); msgOf(err) != want {
				t.Errorf("%v instead of %s", err, want)
			}
		}
		entries := 0
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return journalled(tx, func(e outbreak.IdentitySearched) {
				if entries++; e.Purpose != outbreak.PurposeCare {
					t.Errorf("%+v", e)
				}
			})
		}); err != nil || entries != 11 {
			t.Errorf("%d entries, %v", entries, err)
		}
	})
}

func TestWhoSearchesTooOftenWaits(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := nameSite(t, db, clock)
		other := s.by
		other.User = 2
		for n := range searchesShort + 1 {
			_, err := s.SearchPeople(context.Background(), s.by, SearchPeople{Name: "张伟"})
			if full := n == searchesShort; full != (msgOf(err) == "registry.searches_spent") {
				t.Fatalf("search %d: %v", n, err)
			}
		}
		if _, err := s.SearchPeople(context.Background(), other, SearchPeople{Name: "张伟"}); err != nil {
			t.Errorf("another user is not held up: %v", err)
		}
	})
}

// TestTheIndexOfNamesFollows erases, loads anew, rotates the index key and files people who were there before the index.
func TestTheIndexOfNamesFollows(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := nameSite(t, db, clock)
		doc := func(n int, name string) NewPerson {
			p := called("220101", name, 1980)
			p.Identity.DocumentKind, p.Identity.Document = OtherID, fmt.Sprintf("D%05d", n)
			return p
		}
		s.load([]NewPerson{doc(1, "张伟"), doc(2, "王小明"), doc(3, "李娜")})
		s.load([]NewPerson{doc(1, "张大伟")}) // the name was wrong
		if got := s.names(SearchPeople{Name: "张伟"}); got != nil {
			t.Errorf("by the old name: %q", got)
		}
		if got := s.names(SearchPeople{Name: "张大伟"}); len(got) != 1 {
			t.Errorf("by the new name: %q", got)
		}
		tokens := func() (list []int64) {
			t.Helper()
			if err := db.Read(ctx, func(tx *store.Tx) (err error) {
				all, err := store.List(tx, store.Value[[]byte], "select entries from name_entry order by id")
				for _, packed := range all {
					entries, wrong := unpackEntries(packed)
					err = errors.Join(err, wrong)
					for _, e := range entries {
						list = append(list, int64(e.digest()))
					}
				}
				slices.Sort(list)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list
		}
		before := tokens()
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		after := tokens()
		for _, token := range after {
			if slices.Contains(before, token) {
				t.Error("a digest under the old index key is left")
			}
		}
		if got := s.names(SearchPeople{Name: "wang xiaoming"}); len(got) != 1 || len(after) != len(before) {
			t.Errorf("%q, %d digests instead of %d", got, len(after), len(before))
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			for _, table := range []string{"name_entry", "name_area"} {
				if _, err := tx.Exec("delete from " + table); err != nil {
					return err
				}
			}
			_, err := tx.Exec("update person set named_by = 0")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.FileNames(ctx); err != nil || n != 3 || !slices.Equal(tokens(), after) {
			t.Errorf("%d people were filed, %v", n, err)
		}
		if n, err := s.FileNames(ctx); err != nil || n != 0 {
			t.Errorf("%d people were filed again, %v", n, err)
		}
		p, err := s.FindPerson(ctx, s.by, OtherID, "D00003")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ErasePerson(ctx, s.by, asked(p.ID)); err != nil {
			t.Fatal(err)
		}
		if got := s.names(SearchPeople{Name: "李娜"}); got != nil {
			t.Errorf("an erased person is found: %q", got)
		}
	})
}
