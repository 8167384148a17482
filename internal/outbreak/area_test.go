package outbreak

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func aPath(t *rapid.T, name string) Path {
	var p Path
	for _, code := range rapid.SliceOfN(rapid.StringMatching(`[0-9A-Z._-]{1,4}`), 0, 4).Draw(t, name) {
		p = p.Child(code)
	}
	return p
}

// TestASubtreeIsARangeOfBytes is what lets every list be cut to an area by two comparisons in any database.
func TestASubtreeIsARangeOfBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := aPath(t, "one"), aPath(t, "other")
		if rapid.Bool().Draw(t, "below") {
			q = p + Path(strings.TrimPrefix(string(q), "/"))
		}
		if within := p <= q && string(q) < p.Upto(); within != p.Contains(q) {
			t.Fatalf("%q below %q: by prefix %v, by range %v", q, p, p.Contains(q), within)
		}
	})
}

func TestAChildKnowsItsParent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, code := aPath(t, "path"), rapid.StringMatching(`[0-9A-Za-z._-]{1,6}`).Draw(t, "code")
		c := p.Child(code)
		if c.Parent() != p || c.Code() != code || !p.Contains(c) || c.Contains(p) {
			t.Fatalf("%q of %q: parent %q, code %q", c, p, c.Parent(), c.Code())
		}
	})
}

func TestANeighbourWithALongerCodeIsNotBelow(t *testing.T) {
	p := Path("").Child("22").Child("2202")
	for q, want := range map[Path]bool{"/22/2202/": true, "/22/2202/1/": true, "/22/22020/": false, "/22/2203/": false, "/22/": false, "": false} {
		if p.Contains(q) != want {
			t.Errorf("%q below %q: %v", q, p, !want)
		}
	}
}
