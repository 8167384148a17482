package registry

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

var keyOwners = []store.Migrations{journal.Migrations, access.Migrations, Migrations}

// keySite is a registry with a key file and people whose names are known to the test.
type keySite struct {
	*Service
	t     *testing.T
	file  string
	by    outbreak.Actor
	clock *outbreak.HandClock
}

func aKeySite(t *testing.T, db *store.DB, clock *outbreak.HandClock, file string) keySite {
	t.Helper()
	v, err := OpenKeyFile(file)
	if err == nil {
		err = db.Write(context.Background(), v.Prove)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := keySite{Service: New(db, journal.New(db, testkit.Quiet(), nil), outbreak.NewIDs(clock), nil, v), t: t, file: file, clock: clock,
		by: outbreak.Actor{User: 1, Purpose: outbreak.PurposeCare, Grants: []outbreak.Grant{{Role: string(access.Administrator)}}}}
	return s
}

func (s keySite) area() keySite {
	s.t.Helper()
	if _, err := s.LoadAreas(context.Background(), s.by, LoadAreas{Areas: []NewArea{{Code: "22", Name: "province"}}}); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// row is the n-th person as a file names one: every third without document, every second of a household with a key.
func row(n int) NewPerson {
	p := NewPerson{Area: "22", Building: "3", Door: fmt.Sprint(n / 3), Sex: "female",
		Identity: Identity{Name: fmt.Sprintf("王小%d", n), Phone: fmt.Sprint(13900000000 + n), Address: fmt.Sprintf("人民大街%d号", n)}}
	if n%3 != 0 {
		p.Identity.DocumentKind, p.Identity.Document = OtherID, fmt.Sprintf("DOC%07d", n)
	}
	if n%2 == 0 {
		p.Household = fmt.Sprintf("H%d", n/4)
	}
	return p
}

func rows(from, to int) (list []NewPerson) {
	for n := from; n < to; n++ {
		list = append(list, row(n))
	}
	return list
}

func (s keySite) load(list []NewPerson) Loaded {
	s.t.Helper()
	l, err := s.LoadPeople(context.Background(), s.by, LoadPeople{People: list})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s keySite) find(n int) Person {
	s.t.Helper()
	p, err := s.FindPerson(context.Background(), s.by, OtherID, row(n).Identity.Document)
	if err != nil {
		s.t.Fatalf("person %d: %v", n, err)
	}
	return p
}

// sound loads the same rows again, which have to be known, opens names by document and lets everything be checked.
func (s keySite) sound(people int) {
	s.t.Helper()
	if l := s.load(rows(0, people)); l.Repeated != people {
		s.t.Errorf("of %d known people %+v", people, l)
	}
	for _, n := range []int{1, people/3*3 - 1} {
		i, err := s.ReadIdentity(context.Background(), s.by, s.find(n).ID, "")
		if err != nil || i.Name != row(n).Identity.Name {
			s.t.Errorf("person %d is %q: %v", n, i.Name, err)
		}
	}
	c, err := s.Keys().Check(context.Background(), nil)
	if err != nil || c.People != int64(people) || c.Opened != c.People || c.Entries != 0 {
		s.t.Errorf("%+v %v", c, err)
	}
}

func (s keySite) status() KeyStatus {
	s.t.Helper()
	k, err := s.Keys().Status(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// TestKeysRotateWhileServersWork rotates both kinds of key in one process while another, which read the file before, goes on
// loading and opening.
func TestKeysRotateWhileServersWork(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		file := filepath.Join(t.TempDir(), "site.key")
		server, console := aKeySite(t, db, clock, file).area(), aKeySite(t, db, clock, file)
		server.load(rows(0, 700))
		batches := 0
		turn, err := console.Keys().Rotate(ctx, func(done, total int64) {
			if batches++; batches == 1 { // in the middle of it
				if done != keyBatch || total != 700 {
					t.Errorf("%d of %d", done, total)
				}
				server.load(rows(700, 710))
				server.sound(710)
			}
		}, nil)
		if err != nil || turn.Key != 2 || turn.Resumed || turn.Left != 0 || len(turn.Retired) != 1 {
			t.Fatalf("%+v %v", turn, err)
		}
		server.sound(710)
		k := server.status()
		if len(k.Masters) != 2 || k.Masters[0].People != 0 || k.Masters[0].Retired == 0 || k.Masters[1].People != 710 || !k.Masters[1].Current {
			t.Errorf("%+v", k.Masters)
		}
		batches = 0
		turn, err = console.Keys().RotateIndex(ctx, func(done, total int64) {
			if batches++; batches == 1 {
				server.load(rows(710, 720))
				server.sound(720)
				console.sound(720)
			}
		})
		if err != nil || turn.Key != 2 || turn.Left != 0 {
			t.Fatalf("%+v %v", turn, err)
		}
		server.sound(720)
		if k := server.status(); k.Index.Newest != 2 || k.Index.Waiting != 0 {
			t.Errorf("%+v", k.Index)
		}
		n := int64(-1)
		if err := db.Read(ctx, func(tx *store.Tx) (err error) {
			n, err = store.Count(tx, "select count(*) from household where id not in (select household from person)")
			return err
		}); err != nil || n != 0 {
			t.Errorf("%d households of nobody: they were made twice, %v", n, err)
		}
		if _, err := console.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		server.sound(720)
	})
}

// TestARotationThatBreaksOffGoesOn stops a rotation after each of its steps.
func TestARotationThatBreaksOffGoesOn(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 650))
		broken, stop := context.WithCancel(ctx)
		turn, err := s.Keys().Rotate(broken, func(int64, int64) { stop() }, nil)
		if !errors.Is(err, context.Canceled) || turn.People != keyBatch {
			t.Fatalf("%+v %v", turn, err)
		}
		s.sound(650)
		if turn, err = s.Keys().Rotate(ctx, nil, nil); err != nil || !turn.Resumed || turn.Key != 2 || turn.People != 350 || len(turn.Retired) != 1 {
			t.Fatalf("%+v %v", turn, err)
		}
		broken, stop = context.WithCancel(ctx)
		if turn, err = s.Keys().RotateIndex(broken, func(int64, int64) { stop() }); !errors.Is(err, context.Canceled) {
			t.Fatalf("%+v %v", turn, err)
		}
		s.sound(650)
		if turn, err = s.Keys().RotateIndex(ctx, nil); err != nil || !turn.Resumed || turn.Key != 2 || turn.People != 350 {
			t.Fatalf("%+v %v", turn, err)
		}
		s.sound(650)
		// The file was written, and then the machine fell.
		if err := s.vault.change(func(r *ring) error {
			r.masters = append(r.masters, freshKey(3, s.clock.Now()))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s = aKeySite(t, db, clock, s.file) // starts again
		if turn, err = s.Keys().Rotate(ctx, nil, nil); err != nil || !turn.Resumed || turn.Key != 3 || turn.People != 650 {
			t.Fatalf("%+v %v", turn, err)
		}
		s.sound(650)
	})
}

// TestAnOldKeyIsForgottenOnlyWhenNobodyNeedsIt follows a key to its end, and a ring that is older than the database.
func TestAnOldKeyIsForgottenOnlyWhenNobodyNeedsIt(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		s.load(rows(0, 30))
		stale, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Keys().Forget(ctx, 1, true); msgOf(err) != "registry.key_in_use" {
			t.Error(err)
		}
		if err := s.Keys().Forget(ctx, 9, true); msgOf(err) != "registry.no_key" {
			t.Error(err)
		}
		if _, err := s.Keys().Rotate(ctx, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Keys().Forget(ctx, 1, false); msgOf(err) != "registry.key_backup" {
			t.Error(err)
		}
		old := filepath.Join(t.TempDir(), "old.key")
		if err := os.WriteFile(old, stale, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := OpenKeyFile(old)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, v.Prove); msgOf(err) != "registry.key_missing" {
			t.Errorf("a ring older than the database: %v", err)
		}
		behind := New(db, s.journal, outbreak.NewIDs(clock), nil, v) // a server whose file nobody copied
		if _, err := behind.LoadPeople(ctx, s.by, LoadPeople{People: rows(30, 31)}); msgOf(err) != "registry.key_missing" {
			t.Errorf("it wrote under an old key: %v", err)
		}
		if _, err := behind.ReadIdentity(ctx, s.by, s.find(1).ID, ""); msgOf(err) != "registry.key_missing" {
			t.Error(err)
		}
		if err := s.Keys().Forget(ctx, 1, true); err != nil {
			t.Fatal(err)
		}
		s = aKeySite(t, db, clock, s.file)
		s.sound(30)
		if k := s.status(); len(k.Masters) != 1 || k.Masters[0].ID != 2 {
			t.Errorf("%+v", k.Masters)
		}
		text, err := os.ReadFile(s.file)
		if err != nil || strings.Contains(string(text), string(must(s.vault.ring.Load().masters[0].Secret.MarshalText()))) == false {
			t.Error("the file is not the ring", err)
		}
		var kinds []string
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return journalled(tx, func(e outbreak.KeyChanged) { kinds = append(kinds, fmt.Sprint(e.What, e.Key)) })
		}); err != nil || fmt.Sprint(kinds) != "[made2 retired1 forgotten1]" {
			t.Errorf("%v %v", kinds, err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func journalled[E outbreak.Event](tx *store.Tx, do func(E)) error {
	var e E
	entries, err := journal.List(tx, 0, 1<<40, []string{e.Kind()}, 1000)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := outbreak.On(entry, func(e E) error { do(e); return nil }); err != nil {
			return err
		}
	}
	return nil
}

// TestAFileOfTheFirstFormIsRead opens a site whose key file holds 64 digits, and turns it into a ring.
func TestAFileOfTheFirstFormIsRead(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		file := filepath.Join(t.TempDir(), "site.key")
		if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := aKeySite(t, db, clock, file).area()
		s.load(rows(0, 10))
		if k := s.status(); !k.OldForm || k.Split != nil {
			t.Errorf("%+v", k)
		}
		if _, err := s.Keys().Rotate(context.Background(), nil, nil); err != nil {
			t.Fatal(err)
		}
		s = aKeySite(t, db, clock, file)
		s.sound(10)
		if k := s.status(); k.OldForm || len(k.Masters) != 2 {
			t.Errorf("%+v", k)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info, err)
		}
	})
}

// TestARecoveryCopyGrowsOld tells after a rotation that the copy lacks a key.
func TestARecoveryCopyGrowsOld(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		split(t, s.vault, 3, 2)
		if k := s.status(); k.Split == nil || len(k.Split.Lacks) != 0 {
			t.Errorf("%+v", k.Split)
		}
		if _, err := s.Keys().Rotate(context.Background(), nil, nil); err != nil {
			t.Fatal(err)
		}
		if k := s.status(); fmt.Sprint(k.Split.Lacks, k.Split.Beyond) != "[master 2] []" {
			t.Errorf("%+v", k.Split)
		}
		if err := s.Keys().Forget(context.Background(), 1, true); err != nil {
			t.Fatal(err)
		}
		if k := s.status(); fmt.Sprint(k.Split.Lacks, k.Split.Beyond) != "[master 2] [master 1]" {
			t.Errorf("%+v", k.Split)
		}
	})
}

// TestARepeatAcrossARotationOfTheIndexKeyIsKnown sends the same request before and after, as a program does whose answer was lost.
func TestARepeatAcrossARotationOfTheIndexKeyIsKnown(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		first, err := s.LoadPeople(ctx, s.by, LoadPeople{Key: "sent once", People: rows(0, 3)})
		if err != nil || first.Added != 3 {
			t.Fatal(first, err)
		}
		if _, err := s.Keys().RotateIndex(ctx, nil); err != nil {
			t.Fatal(err)
		}
		again, err := s.LoadPeople(ctx, s.by, LoadPeople{Key: "sent once", People: rows(0, 3)})
		if err != nil || again.Batch != first.Batch || again.Added != 3 {
			t.Errorf("the repeat got %+v, %v", again, err)
		}
		if _, err := s.LoadPeople(ctx, s.by, LoadPeople{Key: "sent once", People: rows(0, 4)}); outbreak.KindOf(err) != outbreak.Conflict {
			t.Errorf("another request with the same key: %v", err)
		}
	})
}

// TestTheSigningKeyIsReplaced replaces it twice: what the old ones signed stays true, their secrets are gone from the file, and a
// recovery copy brings the public halves back.
func TestTheSigningKeyIsReplaced(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		ctx := context.Background()
		file := filepath.Join(t.TempDir(), "site.key")
		server, console := aKeySite(t, db, clock, file).area(), aKeySite(t, db, clock, file)
		server.load(rows(0, 4))
		first, err := server.ErasePerson(ctx, server.by, asked(server.find(1).ID))
		if err != nil {
			t.Fatal(err)
		}
		secret := hex.EncodeToString(console.vault.ring.Load().sign.Secret)
		var turn SignerRotation
		for n := range 2 {
			if turn, err = console.Keys().RotateSigner(ctx); err != nil || turn.Key != int64(n+2) {
				t.Fatal(turn, err)
			}
		}
		text := must(os.ReadFile(file))
		if bytes.Contains(text, []byte(secret)) {
			t.Error("the secret of a key that was replaced is still in the file")
		}
		second, err := server.ErasePerson(ctx, server.by, asked(server.find(2).ID)) // its ring is from before
		if err != nil || second.Signer != turn.Signer || second.Signer == first.Signer || !second.Genuine() {
			t.Errorf("%+v %v", second, err)
		}
		var public []string
		if err := db.Read(ctx, func(tx *store.Tx) error {
			return journalled(tx, func(e outbreak.KeyChanged) {
				if e.Of == "sign" {
					public = append(public, fmt.Sprint(e.What, e.Key, e.Public != ""))
				}
			})
		}); err != nil || fmt.Sprint(public) != "[made2 true retired1 true made3 true retired2 true]" {
			t.Error(public, err)
		}
		known, wrong, err := server.vault.listed()
		if err != nil || wrong != 0 || len(known) != 2 {
			t.Errorf("%d known, %d wrong, %v", len(known), wrong, err)
		}
		shares, err := console.Keys().SplitRing(3, 2)
		if err != nil {
			t.Fatal(err)
		}
		var named []NamedShare
		for _, s := range shares[1:] {
			named = append(named, NamedShare{Name: fmt.Sprint(s.Number), Share: s})
		}
		joined := filepath.Join(t.TempDir(), "joined.key")
		if _, err := JoinRing(named, joined); err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]*Vault{"the file": must(OpenKeyFile(file)), "the recovery copy": must(OpenKeyFile(joined))} {
			until, ours := v.Signed(first.Signer)
			if !ours || until < (outbreak.WallClock{}).Now().Add(-time.Minute) {
				t.Errorf("%s: the first key is ours %v, until %s", name, ours, until)
			}
			if until, ours := v.Signed(turn.Signer); !ours || until != 0 {
				t.Errorf("%s: the key in use is ours %v, until %s", name, ours, until)
			}
		}
		if s := console.status(); len(s.Signed) != 2 || s.Signed[0].Signer != first.Signer || s.Signer != turn.Signer {
			t.Errorf("%+v", s.Signed)
		}
	})
}

// TestALockOfAKilledCommandHoldsNobody leaves the file that a command leaves when it is killed.
func TestALockOfAKilledCommandHoldsNobody(t *testing.T) {
	testkit.Engines(t, keyOwners, func(t *testing.T, db *store.DB, clock *outbreak.HandClock) {
		s := aKeySite(t, db, clock, filepath.Join(t.TempDir(), "site.key")).area()
		if err := os.WriteFile(s.file+".lock", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().Rotate(context.Background(), nil, nil); err != nil {
			t.Errorf("a lock of nobody: %v", err)
		}
		other, err := store.Hold(s.file + ".lock")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Keys().Rotate(context.Background(), nil, nil); msgOf(err) != "registry.key_locked" {
			t.Errorf("the lock of somebody at work: %v", err)
		}
		if err := store.Release(other); err != nil {
			t.Fatal(err)
		}
	})
}
