package placement

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

func TestABedNearHomeIsChosen(t *testing.T) {
	site := func(id outbreak.SiteID, area outbreak.Path, beds int) free {
		return free{Site{ID: id, Area: area}, beds}
	}
	for _, c := range []struct {
		why   string
		area  outbreak.Path
		sites []free
		want  outbreak.SiteID
	}{
		{"the same county before the same city", "/22/2202/220204/", []free{site(1, "/22/2202/", 900), site(2, "/22/2202/220204/", 1)}, 2},
		{"the same city before another", "/22/2202/220204/", []free{site(1, "/22/2201/", 900), site(2, "/22/2202/220211/", 1)}, 2},
		{"more room among equals", "/22/2202/220204/", []free{site(1, "/22/2202/", 3), site(2, "/22/2202/", 30)}, 2},
		{"the older site among equals", "/22/2202/", []free{site(2, "/22/2202/", 3), site(1, "/22/2202/", 3)}, 1},
		{"far away before nothing", "/22/2202/", []free{site(1, "/11/", 1)}, 1},
	} {
		got, ok := choose(c.area, c.sites)
		if !ok || got.ID != c.want {
			t.Errorf("%s: site %d", c.why, got.ID)
		}
	}
	if _, ok := choose("/22/", nil); ok {
		t.Error("a site was found among none")
	}
}

func TestTheOrderOfSitesChangesNothing(t *testing.T) {
	paths := []outbreak.Path{"/11/", "/22/", "/22/2201/", "/22/2202/", "/22/2202/220204/"}
	rapid.Check(t, func(t *rapid.T) {
		var sites []free
		for i := range rapid.IntRange(1, 8).Draw(t, "sites") {
			sites = append(sites, free{Site{ID: outbreak.SiteID(i + 1), Area: rapid.SampledFrom(paths).Draw(t, "area")}, rapid.IntRange(1, 3).Draw(t, "beds")})
		}
		home := rapid.SampledFrom(paths).Draw(t, "home")
		a, _ := choose(home, sites)
		b, _ := choose(home, rapid.Permutation(sites).Draw(t, "other"))
		if a != b {
			t.Fatalf("%v and %v", a, b)
		}
		for _, s := range sites {
			if shared(home, s.site.Area) > shared(home, a.Area) {
				t.Fatalf("%v is nearer than %v", s.site, a)
			}
		}
	})
}

func TestANeedFollowsTheSeverity(t *testing.T) {
	p := outbreak.Protocol{ID: "test", Values: map[string]outbreak.Value{
		"placement.mild": {Type: "list", List: []string{"makeshift_bed", "ward_bed"}}, "clock.bed": {Type: "duration", Number: 6, Unit: "h"}}}
	at := outbreak.Instant(1_647_216_000_000)
	n, ok := needOf(p, outbreak.Mild, at)
	if !ok || n.Kinds[0] != "makeshift_bed" || n.Due != at.Add(6*time.Hour) || n.State != "waiting" || n.Edition != "test" {
		t.Errorf("%+v %v", n, ok)
	}
	if n, ok := needOf(p, outbreak.Critical, at); ok {
		t.Errorf("a bed nobody named: %+v", n)
	}
}
