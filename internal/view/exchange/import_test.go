package exchange_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
	"breakwater/protocols"
)

var owners = []store.Migrations{journal.Migrations, task.Migrations, registry.Migrations, screening.Migrations, lab.Migrations, cases.Migrations, contacts.Migrations, supplies.Migrations, exchange.Migrations}

// site is a small working site: the rooms of one database and somebody who may do everything.
type site struct {
	exchange.Rooms
	*exchange.Service
	by    outbreak.Actor
	clock *outbreak.HandClock
}

func newSite(t testing.TB, db *store.DB, clock *outbreak.HandClock) *site {
	t.Helper()
	set, err := protocols.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	master := sha256.Sum256([]byte("a key for tests"))
	vault, err := registry.NewVault(master[:])
	if err != nil {
		t.Fatal(err)
	}
	ids := outbreak.NewIDs(clock)
	j := journal.New(db, testkit.Quiet(), nil)
	tasks := task.New(db, j, ids)
	reg := registry.New(db, j, ids, set, vault)
	laboratory := lab.New(db, j, ids, reg, tasks)
	rooms := exchange.Rooms{DB: db, Journal: j, Registry: reg, Screening: screening.New(db, j, ids, reg, tasks, laboratory), Lab: laboratory, Cases: cases.New(db, j, ids, reg, tasks), Wall: clock}
	rooms.Contacts = contacts.New(db, j, ids, reg, rooms.Cases)
	rooms.Supplies = supplies.New(db, j, ids, reg, rooms.Screening, laboratory)
	by := outbreak.Actor{User: 1, Purpose: outbreak.PurposeSampling, Grants: []outbreak.Grant{{Role: string(access.Administrator)}, {Role: string(access.Auditor)}}}
	return &site{Rooms: rooms, Service: exchange.New(rooms), by: by, clock: clock}
}

func (s *site) load(t testing.TB, kind exchange.Kind, text string, o exchange.Options) exchange.Report {
	t.Helper()
	o.Now, o.Lang = s.clock.Now(), words.English
	r, err := s.Import(context.Background(), s.by, kind, strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	if r.Received != r.Accepted+r.Repeated+r.Rejected {
		t.Fatalf("%s does not add up: %+v", kind, r)
	}
	return r
}

func (s *site) want(t testing.TB, kind exchange.Kind, text string, o exchange.Options, accepted, repeated, rejected int) exchange.Report {
	t.Helper()
	r := s.load(t, kind, text, o)
	if r.Accepted != accepted || r.Repeated != repeated || r.Rejected != rejected {
		t.Fatalf("%s: accepted %d, repeated %d, rejected %d: %+v", kind, r.Accepted, r.Repeated, r.Rejected, r.Problems[:min(3, len(r.Problems))])
	}
	return r
}

func (s *site) head(t testing.TB) (n int64) {
	t.Helper()
	if err := s.DB.Read(context.Background(), func(tx *store.Tx) (err error) {
		n, err = journal.Head(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFilesGoIntoTheRoomsOnce(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ctx := newSite(t, db, clock), context.Background()
		shanghai, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}

		areas := "code,name,parent\n220202001,街道,220202\n220202,区,220000\n220000,省,\n99,nowhere,98\n"
		s.want(t, exchange.Areas, areas, exchange.Options{Zone: shanghai}, 3, 0, 1)
		s.want(t, exchange.Areas, areas, exchange.Options{Zone: shanghai}, 0, 3, 1)

		var roll strings.Builder
		roll.WriteString("area,household,name,id number\n")
		for i := range 2300 {
			fmt.Fprintf(&roll, "220202001,H%d,张三,%s\n", i/3, citizen(fmt.Sprintf("19%02d0101", 10+i/1000), i%1000))
		}
		roll.WriteString("220299,,x,\n")
		s.want(t, exchange.Roster, roll.String(), exchange.Options{}, 2300, 0, 1)
		s.want(t, exchange.Roster, roll.String(), exchange.Options{}, 0, 2300, 1)
		if err := db.Read(ctx, func(tx *store.Tx) error {
			n, err := registry.CountRoll(tx, "/220000/")
			ranges, rerr := registry.RangesBelow(tx, "")
			if n != 2300 || len(ranges) != 1 || rerr != nil {
				t.Errorf("%d on the roll in %d ranges, %v", n, len(ranges), rerr)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}

		s.want(t, exchange.Roster, "社区,门牌号,年龄\n220202001,9-1,31\n220202001,9-1,4\n220202001,9-1,4岁\n", exchange.Options{}, 2, 0, 1)
		if err := db.Read(ctx, func(tx *store.Tx) error {
			years, err := store.List(tx, store.Value[int64], "select birth_year from person where birth_year > 1960 order by birth_year")
			if !slices.Equal(years, []int64{1991, 2018}) {
				t.Errorf("born %v", years)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}

		o, err := s.Registry.DeclareOutbreak(ctx, s.by, registry.DeclareOutbreak{Name: "spring", Protocol: "cn-covid-2021"})
		if err != nil {
			t.Fatal(err)
		}
		round, err := s.Rooms.Screening.OpenRound(ctx, s.by, screening.OpenRound{Outbreak: o, Name: "first", Areas: []string{"220202"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rooms.Screening.AddBooth(ctx, s.by, screening.AddBooth{Outbreak: o, Area: "220202001", Name: "校门口"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Registry.IssueBox(ctx, s.by, registry.IssueBox{First: "JL000001", Last: "JL000999", Area: "220202001", Outbreak: o}); err != nil {
			t.Fatal(err)
		}
		var tubes strings.Builder
		tubes.WriteString("轮次,采样管,采样点,采样时间,名册号,证件号码\n")
		for no := 1; no <= 2290; no++ {
			fmt.Fprintf(&tubes, "first,jl%06d,校门口,2022-03-14 08:%02d,%d,\n", (no-1)/10+1, no%10, no)
		}
		fmt.Fprintf(&tubes, "first,JL000300,校门口,2022-03-14 08:00,,%s\n", citizen("19100101", 5))
		tubes.WriteString("second,JL000301,校门口,2022-03-14 08:00,7,\n")
		clock.Move(time.Hour)
		s.want(t, exchange.Tubes, tubes.String(), exchange.Options{}, 2291, 0, 1)
		s.want(t, exchange.Tubes, tubes.String(), exchange.Options{}, 0, 2291, 1)
		tube, people, err := s.Rooms.Screening.FindTube(ctx, s.by, "JL000100") // its rows lie across the end of a batch
		if err != nil || len(tube.Members) != 10 || len(people) != 10 || tube.Ops != 1 || tube.Taken != outbreak.At(time.Date(2022, 3, 14, 8, 9, 0, 0, shanghai)) {
			t.Errorf("%+v %v", tube, err)
		}
		half := strings.Split(tubes.String(), "\n")
		s.want(t, exchange.Tubes, strings.Join(slices.Concat(half[:1], half[2281:2291], []string{"first,JL000400,校门口,2022-03-14 08:00,1,"}), "\n"), exchange.Options{}, 1, 10, 0)

		if _, err := s.Rooms.Lab.AddLab(ctx, s.by, lab.AddLab{Name: "市疾控", Area: "220202"}); err != nil {
			t.Fatal(err)
		}
		results := "采样管,检测结果,检测时间\nJL000001,阴性,2022-03-14 08:30\nJL000002,阳性,2022-03-14 08:30\nJL000003,阴性,\nJL000001,阴性,2022-03-15 16:30\n"
		s.want(t, exchange.Results, results, exchange.Options{Lab: "市疾控"}, 3, 0, 1)
		before := s.head(t)
		s.want(t, exchange.Results, results, exchange.Options{Lab: "市疾控"}, 0, 3, 1)
		if now := s.head(t); now != before {
			t.Errorf("the same results again left %d entries", now-before)
		}
		s.want(t, exchange.Results, results, exchange.Options{}, 0, 0, 4)
		s.want(t, exchange.Results, results, exchange.Options{Lab: "someone"}, 0, 0, 4)
		history, err := s.Rooms.Lab.FindTube(ctx, s.by, "JL000002")
		if err != nil || len(history.Results) != 1 || history.Results[0].RanAt != outbreak.At(time.Date(2022, 3, 14, 0, 30, 0, 0, time.UTC)) {
			t.Errorf("%+v %v", history, err)
		}

		var out bytes.Buffer
		done, err := s.ExportTubes(ctx, s.by, round.ID, &out)
		if err != nil || done.Rows != 2292 || done.Things != 231 || done.Digest != fmt.Sprintf("%x", sha256.Sum256(out.Bytes())) {
			t.Errorf("%+v %v", done, err)
		}
		s.want(t, exchange.Tubes, out.String(), exchange.Options{}, 0, 2292, 0)
		out.Reset()
		done, err = s.ExportJournal(ctx, s.by, 0, &out)
		if err != nil || int64(done.Things) != done.Seq-1 || strings.Count(out.String(), "\n") != done.Rows+1 || strings.Contains(out.String(), "张三") {
			t.Errorf("%+v %v", done, err)
		}
	})
}

func TestSendingWithoutTheRightIsRefused(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := newSite(t, db, clock)
		s.by.Grants = []outbreak.Grant{{Role: string(access.ReadOnly)}}
		for kind, text := range map[exchange.Kind]string{exchange.Areas: "code,name\n1,a\n", exchange.Roster: "area\n1\n"} {
			r, err := s.Import(context.Background(), s.by, kind, strings.NewReader(text), exchange.Options{})
			if outbreak.KindOf(err) != outbreak.Forbidden || r.Accepted != 0 {
				t.Errorf("%s: %v %+v", kind, err, r)
			}
		}
		if _, err := s.ExportTubes(context.Background(), s.by, 0, &bytes.Buffer{}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("tubes went out: %v", err)
		}
	})
}

func TestRealAreasAreLoaded(t *testing.T) {
	counties, err := os.ReadFile(testkit.Shared(t, "jilin_admin_divisions_2020census.csv"))
	if err != nil {
		t.Fatal(err)
	}
	streets, err := os.ReadFile(testkit.Shared(t, "jilin_streets_towns_codes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := newSite(t, db, clock)
		s.want(t, exchange.Areas, string(counties), exchange.Options{}, 79, 0, 0)
		s.want(t, exchange.Areas, string(streets), exchange.Options{}, 1075, 0, 0)
		s.want(t, exchange.Areas, string(streets), exchange.Options{}, 0, 1075, 0)
		if err := db.Read(context.Background(), func(tx *store.Tx) error {
			a, ok, err := registry.AreaByCode(tx, "220102001")
			if !ok || a.Path != "/220000/220100/220102/220102001/" || a.Level != "township" {
				t.Errorf("%+v", a)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
