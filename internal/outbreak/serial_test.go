package outbreak

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTheCheckCharacterIsTheStandards holds an identifier that others publish with the same check: a Global Release Identifier.
func TestTheCheckCharacterIsTheStandards(t *testing.T) {
	if c := SerialCheck("A12425GABC1234002"); c != 'M' {
		t.Errorf("the check character is %c, not M", c)
	}
	if c := SerialCheck("a1"); c != 0 {
		t.Errorf("small letters are checked: %c", c)
	}
}

// TestAMisreadSerialIsNoticed changes one character of any serial.
func TestAMisreadSerialIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.RuneFrom([]rune(serialLetters)), 1, 20, -1).Draw(t, "body")
		serial := TubeCode(body + string(SerialCheck(body)))
		if !serial.Checked() {
			t.Fatalf("%s does not check", serial)
		}
		b := []byte(serial)
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[at] = serialLetters[(strings.IndexByte(serialLetters, b[at])+rapid.IntRange(1, 35).Draw(t, "by"))%36]
		if TubeCode(b).Checked() {
			t.Fatalf("%s passes for %s", b, serial)
		}
	})
}

// TestNeighboursThatChangedPlacesAreMostlyNoticed tries all of three characters. The check cannot see every one: with 901, 910 is one
// of the pairs it takes for each other.
func TestNeighboursThatChangedPlacesAreMostlyNoticed(t *testing.T) {
	tried, passed := 0, 0
	for n := range 36 * 36 * 36 {
		body := string([]byte{serialLetters[n/1296], serialLetters[n/36%36], serialLetters[n%36]})
		serial := body + string(SerialCheck(body))
		for at := range len(serial) - 1 {
			if serial[at] == serial[at+1] {
				continue
			}
			b := []byte(serial)
			b[at], b[at+1] = b[at+1], b[at]
			tried++
			if TubeCode(b).Checked() {
				passed++
			}
		}
	}
	if tried < 100_000 || passed*600 > tried*12/10 {
		t.Errorf("%d of %d exchanges pass", passed, tried)
	}
}

func TestSerialsOfARunAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checked := rapid.Bool().Draw(t, "checked")
		prefix := rapid.StringMatching(`[A-Z]{1,3}`).Draw(t, "prefix")
		from, n := rapid.IntRange(0, 9_999_999).Draw(t, "from"), rapid.IntRange(0, 100_000).Draw(t, "n")
		first, _ := (TubeCode(prefix + "00000000")).Plus(0, false)
		if checked {
			first += TubeCode(SerialCheck(string(first)))
		}
		first, ok := first.Plus(from, checked)
		last, also := first.Plus(n, checked)
		if !ok || !also || len(first) != len(last) || n > 0 && last <= first {
			t.Fatalf("%s to %s", first, last)
		}
		if got, ok := first.Until(last, checked); !ok || got != n {
			t.Fatalf("%s to %s is %d, not %d", first, last, got, n)
		}
		if back, ok := last.Plus(-n, checked); !ok || back != first {
			t.Fatalf("%d before %s is %s, not %s", n, last, back, first)
		}
	})
	for _, c := range []struct {
		from TubeCode
		n    int
	}{{"T99", 1}, {"ABC", 1}, {"", 1}, {"T00", -1}} {
		if next, ok := c.from.Plus(c.n, false); ok {
			t.Errorf("%d after %q is %q", c.n, c.from, next)
		}
	}
	for _, c := range [][2]TubeCode{{"T10", "T09"}, {"TA", "TB"}, {"T1", "T10"}, {"", ""}} {
		if n, ok := c[0].Until(c[1], false); ok {
			t.Errorf("%s to %s is %d", c[0], c[1], n)
		}
	}
}
