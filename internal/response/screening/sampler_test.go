package screening_test

import (
	"fmt"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

// TestSwabsAreWhoseWhoHadSignedOn works two shifts at one device: figures go by who had signed on, at whatever point, and a badge that
// is not good makes nobody's swabs, and keeps no tube back.
func TestSwabsAreWhoseWhoHadSignedOn(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		id, people := round(t, h, 60)
		d, other := h.enrol(t), h.enrol(t)
		add := func(name string) (screening.Sampler, string, string) {
			x, err := s.AddSampler(h.ctx, root, screening.AddSampler{Key: "add " + name, Outbreak: h.outbreak, Area: "22", Name: " " + name + " "})
			must(t, err)
			again, err := s.AddSampler(h.ctx, root, screening.AddSampler{Key: "add " + name, Outbreak: h.outbreak, Area: "22", Name: name})
			if must(t, err); again != x || x.Name != name {
				t.Errorf("added again: %+v, not %+v", again, x)
			}
			b, err := s.ShowBadge(h.ctx, root, screening.ShowBadge{Sampler: x.ID})
			must(t, err)
			if b.No != x.Badge {
				t.Fatalf("%+v of %+v", b, x)
			}
			return x, b.Code, b.Pin
		}
		ann, annCode, annPin := add("Ann")
		bo, boCode, boPin := add("Bo")
		n, guess := map[*boothDevice]int64{}, annCode
		on := func(d *boothDevice, c screening.SignOn) screening.Shift {
			n[d]++
			c.N, c.From, c.At = n[d], d.n, outbreak.WallClock{}.Now()
			x, err := s.SignOn(h.ctx, d.by, c, outbreak.WallClock{}.Now())
			must(t, err)
			for _, c := range []screening.SignOn{c, {N: c.N, Code: guess}, {N: c.N}} { // with another badge, or none, it says nothing of that
				if again, err := s.SignOn(h.ctx, d.by, c, 0); err != nil || again != x {
					t.Errorf("told again: %+v %v, not %+v", again, err, x)
				}
			}
			return x
		}
		no := 0
		tubes := func(d *boothDevice, count, invalid int) {
			for i := range count {
				code := outbreak.TubeCode(fmt.Sprintf("M9%05d", no))
				d.send(t, id, d.op(code, screening.Member{No: people[no].No}))
				no++
				must(t, h.a.House.Journal.Settled(h.ctx))
				r := outbreak.Negative
				if i < invalid {
					r = outbreak.InvalidResult
				}
				h.report(t, code, r)
			}
		}
		tubes(d, 2, 0) // before anybody signed on
		if x := on(d, screening.SignOn{Code: strings.ToLower(annCode)}); x.Sampler != ann.ID || !x.Proven {
			t.Errorf("a badge that was scanned: %+v", x)
		}
		tubes(d, 3, 1)
		if x := on(d, screening.SignOn{Badge: bo.Badge, Pin: boPin}); x.Sampler != bo.ID {
			t.Errorf("a number and its PIN: %+v", x)
		}
		tubes(d, 4, 2)
		if x := on(other, screening.SignOn{Code: annCode}); x.Sampler != ann.ID {
			t.Errorf("at another device: %+v", x)
		}
		tubes(other, 1, 0)
		for what, c := range map[string]screening.SignOn{"a wrong PIN": {Badge: ann.Badge, Pin: boPin}, "no badge": {Code: "WHATEVER"}, "a forged one": {Code: boCode[:17] + map[bool]string{true: "4", false: "0"}[boCode[17] == '0']},
			"a personal code": {Code: "042" + boCode[3:]}} {
			if annPin == boPin && what == "a wrong PIN" {
				continue
			}
			if x := on(d, c); x.Sampler != 0 || x.Proven {
				t.Errorf("%s signs %d on", what, x.Sampler)
			}
		}
		tubes(d, 1, 0)
		b, err := s.ShowBadge(h.ctx, root, screening.ShowBadge{Sampler: ann.ID, Another: true})
		must(t, err)
		if x := on(d, screening.SignOn{Code: annCode}); x.Sampler != 0 || x.Proven {
			t.Errorf("a badge that was lost signs on: %+v", x)
		}
		if st := d.beat(t); len(st.BadBadges) != 1 || st.BadBadges[0] != ann.Badge {
			t.Errorf("the device knows of bad badges %v", st.BadBadges)
		}
		if x := on(d, screening.SignOn{Code: b.Code}); x.Sampler != ann.ID {
			t.Errorf("the new badge: %+v", x)
		}
		tubes(d, 1, 1)
		if x := on(d, screening.SignOn{}); x.Sampler != 0 || !x.Proven {
			t.Errorf("signed off: %+v", x)
		}
		tubes(d, 1, 0)

		q, err := s.ListSwabQuality(h.ctx, root, id, screening.QualityBySampler)
		must(t, err)
		got := map[string][2]int{}
		for _, r := range q.Rows {
			got[r.Name] = [2]int{r.Tested, r.Invalid}
		}
		if want := (map[string][2]int{"Ann": {5, 2}, "Bo": {4, 2}, "": {4, 0}}); fmt.Sprint(got) != fmt.Sprint(want) || q.All.Tested != 13 {
			t.Errorf("%v, not %v", got, want)
		}
		if points, err := s.ListSwabQuality(h.ctx, root, id, screening.QualityByPoint); err != nil || len(points.Rows) != 1 || points.Rows[0].Tested != 13 || points.Rows[0].Invalid != 4 || points.Rows[0].Sampler != 0 {
			t.Errorf("the point: %+v %v", points.Rows, err)
		}
		if devices, err := s.ListSwabQuality(h.ctx, root, id, screening.QualityByDevice); err != nil || len(devices.Rows) != 2 || devices.Rows[0].Tested+devices.Rows[1].Tested != 13 {
			t.Errorf("the devices: %+v %v", devices.Rows, err)
		}

		// a correction does not make the tube its corrector's
		on(d, screening.SignOn{Badge: bo.Badge, Pin: boPin})
		first := d.op("M980001", screening.Member{No: people[no].No})
		d.send(t, id, first)
		on(d, screening.SignOn{Code: b.Code})
		amend := d.op("M980001", screening.Member{No: people[no+1].No})
		amend.Amends, amend.Reason, amend.By = first.Op, "swapped", "1002"
		must(t, amend.Tidy("M980001", "amend", false))
		d.send(t, id, amend)
		must(t, h.a.House.Journal.Settled(h.ctx))
		h.report(t, "M980001", outbreak.Negative)
		q, err = s.ListSwabQuality(h.ctx, root, id, screening.QualityBySampler)
		must(t, err)
		for _, r := range q.Rows {
			if r.Name == "Bo" && r.Tested != 5 || r.Name == "Ann" && r.Tested != 5 {
				t.Errorf("after a correction: %+v", r)
			}
		}

		// a shift that is told late moves no tube that is on disk
		x, err := s.SignOn(h.ctx, d.by, screening.SignOn{N: 99, From: 0, Badge: bo.Badge, Pin: boPin}, 0)
		must(t, err)
		if x.From != d.n {
			t.Errorf("a late shift counts from %d, not %d", x.From, d.n)
		}

		if _, err := s.EndSampler(h.ctx, root, screening.EndSampler{Sampler: ann.ID}); err != nil {
			t.Fatal(err)
		}
		list, err := s.ListSamplers(h.ctx, root, 0, 10)
		must(t, err)
		if len(list) != 2 || list[0].Name != "" || list[0].EndedAt == 0 || list[0].LastAt == 0 || list[1].Name != "Bo" || list[1].LastAtID != h.booth {
			t.Errorf("%+v", list)
		}
		if x := on(d, screening.SignOn{Code: b.Code}); x.Sampler != 0 {
			t.Error("who was ended signs on")
		}
		if _, err := s.ShowBadge(h.ctx, root, screening.ShowBadge{Sampler: ann.ID}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error(err)
		}
		must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
			named, err := store.Count(tx, "select count(*) from journal where cast(body as text) like '%Ann%' or cast(body as text) like '%\"Bo\"%'")
			if named != 0 {
				t.Errorf("%d entries of the journal name a sampler", named)
			}
			if err != nil {
				return err
			}
			named, err = store.Count(tx, "select count(*) from answer where answer like '%\"Ann\"%' or answer like '%\"Bo\"%'")
			if named != 0 {
				t.Errorf("%d answers that are kept name a sampler", named)
			}
			return err
		}))
	})
}

// TestSamplersAreOfThoseWhoRunRounds asks with people of other areas and rights, and with what makes no sense.
func TestSamplersAreOfThoseWhoRunRounds(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		round(t, h, 2)
		x, err := s.AddSampler(h.ctx, root, screening.AddSampler{Outbreak: h.outbreak, Area: "22", Name: "Ann"})
		must(t, err)
		who := func(role access.Role, area outbreak.Path) outbreak.Actor {
			return outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(role), Area: area}}}
		}
		if _, err := s.ListSamplers(h.ctx, who(access.Sampler, "/22/"), 0, 9); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("a sampler lists the others:", err)
		}
		far := who(access.Command, "/33/")
		if list, err := s.ListSamplers(h.ctx, far, 0, 9); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
		if _, err := s.ShowBadge(h.ctx, far, screening.ShowBadge{Sampler: x.ID}); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		if _, err := s.EndSampler(h.ctx, far, screening.EndSampler{Sampler: x.ID}); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		for what, c := range map[string]screening.AddSampler{"no name": {Outbreak: h.outbreak, Area: "22", Name: " "}, "a long one": {Outbreak: h.outbreak, Area: "22", Name: strings.Repeat("长", 61)},
			"no area": {Outbreak: h.outbreak, Area: "99", Name: "A"}} {
			if _, err := s.AddSampler(h.ctx, root, c); outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.AddSampler(h.ctx, root, screening.AddSampler{Area: "22", Name: "A"}); err == nil {
			t.Error("a sampler of no outbreak")
		}
		d := h.enrol(t)
		for what, c := range map[string]screening.SignOn{"not counted": {}, "from below": {N: 1, From: -1}, "from beyond": {N: 1, From: 1 << 24}, "before all time": {N: 1, At: -5}} {
			if _, err := s.SignOn(h.ctx, d.by, c, 0); outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.SignOn(h.ctx, root, screening.SignOn{N: 1}, 0); err == nil {
			t.Error("what is no device signs somebody on")
		}
		if _, err := s.SignOn(h.ctx, d.by, screening.SignOn{N: 1, Device: 1 << 20}, 0); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error("for a device that is none:", err)
		}
	})
}

// TestADeviceKnowsOfTheBadBadgesOfItsArea loses badges and ends samplers above, at and below a device's area, and elsewhere.
func TestADeviceKnowsOfTheBadBadgesOfItsArea(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		round(t, h, 2)
		_, err := h.a.House.Registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22-X", Parent: "22", Name: "下"}, {Code: "33", Name: "省", TimeZone: "Asia/Shanghai"}}})
		must(t, err)
		d := h.enrol(t)
		add := func(area string) screening.Sampler {
			x, err := s.AddSampler(h.ctx, root, screening.AddSampler{Outbreak: h.outbreak, Area: area, Name: "A"})
			must(t, err)
			return x
		}
		another := func(x screening.Sampler) {
			_, err := s.ShowBadge(h.ctx, root, screening.ShowBadge{Sampler: x.ID, Another: true})
			must(t, err)
		}
		end := func(x screening.Sampler) {
			_, err := s.EndSampler(h.ctx, root, screening.EndSampler{Sampler: x.ID})
			must(t, err)
		}
		good, lost, ended, far, both := add("22"), add("22"), add("22-X"), add("33"), add("22")
		another(lost)
		end(ended)
		another(far)
		end(far)
		another(both)
		end(both)
		want := []int64{both.Badge + 1, both.Badge, ended.Badge, lost.Badge}
		if st := d.beat(t); fmt.Sprint(st.BadBadges) != fmt.Sprint(want) {
			t.Errorf("the device knows of %v, not of %v (good: %d)", st.BadBadges, want, good.Badge)
		}
	})
}

// TestASheetOfPaperSaysWhoseSwabsItHolds makes a sheet known with the badge that stands on it: its tubes are the sampler's; a badge nobody
// has is refused, and one that was lost since was good when the sheet was filled.
func TestASheetOfPaperSaysWhoseSwabsItHolds(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		round, people := h.roll(t, 2)
		p, err := s.AddSampler(h.ctx, root, screening.AddSampler{Outbreak: h.outbreak, Area: "22", Name: "Zhao"})
		must(t, err)
		first := p.Badge
		_, err = s.ShowBadge(h.ctx, root, screening.ShowBadge{Sampler: p.ID, Another: true})
		must(t, err)
		for _, badge := range []int64{7, first + 2, first + 100, -1} {
			if _, err := s.OpenSheet(h.ctx, root, screening.OpenSheet{Round: round, Booth: h.booth, Name: "No. 1", Badge: badge}); outbreak.KindOf(err) != outbreak.Invalid {
				t.Errorf("badge %d is taken: %v", badge, err)
			}
		}
		x, err := s.OpenSheet(h.ctx, root, screening.OpenSheet{Round: round, Booth: h.booth, Name: "No. 1", Badge: first})
		must(t, err)
		if seen, err := s.FindSheet(h.ctx, root, x.ID); err != nil || seen.Badge != first {
			t.Errorf("the sheet shows badge %d: %v", seen.Badge, err)
		}
		one, other := root, root
		one.User, other.User = 1, 2
		line := []screening.SheetTube{{Tube: "M800001", Taken: h.now(), Counted: 2, Members: []string{fmt.Sprint(people[0].No), fmt.Sprint(people[1].No)}}}
		for _, by := range []outbreak.Actor{one, other} {
			_, err := s.KeySheet(h.ctx, by, screening.KeySheet{Sheet: x.ID, Tubes: line})
			must(t, err)
		}
		h.report(t, "M800001", outbreak.InvalidResult)
		quality, err := s.ListSwabQuality(h.ctx, root, round, screening.QualityBySampler)
		must(t, err)
		found := false
		for _, q := range quality.Rows {
			found = found || q.Sampler == p.ID && q.Tested == 1
		}
		if !found {
			t.Errorf("the tube is not the sampler's: %+v", quality.Rows)
		}
	})
}
