package lab

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

const noon = outbreak.Instant(1_647_216_000_000)

func TestWhatAReportMeansBesideThoseBefore(t *testing.T) {
	was := func(lab outbreak.LabID, r outbreak.Result, at outbreak.Instant, message string) Result {
		return Result{Lab: lab, Result: r, RanAt: at, Message: message}
	}
	neg, pos := outbreak.Negative, outbreak.Positive
	for _, c := range []struct {
		why    string
		report Report
		lab    outbreak.LabID
		before []Result
		want   verdict
	}{
		{"the first", Report{Result: neg, RanAt: noon}, 1, nil, first},
		{"the same moment again", Report{Result: neg, RanAt: noon}, 1, []Result{was(1, neg, noon, "")}, repeated},
		{"the same message again", Report{Result: neg, RanAt: noon + 1, Message: "m"}, 1, []Result{was(1, neg, noon, "m")}, repeated},
		{"another run, the same result", Report{Result: neg, RanAt: noon + 1}, 1, []Result{was(1, neg, noon, "")}, affirmed},
		{"another laboratory, the same result", Report{Result: neg, RanAt: noon}, 2, []Result{was(1, neg, noon, "")}, affirmed},
		{"another result", Report{Result: pos, RanAt: noon}, 1, []Result{was(1, neg, noon, "")}, revised},
		{"back to the first result", Report{Result: neg, RanAt: noon + 2}, 1, []Result{was(1, neg, noon, ""), was(1, pos, noon+1, "")}, revised},
		{"the first message late and again", Report{Result: neg, RanAt: noon, Message: "a"}, 1, []Result{was(1, neg, noon, "a"), was(1, pos, noon+1, "b")}, repeated},
	} {
		if got := c.report.judge(c.lab, c.before); got != c.want {
			t.Errorf("%s: %d, want %d", c.why, got, c.want)
		}
	}
}

func TestAReportAgainIsAlwaysRepeated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var before []Result
		var said []Report
		for range rapid.IntRange(1, 10).Draw(t, "reports") {
			r := Report{Result: rapid.SampledFrom(outbreak.Results).Draw(t, "result"), RanAt: noon + outbreak.Instant(rapid.IntRange(0, 3).Draw(t, "at")),
				Message: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "message")}
			if r.judge(1, before) != repeated {
				before = append(before, Result{Lab: 1, Result: r.Result, RanAt: r.RanAt, Message: r.Message})
			}
			said = append(said, r)
			for _, s := range said {
				if s.judge(1, before) != repeated {
					t.Fatalf("%+v said again is new beside %+v", s, before)
				}
			}
		}
	})
}

func TestAReportIsFoldedAndChecked(t *testing.T) {
	r, err := Report{Tube: " t00 01", Result: outbreak.Negative}.tidy(noon)
	if err != nil || r.Tube != "T0001" || r.RanAt != noon {
		t.Errorf("%+v %v", r, err)
	}
	for key, r := range map[string]Report{
		"lab.tube_code":     {Tube: "?", Result: outbreak.Negative},
		"lab.result_word":   {Tube: "T1", Result: "perhaps"},
		"lab.ran_in_future": {Tube: "T1", Result: outbreak.Negative, RanAt: noon.Add(time.Hour)},
	} {
		_, err := r.tidy(noon)
		if e, ok := err.(*outbreak.Error); !ok || e.Msg != key {
			t.Errorf("%+v: %v, want %s", r, err, key)
		}
	}
}
