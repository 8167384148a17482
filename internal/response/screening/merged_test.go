package screening_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// mergeHouse is a whole house on one database, in which codes are merged while a round runs.
type mergeHouse struct {
	ctx      context.Context
	a        *app.App
	outbreak outbreak.OutbreakID
	booth    outbreak.BoothID
	lab      outbreak.LabID
	tubes    int
	areas    int
}

func mergeHouses(t *testing.T, do func(t *testing.T, h *mergeHouse)) {
	for engine, where := range map[string]func(*app.Config){
		"sqlite":   func(c *app.Config) { c.Data = testkit.Folder(t, app.Owners()) },
		"postgres": func(c *app.Config) { c.DB, c.Key = testkit.Migrated(t, app.Owners()), t.TempDir()+"/site.key" },
	} {
		t.Run(engine, func(t *testing.T) {
			c := app.Config{Clock: outbreak.NewHandClock(testkit.Start), Log: testkit.Quiet(), Cost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
			where(&c)
			do(t, openMergeHouse(t, c))
		})
	}
}

// openMergeHouse starts a house with an outbreak, a sampling point and a laboratory.
func openMergeHouse(t *testing.T, c app.Config) *mergeHouse {
	t.Helper()
	h := &mergeHouse{ctx: context.Background()}
	a, err := app.New(h.ctx, c)
	must(t, err)
	a.Run(h.ctx)
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	h.a = a
	_, err = a.House.Registry.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: "22", Name: "省", TimeZone: "Asia/Shanghai"}}})
	must(t, err)
	h.outbreak, err = a.House.Registry.DeclareOutbreak(h.ctx, root, registry.DeclareOutbreak{Name: "Test", Protocol: "cn-covid-2021"})
	must(t, err)
	_, err = a.House.Registry.IssueBox(h.ctx, root, registry.IssueBox{First: "M000001", Last: "M999999", Area: "22", Outbreak: h.outbreak})
	must(t, err)
	b, err := a.House.Screening.AddBooth(h.ctx, root, screening.AddBooth{Outbreak: h.outbreak, Area: "22", Name: "Booth"})
	must(t, err)
	l, err := a.House.Lab.AddLab(h.ctx, root, lab.AddLab{Name: "Lab", Area: "22"})
	must(t, err)
	h.booth, h.lab = b.ID, l.ID
	return h
}

func must(t interface {
	Helper()
	Fatal(...any)
}, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// community loads people and walk-ins of a fresh community and opens a round there.
func (h *mergeHouse) community(t *rapid.T, onRoll, walkIns int) (outbreak.RoundID, []registry.Person) {
	h.areas++
	code := fmt.Sprint("22-", h.areas)
	reg := h.a.House.Registry
	_, err := reg.LoadAreas(h.ctx, root, registry.LoadAreas{Areas: []registry.NewArea{{Code: code, Parent: "22", Name: "社区"}}})
	must(t, err)
	person := func(i int) registry.NewPerson {
		return registry.NewPerson{Area: code, Identity: registry.Identity{DocumentKind: registry.OtherID, Document: fmt.Sprintf("D%05d%02d", h.areas, i)}}
	}
	var roll []registry.NewPerson
	for i := range onRoll {
		roll = append(roll, person(i))
	}
	by := root
	by.Purpose = outbreak.PurposeSampling
	var people []registry.Person
	for i := range walkIns { // some codes are older than those of the roll
		p, err := reg.RegisterPerson(h.ctx, root, registry.RegisterPerson{Person: person(50 + i)})
		must(t, err)
		people = append(people, p)
	}
	_, err = reg.LoadPeople(h.ctx, root, registry.LoadPeople{People: roll})
	must(t, err)
	for i := range onRoll {
		p, err := reg.FindPerson(h.ctx, by, registry.OtherID, person(i).Identity.Document)
		must(t, err)
		people = append(people, p)
	}
	r, err := h.a.House.Screening.OpenRound(h.ctx, root, screening.OpenRound{Outbreak: h.outbreak, Name: "Round", Areas: []string{code}})
	must(t, err)
	return r.ID, people
}

// swab hands in somebody's own tube.
func (h *mergeHouse) swab(t *rapid.T, round outbreak.RoundID, who registry.Person) outbreak.TubeCode {
	h.tubes++
	code := outbreak.TubeCode(fmt.Sprintf("M%06d", h.tubes))
	_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: round, Booth: h.booth,
		Tubes: []screening.HandedTube{{Tube: code, Members: []screening.HandedMember{{No: who.No}}}}})
	must(t, err)
	return code
}

// written is what a person with a notebook wrote down under one code.
type written struct {
	tubes    map[outbreak.TubeCode]string // waiting, known or lost
	recorded outbreak.Outcome
}

// standing is the outcome of a person by what was written under the codes, oldest first.
func standing(codes []written) outbreak.Outcome {
	seen := map[string]bool{}
	recorded := outbreak.Unknown
	for _, w := range slices.Backward(codes) {
		for _, state := range w.tubes {
			seen[state] = true
		}
		if w.recorded != "" {
			recorded = w.recorded
		}
	}
	switch {
	case seen["known"]:
		return outbreak.ValidResult
	case seen["waiting"]:
		return outbreak.Awaiting
	case seen["lost"]:
		return outbreak.SampleAgain
	}
	return recorded
}

// TestNobodyIsLostOrDoubledByMerging swabs, reports, loses, excuses, merges and unmerges at random, and after each step compares
// where everybody stands with a notebook kept by code: outcomes sum to the people on the roll, and when the last decision is
// taken back everybody stands where his own code's facts put him.
func TestNobodyIsLostOrDoubledByMerging(t *testing.T) {
	mergeHouses(t, func(t *testing.T, h *mergeHouse) { rapid.Check(t, h.mergeAtRandom) })
}

func (h *mergeHouse) mergeAtRandom(t *rapid.T) {
	round, people := h.community(t, 5, 2)
	notes := map[outbreak.PersonID]*written{}
	for _, p := range people {
		notes[p.ID] = &written{tubes: map[outbreak.TubeCode]string{}}
	}
	merges := map[registry.MergeID][2]outbreak.PersonID{}
	group := func(id outbreak.PersonID) []outbreak.PersonID {
		reached := []outbreak.PersonID{id}
		for i := 0; i < len(reached); i++ {
			for _, m := range merges {
				for side, x := range m {
					if x == reached[i] && !slices.Contains(reached, m[1-side]) {
						reached = append(reached, m[1-side])
					}
				}
			}
		}
		slices.Sort(reached)
		return reached
	}
	draw := func() registry.Person { return rapid.SampledFrom(people).Draw(t, "who") }
	waiting := func(p registry.Person) (codes []outbreak.TubeCode) {
		for c, state := range notes[p.ID].tubes {
			if state == "waiting" {
				codes = append(codes, c)
			}
		}
		slices.Sort(codes)
		return codes
	}
	undo := func(m registry.MergeID) {
		_, err := h.a.House.Registry.UnmergePeople(h.ctx, root, registry.UnmergePeople{Merge: m, Reason: "not"})
		must(t, err)
		delete(merges, m)
	}
	steps := map[string]func(){
		"swab": func() { p := draw(); notes[p.ID].tubes[h.swab(t, round, p)] = "waiting" },
		"negative": func() {
			p := draw()
			for _, c := range waiting(p) {
				_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: c, Result: outbreak.Negative}})
				must(t, err)
				notes[p.ID].tubes[c] = "known"
			}
		},
		"lose": func() {
			p := draw()
			for _, c := range waiting(p) {
				_, err := h.a.House.Screening.SpoilTube(h.ctx, root, screening.SpoilTube{Tube: c, Reason: "lost"})
				must(t, err)
				notes[p.ID].tubes[c] = "lost"
			}
		},
		"excuse": func() {
			p := draw()
			o := rapid.SampledFrom([]outbreak.Outcome{outbreak.Excused, outbreak.Away}).Draw(t, "outcome")
			_, err := h.a.House.Screening.RecordOutcomes(h.ctx, root, screening.RecordOutcomes{Round: round, Items: []screening.OutcomeOf{{No: p.No, Outcome: o}}})
			must(t, err)
			notes[p.ID].recorded = o
		},
		"merge": func() {
			a, b := draw(), draw()
			if slices.Contains(group(a.ID), b.ID) {
				return
			}
			m, err := h.a.House.Registry.MergePeople(h.ctx, root, registry.MergePeople{One: a.ID, Other: b.ID, Reason: "same"})
			must(t, err)
			merges[m.ID] = [2]outbreak.PersonID{a.ID, b.ID}
		},
		"unmerge": func() {
			if len(merges) > 0 {
				undo(rapid.SampledFrom(slices.Sorted(maps.Keys(merges))).Draw(t, "merge"))
			}
		},
	}
	check := func() {
		want, counted := map[outbreak.Outcome]int{}, map[outbreak.PersonID]bool{}
		for _, p := range people {
			codes := group(p.ID)
			if !p.OnRoll || counted[codes[0]] {
				continue
			}
			counted[codes[0]] = true
			var all []written
			for _, id := range codes {
				all = append(all, *notes[id])
			}
			want[standing(all)]++
		}
		st, err := h.a.House.Screening.FindRound(h.ctx, root, round, "")
		must(t, err)
		maps.DeleteFunc(st.Outcomes, func(_ outbreak.Outcome, n int) bool { return n == 0 })
		if !maps.Equal(st.Outcomes, want) || st.RollNow != len(counted) {
			t.Fatalf("outcomes %v of %d, want %v of %d", st.Outcomes, st.RollNow, want, len(counted))
		}
		sums, err := h.a.House.Screening.Coverage().Sums(h.ctx)
		must(t, err)
		if s := sums[round]; s[0] != s[1] {
			t.Fatalf("outcomes sum to %d, on the roll are %d", s[0], s[1])
		}
	}
	names := slices.Sorted(maps.Keys(steps))
	for range rapid.IntRange(4, 25).Draw(t, "steps") {
		steps[rapid.SampledFrom(names).Draw(t, "step")]()
		check()
	}
	again := screening.New(h.a.House.DB, h.a.House.Journal, h.a.House.IDs, h.a.House.Registry, h.a.House.Tasks, h.a.House.Lab)
	must(t, again.Coverage().CatchUp(h.ctx))
	kept, err := h.a.House.Screening.ListCommunities(h.ctx, root, round)
	must(t, err)
	fresh, err := again.ListCommunities(h.ctx, root, round)
	must(t, err)
	if fmt.Sprint(kept) != fmt.Sprint(fresh) {
		t.Fatalf("after a start the round stands at %v, it stood at %v", fresh, kept)
	}
	for _, m := range slices.Sorted(maps.Keys(merges)) {
		undo(m)
	}
	check()
}

// TestASwabUnderOneCodeEndsTheHoldUnderAnother holds somebody who was pooled as a walk-in and is swabbed alone under the code of
// the roll.
func TestASwabUnderOneCodeEndsTheHoldUnderAnother(t *testing.T) {
	for _, late := range []bool{false, true} {
		mergeHouses(t, func(t *testing.T, h *mergeHouse) {
			rapid.Check(t, func(r *rapid.T) { h.holdOne(r, late) })
		})
	}
}

func (h *mergeHouse) holdOne(t *rapid.T, late bool) {
	round, people := h.community(t, 3, 1)
	walkIn, onRoll, third := people[0], people[1], people[2]
	pools := [][]registry.Person{{walkIn, third}}
	if late { // both codes are held, each in a pool of its own, and swabbed before they are known to be one person
		pools = append(pools, []registry.Person{onRoll, people[3]})
	}
	for _, pool := range pools {
		h.tubes++
		code := outbreak.TubeCode(fmt.Sprintf("M%06d", h.tubes))
		_, err := h.a.House.Screening.CloseTubes(h.ctx, root, screening.CloseTubes{Round: round, Booth: h.booth,
			Tubes: []screening.HandedTube{{Tube: code, Members: []screening.HandedMember{{No: pool[0].No}, {No: pool[1].No}}}}})
		must(t, err)
		_, err = h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: code, Result: outbreak.Positive}})
		must(t, err)
	}
	must(t, h.a.House.Journal.Settled(h.ctx))
	merge := func() {
		_, err := h.a.House.Registry.MergePeople(h.ctx, root, registry.MergePeople{One: walkIn.ID, Other: onRoll.ID, Reason: "same"})
		must(t, err)
		must(t, h.a.House.Journal.Settled(h.ctx))
	}
	if !late {
		merge()
	}
	single := h.swab(t, round, onRoll)
	must(t, h.a.House.Journal.Settled(h.ctx))
	_, err := h.a.House.Lab.ReportResult(h.ctx, root, lab.ReportResult{Lab: h.lab, Report: lab.Report{Tube: single, Result: outbreak.Negative}})
	must(t, err)
	must(t, h.a.House.Journal.Settled(h.ctx))
	if late {
		merge()
	}
	held, err := h.a.House.Screening.ListHeld(h.ctx, root, "", screening.Mark{}, 1000)
	must(t, err)
	for _, m := range held {
		if m.Person == walkIn.ID || m.Person == onRoll.ID {
			t.Fatalf("still held: %+v", m)
		}
	}
	must(t, h.a.House.DB.Read(h.ctx, func(tx *store.Tx) error {
		for _, what := range []task.What{task.Resample, task.AwaitSingle} {
			for _, p := range []registry.Person{walkIn, onRoll} {
				open, err := task.OpenAbout(tx, what, outbreak.Ref{Kind: "person", ID: p.ID.String()})
				if err != nil || len(open) > 0 {
					t.Fatalf("%s is still owed for %s: %v", what, p.ID, err)
				}
			}
		}
		return nil
	}))
}
