package screening_test

import (
	"slices"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"

	"pgregory.net/rapid"
)

// TestSerialsAreFollowed hands runs out, uses, returns and loses them, at two sampling points.
func TestSerialsAreFollowed(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) {
		s := h.a.House.Screening
		var round outbreak.RoundID
		var people []registry.Person
		rapid.Check(t, func(t *rapid.T) {
			if round == 0 {
				round, people = h.community(t, 1, 0)
			}
		})
		other, err := s.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: "22", Name: "Other"})
		must(t, err)
		box, err := h.a.House.Registry.MakeBox(h.ctx, root, registry.MakeBox{Prefix: "S", Count: 1000, Area: "22", Outbreak: h.outbreak})
		must(t, err)
		nth := func(n int) outbreak.TubeCode {
			code, ok := box.First.Plus(n, true)
			if !ok {
				t.Fatal(n)
			}
			return code
		}
		issue := func(booth outbreak.BoothID, first outbreak.TubeCode, count int) (screening.SerialRun, error) {
			return s.IssueSerials(h.ctx, root, screening.IssueSerials{Booth: booth, First: first, Count: count})
		}
		d := h.enrol(t)
		use := func(tube outbreak.TubeCode) []string {
			t.Helper()
			return d.send(t, round, d.op(tube, screening.Member{No: people[0].No, Flags: 0}))
		}
		odd := func(tube outbreak.TubeCode, want ...string) {
			t.Helper()
			got := slices.DeleteFunc(use(tube), func(what string) bool { return what != screening.SerialElsewhere && what != screening.SerialCheck })
			if !slices.Equal(got, want) {
				t.Errorf("%s raises %v, not %v", tube, got, want)
			}
		}

		odd(nth(900)) // handed to nobody: a house may do without runs
		mine, err := issue(h.booth, nth(0), 100)
		must(t, err)
		if mine.Last != nth(99) || mine.Count != 100 || !mine.Checked {
			t.Errorf("%+v", mine)
		}
		theirs, err := s.IssueSerials(h.ctx, root, screening.IssueSerials{Booth: other.ID, First: nth(100), Last: nth(199)})
		must(t, err)
		for what, c := range map[string]struct {
			first outbreak.TubeCode
			count int
			kind  outbreak.Kind
		}{"taken": {nth(50), 10, outbreak.Conflict}, "taken at its end": {nth(99), 1, outbreak.Conflict}, "around": {nth(0), 300, outbreak.Conflict}, "beyond the box": {nth(990), 11, outbreak.Conflict},
			"in no box": {"ZZ1", 1, outbreak.Conflict}, "misread": {box.First[:9] + "?", 1, outbreak.Conflict}, "no end": {nth(300), 0, outbreak.Invalid}} {
			if _, err := issue(h.booth, c.first, c.count); outbreak.KindOf(err) != c.kind {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.IssueSerials(h.ctx, root, screening.IssueSerials{Booth: other.ID, Device: d.Device, First: nth(300), Count: 1}); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error("to a device of another point:", err)
		}

		odd(nth(0))
		odd(nth(99))
		odd(nth(100), screening.SerialElsewhere)
		odd(nth(150), screening.SerialElsewhere)
		odd(nth(200))
		wrong := []byte(nth(5))
		if wrong[len(wrong)-1]++; wrong[len(wrong)-1] == '9'+1 || wrong[len(wrong)-1] == 'Z'+1 {
			wrong[len(wrong)-1] = '0'
		}
		odd(outbreak.TubeCode(wrong), screening.SerialCheck)
		odd("M777777") // bought elsewhere, no check character

		look := func(id int64) screening.SerialRun {
			t.Helper()
			list, err := s.ListSerials(h.ctx, root, screening.SerialFilter{Most: 10})
			must(t, err)
			for _, r := range list {
				if r.ID == id {
					return r
				}
			}
			t.Fatal(id)
			return screening.SerialRun{}
		}
		if r := look(mine.ID); r.Used != 3 || r.Away != 0 || r.LastUsed != nth(99) { // the misread one too
			t.Errorf("%+v", r)
		}
		if r := look(theirs.ID); r.Used != 0 || r.Away != 2 || r.Left() != 98 {
			t.Errorf("%+v", r)
		}
		end := func(run int64, how string, from outbreak.TubeCode) (screening.SerialRun, error) {
			return s.EndSerials(h.ctx, root, screening.EndSerials{Run: run, How: how, From: from})
		}
		if _, err := end(theirs.ID, screening.SerialsReturned, nth(150)); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error("serials that were used come back:", err)
		}
		if _, err := end(theirs.ID, "eaten", ""); outbreak.KindOf(err) != outbreak.Invalid {
			t.Error(err)
		}
		back, err := end(theirs.ID, screening.SerialsReturned, nth(160))
		must(t, err)
		if back.Back != nth(160) || back.Gone() != 40 || back.Left() != 0 {
			t.Errorf("%+v", back)
		}
		if _, err := end(theirs.ID, screening.SerialsLost, ""); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("a run ends twice:", err)
		}
		if all, err := end(mine.ID, screening.SerialsLost, ""); err != nil || all.Back != "" || all.Gone() != 0 {
			t.Errorf("%+v %v", all, err)
		}
		if _, err := issue(h.booth, nth(155), 10); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("serials the other point kept are handed out:", err)
		}
		again, err := issue(h.booth, nth(160), 40)
		must(t, err)
		odd(nth(170))
		odd(nth(159), screening.SerialElsewhere)
		odd(nth(50)) // of the lost run, at the point that had it
		if r := look(again.ID); r.Used != 1 {
			t.Errorf("%+v", r)
		}
		if lost, err := end(again.ID, screening.SerialsLost, ""); err != nil || lost.Back != nth(171) || lost.Gone() != 29 {
			t.Errorf("%+v %v", lost, err)
		}
		if _, err := issue(other.ID, nth(171), 1); outbreak.KindOf(err) != outbreak.Conflict {
			t.Error("lost serials are handed out:", err)
		}
		nobody := outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.ReadOnly)}}}
		if _, err := s.IssueSerials(h.ctx, nobody, screening.IssueSerials{Booth: h.booth, First: nth(400), Count: 1}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error(err)
		}
		if list, err := s.ListSerials(h.ctx, nobody, screening.SerialFilter{Booth: h.booth, Most: 10}); err != nil || len(list) != 2 {
			t.Error(list, err)
		}
		if list, err := s.ListSerials(h.ctx, root, screening.SerialFilter{Standing: true, Most: 10}); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
	})
}
