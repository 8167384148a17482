package exchange_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
)

// stockSite is a site with an area, a sampling point and a laboratory.
func stockSite(t *testing.T, db *store.DB, clock *outbreak.HandClock) *site {
	t.Helper()
	s, ctx := newSite(t, db, clock), context.Background()
	s.want(t, exchange.Areas, "code,name,parent,time zone\n22,省,,Asia/Shanghai\n2201,市,22,\n", exchange.Options{}, 2, 0, 0)
	ob, err := s.Registry.DeclareOutbreak(ctx, s.by, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	if err == nil {
		_, err = s.Screening.AddBooth(ctx, s.by, screening.AddBooth{Outbreak: ob, Area: "2201", Name: "东门"})
	}
	if err == nil {
		_, err = s.Lab.AddLab(ctx, s.by, lab.AddLab{Name: "市疾控", Area: "2201"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) balances(t *testing.T) map[string]int64 {
	t.Helper()
	list, err := s.Supplies.ListStocks(context.Background(), s.by, supplies.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, x := range list {
		got[x.Store.Name+" "+x.Item] = x.Balance
	}
	return got
}

// TestStockListsGoInAndComeOutAgain takes a delivery list and a count in, in both languages' words, sees every fault, and moves what was
// given out to another house.
func TestStockListsGoInAndComeOutAgain(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := stockSite(t, db, clock)
		at := clock.Now().Time().Add(-3 * time.Hour).Format(time.RFC3339)
		list := "存放点,类别,物资,变动,数量,批号,有效期,时间,备注\n" +
			"东门,采样点,采样管,入库,\"1,000\",L-1,2023/01/31," + at + ",=HYPERLINK(1)\n" +
			"东门,,swab,received,500,,,,\n" +
			"2201,depot,医用防护口罩,入库,200,,," + at + ",\n" +
			"2201,仓库,mask,发放,50,,," + at + ",\n" +
			"市疾控,实验室,extraction,盘点,96,,,,\n" +
			"西门,,tube,received,1,,,,\n" + // no such store
			"东门,,soup,received,1,,,,\n" + // no such item
			"东门,,tube,eaten,1,,,,\n" +
			"东门,,tube,received,-1,,,,\n" +
			"东门,,tube,received,many,,,,\n" +
			"东门,,tube,received,1,,,2099-01-01,\n" +
			"东门,,tube,received,1,,31.31.2023,,\n" +
			"东门,attic,tube,received,1,,,,\n"
		report := s.want(t, exchange.Stock, list, exchange.Options{}, 5, 0, 8)
		for i, p := range report.Problems {
			if p.Row != 7+i || p.Reason == "" {
				t.Errorf("problem %d: %+v", i, p)
			}
		}
		want := map[string]int64{"东门 tube": 1000, "东门 swab": 500, "市 mask": 150, "市疾控 extraction": 96}
		if got := s.balances(t); len(got) != len(want) {
			t.Errorf("%v", got)
		} else {
			for k, n := range want {
				if got[k] != n {
					t.Errorf("%s: %d, not %d", k, got[k], n)
				}
			}
		}
		head := s.head(t)
		s.want(t, exchange.Stock, list, exchange.Options{}, 0, 5, 8)
		if s.head(t) != head {
			t.Error("a file that was taken in already is written into the journal again")
		}

		var out bytes.Buffer
		done, err := s.ExportStock(context.Background(), s.by, &out)
		if err != nil || done.Things != 5 {
			t.Fatal(done, err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 6 {
			t.Fatal(rows, err)
		}
		if strings.Contains(out.String(), ",=HYPERLINK") {
			t.Errorf("a note goes out as a formula:\n%s", out.String())
		}
		s.want(t, exchange.Stock, out.String(), exchange.Options{}, 0, 5, 0)

		far := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.Administrator), Area: "/33/"}}}
		var none bytes.Buffer
		if done, err := s.ExportStock(context.Background(), far, &none); err != nil || done.Things != 0 {
			t.Error("somebody of another area takes stocks out:", done, err)
		}
		reader := outbreak.Actor{User: 3, Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}}}
		if _, err := s.ExportStock(context.Background(), reader, &none); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a reader takes stocks out:", err)
		}
		if _, err := s.Import(context.Background(), reader, exchange.Stock, strings.NewReader(list), exchange.Options{Now: clock.Now()}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a reader brings stocks in:", err)
		}
		r, err := s.Import(context.Background(), far, exchange.Stock, strings.NewReader(list), exchange.Options{Now: clock.Now()})
		if err == nil && r.Accepted+r.Repeated != 0 {
			t.Errorf("somebody of another area brings stocks in: %+v", r)
		}
	})
}
