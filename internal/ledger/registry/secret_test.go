package registry_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
	"breakwater/protocols"
)

// server is one process on a database.
func server(t testing.TB, db *store.DB, clock outbreak.Clock, key string) *registry.Service {
	t.Helper()
	ctx := context.Background()
	vault, err := registry.OpenKeys(ctx, db, key)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := protocols.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s := registry.New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), rules, vault)
	for _, read := range []func(context.Context) error{s.LoadCodes, s.Secrets().CatchUp} {
		if err := read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func reads(s *registry.Service, secret string) int64 {
	no, ok := s.Secrets().Read([]byte(registry.TidyCode(secret)))
	if !ok {
		return 0
	}
	return no
}

func TestASecretOpensOneNumberUntilItIsReplaced(t *testing.T) {
	testkit.Engines(t, []store.Migrations{journal.Migrations, registry.Migrations}, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx, key := context.Background(), filepath.Join(t.TempDir(), "key")
		by := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
		s, other := server(t, db, clock, key), server(t, db, clock, key) // two servers on one database
		if _, err := s.LoadAreas(ctx, by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "A", Name: "甲"}, {Code: "B", Name: "乙"}}}); err != nil {
			t.Fatal(err)
		}
		var people []registry.NewPerson
		for i := range 30 {
			people = append(people, registry.NewPerson{Area: []string{"A", "B"}[i%2], Identity: registry.Identity{Name: fmt.Sprint("人", i)}})
		}
		if _, err := s.LoadPeople(ctx, by, registry.LoadPeople{People: people}); err != nil {
			t.Fatal(err)
		}
		before := entries(t, db)
		list, err := s.GiveSecrets(ctx, by, registry.GiveSecrets{Below: "/A/", Most: 10})
		if err != nil || len(list) != 10 {
			t.Fatal(len(list), err)
		}
		more, err := s.GiveSecrets(ctx, by, registry.GiveSecrets{Below: "/A/", After: list[9].No, Most: 10})
		if err != nil || len(more) != 5 || more[0].No <= list[9].No {
			t.Fatal(len(more), err)
		}
		if n := entries(t, db) - before; n != 2 {
			t.Errorf("%d entries for two parts that were given out", n)
		}
		seen := map[string]bool{}
		for _, g := range append(list, more...) {
			if len(g.Secret) != 29 || seen[g.Secret] || reads(s, g.Secret) != g.No || reads(other, g.Secret) != g.No {
				t.Errorf("%+v is read as %d and %d", g, reads(s, g.Secret), reads(other, g.Secret))
			}
			seen[g.Secret] = true
		}
		one, whole := list[0], list[0].Secret
		if got := reads(s, strings.ToLower(strings.ReplaceAll(whole, "-", " "))); got != one.No {
			t.Errorf("typed in small letters with spaces it is %d", got)
		}

		// What opens nothing.
		plain := []byte(registry.TidyCode(whole))
		for i := range plain {
			wrong := append([]byte{}, plain...)
			if wrong[i]++; wrong[i] == '9'+1 || wrong[i] > 'Z' {
				wrong[i] = '0'
			}
			if reads(s, string(wrong)) != 0 {
				t.Errorf("with letter %d wrong it opens something", i)
			}
		}
		far := server(t, db, clock, key)
		if _, err := far.NewSecretEpoch(ctx, outbreak.Actor{User: 8, Grants: []outbreak.Grant{{Role: string(access.Auditor)}}}, ""); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("an auditor ended all secrets: %v", err)
		}
		for what, text := range map[string]string{"the personal code": one.Code, "nothing": "", "the number": fmt.Sprint(one.No), "much": strings.Repeat("A", 4000),
			"a secret and more": whole + "0", "half": whole[:14]} {
			if reads(s, text) != 0 {
				t.Errorf("%s opens something", what)
			}
		}

		// Replaced at one server, it opens nothing at the other; nobody else's changes.
		change := func(c registry.ChangeSecret) registry.GivenSecret {
			t.Helper()
			c.Person = one.Person
			g, err := s.ChangeSecret(ctx, by, c)
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Secrets().CatchUp(ctx); err != nil {
				t.Fatal(err)
			}
			return g
		}
		if g := change(registry.ChangeSecret{What: registry.SecretCopied, Checked: "known", Proxy: true}); g.Secret != whole {
			t.Error("a copy is another secret")
		}
		fresh := change(registry.ChangeSecret{What: registry.SecretReissued, Checked: "document", Key: "k"})
		if again := change(registry.ChangeSecret{What: registry.SecretReissued, Checked: "document", Key: "k"}); again != fresh {
			t.Error("the same command twice gave two secrets")
		}
		for i, x := range []*registry.Service{s, other, server(t, db, clock, key)} {
			if reads(x, whole) != 0 || reads(x, fresh.Secret) != one.No || reads(x, list[1].Secret) != list[1].No {
				t.Errorf("server %d does not know of the replacement", i)
			}
		}
		if g := change(registry.ChangeSecret{What: registry.SecretRevoked}); g.Secret != "" || reads(s, fresh.Secret) != 0 || reads(other, fresh.Secret) != 0 {
			t.Errorf("revoked, it opens something: %+v", g)
		}

		// Whoever is erased has none.
		printed := list[2]
		if _, err := s.ErasePerson(ctx, by, registry.ErasePerson{Person: printed.Person, Reason: "asked", Basis: "article 47"}); err != nil {
			t.Fatal(err)
		}
		if err := other.Secrets().CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if reads(other, printed.Secret) != 0 {
			t.Error("the secret of somebody who was erased opens something")
		}
		if _, err := s.ChangeSecret(ctx, by, registry.ChangeSecret{Person: printed.Person, What: registry.SecretReissued, Checked: "document"}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("somebody who was erased got a secret: %v", err)
		}

		// No more of it is kept than which generation is good.
		if _, err := s.ChangeSecret(ctx, by, registry.ChangeSecret{Person: one.Person, What: registry.SecretReissued}); outbreak.KindOf(err) != outbreak.Invalid {
			t.Errorf("given to somebody nobody looked at: %v", err)
		}
		outside := outbreak.Actor{User: 9, Grants: []outbreak.Grant{{Role: string(access.CommunityWorker), Area: "/B/"}}}
		if _, err := s.ChangeSecret(ctx, outside, registry.ChangeSecret{Person: one.Person, What: registry.SecretReissued, Checked: "known"}); outbreak.KindOf(err) != outbreak.NotFound {
			t.Errorf("given out by another community: %v", err)
		}
		if _, err := s.GiveSecrets(ctx, outside, registry.GiveSecrets{Below: "/B/", Most: 1}); outbreak.KindOf(err) != outbreak.Forbidden {
			t.Errorf("printed by a community worker: %v", err)
		}

		// A new epoch ends them all.
		if _, err := s.NewSecretEpoch(ctx, by, ""); err != nil {
			t.Fatal(err)
		}
		if err := other.Secrets().CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if reads(s, list[1].Secret) != 0 || reads(other, list[1].Secret) != 0 {
			t.Error("a secret of the epoch before opens something")
		}
		if again, err := s.GiveSecrets(ctx, by, registry.GiveSecrets{Below: "/A/", Most: 100}); err != nil || reads(other, again[1].Secret) != again[1].No {
			t.Errorf("secrets of the new epoch: %v", err)
		}
		if err := s.ResealSecrets(ctx); err != nil {
			t.Error(err)
		}
	})
}

func entries(t *testing.T, db *store.DB) (n int64) {
	t.Helper()
	if err := db.Read(context.Background(), func(tx *store.Tx) (err error) {
		n, err = journal.Head(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheSecretOfOneSiteOpensNothingAtAnother(t *testing.T) {
	ctx, clock := context.Background(), outbreak.NewHandClock(testkit.Start)
	by := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	var given [2]registry.GivenSecret
	var sites [2]*registry.Service
	for i := range sites {
		db, err := store.Open(ctx, filepath.Join(t.TempDir(), "db"), clock)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if err := db.Migrate(ctx, journal.Migrations, registry.Migrations); err != nil {
			t.Fatal(err)
		}
		s := server(t, db, clock, filepath.Join(t.TempDir(), "key"))
		if _, err := s.LoadAreas(ctx, by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "A", Name: "甲"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.LoadPeople(ctx, by, registry.LoadPeople{People: []registry.NewPerson{{Area: "A"}}}); err != nil {
			t.Fatal(err)
		}
		list, err := s.GiveSecrets(ctx, by, registry.GiveSecrets{Below: "/A/", Most: 1})
		if err != nil {
			t.Fatal(err)
		}
		given[i], sites[i] = list[0], s
	}
	if given[0].No != given[1].No {
		t.Fatalf("%d and %d", given[0].No, given[1].No)
	}
	if reads(sites[1], given[0].Secret) != 0 || reads(sites[0], given[1].Secret) != 0 || given[0].Secret == given[1].Secret {
		t.Error("the same number at another site is opened")
	}
}

func BenchmarkReadSecret(b *testing.B) {
	ctx, clock := context.Background(), outbreak.NewHandClock(testkit.Start)
	by := outbreak.Actor{User: 7, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}
	db, err := store.Open(ctx, filepath.Join(b.TempDir(), "db"), clock)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(ctx, journal.Migrations, registry.Migrations); err != nil {
		b.Fatal(err)
	}
	s := server(b, db, clock, filepath.Join(b.TempDir(), "key"))
	if _, err := s.LoadAreas(ctx, by, registry.LoadAreas{Areas: []registry.NewArea{{Code: "A", Name: "甲"}}}); err != nil {
		b.Fatal(err)
	}
	if _, err := s.LoadPeople(ctx, by, registry.LoadPeople{People: []registry.NewPerson{{Area: "A"}}}); err != nil {
		b.Fatal(err)
	}
	list, err := s.GiveSecrets(ctx, by, registry.GiveSecrets{Below: "/A/", Most: 1})
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(registry.TidyCode(list[0].Secret))
	b.ReportAllocs()
	for b.Loop() {
		if no, ok := s.Secrets().Read(text); !ok || no != list[0].No {
			b.Fatal(no, ok)
		}
	}
}
