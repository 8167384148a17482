package watch_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"breakwater/internal/door/watch"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

// TestTheFiguresOfSampling lets a sampling point hand tubes in, one twice, and a laboratory receive a tube nobody handed in, and reads
// the figures; nobody's name is in them.
func TestTheFiguresOfSampling(t *testing.T) {
	a, ctx := house(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reg, scr := a.House.Registry, a.House.Screening
	_, err := reg.LoadAreas(ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "Province", TimeZone: "Asia/Shanghai"}}})
	must(err)
	ob, err := reg.DeclareOutbreak(ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	must(err)
	_, err = reg.IssueBox(ctx, root, registry.IssueBox{First: "T0001", Last: "T0099", Area: "22", Outbreak: ob})
	must(err)
	_, err = reg.LoadPeople(ctx, root, registry.LoadPeople{People: []registry.NewPerson{{Area: "22", Identity: registry.Identity{Name: "Nameless"}}}})
	must(err)
	b, err := scr.AddBooth(ctx, root, screening.AddBooth{Outbreak: ob, Area: "22", Name: "Gate"})
	must(err)
	_, err = scr.AddSampler(ctx, root, screening.AddSampler{Outbreak: ob, Area: "22", Name: "Annabel"})
	must(err)
	l, err := a.House.Lab.AddLab(ctx, root, lab.AddLab{Name: "Lab", Area: "22"})
	must(err)
	r, err := scr.OpenRound(ctx, root, screening.OpenRound{Outbreak: ob, Areas: []string{"22"}, Name: "R", Pool: 10})
	must(err)
	now := a.House.Clock.Now()
	op := func(n int64, tube outbreak.TubeCode) *screening.Operation {
		return &screening.Operation{Op: n, Tube: tube, Taken: now, Members: []screening.Member{{No: 1}}}
	}
	must(scr.Take(ctx, root, r.ID, b.ID, []*screening.Operation{op(1, "T0001"), op(2, "T0002")}))
	must(scr.Take(ctx, root, r.ID, b.ID, []*screening.Operation{op(2, "T0002")}))
	_, err = a.House.Lab.ReceiveTubes(ctx, root, lab.ReceiveTubes{Lab: l.ID, Tubes: []outbreak.TubeCode{"T0099"}})
	must(err)
	soon, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	must(a.House.Journal.Settled(soon))
	door := httptest.NewServer(watch.New(a.House))
	defer door.Close()
	_, figures := get(t, door.URL+"/metrics")
	for _, line := range []string{"intake_waiting 0", "intake_waiting_bytes 0", "intake_stored_total 2", "intake_already_total 1", "intake_shed_total 0", "intake_commit_operations_sum 3", "intake_commit_operations_count 2",
		`intake_commit_operations_bucket{le="1"} 1`, `intake_commit_operations_bucket{le="2"} 2`, "intake_commit_seconds_count 2", "rounds_open 1", "booths_silent 0", "booths_unsynced 0", "tubes_orphaned 1", "tubes_never_came 0", "look_failed 0"} {
		if !strings.Contains(figures, "\nbreakwater_"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	for _, name := range []string{"Nameless", "Annabel", "Gate"} {
		if strings.Contains(figures, name) {
			t.Errorf("%s stands in the figures", name)
		}
	}
}
