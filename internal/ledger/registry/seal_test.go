package registry

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func aVault(t testing.TB, first byte) *Vault {
	t.Helper()
	master := make([]byte, secretSize)
	master[0] = first
	v, err := NewVault(master)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestASealedIdentityOpensForItsPersonAlone(t *testing.T) {
	v, other := aVault(t, 1), aVault(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		who := outbreak.PersonID(rapid.Int64Range(1, 1<<62).Draw(t, "person"))
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		b, err := v.seal(who, plain, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 8 && bytes.Contains(b.sealed, plain) {
			t.Fatal("it is to be read through the seal")
		}
		if got, err := v.open(who, b); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q came back as %q: %v", plain, got, err)
		}
		if _, err := v.open(who+1, b); err == nil {
			t.Fatal("moved to another person it opens")
		}
		if _, err := other.open(who, b); err == nil {
			t.Fatal("another master key opens it")
		}
		again, err := v.seal(who, plain, 1)
		if err != nil || bytes.Equal(again.sealed, b.sealed) {
			t.Fatalf("the same sealed twice looks the same: %v", err)
		}
		at := rapid.IntRange(0, len(b.sealed)-1).Draw(t, "at")
		b.sealed[at] ^= 1
		if _, err := v.open(who, b); err == nil {
			t.Fatal("changed by one bit it opens")
		}
		if _, err := v.open(who, box{b.sealed[:5], b.wrapped, b.by}); err == nil {
			t.Fatal("cut short it opens")
		}
	})
}

func TestADestroyedKeyLeavesNothing(t *testing.T) {
	v := aVault(t, 1)
	b, err := v.seal(7, []byte("张三"), 1)
	if err != nil {
		t.Fatal(err)
	}
	clear(b.wrapped)
	if _, err := v.open(7, b); err == nil {
		t.Error("it opens without its key")
	}
	if _, err := v.open(7, box{b.sealed, nil, 1}); err == nil {
		t.Error("it opens without any key")
	}
}

func token(v *Vault, kind, value string) int64 { return v.ring.Load().indexes[0].token(kind, value) }

func TestTokensFindTheSameValueOfTheSameKindAlone(t *testing.T) {
	v, other := aVault(t, 1), aVault(t, 2)
	if again := aVault(t, 1); token(v, "phone", "139") != token(again, "phone", "139") {
		t.Error("a value is not found again")
	}
	if token(v, "phone", "139") == token(v, "passport", "139") || token(v, "phone", "139") == token(other, "phone", "139") || token(v, "a", "b") == token(v, "ab", "") {
		t.Error("different values share a token")
	}
}

func TestAWrongMasterKeyIsRefused(t *testing.T) {
	testkit.Engines(t, []store.Migrations{Migrations}, func(t *testing.T, db *store.DB, _ *outbreak.HandClock) {
		right, wrong := aVault(t, 1), aVault(t, 2)
		for range 2 {
			if err := db.Write(context.Background(), right.Prove); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Write(context.Background(), wrong.Prove)
		if e, ok := err.(*outbreak.Error); !ok || e.Msg != "registry.wrong_key" {
			t.Errorf("%v", err)
		}
	})
}

func TestTheKeyFileIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "data.key")
	one, err := OpenKeyFile(name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	two, err := OpenKeyFile(name)
	if err != nil || token(one, "a", "b") != token(two, "a", "b") {
		t.Errorf("opened again it is another key: %v", err)
	}
	for _, text := range []string{"", "abcd", "not hexadecimal"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeyFile(name); err == nil {
			t.Errorf("the key %q was taken", text)
		}
	}
}

// TestSeveralFirstStartsShareOneKeyFile lets several make the key file of a new site at once: all of them hold the ring that
// lies in the file.
func TestSeveralFirstStartsShareOneKeyFile(t *testing.T) {
	for range 20 {
		name := filepath.Join(t.TempDir(), "site.key")
		vaults := make([]*Vault, 8)
		var work sync.WaitGroup
		for i := range vaults {
			work.Go(func() {
				v, err := OpenKeyFile(name)
				if err != nil {
					t.Error(err)
					return
				}
				vaults[i] = v
			})
		}
		work.Wait()
		in, err := readKeyFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := in.text()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vaults {
			if got, err := v.ring.Load().text(); err != nil || string(got) != string(want) {
				t.Fatalf("a ring that lies in no file: %v", err)
			}
		}
	}
}
