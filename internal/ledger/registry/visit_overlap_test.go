package registry

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
	"breakwater/internal/testkit"
)

func at(hours float64) outbreak.Instant {
	return testkit.Start.Add(time.Duration(hours * float64(time.Hour)))
}

func TestOverlapsOfVisits(t *testing.T) {
	exact := func(from, to float64) When { return When{at(from), ToMinute, at(to), ToMinute} }
	minute := 1.0 / 60
	for what, c := range map[string]struct {
		a, b              When
		possible, certain Span
	}{
		"minutes apart":        {exact(1, 2), exact(3, 4), Span{}, Span{}},
		"to the minute":        {exact(1, 3), exact(2, 4), Span{at(2), at(3 + minute)}, Span{at(2 + minute), at(3)}},
		"one touches another":  {exact(1, 2), exact(2, 3), Span{at(2), at(2 + minute)}, Span{}},
		"about the hour":       {When{at(9), ToHour, at(11), ToHour}, exact(8, 20), Span{at(9), at(12)}, Span{at(10), at(11)}},
		"the same hour":        {When{at(9), ToHour, at(9), ToHour}, exact(8, 20), Span{at(9), at(10)}, Span{}},
		"a day without times":  {When{at(0), ToDay, at(0), ToDay}, exact(8, 9), Span{at(8), at(9 + minute)}, Span{}},
		"from one day to next": {When{at(0), ToDay, at(48), ToDay}, exact(30, 31), Span{at(30), at(31 + minute)}, Span{at(30 + minute), at(31)}},
		"nobody knows the end": {When{at(9), ToMinute, 0, NotKnown}, exact(20, 21), Span{at(20), at(21 + minute)}, Span{}},
		"long after it began":  {When{at(9), ToMinute, 0, NotKnown}, exact(40, 41), Span{}, Span{}},
		"nor the beginning":    {When{0, NotKnown, at(24), ToMinute}, exact(1, 2), Span{at(1), at(2 + minute)}, Span{}},
		"a morning":            {When{at(0), ToHalfDay, at(0), ToHalfDay}, exact(11, 13), Span{at(11), at(12)}, Span{}},
	} {
		if got := PossibleOverlap(c.a, c.b); got != c.possible {
			t.Errorf("%s: possible %v, want %v", what, got, c.possible)
		}
		if got := CertainOverlap(c.a, c.b); got != c.certain {
			t.Errorf("%s: certain %v, want %v", what, got, c.certain)
		}
		if PossibleOverlap(c.a, c.b) != PossibleOverlap(c.b, c.a) || CertainOverlap(c.a, c.b) != CertainOverlap(c.b, c.a) {
			t.Errorf("%s: it matters who is asked first", what)
		}
	}
}

// TestTheTruthLiesBetween draws two true visits, forgets their times to some precision, and compares what is said of the
// overlap with the true one.
func TestTheTruthLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (truth Span, said When) {
			from := at(0).Add(time.Duration(rapid.IntRange(0, 72*60).Draw(t, name+" from")) * time.Minute)
			truth = Span{from, from.Add(time.Duration(rapid.IntRange(1, 23*60).Draw(t, name+" minutes")) * time.Minute)}
			ends := [2]Precision{rapid.SampledFrom(Precisions).Draw(t, name+" begins"), rapid.SampledFrom(Precisions).Draw(t, name+" ends")}
			said = When{forget(truth.From, ends[0]), ends[0], forget(truth.To, ends[1]), ends[1]}
			if ends == [2]Precision{NotKnown, NotKnown} {
				said = When{forget(truth.From, ToMinute), ToMinute, 0, NotKnown}
			}
			return truth, said
		}
		a, saidA := draw("a")
		b, saidB := draw("b")
		truth, possible, certain := a.and(b), PossibleOverlap(saidA, saidB), CertainOverlap(saidA, saidB)
		if truth != (Span{}) && (possible.From > truth.From || possible.To < truth.To) {
			t.Fatalf("true %v lies not within possible %v", truth, possible)
		}
		if certain != (Span{}) && (certain.From < truth.From || certain.To > truth.To) {
			t.Fatalf("certain %v lies not within true %v", certain, truth)
		}
		if certain.Length() > truth.Length() || truth.Length() > possible.Length() {
			t.Fatalf("certain %v, true %v, possible %v", certain.Length(), truth.Length(), possible.Length())
		}
		if saidA.check(at(200)) != nil {
			t.Fatalf("%+v is refused", saidA)
		}
	})
}

// forget keeps the beginning of the piece of time an instant lies in.
func forget(i outbreak.Instant, p Precision) outbreak.Instant {
	if p == NotKnown {
		return 0
	}
	return testkit.Start.Add(i.Sub(testkit.Start).Truncate(width[p]))
}
