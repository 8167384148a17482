package web

import (
	"encoding/json"
	"slices"
	"testing"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// TestTheJournalSaysWhyARoundOpenedUnrehearsed reads the entries of two rounds.
func TestTheJournalSaysWhyARoundOpenedUnrehearsed(t *testing.T) {
	for _, c := range []struct {
		excuse string
		lang   words.Lang
		want   []string
	}{
		{"", words.English, nil},
		{"no day to lose", words.English, []string{"without a passed rehearsal: no day to lose"}},
		{"不能再等", words.Chinese, []string{"未经演练，理由：不能再等"}},
	} {
		body, err := json.Marshal(outbreak.RoundOpened{Excuse: c.excuse})
		if err != nil {
			t.Fatal(err)
		}
		if got := (&View{Lang: c.lang}).Details(outbreak.Entry{Kind: "RoundOpened", Body: body}); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.excuse, got, c.want)
		}
	}
}
