package registry

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

// TestAnIdentityOpenedTwiceWithOneKey resends an opening: the name comes again, the journal has one entry, and no kept answer
// holds the name.
func TestAnIdentityOpenedTwiceWithOneKey(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 6))
		who := s.find(4)
		read := func() (entries int, kept string) {
			err := db.Read(ctx, func(tx *store.Tx) error {
				list, err := journal.List(tx, 0, 1<<60, []string{outbreak.IdentityRead{}.Kind()}, 100)
				if err != nil {
					return err
				}
				all, err := store.List(tx, store.Value[string], "select answer from answer")
				entries, kept = len(list), strings.Join(all, " ")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return entries, kept
		}
		before, _ := read()
		for range 3 {
			if i, err := s.ReadIdentity(ctx, s.by, who.ID, "k"); err != nil || i.Name != row(4).Identity.Name {
				t.Fatal(i, err)
			}
		}
		after, kept := read()
		if after != before+1 || strings.Contains(kept, row(4).Identity.Name) {
			t.Errorf("%d entries, kept: %s", after-before, kept)
		}
		if _, err := s.ReadIdentity(ctx, s.by, s.find(1).ID, "k"); msgOf(err) != "store.key_reused" {
			t.Error("the key for somebody else:", err)
		}
		nobody := s.by
		nobody.Grants = nil
		if _, err := s.ReadIdentity(ctx, nobody, who.ID, "k"); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Error("the right was taken meanwhile:", err)
		}
		clock.Move(6 * time.Minute)
		if _, err := s.ReadIdentity(ctx, s.by, who.ID, "k"); msgOf(err) != "registry.opened_before" {
			t.Error("an entry opens a name for ever:", err)
		}
		if _, err := s.ReadIdentity(ctx, s.by, who.ID, "another"); err != nil {
			t.Error(err)
		}
	})
}
