package screening_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/testkit"
)

// TestAnyWayOfSendingComesToTheSame sends the operations of some devices in any order, several times each, from many sides at once,
// through a stop and a start. What is stored at the end is each operation once; what is acknowledged is stored.
func TestAnyWayOfSendingComesToTheSame(t *testing.T) {
	whole := t
	rapid.Check(t, func(t *rapid.T) {
		data := testkit.Folder(whole, app.Owners())
		ctx := context.Background()
		m := newMachine(t, data)
		defer func() { m.stop() }()
		var ops []screening.Operation
		want := map[string][]int64{}
		for device := range int64(rapid.IntRange(1, 3).Draw(t, "devices")) {
			for n := range int64(rapid.IntRange(1, 5).Draw(t, "operations")) {
				code := fmt.Sprintf("T%d%d", device, n)
				o := screening.Operation{Op: (device+1)<<24 | (n + 1), Tube: outbreak.TubeCode(code), Taken: m.clock.Now()}
				for i := range rapid.IntRange(0, 3).Draw(t, "members") {
					no := m.nos[(int(device)*5+int(n)+i)%len(m.nos)]
					o.Members = append(o.Members, screening.Member{No: no, After: i})
					want[code] = append(want[code], no)
				}
				want[code] = append(want[code], 0)
				ops = append(ops, o)
			}
		}
		sent := rapid.SliceOfN(rapid.IntRange(0, len(ops)-1), len(ops), 3*len(ops)).Draw(t, "order")
		for i := range ops {
			if !slices.Contains(sent, i) {
				sent = append(sent, i)
			}
		}
		stop := rapid.IntRange(0, len(sent)).Draw(t, "stop")
		send := func(part []int) {
			var all sync.WaitGroup
			for _, i := range part {
				o := ops[i]
				o.Members = slices.Clone(o.Members)
				all.Go(func() {
					if err := m.a.House.Screening.Take(ctx, root, m.round, m.booth, []*screening.Operation{&o}); err != nil {
						t.Errorf("%v", err)
					}
				})
			}
			all.Wait()
		}
		send(sent[:stop])
		m.stop()
		a, err := app.New(ctx, app.Config{Data: data, Clock: m.clock, Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}})
		ok(t, err)
		m.a = a
		a.Run(ctx)
		ok(t, a.House.Screening.Coverage().CatchUp(ctx)) // what was acknowledged before is known again once the tubes are read
		send(sent[stop:])
		tubes, err := m.a.House.Screening.ListTubes(ctx, root, m.round, 0, 1000)
		ok(t, err)
		if len(tubes) != len(ops) {
			t.Fatalf("%d tubes are stored of %d", len(tubes), len(ops))
		}
		for _, x := range tubes {
			nos := []int64{}
			for _, y := range x.Members {
				nos = append(nos, y.No)
			}
			if got := append(nos, 0); !slices.Equal(got, want[string(x.Code)]) || x.Ops != 1 {
				t.Fatalf("%s holds %v in %d operations, want %v", x.Code, got, x.Ops, want[string(x.Code)])
			}
		}
		for device := range int64(3) {
			n := 0
			for _, o := range ops {
				if strings.HasPrefix(string(o.Tube), fmt.Sprintf("T%d", device)) {
					n++
				}
			}
			if got := m.a.House.Screening.Intake().Acked(device + 1); got != int64(n) {
				t.Fatalf("device %d is acknowledged up to %d of %d", device+1, got, n)
			}
		}
	})
}
