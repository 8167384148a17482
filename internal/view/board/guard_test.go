package board

import (
	"fmt"
	"slices"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

func TestFiguresOfSmallAreasAreNotTold(t *testing.T) {
	const p, a, b, c = outbreak.Path("/1/"), outbreak.Path("/1/a/"), outbreak.Path("/1/b/"), outbreak.Path("/1/c/")
	for name, x := range map[string]struct {
		counts counts
		want   map[outbreak.Path]string
	}{
		"large everywhere":            {counts{a: 7, b: 5}, map[outbreak.Path]string{p: "12", a: "7", b: "5", c: "0"}},
		"the difference is a small":   {counts{a: 20, b: 3}, map[outbreak.Path]string{p: "23", a: "withheld", b: "few", c: "0"}},
		"too tight to say which":      {counts{a: 5, b: 2}, map[outbreak.Path]string{p: "7", a: "withheld", b: "withheld", c: "withheld"}},
		"two small with a sum":        {counts{a: 4, b: 4}, map[outbreak.Path]string{p: "8", a: "withheld", b: "withheld"}},
		"a small whole":               {counts{a: 3}, map[outbreak.Path]string{"": "few", p: "few", a: "few"}},
		"what lies in the area alone": {counts{p: 2, a: 20}, map[outbreak.Path]string{p: "22", a: "withheld"}},
		"below a figure left out":     {counts{"/1/a/x/": 20, "/1/a/y/": 9, b: 2}, map[outbreak.Path]string{p: "31", a: "withheld", "/1/a/x/": "withheld", b: "few"}},
	} {
		for area, want := range x.want {
			n, mark := x.counts.figure(area, nil)
			got := string(mark)
			if mark == Exact {
				got = fmt.Sprint(n)
			}
			if got != want {
				t.Errorf("%s: %s is told as %s, want %s", name, area, got, want)
			}
		}
	}
	two := counts{"/1/a/": 30, "/1/b/": 2, "/2/": 40}
	if _, mark := two.figure("/1/", []outbreak.Path{a, b, "/2/"}); mark != Withheld {
		t.Error("an area around two reaches, one of them small, is told")
	}
}

// TestNoDifferenceGivesASmallFigureAway lets a reader who sees all that is told, and knows the rule, work out every assignment of
// a split that fits: a small part must not be the only one that does.
func TestNoDifferenceGivesASmallFigureAway(t *testing.T) {
	areas := []outbreak.Path{"/1/a/", "/1/b/", "/1/c/"}
	told := func(c counts) (s string) {
		for _, area := range append([]outbreak.Path{"", "/1/"}, areas...) {
			n, mark := c.figure(area, nil)
			s += fmt.Sprintf("%d%s ", n, mark)
		}
		return s
	}
	const most = 13
	worlds := map[string][][3]int{}
	each := func(do func([3]int)) {
		for x := range most {
			for y := range most {
				for z := range most {
					do([3]int{x, y, z})
				}
			}
		}
	}
	of := func(w [3]int) counts {
		c := counts{}
		for i, n := range w {
			if n > 0 {
				c[areas[i]] = n
			}
		}
		return c
	}
	each(func(w [3]int) { worlds[told(of(w))] = append(worlds[told(of(w))], w) })
	for said, fit := range worlds {
		if sum := fit[0][0] + fit[0][1] + fit[0][2]; sum >= most {
			continue // it may have its like beyond the numbers tried
		}
		for i := range areas {
			one := fit[0][i]
			same := !slices.ContainsFunc(fit, func(w [3]int) bool { return w[i] != one })
			if same && one > 0 && one < least {
				t.Errorf("%s: whatever it is, %s has %d: %v", said, areas[i], one, fit)
			}
		}
	}
}

func TestWhoGetsGuardedFigures(t *testing.T) {
	grant := func(role access.Role, area outbreak.Path) outbreak.Grant {
		return outbreak.Grant{Role: string(role), Area: area}
	}
	for name, c := range map[string]struct {
		grants []outbreak.Grant
		want   bool
	}{
		"an agency":                         {[]outbreak.Grant{grant(access.Agency, "")}, true},
		"command":                           {[]outbreak.Grant{grant(access.Command, "")}, false},
		"both, everywhere":                  {[]outbreak.Grant{grant(access.Agency, "/1/"), grant(access.Command, "")}, false},
		"an agency beside a post elsewhere": {[]outbreak.Grant{grant(access.Agency, "/1/"), grant(access.Command, "/2/")}, true},
	} {
		if got := guarded(outbreak.Actor{User: 1, Grants: c.grants}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
