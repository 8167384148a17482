package lab

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

var testKit = Kit{Name: "Kit", Source: "x", Minutes: 60, Rules: Rules{Targets: []Target{{Name: "A", Positive: 38, Grey: 40}, {Name: "B", Positive: 38, Grey: 40}, {Name: "H", Positive: 35, Human: true}},
	Needs: 2, Controls: []WellKind{PositiveControl, NoTemplate}}}

func TestAKitCallsByItsThresholds(t *testing.T) {
	for _, c := range []struct {
		a, b, h Ct
		want    outbreak.Result
	}{
		{20, 21, 27, outbreak.Positive}, {38, 38, 27, outbreak.Positive}, {20, 21, 0, outbreak.Positive}, {20, 0, 27, outbreak.Indeterminate}, {20, 39, 27, outbreak.Indeterminate},
		{39, 40, 27, outbreak.Indeterminate}, {40.01, 0, 27, outbreak.Negative}, {0, 0, 27, outbreak.Negative}, {0, 0, 35, outbreak.Negative}, {0, 0, 35.01, outbreak.InvalidResult}, {0, 0, 0, outbreak.InvalidResult},
	} {
		if got := testKit.Call(map[string]Ct{"A": c.a, "B": c.b, "H": c.h}); got != c.want {
			t.Errorf("%v %v %v: %s, want %s", c.a, c.b, c.h, got, c.want)
		}
	}
}

func TestControlsShowWhatTheyHaveTo(t *testing.T) {
	good := []EnteredWell{{Well: "A1", Tube: "T1"}, {Well: "H11", Kind: PositiveControl, Cts: map[string]Ct{"A": 25, "B": 25}}, {Well: "H12", Kind: NoTemplate}}
	change := func(at int, w EnteredWell) []EnteredWell { c := slices.Clone(good); c[at] = w; return c }
	for _, c := range []struct {
		why   string
		wells []EnteredWell
		want  WellKind
	}{
		{"all hold", good, ""}, {"the positive control is weak", change(1, EnteredWell{Well: "H11", Kind: PositiveControl, Cts: map[string]Ct{"A": 25, "B": 39}}), PositiveControl},
		{"a human gene in the water", change(2, EnteredWell{Well: "H12", Kind: NoTemplate, Cts: map[string]Ct{"H": 30}}), NoTemplate},
		{"no water", good[:2], NoTemplate}, {"a further negative control is positive", append(slices.Clone(good), EnteredWell{Well: "H10", Kind: NegativeControl, Cts: map[string]Ct{"A": 39}}), NegativeControl},
		{"a negative control with a human gene", append(slices.Clone(good), EnteredWell{Well: "H10", Kind: NegativeControl, Cts: map[string]Ct{"H": 30}}), ""},
	} {
		wells, err := plate(96, testKit, c.wells)
		if err != nil {
			t.Fatal(err)
		}
		if got := failedControl(testKit, wells); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
	for key, w := range map[string]EnteredWell{"lab.well_wrong": {Well: "A13", Tube: "T1"}, "lab.well_twice": {Well: "h12", Tube: "T1"}, "lab.well_kind": {Well: "A1", Kind: "x"}, "lab.well_tube": {Well: "A1", Tube: "?"},
		"lab.well_target": {Well: "A1", Tube: "T1", Cts: map[string]Ct{"Z": 1}}, "lab.well_cycles": {Well: "A1", Tube: "T1", Cts: map[string]Ct{"A": Ct(math.NaN())}}} {
		_, err := plate(96, testKit, change(0, w))
		if e, ok := err.(*outbreak.Error); !ok || e.Msg != key {
			t.Errorf("%+v: %v, want %s", w, err, key)
		}
	}
}

func TestWellsHaveNamesAndNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(Layouts).Draw(t, "layout")
		a, b := rapid.IntRange(0, int(l)-1).Draw(t, "a"), rapid.IntRange(0, int(l)-1).Draw(t, "b")
		if back, err := l.At(l.Name(a)); err != nil || back != a {
			t.Fatalf("%s is read as %d: %v", l.Name(a), back, err)
		}
		if l.Beside(a, b) != l.Beside(b, a) || l.Beside(a, a) {
			t.Fatal("to lie beside is not mutual")
		}
		n := 0
		for i := range int(l) {
			if l.Beside(a, i) {
				n++
			}
		}
		if n != 3 && n != 5 && n != 8 {
			t.Fatalf("%s has %d neighbours", l.Name(a), n)
		}
	})
	for _, name := range []string{"", "A", "A0", "I1", "A+1", "AA1", "1A", "A1.5"} {
		if at, err := Layout(96).At(name); err == nil {
			t.Errorf("%q is well %d", name, at)
		}
	}
	if at, err := Layout(384).At("p24"); err != nil || at != 383 {
		t.Error(at, err)
	}
}

func TestStepsFollowTheProtocol(t *testing.T) {
	p := outbreak.Protocol{Values: map[string]outbreak.Value{RetestKey: {Type: "list", List: []string{"repeat_run", "repeat_extract"}, Status: outbreak.StatusPlanning}}}
	for _, c := range []struct {
		call   outbreak.Result
		before int
		want   Step
	}{{outbreak.Positive, 0, ReportIt}, {outbreak.Negative, 5, ReportIt}, {outbreak.Indeterminate, 0, RepeatRun}, {outbreak.InvalidResult, 1, RepeatExtract}, {outbreak.Indeterminate, 2, NewSample}} {
		if got := next(p, c.call, c.before); got != c.want {
			t.Errorf("%s after %d: %s, want %s", c.call, c.before, got, c.want)
		}
	}
	if got := next(outbreak.Protocol{}, outbreak.Indeterminate, 0); got != NewSample {
		t.Error("a protocol that says nothing keeps a result back:", got)
	}
}

// TestWhatStandsIsTheLastThatCameOutOfNoVoidedRun compares with a plain reading: strike out, look at the end.
func TestWhatStandsIsTheLastThatCameOutOfNoVoidedRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var said []Result
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			r := Result{Result: rapid.SampledFrom(outbreak.Results).Draw(t, "result"), Run: outbreak.RunID(rapid.IntRange(0, 3).Draw(t, "run"))}
			if rapid.IntRange(0, 4).Draw(t, "void") == 0 {
				r.Run, r.Voids = 0, 1
			}
			said = append(said, r)
		}
		voided := map[outbreak.RunID]bool{1: rapid.Bool().Draw(t, "one"), 2: rapid.Bool().Draw(t, "two")}
		want := outbreak.InvalidResult
		for _, r := range said {
			if r.Voids == 0 && !voided[r.Run] {
				want = r.Result
			}
		}
		if got := standing(said, voided); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

func TestTheBinomialTestIsExact(t *testing.T) {
	for _, c := range []struct { // as R's binom.test gives them
		k, n int
		p    float64
		want float64
	}{{682, 925, 0.75, 0.3824916}, {0, 10, 0.5, 0.001953125}, {5, 10, 0.5, 1}, {10, 100, 0.02, 3.441681e-05}} {
		if got := binomialTest(c.k, c.n, c.p); math.Abs(got-c.want) > 1e-4*c.want {
			t.Errorf("%d of %d at %v: %v, want %v", c.k, c.n, c.p, got, c.want)
		}
	}
}

func TestOnlyTheLaboratoryThatIsFarOffStandsOut(t *testing.T) {
	figures := compare([]areaCount{{1, 1, 1000, 10}, {2, 1, 1000, 12}, {3, 1, 1000, 60}, {3, 9, 500, 400}, {4, 2, 30, 30}, {5, 2, 2000, 20}})
	if figures[1].Chance < outerLimit && figures[1].Positive > int(figures[1].Expected) {
		t.Errorf("%+v", figures[1])
	}
	if p := figures[3]; p.Tubes != 1000 || p.Chance >= outerLimit || math.Abs(p.Expected-11) > 1e-9 {
		t.Errorf("an area that nobody else tested counts: %+v", p)
	}
	if _, compared := figures[4]; compared {
		t.Error("thirty tubes are compared")
	}
}

func TestTheFloorSaysWhyAnInstrumentStandsIdle(t *testing.T) {
	tools := func(list ...Tool) (now []ToolNow) {
		for _, t := range list {
			now = append(now, ToolNow{Tool: t})
		}
		return now
	}
	idle, said, busy, down := Tool{State: Idle}, Tool{State: Idle, Why: "no_staff"}, Tool{State: Busy}, Tool{State: Down, Why: "repair"}
	for _, c := range []struct {
		what     string
		waiting  int
		supplies []Supply
		want     string
	}{
		{"nothing waits", 0, []Supply{{Tests: 0}}, "no_tubes"}, {"no reagent is left", 5, []Supply{{Tests: 0}, {Tests: -3}}, "no_reagent"},
		{"there is reagent", 5, []Supply{{Tests: 0}, {Tests: 1}}, ""}, {"nobody keeps account of reagent", 5, nil, ""},
	} {
		f := Floor{Waiting: c.waiting, Supplies: c.supplies, Tools: tools(idle, said, busy, down)}
		f.explain()
		if f.Tools[0].Why != c.want || f.Tools[1].Why != "no_staff" || f.Tools[2].Why != "" || f.Tools[3].Why != "repair" {
			t.Errorf("%s: %+v", c.what, f.Tools)
		}
	}
}
