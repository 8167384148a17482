package reconcile

import (
	"testing"
	"time"

	"breakwater/internal/outbreak"
)

func TestAgesDifferOnlyWhenTheyCannotBeOnePersons(t *testing.T) {
	day := func(s string) outbreak.Instant {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return outbreak.At(d)
	}
	for _, c := range []struct {
		ours, theirs, list string
		same               bool
	}{
		{"34", "34", "2022-03-01", true},
		{"34", "35", "2022-03-01", true}, // rounded, or the birthday between
		{"34", "33", "2022-03-01", true},
		{"34", "36", "2022-03-01", false},
		{"34", "32", "2022-03-01", false},
		{"34", "36", "2023-06-01", true}, // a year passed until the list
		{"34", "40", "2023-06-01", false},
		{"34", "34岁", "2022-03-01", true},
		{"0.25", "3月", "2022-03-01", true},
		{"0.25", "4 mo", "2022-03-01", true},
		{"0.25", "7 months", "2022-03-01", false},
		{"0.25", "7 months", "2022-07-01", true},
		{"0.25", "0", "2022-03-01", true},
		{"0.25", "1", "2022-03-01", false},
		{"2", "30个月", "2022-03-01", true},
		{"2", "40个月", "2022-03-01", false},
		{"3", "3岁2个月", "2022-03-01", true},
		{"34", "43", "2022-03-01", false}, // figures exchanged
	} {
		theirs := ageOf(c.theirs)
		if theirs == "" {
			t.Errorf("%q is no age", c.theirs)
		}
		if got := sameAge(c.ours, theirs, day("2022-03-01"), day(c.list)); got != c.same {
			t.Errorf("%s here on 1 March, %s in a list of %s: %v", c.ours, c.theirs, c.list, got)
		}
	}
	for _, none := range []string{"adult", "60-69", "80+", ""} {
		if got := ageOf(none); got != "" {
			t.Errorf("%q is %s", none, got)
		}
	}
	for birth, want := range map[string]string{"1990-03-02": "31.92", "1990-03-01": "32", "2021-12-15": "0.17", "2023-01-01": "", "none": ""} {
		if got := bornYears(birth, day("2022-03-01")); got != want {
			t.Errorf("born %s: %q, want %q", birth, got, want)
		}
	}
}
