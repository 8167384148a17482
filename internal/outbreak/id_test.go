package outbreak

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func anID(t *rapid.T) PersonID { return PersonID(rapid.Int64Range(1, math.MaxInt64).Draw(t, "id")) }

func TestAnIDIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := anID(t)
		text := id.String()
		for _, form := range []string{text, strings.ToLower(text), text[:4] + "-" + text[4:9] + "-" + text[9:], " " + text + " "} {
			back, err := ParseID[PersonID](form)
			if err != nil || back != id {
				t.Fatalf("%q came back as %v: %v", form, back, err)
			}
		}
	})
}

// misread is what people read for a character of an ID.
var misread = map[byte]string{'0': "Oo", '1': "IiLl"}

func TestLettersThatLookLikeDigitsAreReadAsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := anID(t)
		text := []byte(id.String())
		for i := range idDigits {
			if looks := misread[text[i]]; looks != "" {
				text[i] = looks[rapid.IntRange(0, len(looks)-1).Draw(t, "look")]
			}
		}
		if back, err := ParseID[PersonID](string(text)); err != nil || back != id {
			t.Fatalf("%s came back as %v: %v", text, back, err)
		}
	})
}

func TestOneWrongCharacterIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(anID(t).String())
		at := rapid.IntRange(0, idDigits).Draw(t, "at")
		alphabet := crockford
		if at == idDigits {
			alphabet = checkAlphabet
		}
		wrong := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "character")]
		if wrong == text[at] {
			return
		}
		text[at] = wrong
		if back, err := ParseID[PersonID](string(text)); err == nil {
			t.Fatalf("%s was taken as %v", text, back)
		}
	})
}

func TestTwoSwappedCharactersAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(anID(t).String())
		at := rapid.IntRange(0, idDigits-2).Draw(t, "at")
		if text[at] == text[at+1] {
			return
		}
		text[at], text[at+1] = text[at+1], text[at]
		if back, err := ParseID[PersonID](string(text)); err == nil {
			t.Fatalf("%s was taken as %v", text, back)
		}
	})
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "0", PersonID(1).String(), PersonID(math.MaxInt64).String(), "ZZZZZZZZZZZZZ*", "0000000000000\x00", "１２３４５６７８９０１２３４"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID[PersonID](s)
		if err != nil {
			if KindOf(err) != Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if again, err := ParseID[PersonID](id.String()); err != nil || again != id {
			t.Fatalf("%q gave %v, which gave %v: %v", s, id, again, err)
		}
	})
}

func TestNoIDIsAnEmptyText(t *testing.T) {
	text, err := json.Marshal(PersonID(0))
	if err != nil || string(text) != `""` {
		t.Fatalf("%s %v", text, err)
	}
	id := PersonID(7)
	if err := json.Unmarshal([]byte(`""`), &id); err != nil || id != 0 {
		t.Fatalf("%v %v", id, err)
	}
}

func TestIDsAreGivenOnceAndInOrder(t *testing.T) {
	clock := NewHandClock(Instant(1_700_000_000_000))
	ids := NewIDs(clock)
	var (
		mu   sync.Mutex
		seen = map[PersonID]bool{}
		work sync.WaitGroup
	)
	for range 4 {
		work.Go(func() {
			last := PersonID(0)
			for range 5000 { // more than a millisecond holds, on a clock that stands still
				id := New[PersonID](ids)
				if id <= last {
					t.Errorf("%v after %v", id, last)
				}
				last = id
				mu.Lock()
				if seen[id] {
					t.Errorf("%v was given twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	work.Wait()
}
