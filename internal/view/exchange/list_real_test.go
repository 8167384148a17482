package exchange_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// published reads a line list that lies beside the project; skipped where it does not.
func published(t testing.TB, file string) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "outbreaks", file)
	if dir := os.Getenv("BREAKWATER_OUTBREAKS"); dir != "" {
		path = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the published line list %s is not here: put the folder shared beside the project, or name its folder outbreaks in BREAKWATER_OUTBREAKS", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// plainly reads a published list without any of our code.
func plainly(t testing.TB, text []byte) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			if r[i] != "NA" {
				row[name] = r[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func source(t testing.TB, text []byte) *exchange.Source {
	t.Helper()
	s, err := exchange.OpenSource(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outbreakSite is a site with an area of all cases and an outbreak.
func outbreakSite(t testing.TB, db *store.DB, clock *outbreak.HandClock) (*site, outbreak.OutbreakID) {
	t.Helper()
	s := newSite(t, db, clock)
	ctx := context.Background()
	if _, err := s.Registry.LoadAreas(ctx, s.by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "1", Name: "Everywhere", TimeZone: "Asia/Shanghai"}, {Code: "11", Parent: "1", Name: "Shanghai"}, {Code: "12", Parent: "1", Name: "江苏", NameEn: "Jiangsu"}}}); err != nil {
		t.Fatal(err)
	}
	id, err := s.Registry.DeclareOutbreak(ctx, s.by, registry.DeclareOutbreak{Name: "Real", Protocol: "cn-covid-2021"})
	if err != nil {
		t.Fatal(err)
	}
	return s, id
}

func (s *site) list(t testing.TB, kind exchange.Kind, text []byte, o exchange.ListOptions) exchange.Report {
	t.Helper()
	o.Now, o.Lang = s.clock.Now(), words.English
	if o.Plan == nil {
		o.Plan = &exchange.Plan{Area: "1"}
	}
	r, err := s.ImportList(context.Background(), s.by, kind, source(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Received != r.Accepted+r.Repeated+r.Rejected {
		t.Fatalf("it does not add up: %+v", r)
	}
	return r
}

// every reads all cases of a site as the line list has them.
func (s *site) every(t testing.TB) (all []cases.Case) {
	t.Helper()
	all, err := s.Cases.ListCases(context.Background(), s.by, cases.Filter{Most: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPublishedLineListsCameInWhole loads MERS in Korea 2015, measles in Hagelloch 1861 and H7N9 in China 2013, and compares what the
// house has with what another reader counts in the files.
func TestPublishedLineListsCameInWhole(t *testing.T) {
	for _, c := range []struct {
		file, onset, age, sex, outcome, died string
		outcomes                             map[string]string
	}{
		{"mers_korea_2015_linelist.csv", "dt_onset", "age", "sex", "outcome", "dt_death", map[string]string{"Alive": "alive", "Dead": "died"}},
		{"measles_hagelloch_1861.csv", "date_of_prodrome", "age", "gender", "", "date_of_death", nil},
		{"fluH7N9_china_2013.csv", "date_of_onset", "age", "gender", "outcome", "", map[string]string{"Recover": "recovered", "Death": "died"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text := published(t, c.file)
			rows := plainly(t, text)
			testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
				s, ob := outbreakSite(t, db, clock)
				r := s.list(t, exchange.LineList, text, exchange.ListOptions{Outbreak: ob})
				if r.Received != len(rows) || r.Accepted != len(rows) {
					t.Fatalf("%+v", r)
				}
				want, got := totals{}, totals{}
				for _, row := range rows {
					age := math.NaN()
					if v, err := strconv.ParseFloat(row[c.age], 64); err == nil {
						age = v
					}
					outcome := c.outcomes[row[c.outcome]]
					if row[c.died] != "" {
						outcome = "died"
					}
					want.add(row[c.onset] == "", age, map[string]string{"m": "male", "M": "male", "f": "female", "F": "female"}[row[c.sex]], outcome)
				}
				for _, k := range s.every(t) {
					age := math.NaN()
					if k.AgeMonths >= 0 {
						age = float64(k.AgeMonths) / 12
					}
					got.add(k.OnsetAt == 0, age, k.Sex, k.Outcome)
				}
				want.same(t, got)
				if again := s.list(t, exchange.LineList, text, exchange.ListOptions{Outbreak: ob}); again.Repeated != len(rows) || again.Accepted != 0 {
					t.Errorf("the same list again: %+v", again)
				}
			})
		})
	}
}

// totals are what a list holds in all.
type totals struct {
	rows, noOnset, ages int
	least, most, sum    float64
	outcomes, sexes     map[string]int
}

func (s *totals) add(noOnset bool, age float64, sex, outcome string) {
	if s.outcomes == nil {
		s.outcomes, s.sexes, s.least = map[string]int{}, map[string]int{}, math.Inf(1)
	}
	s.rows++
	if noOnset {
		s.noOnset++
	}
	if !math.IsNaN(age) {
		s.ages++
		s.least, s.most, s.sum = min(s.least, age), max(s.most, age), s.sum+age
	}
	if outcome == "" {
		outcome = "unknown"
	}
	if sex == "" {
		sex = "unknown"
	}
	s.outcomes[outcome]++
	s.sexes[sex]++
}

func (s totals) same(t testing.TB, got totals) {
	t.Helper()
	if s.rows != got.rows || s.noOnset != got.noOnset || s.ages != got.ages || s.least != got.least || s.most != got.most || math.Abs(s.sum-got.sum) > 1e-6 {
		t.Errorf("want %+v\ngot %+v", s, got)
	}
	for _, m := range []struct{ want, got map[string]int }{{s.outcomes, got.outcomes}, {s.sexes, got.sexes}} {
		for word, n := range m.want {
			if m.got[word] != n || len(m.want) != len(m.got) {
				t.Errorf("want %v, got %v", m.want, m.got)
			}
		}
	}
}

// TestPublishedContactsKeepBothEnds loads who exposed whom in Korea 2015 onto the line list: every row becomes a link whose ends are
// people of the line list.
func TestPublishedContactsKeepBothEnds(t *testing.T) {
	list, text := published(t, "mers_korea_2015_linelist.csv"), published(t, "mers_korea_2015_contacts.csv")
	rows := plainly(t, text)
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		if r := s.list(t, exchange.Contacts, text, exchange.ListOptions{Outbreak: ob, Party: "KCDC"}); r.Accepted != 0 || r.Rejected != len(rows) {
			t.Fatalf("before the line list is there nobody is known by number: %+v", r)
		}
		s.list(t, exchange.LineList, list, exchange.ListOptions{Outbreak: ob, Party: "KCDC"})
		people := map[outbreak.PersonID]string{}
		for _, k := range s.every(t) {
			x, err := s.Cases.ListExternals(ctx, s.by, k.ID)
			if err != nil || len(x) != 1 {
				t.Fatal(x, err)
			}
			people[k.Person] = x[0].Number
		}
		if r := s.list(t, exchange.Contacts, text, exchange.ListOptions{Outbreak: ob, Party: "KCDC"}); r.Accepted != len(rows) {
			t.Fatalf("%+v", r)
		}
		links, err := s.Contacts.ListLinks(ctx, s.by, contacts.Filter{Outbreak: ob, Most: 1000})
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[[3]string]int{}, map[[3]string]int{}
		for _, r := range rows {
			want[[3]string{r["from"], r["to"], strings.TrimSpace(r["exposure"])}]++
		}
		for _, l := range links {
			got[[3]string{people[l.From], people[l.To], l.Exposure}]++
		}
		for k, n := range want {
			if got[k] != n || len(got) != len(want) {
				t.Errorf("%v: %d times, want %d", k, got[k], n)
			}
		}
		if r := s.list(t, exchange.Contacts, text, exchange.ListOptions{Outbreak: ob, Party: "KCDC"}); r.Repeated != len(rows) {
			t.Errorf("the same list again: %+v", r)
		}
		text, err := s.Contacts.OpenExtra(ctx, s.by, links[0].ID)
		if err != nil || len(text) != 1 || text[0].Name != "diff_dt_onset" || text[0].Value != rows[0]["diff_dt_onset"] {
			t.Errorf("%+v %v", text, err)
		}
	})
}

// TestContactsOfKnownPeopleNeedNoArea loads who exposed whom in Korea 2015, into an outbreak without an area, with nobody having said
// where its rows belong: the try says so already, each link lies where whoever was exposed lives.
func TestContactsOfKnownPeopleNeedNoArea(t *testing.T) {
	list, text := published(t, "mers_korea_2015_linelist.csv"), published(t, "mers_korea_2015_contacts.csv")
	rows := len(plainly(t, text))
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		o := exchange.ListOptions{Outbreak: ob, Party: "KCDC", Plan: &exchange.Plan{}}
		s.list(t, exchange.LineList, list, exchange.ListOptions{Outbreak: ob, Party: "KCDC", Plan: &exchange.Plan{Area: "11"}})
		tried, err := s.TryList(context.Background(), s.by, exchange.Contacts, source(t, text), o)
		if err != nil || tried.Accepted != rows {
			t.Errorf("tried: %+v %v", tried, err)
		}
		if r := s.list(t, exchange.Contacts, text, o); r.Accepted != rows {
			t.Fatalf("%+v", r)
		}
		links := s.met(t, ob)
		for _, l := range links {
			if l.Area.Code() != "11" {
				t.Errorf("%+v", l)
			}
		}
		if again := s.list(t, exchange.Contacts, text, o); len(links) != rows || again.Repeated != rows {
			t.Errorf("%d links; again: %+v", len(links), again)
		}
	})
}

// TestOnlyPeopleWhoAreThereNeedNoArea loads contacts of whom one end or the other is somebody new.
func TestOnlyPeopleWhoAreThereNeedNoArea(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		here := func(area string) exchange.ListOptions {
			return exchange.ListOptions{Outbreak: ob, Party: "CDC", Plan: &exchange.Plan{Area: area}}
		}
		s.list(t, exchange.LineList, []byte("case_id,date_of_onset\nA,2021-03-01\nB,2021-03-02\n"), here("11"))
		s.list(t, exchange.LineList, []byte("case_id,date_of_onset\nC,2021-03-03\n"), here("12"))
		text := "from,to,from_name,name,last_contact\nA,C,,,2021-03-02\nA,D,,王芳,\nE,B,李强,,\nX,B,,,\nB,A,,,2021-03-01\n"
		r := s.list(t, exchange.Contacts, []byte(text), here(""))
		why := map[int]string{}
		for _, p := range r.Problems {
			why[p.Row] = p.Check
		}
		if r.Accepted != 2 || len(why) != 3 || why[3] != "area" || why[4] != "area" || why[5] == "area" {
			t.Errorf("%+v", r)
		}
		where := map[string]int{}
		for _, l := range s.met(t, ob) {
			where[l.Area.Code()]++
		}
		if len(where) != 2 || where["12"] != 1 || where["11"] != 1 {
			t.Errorf("%v", where)
		}
	})
}
