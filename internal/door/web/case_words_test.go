package web

import (
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/view/linelist"
	"breakwater/internal/words"
)

// TestFieldsHaveNames looks up the name of every field of the line list, and of every word a field can hold.
func TestFieldsHaveNames(t *testing.T) {
	for _, lang := range words.Langs {
		v := &View{Lang: lang, area: func(words.Lang, outbreak.Path) string { return "" }}
		named := func(field string, list []string) {
			if name := v.FieldName(field); name[0] == '[' {
				t.Errorf("%s: the field %s has no name", lang, field)
			}
			for _, word := range list {
				if !words.Has(lang, fieldKey(field, word)) && field != "age_group" {
					t.Errorf("%s: the word %s of %s is not written", lang, word, field)
				}
			}
		}
		for _, f := range linelist.Columns() {
			named(f.Name, f.Words)
		}
		for _, f := range cases.Fields() {
			named(f.Name, f.Words)
		}
		for _, name := range append(append(append([]string(nil), curveDays...), curveStacks...), crossFields...) {
			named(name, nil)
		}
		for _, key := range []string{"tab.list", "tab.curve", "tab.table", "tab.quality", "chip.known", "chip.missing", "step.day", "step.week", "step.month", "share.none", "share.row", "share.column", "share.all"} {
			if !words.Has(lang, "caselist."+key) {
				t.Errorf("nobody wrote caselist.%s in %s", key, lang)
			}
		}
	}
}

// TestSpansOfOneFieldMeet makes sure that the rows of a figure are within the days its list was cut to.
func TestSpansOfOneFieldMeet(t *testing.T) {
	span := func(from, to string) linelist.Condition {
		return linelist.Condition{Field: "onset", Op: linelist.FromTo, Values: []string{from, to}}
	}
	for _, c := range []struct{ was, more, want linelist.Condition }{
		{span("2022-03-02", ""), span("2022-02-28", "2022-03-06"), span("2022-03-02", "2022-03-06")},
		{span("", "2022-03-04"), span("2022-02-28", "2022-03-06"), span("2022-02-28", "2022-03-04")},
		{span("2022-03-01", "2022-03-31"), span("2022-03-07", "2022-03-13"), span("2022-03-07", "2022-03-13")},
	} {
		q := narrowed(linelist.Query{}.With(c.was), c.more)
		if len(q.Where) != 1 || q.Where[0].Values[0] != c.want.Values[0] || q.Where[0].Values[1] != c.want.Values[1] {
			t.Errorf("%v and %v: %v", c.was.Values, c.more.Values, q.Where)
		}
	}
}

func TestScaleHasFewRoundSteps(t *testing.T) {
	for top, want := range map[int]int{0: 1, 1: 1, 5: 1, 6: 2, 10: 2, 11: 5, 26: 10, 123: 50, 5000: 1000} {
		if got := scale(top); got != want {
			t.Errorf("up to %d in steps of %d, want %d", top, got, want)
		}
	}
}
