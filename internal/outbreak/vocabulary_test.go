package outbreak

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatScannersDoToABarcodeIsUndone(t *testing.T) {
	for in, want := range map[TubeCode]TubeCode{
		"T0001": "T0001", "t0001": "T0001", " T 00 01 ": "T0001", "Ｔ０００１": "T0001", "T0001\r\n": "T0001", "T-0001": "T-0001", "Ｔ　０００１": "T0001",
		"": "", "  ": "", "T_0001": "", "T0001?": "", "管0001": "", "T0001\x00": "", "T00\t01": "",
		TubeCode(strings.Repeat("9", 32)): TubeCode(strings.Repeat("9", 32)), TubeCode(strings.Repeat("9", 33)): "",
	} {
		if got := in.Canonical(); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"T0001", "ｔ０００１ ", "", "\xff\xfe", strings.Repeat("A", 40), "T0\u20281"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := TubeCode(s).Canonical()
		if c.Canonical() != c {
			t.Fatalf("%q is %q, which is %q", s, c, c.Canonical())
		}
		if len(c) > 32 || strings.Trim(string(c), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			t.Fatalf("%q is %q", s, c)
		}
	})
}

func TestTheSameSerialIsTheSameTubeHoweverItIsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[0-9A-Z-]{1,20}`).Draw(t, "code")
		var typed strings.Builder
		for _, r := range code {
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				typed.WriteString(strings.ToLower(string(r)))
			case 1:
				typed.WriteRune(r + '！' - '!')
			case 2:
				typed.WriteString(string(r) + " ")
			default:
				typed.WriteRune(r)
			}
		}
		if got := TubeCode(typed.String()).Canonical(); got != TubeCode(code) {
			t.Fatalf("%q is %q, want %q", typed.String(), got, code)
		}
	})
}

func TestSeveritiesRankFromTheLightest(t *testing.T) {
	for i, s := range Severities {
		if s.Rank() != i {
			t.Errorf("%s ranks %d", s, s.Rank())
		}
	}
	if Severity("unheard of").Rank() != 0 {
		t.Error("an unknown severity goes before others")
	}
}
