package screening_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

func TestRunsOfTubesComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := rapid.Int64Range(-1<<62, 1<<62)
		var rows []screening.TubeRow
		first := rapid.Int64Range(1, 1<<40).Draw(t, "first")
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		for i := range n {
			x := screening.Tube{Code: outbreak.TubeCode(rapid.StringMatching(`[A-C]{0,3}[0-9]{0,9}`).Draw(t, "code")), AreaID: outbreak.AreaID(any.Draw(t, "area")),
				Round: outbreak.RoundID(any.Draw(t, "round")), Booth: outbreak.BoothID(any.Draw(t, "booth")), Taken: outbreak.Instant(any.Draw(t, "taken")), Members: []screening.Member{}}
			for range rapid.IntRange(0, 12).Draw(t, "members") {
				x.Members = append(x.Members, screening.Member{No: any.Draw(t, "no")})
			}
			rows = append(rows, screening.RowOf(first+int64(i), any.Draw(t, "op"), rapid.Int64Range(0, 20).Draw(t, "kind"), x))
		}
		b := screening.PackRun(rows)
		got, err := screening.UnpackRun(b, first+int64(n)-1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Members = append([]screening.Member{}, got[i].Members...)
		}
		if n > 0 && !reflect.DeepEqual(got, rows) {
			t.Fatalf("%+v became %+v", rows, got)
		}
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		if _, err := screening.UnpackRun(b, first); err == nil {
			t.Fatalf("byte %d was changed, and nobody noticed", at)
		}
		if n > 2 && screening.PackRun(slices.Delete(rows, 1, 2)) != nil {
			t.Fatal("a row is missing, and the rest is packed as if it were not")
		}
	})
}

func FuzzUnpackRun(f *testing.F) {
	f.Add(screening.PackRun([]screening.TubeRow{screening.RowOf(1, 1<<24|1, 0, screening.Tube{Code: "M000001", Members: []screening.Member{{No: 7}}})})[5:])
	f.Fuzz(func(t *testing.T, body []byte) {
		b := append([]byte{1, 0, 0, 0, 0}, body...)
		binary.LittleEndian.PutUint32(b[1:], crc32.ChecksumIEEE(body))
		rows, err := screening.UnpackRun(b, 1<<40)
		if err == nil && screening.PackRun(rows) == nil {
			t.Fatal("rows with gaps came out of a run")
		}
	})
}

// TestAStartReadsPackedRuns compares houses that start on packed runs, on runs that are missing or wrong, and on rows alone.
func TestAStartReadsPackedRuns(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		round, people := h.roll(t, 13)
		for i, p := range people[:11] {
			nos := []int64{p.No}
			if i%2 == 0 {
				nos = append(nos, people[(i+3)%11].No)
			}
			h.hand(t, round, h.booth, nos...)
		}
		exec := func(query string, args ...any) {
			t.Helper()
			must(t, h.a.House.DB.Write(h.ctx, func(tx *store.Tx) error { _, err := tx.Exec(query, args...); return err }))
		}
		count := func() (n int64) {
			t.Helper()
			must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) (err error) { n, err = store.Count(tx, "select count(*) from tube_run"); return err }))
			return n
		}
		packed := func(n int64) {
			t.Helper()
			for range 2000 {
				if count() == n {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Fatal(count(), "runs are packed")
		}
		wrong := func(want int64) {
			t.Helper()
			if n, _, err := h.a.House.Screening.WrongRuns(h.ctx); err != nil || n != want {
				t.Error(n, "runs are wrong", err)
			}
		}
		type standing map[outbreak.Outcome][]int64
		stands := func(s *screening.Service) standing {
			t.Helper()
			all := standing{}
			for _, o := range outbreak.Outcomes {
				list, err := s.ListStanding(h.ctx, root, round, "", o, 0, 100)
				must(t, err)
				for _, x := range list {
					all[o] = append(all[o], x.No)
				}
			}
			return all
		}
		running := stands(h.a.House.Screening)
		packed(3)
		wrong(0)
		start := func() *screening.Service {
			t.Helper()
			must(t, h.a.House.Journal.Settled(h.ctx)) // what is written later would be seen by a coverage that runs alone
			s := screening.New(h.a.House.DB, h.a.House.Journal, h.a.House.IDs, h.a.House.Registry, h.a.House.Tasks, h.a.House.Lab)
			must(t, s.Coverage().CatchUp(h.ctx))
			if got := stands(s); !reflect.DeepEqual(got, running) {
				t.Errorf("running %v, started %v", running, got)
			}
			return s
		}
		start()
		exec("delete from tube_run where upto = 3")
		exec("update tube_run set rows = $1 where upto = 6", []byte("nonsense"))
		wrong(1)
		s := start()
		ctx, stop := context.WithCancel(h.ctx)
		done := make(chan error, 1)
		go func() { done <- s.Coverage().Run(ctx) }()
		h.hand(t, round, h.booth, people[11].No) // and one run more is full
		packed(4)
		for range 2000 {
			if n, _, err := s.WrongRuns(h.ctx); err == nil && n == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		wrong(0)
		stop()
		<-done
		running = stands(h.a.House.Screening)
		start()
		exec("update tube set booth = booth + 1 where seq = 2")
		wrong(1)
		exec("delete from tube_run")
		wrong(0)
		exec("update tube set booth = booth - 1 where seq = 2")
		start()
	})
}
