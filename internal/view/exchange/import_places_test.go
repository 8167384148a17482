package exchange_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
)

func TestPlacesAndVisitsGoInOnce(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ctx := newSite(t, db, clock), context.Background()
		s.by.Purpose = outbreak.PurposeInvestigation
		s.want(t, exchange.Areas, "code,name,parent,timezone\n22,省,,Asia/Shanghai\n2201,市,22,\n", exchange.Options{}, 2, 0, 0)
		places := "名称,类型,上级,社区代码,别名,lat,lon,坐标系\n" +
			"A-12,摊位,东方市场,,,,,\n" + // before what lies around it
			"东方市场,市场,,2201,East Market；老东市,43.84,126.55,gcj02\n" +
			"小店,shop,,2201,,,,\n小店,market,,2201,,,,\n" +
			"nowhere,room,missing building,,,,,\n" +
			"cave,cave,,2201,,,,\nlost,shop,,9999,,,,\nhigh,shop,,2201,,91,0,WGS84\nflat,shop,,2201,,3,4,\n"
		var back bytes.Buffer
		r := s.want(t, exchange.Places, places, exchange.Options{Rejected: &back}, 4, 0, 5)
		found := map[string]bool{}
		for _, p := range r.Problems {
			found[p.Check] = true
		}
		for _, want := range []string{"room", "place_kind", "known_area", "coordinates"} {
			if !found[want] {
				t.Errorf("the check %s found nothing: %+v", want, r.Problems)
			}
		}
		head := s.head(t)
		s.want(t, exchange.Places, places, exchange.Options{}, 0, 4, 5)
		if s.head(t) != head {
			t.Error("the same file twice left entries in the journal")
		}
		s.want(t, exchange.Places, strings.Replace(back.String(), "nowhere,room,missing building", "nowhere,stall,东方市场", 1), exchange.Options{}, 1, 0, 4)
		more := "name,kind,area,aliases\n东方市场,market,2201,Halle Ost\n"
		if r := s.want(t, exchange.Places, more, exchange.Options{}, 1, 0, 0); r.Changed != 1 {
			t.Errorf("a further name is no change: %+v", r)
		}

		s.want(t, exchange.Roster, "area,name,document,document kind\n2201,张三,E1234567,passport\n2201,李四,,\n", exchange.Options{}, 2, 0, 0)
		ob, err := s.Registry.DeclareOutbreak(ctx, s.by, registry.DeclareOutbreak{Name: "March", Protocol: "cn-covid-2021"})
		if err != nil {
			t.Fatal(err)
		}
		var people []registry.Person
		if err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
			known, err := registry.PeopleByNo(tx, []int64{1, 2})
			people = []registry.Person{known[1], known[2]}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		visits := "person,roll_no,document,document_kind,place,from,from_precision,to,source\n" +
			people[0].ID.String() + ",,,,East Market,2022-03-12 09:20,,2022-03-12 10:40,interview\n" +
			",2,,,A-12,2022-03-12,,,流调\n" +
			",,E1234567,passport,老东市,2022-03-12 14:30,半天,,payment\n" +
			",77,,,A-12,2022-03-12,,,interview\n" + // nobody
			people[1].ID.String() + ",,,,小店,2022-03-12,,,interview\n" + // two places
			people[1].ID.String() + ",,,,A-12,2022-03-12 10:00,,2022-03-12 09:00,interview\n" +
			people[1].ID.String() + ",,,,A-12,2022-03-12,roughly,,interview\n" +
			people[1].ID.String() + ",,,,A-12,2022-03-12,,,rumour\n" +
			people[1].ID.String() + ",,,,A-12,2031-03-12,,,interview\n" +
			"NONSENSE,,,,A-12,2022-03-12,,,interview\n"
		s.want(t, exchange.Visits, visits, exchange.Options{}, 0, 0, 10) // of no outbreak
		back.Reset()
		r = s.want(t, exchange.Visits, visits, exchange.Options{Outbreak: "March", Rejected: &back}, 3, 0, 7)
		for want, row := range map[string]int{"room": 5, "known_place": 6, "stay": 7, "visit_words": 9, "member": 11} {
			ok := false
			for _, p := range r.Problems {
				ok = ok || p.Row == row && p.Check == want && p.Reason != ""
			}
			if !ok {
				t.Errorf("row %d was not found wrong by %s: %+v", row, want, r.Problems)
			}
		}
		if n := strings.Count(back.String(), "\n"); n != 8 {
			t.Errorf("%d lines come back: %s", n, back.String())
		}
		market, err := s.Registry.FindPlaceCalled(ctx, s.by, "Halle Ost")
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Registry.VisitsAt(ctx, s.by, market.ID)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v %v", list, err)
		}
		if v := list[0]; v.FromPrecision != registry.ToHalfDay || v.From.String() != "2022-03-12T04:00:00Z" || v.ToPrecision != registry.NotKnown || v.Outbreak != ob {
			t.Errorf("a half-day does not begin at noon of its zone: %+v %s", v, v.From)
		}
		if _, err := s.Registry.RecordVisit(ctx, s.by, registry.RecordVisit{Corrects: list[0].ID, Gone: true}); err != nil {
			t.Fatal(err)
		}
		s.want(t, exchange.Visits, visits, exchange.Options{Outbreak: ob.String()}, 0, 3, 7) // what was withdrawn does not come back
		if list, err = s.Registry.VisitsAt(ctx, s.by, market.ID); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		tracer := *s
		tracer.by.Grants = []outbreak.Grant{{Role: string(access.Command)}}
		for _, kind := range []exchange.Kind{exchange.Places, exchange.Visits} {
			text := map[exchange.Kind]string{exchange.Places: more, exchange.Visits: visits}[kind]
			if _, err := tracer.Import(ctx, tracer.by, kind, strings.NewReader(text), exchange.Options{Now: clock.Now(), Outbreak: "March"}); outbreak.KindOf(err) != outbreak.Forbidden {
				t.Errorf("%s by somebody who may not: %v", kind, err)
			}
		}
	})
}
