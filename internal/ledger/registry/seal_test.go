package registry

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func aVault(t testing.TB, first byte) *Vault {
	t.Helper()
	master := make([]byte, masterSize)
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
		sealed, wrapped, err := v.seal(who, plain)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 8 && bytes.Contains(sealed, plain) {
			t.Fatal("it is to be read through the seal")
		}
		if got, err := v.open(who, sealed, wrapped); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q came back as %q: %v", plain, got, err)
		}
		if _, err := v.open(who+1, sealed, wrapped); err == nil {
			t.Fatal("moved to another person it opens")
		}
		if _, err := other.open(who, sealed, wrapped); err == nil {
			t.Fatal("another master key opens it")
		}
		again, _, err := v.seal(who, plain)
		if err != nil || bytes.Equal(again, sealed) {
			t.Fatalf("the same sealed twice looks the same: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= 1
		if _, err := v.open(who, sealed, wrapped); err == nil {
			t.Fatal("changed by one bit it opens")
		}
		if _, err := v.open(who, sealed[:min(len(sealed), 5)], wrapped); err == nil {
			t.Fatal("cut short it opens")
		}
	})
}

func TestADestroyedKeyLeavesNothing(t *testing.T) {
	v := aVault(t, 1)
	sealed, wrapped, err := v.seal(7, []byte("张三"))
	if err != nil {
		t.Fatal(err)
	}
	clear(wrapped)
	if _, err := v.open(7, sealed, wrapped); err == nil {
		t.Error("it opens without its key")
	}
	if _, err := v.open(7, sealed, nil); err == nil {
		t.Error("it opens without any key")
	}
}

func TestTokensFindTheSameValueOfTheSameKindAlone(t *testing.T) {
	v, other := aVault(t, 1), aVault(t, 2)
	if again := aVault(t, 1); v.token("phone", "139") != again.token("phone", "139") {
		t.Error("a value is not found again")
	}
	if v.token("phone", "139") == v.token("passport", "139") || v.token("phone", "139") == other.token("phone", "139") || v.token("a", "b") == v.token("ab", "") {
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
	if err != nil || one.token("a", "b") != two.token("a", "b") {
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
