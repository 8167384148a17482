package exchange

import (
	"slices"
	"strings"
	"testing"

	"breakwater/internal/words"
)

// TestEveryCheckHasItsSentences reads the table of checks against the catalogue; sentences of other rooms are theirs to test.
func TestEveryCheckHasItsSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks {
		if c.name == "" || seen[c.name] || len(c.sentences) == 0 || c.find == nil {
			t.Errorf("the check %q is not whole or stands twice", c.name)
		}
		seen[c.name] = true
		for _, s := range c.sentences {
			for _, lang := range words.Langs {
				if strings.HasPrefix(s, "exchange.") && !words.Has(lang, s) {
					t.Errorf("the check %s has no sentence %s in %s", c.name, s, lang)
				}
			}
		}
	}
}

// TestHeadersMeanOneField finds synonyms that are not folded or that two fields of a kind share.
func TestHeadersMeanOneField(t *testing.T) {
	for _, kind := range Kinds {
		taken := map[string]Field{}
		for f, headers := range shapes[kind].headers {
			for _, h := range headers {
				if foldHeader(h) != h {
					t.Errorf("%s: the header %q of %s is written %q when folded", kind, h, f, foldHeader(h))
				}
				if other, twice := taken[h]; twice {
					t.Errorf("%s: the header %q means %s and %s", kind, h, f, other)
				}
				taken[h] = f
			}
			if !slices.Contains(headers, foldHeader(f.String())) && f != fieldCode {
				t.Errorf("%s: the field %s has no header of its own name", kind, f)
			}
		}
	}
}

func TestTubesOfABatchAreSharedOutAsRows(t *testing.T) {
	groups := [][]int{{0, 1}, {2}, {3, 4, 5}}
	for _, c := range []struct {
		repeated, accepted     int
		there                  []bool
		wantRepeated, wantRest int
	}{
		{0, 3, []bool{false, false, false}, 0, 6},
		{3, 0, []bool{true, true, true}, 6, 0},
		{1, 2, []bool{false, true, false}, 1, 5},
		{1, 2, []bool{false, false, false}, 3, 3}, // stored by somebody else in between
		{0, 3, []bool{true, true, true}, 0, 6},    // known members, another time: a new operation
	} {
		var got tally
		share(c.repeated, c.accepted, groups, c.there, nil, &got)
		if got.repeated != c.wantRepeated || got.accepted != c.wantRest {
			t.Errorf("%+v: repeated %d, accepted %d", c, got.repeated, got.accepted)
		}
	}
}

func TestFingerprintsGrowAndKeepTheirLimit(t *testing.T) {
	s := &scan{kind: Results, shape: resultShape}
	p := newFingerprints(20_000)
	r := &row{scan: s}
	for round := range 2 {
		for i := range 30_000 {
			r.cells[fieldTube] = string(rune('A'+i%26)) + string(rune('0'+i/26%10)) + string(rune(0x4e00+i/260))
			got := p.see(r)
			if want := map[bool]sighting{true: again, false: fresh}[round == 1 && i < 20_000]; got != want {
				t.Fatalf("round %d, row %d: %v", round, i, got)
			}
		}
	}
	if p.count != 20_000 || p.beyond != 20_000 {
		t.Errorf("%d remembered, %d beyond", p.count, p.beyond)
	}
}
