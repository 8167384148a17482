package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

func keptText(rows int) string {
	var b strings.Builder
	b.WriteString("case_id,name,date_of_onset\n")
	for i := range rows {
		name := ""
		if i%500 == 0 {
			name = "赵敏"
		}
		fmt.Fprintf(&b, "K%05d,%s,2021-03-%02d\n", i, name, i%28+1)
	}
	return b.String()
}

func (s *site) keep(t testing.TB, by outbreak.Actor, ob outbreak.OutbreakID, text string) exchange.Kept {
	t.Helper()
	k, err := s.KeepList(context.Background(), by, exchange.KeepList{Kind: exchange.LineList, Outbreak: ob, File: strings.NewReader(text), Size: int64(len(text)), KeptHead: exchange.KeptHead{Name: "赵敏.csv", Party: "CDC", Plan: exchange.Plan{Area: "11"}}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// openKept reads a list that is kept as a program does that was started anew.
func (s *site) openKept(t testing.TB, id string) (exchange.Kept, *exchange.Source) {
	t.Helper()
	ctx := context.Background()
	k, err := s.FindKept(ctx, s.by, id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.OpenKept(ctx, s.by, k)
	if err != nil {
		t.Fatal(err)
	}
	src, err := exchange.OpenSource(f, f.Size())
	if err != nil {
		t.Fatal(err)
	}
	return k, src
}

// TestAListOutlastsTheProgramThatTookIt keeps a list of several pieces, lets the program die in the middle of loading it, and goes on in
// another: it says how far it came, and nothing is lost or there twice.
func TestAListOutlastsTheProgramThatTookIt(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		const rows = 7000
		text := keptText(rows) + strings.Repeat("\n", 600<<10)
		k := s.keep(t, s.by, ob, text)
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return store.Each(tx, func(r store.Row) error {
				var box []byte
				err := r.Scan(&box)
				if bytes.Contains(box, []byte("赵敏")) || bytes.Contains(box, []byte("K00001")) {
					t.Error("what stands in a list can be read")
				}
				return err
			}, "select box from kept_piece union all select head from kept_list")
		}); err != nil {
			t.Fatal(err)
		}
		_, src := s.openKept(t, k.ID)
		if _, err := s.BeginKept(ctx, s.by, k.ID); err != nil {
			t.Fatal(err)
		}
		dies, die := context.WithCancel(ctx)
		o := exchange.ListOptions{Plan: &k.Plan, Outbreak: ob, Party: "CDC", Lang: words.English, Now: clock.Now()}
		o.Progress = func(r exchange.Report) {
			if r.Received != r.Accepted+r.Repeated+r.Rejected {
				t.Errorf("on its way the load says %d received, %d accepted, %d repeated, %d rejected", r.Received, r.Accepted, r.Repeated, r.Rejected)
			}
			if _, err := s.BeatKept(ctx, s.by, k.ID, r); err != nil {
				t.Error(err)
			}
			die()
		}
		if r, err := s.ImportList(dies, s.by, exchange.LineList, src, o); err == nil {
			t.Fatalf("the load came to its end: %+v", r)
		}
		if _, err := s.BeginKept(ctx, s.by, k.ID); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("loaded twice at a time: %v", err)
		}
		stood := len(s.every(t))
		clock.Move(time.Minute)
		s.Service = exchange.New(s.Rooms)
		k, src = s.openKept(t, k.ID)
		if k.State != exchange.KeptStopped || k.Failed == nil || k.Failed.Msg != "lists.broken_off" || stood == 0 || stood >= rows || k.Name != "赵敏.csv" || k.Party != "CDC" {
			t.Fatalf("%+v, %d stand", k, stood)
		}
		if told := fmt.Sprint(k.Failed.Slots["rows"]); told == "0" || k.Report.Accepted > stood {
			t.Errorf("it says %s rows, %d stand", told, stood)
		}
		if _, err := s.BeginKept(ctx, s.by, k.ID); err != nil {
			t.Fatal(err)
		}
		o.Progress = nil
		r, err := s.ImportList(ctx, s.by, exchange.LineList, src, o)
		if err != nil || r.Received != rows || r.Repeated != stood || r.Accepted != rows-stood || len(s.every(t)) != rows {
			t.Fatalf("%v: %+v, %d cases", err, r, len(s.every(t)))
		}
		back := strings.Repeat("back ", 200_000)
		if _, err := s.EndKept(ctx, s.by, k.ID, r, nil, strings.NewReader(back)); err != nil {
			t.Fatal(err)
		}
		if k, err = s.FindKept(ctx, s.by, k.ID); err != nil || k.State != exchange.KeptLoaded || k.Report.Repeated != stood {
			t.Fatalf("%v: %+v", err, k)
		}
		f, err := s.OpenBack(ctx, s.by, k)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size())); err != nil || string(got) != back {
			t.Errorf("%v: %d bytes came back", err, len(got))
		}
	})
}

// TestAListIsItsSendersAloneAndIsWiped asks for a list as others do, and after its time.
func TestAListIsItsSendersAloneAndIsWiped(t *testing.T) {
	testkit.Engines(t, owners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s, ob := outbreakSite(t, db, clock)
		ctx := context.Background()
		k := s.keep(t, s.by, ob, keptText(10))
		other := s.by
		other.User++
		if _, err := s.FindKept(ctx, other, k.ID); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("somebody else found it: %v", err)
		}
		if err := s.DropKept(ctx, other, k.ID); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("somebody else dropped it: %v", err)
		}
		reader := outbreak.Actor{User: s.by.User, Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}}}
		if _, err := s.FindKept(ctx, reader, k.ID); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("somebody who may load nothing found it: %v", err)
		}
		if stop, err := s.BeatKept(ctx, s.by, k.ID, exchange.Report{}); err != nil || stop {
			t.Error(stop, err)
		}
		if err := s.StopKept(ctx, s.by, k.ID); err != nil {
			t.Fatal(err)
		}
		if stop, err := s.BeatKept(ctx, s.by, k.ID, exchange.Report{}); err != nil || !stop {
			t.Error("who loads a list is not told to stop:", stop, err)
		}
		if _, err := s.EndKept(ctx, s.by, k.ID, exchange.Report{}, outbreak.Refuse(outbreak.Conflict, "lists.stopped"), nil); err != nil {
			t.Fatal(err)
		}
		clock.Move(time.Minute)
		for range 3 {
			s.keep(t, s.by, ob, keptText(10))
			clock.Move(time.Minute)
		}
		if list, err := s.ListKept(ctx, s.by); err != nil || len(list) != 3 || list[0].SentAt < list[2].SentAt {
			t.Errorf("%v: %d lists of one person", err, len(list))
		}
		if _, err := s.FindKept(ctx, s.by, k.ID); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("the oldest stayed: %v", err)
		}
		clock.Move(25 * time.Hour)
		if list, err := s.ListKept(ctx, s.by); err != nil || len(list) != 0 {
			t.Errorf("%v: %d lists after a day", err, len(list))
		}
		if err := s.TickKept(ctx); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"kept_list", "kept_piece"} {
			if err := db.Read(ctx, func(tx *store.Tx) error {
				n, err := store.Count(tx, "select count(*) from "+table)
				if n != 0 {
					t.Errorf("%d rows are left in %s", n, table)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	})
}
