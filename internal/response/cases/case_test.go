package cases

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

const noon = outbreak.Instant(1_647_216_000_000)

var book = outbreak.Protocol{Values: map[string]outbreak.Value{
	"clock.report_positive": {Type: "duration", Number: 2, Unit: "h"}, "clock.retest": {Type: "duration", Number: 8, Unit: "h"},
	"clock.core_info": {Type: "duration", Number: 4, Unit: "h"}}}

func TestClocksStartAtTheInstrument(t *testing.T) {
	c := Case{PositiveAt: noon, RecordedAt: noon.Add(3 * time.Hour), Severity: outbreak.ScreenPositive}
	due := map[string]outbreak.Instant{}
	for _, s := range c.owed(book) {
		due[s.Step] = s.Due
	}
	want := map[string]outbreak.Instant{"report": noon.Add(2 * time.Hour), "retest": noon.Add(8 * time.Hour), "core_info": noon.Add(4 * time.Hour), "full_report": 0}
	for step, at := range want {
		if got, owed := due[step]; !owed || got != at {
			t.Errorf("%s is due at %s, want %s", step, got, at)
		}
	}
	c.Severity = outbreak.Mild
	if slices.ContainsFunc(c.owed(book), func(s Step) bool { return s.Step == "retest" }) {
		t.Error("a case of a clinic owes the retest of a screening tube")
	}
}

func TestWhatACaseRefuses(t *testing.T) {
	open := Case{State: Open, Classification: outbreak.NotClassified, Severity: outbreak.ScreenPositive, Tube: "T1", PositiveAt: noon}
	questioned, gone := open, open
	questioned.State, gone.State = InQuestion, Discarded
	class := func(c Case, cl outbreak.Classification, s outbreak.Severity) error {
		_, err := c.classify(cl, s)
		return err
	}
	decide := func(c Case, uphold bool, reason string) error { _, err := c.decide(uphold, reason); return err }
	done := func(s Step, at outbreak.Instant) error { _, err := s.done(at, noon.Add(time.Hour), open); return err }
	for why, c := range map[string]struct {
		err error
		key string
	}{
		"classified after it was discarded":    {class(gone, outbreak.Confirmed, outbreak.Mild), "cases.discarded"},
		"no case by classification":            {class(open, outbreak.NotACase, ""), "cases.discard_instead"},
		"a word that is none":                  {class(open, "certain", ""), "cases.class_word"},
		"confirmed without a clinician's word": {class(open, outbreak.Confirmed, ""), "cases.severity_missing"},
		"decided without a reason":             {decide(questioned, true, ""), "cases.reason_missing"},
		"upheld although nobody asked":         {decide(open, true, "x"), "cases.not_in_question"},
		"decided after it was discarded":       {decide(gone, false, "x"), "cases.discarded"},
		"a step done twice":                    {done(Step{DoneAt: noon}, 0), "cases.step_done"},
		"a step done tomorrow":                 {done(Step{}, noon.Add(24*time.Hour)), "cases.at_in_future"},
		"a step done before the positive":      {done(Step{}, noon-1), "cases.before_positive"},
	} {
		if e, ok := c.err.(*outbreak.Error); !ok || e.Msg != c.key {
			t.Errorf("%s: %v, want %s", why, c.err, c.key)
		}
	}
}

func TestALaboratoryNeverClosesACase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Case{State: rapid.SampledFrom([]State{Open, InQuestion, Discarded}).Draw(t, "state"), Tube: "T1"}
		tube := rapid.SampledFrom([]outbreak.TubeCode{"T1", "T2"}).Draw(t, "tube")
		next, changed := c.question(tube)
		if next.State == Discarded && c.State != Discarded {
			t.Fatal("a result closed the case")
		}
		if changed != (c.State == Open && tube == c.Tube) {
			t.Fatalf("%+v by %s: changed %v", c, tube, changed)
		}
	})
}

func TestOnlyAPersonDiscards(t *testing.T) {
	for _, state := range []State{Open, InQuestion} {
		c, err := Case{State: state}.decide(false, "contaminated run")
		if err != nil || c.State != Discarded || c.Classification != outbreak.NotACase {
			t.Errorf("%s: %+v %v", state, c, err)
		}
	}
	c, err := Case{State: InQuestion, Classification: outbreak.Confirmed}.decide(true, "second laboratory")
	if err != nil || c.State != Open || c.Classification != outbreak.Confirmed {
		t.Errorf("%+v %v", c, err)
	}
}
