package journal_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// hand signs with a key of its own.
type hand ed25519.PrivateKey

func (h hand) Sign(text []byte) (string, string) {
	key := ed25519.PrivateKey(h)
	return base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey)), base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, text))
}

func handOf(first byte) hand {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = first
	return hand(ed25519.NewKeyFromSeed(seed))
}

// TestASignedHeadFindsWhatTheChainCannot cuts, replaces and rewrites a journal so that the chain is whole, and looks what the
// heads that were signed before say.
func TestASignedHeadFindsWhatTheChainCannot(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		j := journal.New(db, testkit.Quiet(), nil)
		ours := handOf(1)
		if _, err := journal.SignHead(ctx, db, clock.Now(), ours); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("an empty journal has a head: %v", err)
		}
		var lines []string
		sign := func(by hand) string {
			t.Helper()
			h, err := journal.SignHead(ctx, db, clock.Now(), by)
			if err != nil {
				t.Fatal(err)
			}
			return h.String()
		}
		for n := range 9 {
			append1(t, db, j, n)
			if n%3 == 2 { // at 3, 6 and 9
				lines = append(lines, sign(ours))
			}
		}
		signer, _ := ours.Sign(nil)
		replaced, _ := handOf(3).Sign(nil)
		verify := func(text string) string {
			t.Helper()
			heads, torn, err := journal.ReadHeads(strings.NewReader(text))
			if err != nil || len(torn) > 0 {
				t.Fatal(torn, err)
			}
			v, err := journal.VerifyAgainst(ctx, db, heads, func(s string) (outbreak.Instant, bool) {
				return map[string]outbreak.Instant{replaced: clock.Now() - 1}[s], s == signer || s == replaced
			})
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(v.Findings)
		}
		all := "# kept by the auditor\n\n" + strings.Join(lines, "\n")
		if got := verify(all); got != "[]" {
			t.Fatal(got)
		}
		if got := verify(strings.Replace(lines[1], " 6 ", " 5 ", 1)); got != "[record 5: head_forged]" {
			t.Error(got)
		}
		if got := verify(sign(handOf(2))); got != "[record 9: head_of_others]" {
			t.Error(got)
		}
		if got := verify(sign(handOf(3))); got != "[record 9: head_outlived]" {
			t.Error(got)
		}
		cut := func(from int) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.Exec("delete from journal where seq >= $1", from); err != nil {
					return err
				}
				if from == 1 {
					_, err := tx.Exec("delete from journal_head")
					return err
				}
				_, err := tx.Exec("update journal_head set seq = $1, hash = (select hash from journal where seq = $2)", from-1, from-1)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		whole := func() {
			t.Helper()
			if v, err := journal.Verify(ctx, db); err != nil || len(v.Findings) > 0 {
				t.Fatalf("the chain alone was to be whole: %v %v", v.Findings, err)
			}
		}
		cut(8)
		whole()
		if got := verify(all); got != "[record 9: tail_cut after record 7]" {
			t.Error(got)
		}
		append1(t, db, j, 70)
		append1(t, db, j, 80)
		whole()
		if got := verify(all); got != "[record 9: tail_replaced after record 6]" {
			t.Error(got)
		}
		cut(1)
		for n := range 12 {
			append1(t, db, j, 100+n)
		}
		whole()
		if got := verify(all); got != "[record 3: past_rewritten]" {
			t.Error(got)
		}
	})
}

func TestWhatIsNoSignedHeadIsNamedByItsLine(t *testing.T) {
	for text, want := range map[string]string{"": "journal.no_heads", "# nothing\n": "journal.no_heads", "\nhello": "journal.head_line map[line:2]",
		"breakwater-head 1 2022-03-14T00:00:00Z x aa bb cc": "journal.no_heads"} {
		if _, _, err := journal.ReadHeads(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestATornLineIsPassedOver cuts the last line wherever a crash may cut it.
func TestATornLineIsPassedOver(t *testing.T) {
	h := journal.SignedHead{At: testkit.Start, Seq: 7, Hash: strings.Repeat("ab", 32)}
	h.Signer, _ = handOf(1).Sign(nil)
	_, h.Signature = handOf(1).Sign([]byte("what"))
	line := h.String()
	for cut := 1; cut < len(line); cut++ {
		for _, after := range []string{"", "\n" + line} { // alone at the end, and when somebody has written behind it
			text := line + "\n" + line[:cut] + after
			heads, torn, err := journal.ReadHeads(strings.NewReader(text))
			if err != nil || len(heads) != 1+len(after)/len(line) || fmt.Sprint(torn) != "[2]" {
				t.Fatalf("cut at %d: %d heads, torn %v, %v", cut, len(heads), torn, err)
			}
		}
	}
	if heads, torn, err := journal.ReadHeads(strings.NewReader(line)); err != nil || len(heads) != 1 || len(torn) > 0 {
		t.Errorf("a whole line without its end: %d %v %v", len(heads), torn, err)
	}
}
