package registry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

func TestNumbersOfTheStandardsAreTaken(t *testing.T) {
	for _, c := range []struct{ kind, number, canonical, birth string }{
		{CitizenID, "11010519491231002X", "11010519491231002X", "1949-12-31"}, // the examples of GB 11643
		{CitizenID, "440524188001010014", "440524188001010014", "1880-01-01"},
		{CitizenID, " 110105 19491231 002x ", "11010519491231002X", "1949-12-31"},
		{CitizenID, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X", "1949-12-31"},
		{Passport, "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "L898902C3", ""}, // the example of ICAO 9303 part 4
		{Passport, "l898902c36uto7408122f1204159ze184226b<<<<<10", "L898902C3", ""},
		{Passport, "E1234567", "E1234567", ""},
		{Passport, "g 12-345-678", "G12345678", ""},
		{OtherID, "H-123 456", "H123456", ""},
		{NoDocument, "", "", ""},
	} {
		canonical, birth, err := CheckDocument(c.kind, c.number)
		day := ""
		if !birth.IsZero() {
			day = birth.Format(time.DateOnly)
		}
		if err != nil || canonical != c.canonical || day != c.birth {
			t.Errorf("%s %q: %q %q %v", c.kind, c.number, canonical, day, err)
		}
	}
}

func TestWrongNumbersAreRefusedWithoutBeingRepeated(t *testing.T) {
	for _, c := range []struct{ kind, number, key string }{
		{CitizenID, "", "registry.citizen_length"},
		{CitizenID, "1101051949123100", "registry.citizen_length"},
		{CitizenID, "110105194912310021", "registry.citizen_check"},
		{CitizenID, "1101051949123I002X", "registry.citizen_character"},
		{CitizenID, "11010519491331" + "002" + string(CitizenCheck("11010519491331002")), "registry.citizen_birth"},
		{Passport, "L898902C37UTO7408122F1204159ZE184226B<<<<<10", "registry.passport_check"},
		{Passport, "L898902C36UTO7408132F1204159ZE184226B<<<<<10", "registry.passport_check"},
		{Passport, "L898902C36UTO7408122F1204159ZE184226B<<<<<11", "registry.passport_check"},
		{Passport, "E123", "registry.passport_length"},
		{Passport, "E12345<", "registry.passport_length"},
		{Passport, "E123456789", "registry.passport_length"},
		{OtherID, "", "registry.document_number"},
		{OtherID, strings.Repeat("1", 41), "registry.document_number"},
		{NoDocument, "123", "registry.document_kind"},
		{"library card", "123", "registry.document_kind"},
	} {
		_, _, err := CheckDocument(c.kind, c.number)
		e, ok := err.(*outbreak.Error)
		if !ok || e.Kind != outbreak.Invalid || e.Msg != c.key {
			t.Errorf("%s %q: %v, want %s", c.kind, c.number, err, c.key)
			continue
		}
		if len(c.number) > 3 && strings.Contains(e.Error(), c.number) {
			t.Errorf("%s %q is repeated: %v", c.kind, c.number, e)
		}
	}
}

// aCitizen draws a number that was well written down.
func aCitizen(t *rapid.T) string {
	day := time.Date(1920, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 38_000).Draw(t, "day"))
	first := fmt.Sprintf("%06d%s%03d", rapid.IntRange(110000, 659999).Draw(t, "area"), day.Format("20060102"), rapid.IntRange(0, 999).Draw(t, "order"))
	return first + string(CitizenCheck(first))
}

func TestOneWrongDigitOrTwoSwappedAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := []byte(aCitizen(t))
		if _, _, err := CheckDocument(CitizenID, string(n)); err != nil {
			t.Fatalf("%s: %v", n, err)
		}
		at := rapid.IntRange(0, 16).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			n[at], n[(at+1)%17] = n[(at+1)%17], n[at]
		} else {
			n[at] = '0' + (n[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		}
		right := aCitizenOf(n)
		if _, _, err := CheckDocument(CitizenID, string(n)); (err == nil) != right {
			t.Fatalf("%s: %v", n, err)
		}
	})
}

// aCitizenOf tells by the definition of ISO 7064 MOD 11-2 whether the check character fits, and the day exists.
func aCitizenOf(n []byte) bool {
	sum := 0
	for i, c := range n {
		d := int(c - '0')
		if c == 'X' {
			d = 10
		}
		weight := 1
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += d * weight
	}
	_, err := time.Parse("20060102", string(n[6:14]))
	return sum%11 == 1 && err == nil
}

func FuzzCheckDocument(f *testing.F) {
	for _, s := range []string{"11010519491231002X", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "", "\xff", "Ｅ１２３４５６７"} {
		f.Add(CitizenID, s)
		f.Add(Passport, s)
		f.Add(OtherID, s)
	}
	f.Fuzz(func(t *testing.T, kind, number string) {
		canonical, _, err := CheckDocument(kind, number)
		if err != nil {
			return
		}
		if again, _, err := CheckDocument(kind, canonical); err != nil || again != canonical {
			t.Fatalf("%s %q is %q, which is %q: %v", kind, number, canonical, again, err)
		}
	})
}
