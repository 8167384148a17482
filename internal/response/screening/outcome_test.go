package screening

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"breakwater/internal/outbreak"
)

func TestWhereAPersonStands(t *testing.T) {
	pool := func(r outbreak.Result) tubeState { return tubeState{result: r} }
	single := func(r outbreak.Result) tubeState { return tubeState{single: true, result: r} }
	lost := tubeState{spoiled: true}
	for _, c := range []struct {
		why      string
		tubes    []tubeState
		recorded outbreak.Outcome
		want     outbreak.Outcome
	}{
		{"nobody has seen the person", nil, "", outbreak.Unknown},
		{"excused", nil, outbreak.Excused, outbreak.Excused},
		{"away", nil, outbreak.Away, outbreak.Away},
		{"a tube counts more than what was recorded", []tubeState{pool("")}, outbreak.Refused, outbreak.Awaiting},
		{"the tube is under way", []tubeState{pool("")}, "", outbreak.Awaiting},
		{"the pool is negative", []tubeState{pool(outbreak.Negative)}, "", outbreak.ValidResult},
		{"the own tube is negative", []tubeState{single(outbreak.Negative)}, "", outbreak.ValidResult},
		{"the own tube is positive", []tubeState{single(outbreak.Positive)}, "", outbreak.ValidResult},
		{"a positive pool is nobody's result", []tubeState{pool(outbreak.Positive)}, "", outbreak.Awaiting},
		{"an indeterminate pool is nobody's result", []tubeState{pool(outbreak.Indeterminate)}, "", outbreak.Awaiting},
		{"the own tube settles a positive pool", []tubeState{pool(outbreak.Positive), single(outbreak.Negative)}, "", outbreak.ValidResult},
		{"another pool does not", []tubeState{pool(outbreak.Positive), pool(outbreak.Negative)}, "", outbreak.Awaiting},
		{"an own tube under way does not", []tubeState{pool(outbreak.Positive), single("")}, "", outbreak.Awaiting},
		{"an own invalid tube does not", []tubeState{pool(outbreak.Positive), single(outbreak.InvalidResult)}, "", outbreak.Awaiting},
		{"the tube was lost", []tubeState{lost}, "", outbreak.SampleAgain},
		{"lost, and swabbed again", []tubeState{lost, pool("")}, "", outbreak.Awaiting},
		{"lost, and a result all the same", []tubeState{{spoiled: true, result: outbreak.Negative}}, "", outbreak.ValidResult},
		{"the pool was invalid", []tubeState{pool(outbreak.InvalidResult)}, "", outbreak.SampleAgain},
		{"the own tube was indeterminate", []tubeState{single(outbreak.Indeterminate)}, "", outbreak.SampleAgain},
		{"invalid, and negative in another tube", []tubeState{pool(outbreak.InvalidResult), pool(outbreak.Negative)}, "", outbreak.ValidResult},
		{"lost, whatever was recorded before", []tubeState{lost}, outbreak.Excused, outbreak.SampleAgain},
	} {
		if got := outcomeOf(c.tubes, c.recorded); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func someTubes(t *rapid.T) []tubeState {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) tubeState {
		return tubeState{single: rapid.Bool().Draw(t, "single"), spoiled: rapid.Bool().Draw(t, "spoiled"),
			result: rapid.SampledFrom(append([]outbreak.Result{""}, outbreak.Results...)).Draw(t, "result")}
	}), 0, 6).Draw(t, "tubes")
}

func TestTheOrderOfTubesChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tubes := someTubes(t)
		other := rapid.Permutation(tubes).Draw(t, "other")
		if a, b := outcomeOf(tubes, ""), outcomeOf(other, ""); a != b {
			t.Fatalf("%s and %s", a, b)
		}
	})
}

func TestAValidResultNeedsALaboratory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tubes := someTubes(t)
		recorded := rapid.SampledFrom(append([]outbreak.Outcome{""}, recordable...)).Draw(t, "recorded")
		got := outcomeOf(tubes, recorded)
		said := slices.ContainsFunc(tubes, func(s tubeState) bool {
			return s.result == outbreak.Negative || s.single && s.result == outbreak.Positive
		})
		if got == outbreak.ValidResult && !said {
			t.Fatalf("a valid result from %+v", tubes)
		}
		if len(tubes) > 0 && slices.Contains(recordable, got) {
			t.Fatalf("%s although there is a tube", got)
		}
	})
}

func TestMembersAreReadBackAsTheyWerePacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Member {
			return Member{No: rapid.Int64Range(0, 1<<32-1).Draw(t, "no"), After: rapid.IntRange(0, 1<<16-1).Draw(t, "after"), Flags: rapid.Uint16().Draw(t, "flags")}
		}), 0, 20).Draw(t, "members")
		if got := unpack(formDelta, pack(members)); !slices.Equal(got, members) {
			t.Fatalf("%v came back as %v", members, got)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(int64(formFixed), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add(int64(formDelta), pack([]Member{{No: 1, After: 2, Flags: 3}, {No: 7}}))
	f.Add(int64(formDelta), []byte{0x80, 0x80})
	f.Fuzz(func(t *testing.T, form int64, b []byte) {
		members := unpack(form, b)
		if len(members) > len(b) {
			t.Fatalf("%d members of %d bytes", len(members), len(b))
		}
		for _, m := range members {
			if m.After < 0 || m.After > 1<<16-1 {
				return // not what pack writes
			}
		}
		if again := unpack(formDelta, pack(members)); !slices.Equal(again, members) {
			t.Fatalf("%v and %v", members, again)
		}
	})
}

func TestARecallEndsWithTheLastOwnResult(t *testing.T) {
	of := func(states ...MemberState) (members []RecallMember) {
		for _, s := range states {
			members = append(members, RecallMember{State: s})
		}
		return members
	}
	for _, c := range []struct {
		members []RecallMember
		want    string
	}{
		{of(Held), ""}, {of(Freed, Resampled), ""}, {of(Infected, Held), ""}, {of(Freed, Freed), "none_positive"}, {of(Freed, Infected), "positive_found"},
		{of(Infected, Infected), "positive_found"}, {of(Freed, Unheld), "none_positive"},
	} {
		if got := verdict(c.members); got != c.want {
			t.Errorf("%v: %q, want %q", c.members, got, c.want)
		}
	}
}

func TestTheCommonRootHoldsEveryArea(t *testing.T) {
	for _, c := range []struct {
		paths []outbreak.Path
		want  outbreak.Path
	}{
		{nil, ""}, {[]outbreak.Path{"/22/2202/"}, "/22/2202/"}, {[]outbreak.Path{"/22/2202/", "/22/2203/"}, "/22/"},
		{[]outbreak.Path{"/22/", "/22/2202/"}, "/22/"}, {[]outbreak.Path{"/22/", "/11/"}, ""},
	} {
		if got := commonRoot(c.paths); got != c.want {
			t.Errorf("%v: %q, want %q", c.paths, got, c.want)
		}
	}
}
