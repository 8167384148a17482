package protocols_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
	"breakwater/protocols"
)

// TestWhatChangedInJune2022 holds the difference of the two Chinese editions, as a reader gets it.
func TestWhatChangedInJune2022(t *testing.T) {
	set := embedded(t)
	all := protocols.Diff(find(t, set, "cn-covid-2021"), find(t, set, "cn-covid-2022"))
	by := map[string]protocols.Change{}
	var b strings.Builder
	for _, c := range all {
		by[c.Key] = c
		fmt.Fprintf(&b, "%s %s %s\n", c.How, c.Key, strings.Join(c.What, " "))
		for _, v := range []outbreak.Value{c.Was, c.Now} {
			if v.Key != "" {
				fmt.Fprintf(&b, "\t%s %s [%s, %s] %s\n", protocols.Plain(v, "en"), v.Unit, v.Status, v.Applies, v.Source)
			}
		}
	}
	golden(t, "testdata/june-2022.golden", b.String())
	for key, want := range map[string][2]float64{"contact.close.central": {14, 7}, "contact.close.home": {7, 3}} {
		if c := by[key]; c.How != protocols.Changed || c.Was.Number != want[0] || c.Now.Number != want[1] || !c.Weighs() {
			t.Errorf("%s: %+v", key, c)
		}
	}
	if c := by["contact.secondary.home"]; c.How != protocols.Added || c.Now.Number != 7 {
		t.Errorf("secondary contacts at home: %+v", c)
	}
	for key, how := range map[string]protocols.How{"contact.secondary.central": protocols.Removed, "zone.lockdown.set": protocols.Removed, "zone.high.lift": protocols.Added} {
		if by[key].How != how {
			t.Errorf("%s is %q, want %q", key, by[key].How, how)
		}
	}
	if _, there := by["clock.core_info"]; there {
		t.Error("an inherited value is told as a difference")
	}
}

func TestDiffIsItsOwnMirror(t *testing.T) {
	list := embedded(t).List()
	for _, a := range list {
		if d := protocols.Diff(a, a); len(d) != 0 {
			t.Errorf("%s differs from itself: %v", a.ID, d)
		}
		for _, b := range list {
			there, back := protocols.Diff(a, b), protocols.Diff(b, a)
			if len(there) != len(back) || !slices.IsSortedFunc(there, func(x, y protocols.Change) int { return strings.Compare(x.Key, y.Key) }) {
				t.Fatalf("%s and %s differ in %d and %d ways", a.ID, b.ID, len(there), len(back))
			}
			for i, c := range there {
				turned := map[protocols.How]protocols.How{protocols.Added: protocols.Removed, protocols.Removed: protocols.Added, protocols.Changed: protocols.Changed}[c.How]
				if m := back[i]; m.Key != c.Key || m.How != turned || m.Was.Key != c.Now.Key || !slices.Equal(m.What, c.What) {
					t.Errorf("%s to %s is no mirror in %s", a.ID, b.ID, c.Key)
				}
			}
		}
	}
	if got := len(protocols.Diff(outbreak.Protocol{}, list[0])); got != len(list[0].Values) {
		t.Errorf("an empty rule book differs in %d ways of %d", got, len(list[0].Values))
	}
}

func TestEveryUnitHasAWord(t *testing.T) {
	for _, unit := range protocols.Units() {
		for _, lang := range words.Langs {
			if !words.Has(lang, protocols.UnitWord(unit)) {
				t.Errorf("%s has no word in %s: %s", unit, lang, protocols.UnitWord(unit))
			}
		}
	}
}
