package registry

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

func TestTheFieldIsAField(t *testing.T) {
	if fieldTimes(0x57, 0x83) != 0xc1 || fieldTimes(0x57, 0x13) != 0xfe { // FIPS 197, 4.2
		t.Error("it is not the field of AES")
	}
	for a := 1; a < 256; a++ {
		if fieldTimes(byte(a), fieldInverse(byte(a))) != 1 {
			t.Errorf("%d has no inverse", a)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Byte().Draw(t, "a"), rapid.Byte().Draw(t, "b"), rapid.Byte().Draw(t, "c")
		if fieldTimes(a, b) != fieldTimes(b, a) || fieldTimes(a, b^c) != fieldTimes(a, b)^fieldTimes(a, c) || fieldTimes(fieldTimes(a, b), c) != fieldTimes(a, fieldTimes(b, c)) {
			t.Fatal("the laws do not hold")
		}
	})
}

// TestEnoughSharesGiveTheSecretBack joins every choice of shares of a secret, and one fewer.
func TestEnoughSharesGiveTheSecretBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 8, 60).Draw(t, "secret")
		need := rapid.IntRange(2, 5).Draw(t, "need")
		shares := splitSecret(secret, rapid.IntRange(need, 7).Draw(t, "shares"), need)
		parts := map[byte][]byte{}
		for _, i := range rapid.Permutation(slices.Collect(maps.Keys(numbered(shares)))).Draw(t, "order")[:need] {
			parts[i] = shares[i-1]
		}
		if got, err := joinSecret(parts); err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("%d shares give %x instead of %x: %v", need, got, secret, err)
		}
		for i := range parts {
			delete(parts, i)
			break
		}
		if got, _ := joinSecret(parts); bytes.Equal(got, secret) {
			t.Fatal("one share fewer gave the secret")
		}
	})
}

func numbered(shares [][]byte) map[byte][]byte {
	m := map[byte][]byte{}
	for i, s := range shares {
		m[byte(i+1)] = s
	}
	return m
}

// TestTooFewSharesTellNothing splits two opposite secrets many times: the bytes of any share, and of any two of three that are
// needed taken together, are spread evenly for both, so that nobody can tell which was split.
func TestTooFewSharesTellNothing(t *testing.T) {
	const rounds = 256 * 400
	for _, secret := range []byte{0x00, 0xff} {
		one, two := make([][256]int, 5), [256]int{}
		for _, shares := range splitMany(secret, rounds) {
			for i, y := range shares {
				one[i][y]++
			}
			two[shares[1]^fieldTimes(shares[3], 0x1d)]++ // any combination of two
		}
		for i, counts := range append(one, two) {
			if x := chiSquare(counts[:], rounds); x > 400 { // 255 degrees: mean 255, deviation 22.6; 400 is six deviations away
				t.Errorf("secret %#x, share %d: the bytes are not spread evenly, chi-square %.0f", secret, i+1, x)
			}
		}
	}
}

// splitMany splits a run of one byte and gives the shares place by place.
func splitMany(secret byte, rounds int) [][]byte {
	shares := splitSecret(bytes.Repeat([]byte{secret}, rounds), 5, 3)
	out := make([][]byte, rounds)
	for at := range out {
		for _, s := range shares {
			out[at] = append(out[at], s[at])
		}
	}
	return out
}

func chiSquare(counts []int, total int) (x float64) {
	want := float64(total) / float64(len(counts))
	for _, n := range counts {
		x += (float64(n) - want) * (float64(n) - want) / want
	}
	return x
}

// aRing is a vault with a file and so many master keys.
func aRing(t *testing.T, masters int) *Vault {
	t.Helper()
	v, err := OpenKeyFile(filepath.Join(t.TempDir(), "site.key"))
	if err != nil {
		t.Fatal(err)
	}
	for range masters - 1 {
		if err := v.change(func(r *ring) error {
			r.masters = append(r.masters, freshKey(r.newest().ID+1, outbreak.WallClock{}.Now()))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func split(t *testing.T, v *Vault, shares, need int) []Share {
	t.Helper()
	made, err := (&Keys{vault: v}).SplitRing(shares, need)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func named(shares ...Share) (list []NamedShare) {
	for i, s := range shares {
		list = append(list, NamedShare{Name: fmt.Sprintf("file%d", i+1), Share: s})
	}
	return list
}

func TestAJoinedRingIsTheRing(t *testing.T) {
	v := aRing(t, 3)
	shares := split(t, v, 5, 3)
	file := filepath.Join(t.TempDir(), "joined.key")
	got, err := JoinRing(named(shares[4], shares[1], shares[2]), file)
	if err != nil || got.Ring != v.ring.Load().id || len(got.Keys) != 5 {
		t.Fatalf("%+v %v", got, err)
	}
	w, err := OpenKeyFile(file)
	if err != nil {
		t.Fatal(err)
	}
	was, is := v.ring.Load(), w.ring.Load()
	if !bytes.Equal(was.sign.Secret, is.sign.Secret) || !bytes.Equal(was.indexes[0].Secret, is.indexes[0].Secret) || !is.follows(was) {
		t.Error("it holds other secrets")
	}
	for i, m := range was.masters {
		if !bytes.Equal(m.Secret, is.masters[i].Secret) || m.ID != is.masters[i].ID {
			t.Errorf("master key %d is another", m.ID)
		}
	}
	if _, err := JoinRing(named(shares[0], shares[1], shares[2]), file); msgOf(err) != "registry.file_there" {
		t.Errorf("a key file was written over: %v", err)
	}
}

func msgOf(err error) string {
	if e, ok := errors.AsType[*outbreak.Error](err); ok {
		return e.Msg
	}
	return fmt.Sprint(err)
}

// TestWrongSharesAreNamed gives the shares that people mix up.
func TestWrongSharesAreNamed(t *testing.T) {
	v := aRing(t, 1)
	a, b := split(t, v, 5, 3), split(t, v, 5, 3)
	bent := a[3]
	bent.part = slices.Clone(bent.part)
	bent.part[17] ^= 4
	for want, shares := range map[string][]Share{
		"registry.shares_few map[given:2 need:3]":            {a[0], a[1]},
		"registry.share_twice map[number:2]":                 {a[0], a[1], a[1]},
		"registry.shares_unfit map[]":                        {a[0], a[1], bent},
		"registry.share_false map[number:4 share:file4]":     {a[0], a[1], a[2], bent},
		"registry.shares_mixed map[first:file1 other:file3 ": {a[0], a[1], b[2]},
	} {
		_, err := JoinRing(named(shares...), filepath.Join(t.TempDir(), "x.key"))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	if _, err := (&Keys{vault: v}).SplitRing(3, 5); msgOf(err) != "registry.split_numbers" {
		t.Error(err)
	}
}

// TestASharesTextIsTypedBack reads the sheet in the ways people type it, and finds every single slip.
func TestASharesTextIsTypedBack(t *testing.T) {
	s := split(t, aRing(t, 2), 5, 3)[1]
	for _, lang := range words.Langs {
		text := s.Text(lang)
		for how, typed := range map[string]string{
			"printed": text, "small": strings.ToLower(text), "letters for digits": retyped(sheetRows(text), "0", "O", "1", "l"),
			"without spaces": retyped(sheetRows(text), " ", "", "-", ""), "only the rows": sheetRows(text), "windows": strings.ReplaceAll(text, "\n", "\r\n"),
		} {
			got, err := ReadShare("s", typed)
			if err != nil || got.Number != 2 || got.Need != 3 || got.Shares != 5 || !bytes.Equal(got.part, s.part) || got.Split != s.Split || got.Ring != s.Ring {
				t.Errorf("%s, %s: %+v %v", lang, how, got, err)
			}
		}
	}
	rows := strings.Split(strings.TrimSpace(sheetRows(s.Text(words.English))), "\n")
	for n, row := range rows {
		for at := 3; at < len(row); at++ {
			if !strings.Contains(alphabet, row[at:at+1]) {
				continue
			}
			c := alphabet[(strings.IndexByte(alphabet, row[at])+7)%32]
			slip := slices.Clone(rows)
			slip[n] = row[:at] + string(c) + row[at+1:]
			if _, err := ReadShare("s", strings.Join(slip, "\n")); err == nil || err.Error() != fmt.Sprintf("registry.share_row map[row:%d share:s]", n+1) {
				t.Fatalf("%q for %q: %v", slip[n], row, err)
			}
		}
		without := slices.Delete(slices.Clone(rows), n, n+1)
		if _, err := ReadShare("s", strings.Join(without, "\n")); err == nil || err.Error() != fmt.Sprintf("registry.share_row map[row:%d share:s]", n+1) {
			t.Errorf("without row %d: %v", n+1, err)
		}
	}
	other := strings.Split(strings.TrimSpace(sheetRows(split(t, aRing(t, 2), 5, 3)[1].Text(words.English))), "\n")
	rows[4] = other[4]
	if _, err := ReadShare("s", strings.Join(rows, "\n")); msgOf(err) != "registry.share_torn" {
		t.Errorf("a row of another sheet: %v", err)
	}
	if _, err := ReadShare("s", "hello"); msgOf(err) != "registry.share_none" {
		t.Error(err)
	}
}

// sheetRows are the numbered rows of a sheet, their numbers untouched.
func sheetRows(text string) string {
	_, rows, _ := strings.Cut(text, "\n\n")
	return rows
}

// retyped changes characters behind the numbers of the rows.
func retyped(rows string, pairs ...string) string {
	var out []string
	for _, row := range strings.Split(strings.TrimSpace(rows), "\n") {
		out = append(out, row[:3]+strings.NewReplacer(pairs...).Replace(row[3:]))
	}
	return strings.Join(out, "\n")
}
