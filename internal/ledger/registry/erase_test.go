package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func asked(id outbreak.PersonID) ErasePerson {
	return ErasePerson{Person: id, Reason: "asked", Basis: "《个人信息保护法》第四十七条"}
}

// TestAnErasedPersonIsACodeAndNothingElse erases and looks for what is left in the row, the index, the journal and the receipt.
func TestAnErasedPersonIsACodeAndNothingElse(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 6))
		who := s.find(4)
		r, err := s.ErasePerson(ctx, s.by, asked(who.ID))
		if err != nil || !r.Genuine() || r.Person != who.ID || r.Entry == 0 || r.By != s.by.String() || r.ErasedAt != clock.Now() {
			t.Fatalf("%+v %v", r, err)
		}
		if _, err := s.ReadIdentity(ctx, s.by, who.ID, ""); msgOf(err) != "registry.erased" {
			t.Error(err)
		}
		if _, err := s.FindPerson(ctx, s.by, OtherID, row(4).Identity.Document); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		if p, err := s.FindPersonByID(ctx, s.by, who.ID); err != nil || p.No != who.No || p.Household != 0 {
			t.Errorf("the code is gone, or the door is not: %+v %v", p, err)
		}
		if err := db.Read(ctx, func(tx *store.Tx) error {
			left, err := store.Count(tx, "select count(*) from person where id = $1 and (uhead <> 0 or phone_key <> 0 or document_key <> '')", who.ID)
			filed, wrong := filedIn(tx, who.AreaID)
			if err != nil || wrong != nil || left != 0 || filed[who.No] != nil || len(filed) == 0 {
				t.Errorf("%d index entries are left, %v", left, err)
			}
			b, _, err := boxOf(tx, who.ID)
			if b.sealed != nil || b.wrapped != nil {
				t.Error("box or key are left")
			}
			n := 0
			if err := journalled(tx, func(e outbreak.PersonErased) {
				if n++; e.Person != who.ID || e.Again {
					t.Errorf("%+v", e)
				}
			}); err != nil || n != 1 {
				t.Error(n, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		again, err := s.ErasePerson(ctx, s.by, asked(who.ID))
		if err != nil || again != r {
			t.Errorf("asked again it is %+v, %v", again, err)
		}
		if got, err := s.FindErasure(ctx, s.by, who.ID); err != nil || got != r {
			t.Errorf("%+v %v", got, err)
		}
		if text, err := os.ReadFile(s.vault.Beside("erased")); err != nil || bytes.Count(text, []byte("\n")) != 1 {
			t.Errorf("%s %v", text, err)
		}
		if l := s.load(rows(0, 6)); l.Added != 1 || l.Repeated != 5 {
			t.Errorf("named by a file again somebody erased is somebody new: %+v", l)
		}
		r.Basis = "another"
		if r.Genuine() {
			t.Error("a changed receipt is true")
		}
	})
}

func TestErasingIsForWhoMayAndSaysWhy(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 3))
		who := s.find(1).ID
		for _, role := range access.Roles {
			by := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(role)}}}
			may := role == access.Administrator || role == access.DataProtection
			_, err := s.ErasePerson(ctx, by, ErasePerson{Person: 1, Reason: "asked", Basis: "b"}) // nobody: whoever may learns that
			if may && outbreak.KindOf(err) != outbreak.NotFound || !may && outbreak.KindOf(err) != outbreak.Forbidden {
				t.Errorf("%s: %v", role, err)
			}
		}
		elsewhere := outbreak.Actor{User: 2, Grants: []outbreak.Grant{{Role: string(access.DataProtection), Area: "/33/"}}}
		if _, err := s.ErasePerson(ctx, elsewhere, asked(who)); outbreak.KindOf(err) != outbreak.NotFound {
			t.Error(err)
		}
		for want, c := range map[string]ErasePerson{"registry.erase_reason": {Person: who, Reason: "tired", Basis: "b"},
			"registry.erase_basis": {Person: who, Reason: "asked", Basis: " "}} {
			if _, err := s.ErasePerson(ctx, s.by, c); msgOf(err) != want {
				t.Error(want, err)
			}
		}
		if _, err := s.FindErasure(ctx, s.by, who); msgOf(err) != "registry.not_erased" {
			t.Error(err)
		}
	})
}

// TestTheListErasesAgain brings rows back as a restored backup does, and tears and forges lines of the list.
func TestTheListErasesAgain(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 6))
		one, two, three := s.find(1).ID, s.find(2).ID, s.find(4).ID
		r, err := s.ErasePerson(ctx, s.by, asked(one))
		if err != nil {
			t.Fatal(err)
		}
		bring := func() { // the row as the backup had it
			t.Helper()
			b, err := s.vault.seal(one, []byte(`{"name":"王小1"}`), 1)
			if err == nil {
				err = db.Write(ctx, func(tx *store.Tx) error {
					if _, err := tx.Exec("delete from erased"); err != nil {
						return err
					}
					return tx.Must("update person set sealed = $1, wrapped = $2 where id = $3", b.sealed, b.wrapped, one)
				})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		bring()
		forged := r
		forged.Person = two
		other := must(OpenKeyFile(filepath.Join(t.TempDir(), "other.key"))).receipt(Erased{Person: three, At: 1, Actor: "user:x", Reason: "asked", Basis: "b", Seq: 1, Head: []byte{1}})
		list := s.vault.Beside("erased")
		for _, line := range [][]byte{must(json.Marshal(forged)), must(json.Marshal(other)), []byte(`{"person":"torn`)} {
			if err := appendFile(list, string(line)); err != nil {
				t.Fatal(err)
			}
		}
		done, err := s.ReapplyErasures(ctx)
		if err != nil || done.Erased != 1 || done.Listed != 0 || done.Wrong != 3 {
			t.Fatalf("%+v %v", done, err)
		}
		if _, err := s.ReadIdentity(ctx, s.by, one, ""); msgOf(err) != "registry.erased" {
			t.Error(err)
		}
		for _, id := range []outbreak.PersonID{two, three} {
			if _, err := s.ReadIdentity(ctx, s.by, id, ""); err != nil {
				t.Errorf("a line that nobody signed erased somebody: %v", err)
			}
		}
		got, err := s.FindErasure(ctx, s.by, one)
		if err != nil || got.ErasedAt != r.ErasedAt || got.By != r.By || got.Entry == r.Entry || !got.Genuine() {
			t.Errorf("%+v %v", got, err)
		}
		if err := os.Remove(list); err != nil {
			t.Fatal(err)
		}
		if done, err = s.ReapplyErasures(ctx); err != nil || done.Listed != 1 || done.Erased != 0 {
			t.Errorf("the list is not made again: %+v %v", done, err)
		}
		if text, err := os.ReadFile(list); err != nil || strings.Contains(string(text), "王") {
			t.Errorf("%s %v", text, err)
		}
		if done, err = s.ReapplyErasures(ctx); err != nil || done != (Reapplied{}) {
			t.Errorf("a third time it did something: %+v %v", done, err)
		}
	})
}

// TestManyErasuresMissingFromTheListAreAddedAtOnce loses the list of a site with many erasures. To write it again takes as many
// signatures as there are erasures, not their square: that would be hours here.
func TestManyErasuresMissingFromTheListAreAddedAtOnce(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key"))
		const many = 10_000
		var erased [][]any
		for n := range many {
			erased = append(erased, []any{int64(n + 1), s.clock.Now(), "user:1", "asked", "b", int64(1), []byte{1}})
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Insert("erased", strings.Split(erasedColumns, ", "), nil, erased)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := appendFile(s.vault.Beside("erased"), `{"person":"torn`); err != nil {
			t.Fatal(err)
		}
		if done, err := s.ReapplyErasures(ctx); err != nil || done.Listed != many || done.Wrong != 1 {
			t.Fatalf("%+v %v", done, err)
		}
		if done, err := s.ReapplyErasures(ctx); err != nil || done.Listed != 0 || done.Wrong != 1 {
			t.Fatalf("%+v %v", done, err)
		}
	})
}
