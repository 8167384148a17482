package screening_test

import (
	"fmt"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
)

func TestPoorSwabsAreNamed(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s, l := h.a.House.Screening, h.a.House.Lab
		id, people := round(t, h, 60)
		good, bad := h.enrol(t), h.enrol(t)
		other, err := s.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: "22", Name: "Thin"})
		must(t, err)
		tubes := func(first, n int) (codes []outbreak.TubeCode) {
			for i := range n {
				codes = append(codes, outbreak.TubeCode(fmt.Sprintf("M8%05d", first+i)))
			}
			return codes
		}
		fine, thin := tubes(0, 30), tubes(30, 30)
		for i := range 30 {
			good.send(t, id, good.op(fine[i], screening.Member{No: people[i].No}))
			op := bad.op(thin[i], screening.Member{No: people[30+i].No})
			must(t, s.Take(h.ctx, bad.by, id, other.ID, []*screening.Operation{op}))
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		for i := range 30 {
			h.report(t, fine[i], outbreak.Negative)
			r := outbreak.Negative
			if i < 6 {
				r = outbreak.InvalidResult
			}
			h.report(t, thin[i], r)
		}
		h.report(t, thin[5], outbreak.Negative) // revised
		q, err := s.ListSwabQuality(h.ctx, root, id, screening.QualityByPoint)
		must(t, err)
		if len(q.Rows) != 2 || q.Poor != 1 || q.Rows[0].Booth.Name != "Thin" || q.Rows[0].Poor != screening.PoorInvalid || q.Rows[0].Tested != 30 || q.Rows[0].Invalid != 5 || q.Rows[1].Poor != "" || q.All.Tested != 60 {
			t.Errorf("the points: %+v", q)
		}
		if invalid, err := s.ListInvalid(h.ctx, root, id, other.ID); err != nil || len(invalid) != 5 {
			t.Errorf("invalid tubes: %d %v", len(invalid), err)
		}
		if devices, err := s.ListSwabQuality(h.ctx, root, id, screening.QualityByDevice); err != nil || len(devices.Rows) != 2 || devices.Rows[0].Device != bad.Device || devices.Rows[0].Name != "phone" {
			t.Errorf("the devices: %+v %v", devices.Rows, err)
		}
		sampler := outbreak.Actor{User: 8, Grants: []outbreak.Grant{{Role: string(access.Sampler), Area: "/22/"}}}
		if _, err := s.ListSwabQuality(h.ctx, sampler, id, screening.QualityByDevice); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a sampler reads who swabs badly:", err)
		}
		if _, err := s.ListSwabQuality(h.ctx, sampler, id, screening.QualityByPoint); err != nil {
			t.Error("a sampler does not read the points:", err)
		}
		stranger := outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.Sampler), Area: "/99/"}}}
		if _, err := s.ListSwabQuality(h.ctx, stranger, id, screening.QualityByPoint); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("somebody of another area reads them:", err)
		}

		kit, err := l.AddKit(h.ctx, root, lab.AddKit{Kit: lab.Kit{Name: "Kit", Source: "leaflet", Minutes: 60, Rules: lab.Rules{Needs: 1, Controls: []lab.WellKind{lab.NegativeControl},
			Targets: []lab.Target{{Name: "N", Positive: 38}, {Name: "RNP", Positive: 40, Human: true}}}}})
		must(t, err)
		tool, err := l.AddTool(h.ctx, root, lab.AddTool{Lab: h.lab, Name: "Cycler", Wells: 96, Minutes: 90})
		must(t, err)
		one, second := root, root
		one.User, second.User = 101, 102
		enter := lab.EnterRun{Tool: tool.ID, Kit: kit.ID, StartedAt: h.a.House.Clock.Now(), Wells: []lab.EnteredWell{{Well: "H12", Kind: lab.NegativeControl}}}
		for i := range 30 {
			enter.Wells = append(enter.Wells, lab.EnteredWell{Well: fmt.Sprintf("%c%d", 'A'+i/6, 1+i%6), Tube: fine[i], Cts: map[string]lab.Ct{"RNP": 24}},
				lab.EnteredWell{Well: fmt.Sprintf("%c%d", 'A'+i/6, 7+i%6), Tube: thin[i], Cts: map[string]lab.Ct{"RNP": 36}})
		}
		r, err := l.EnterRun(h.ctx, one, enter)
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
		if q, err = s.ListSwabQuality(h.ctx, root, id, screening.QualityByPoint); err != nil || q.All.Wells != 0 {
			t.Errorf("before the run is released: %+v %v", q.All, err)
		}
		if _, err = l.ReleaseRun(h.ctx, second, lab.ReleaseRun{Run: r.Run.ID}); err != nil {
			t.Fatal(err)
		}
		must(t, h.a.House.Journal.Settled(h.ctx))
		if q, err = s.ListSwabQuality(h.ctx, root, id, screening.QualityByPoint); err != nil || q.All.Wells != 60 || q.All.Mean != 30 || q.Rows[0].Mean != 36 || q.Rows[1].Mean != 24 {
			t.Errorf("after it: %+v %v", q, err)
		}
		_, err = l.DoubtRun(h.ctx, one, lab.DoubtRun{Run: r.Run.ID, Reason: "contamination", Note: "spilled"})
		must(t, err)
		_, err = l.VoidRun(h.ctx, second, lab.DecideDoubt{Run: r.Run.ID})
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
		if q, err = s.ListSwabQuality(h.ctx, root, id, screening.QualityByPoint); err != nil || q.All.Wells != 0 || q.All.Mean != 0 {
			t.Errorf("after it was voided: %+v %v", q.All, err)
		}
	})
}
