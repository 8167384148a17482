package registry

import (
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// namedBy is the way digests of names are made. Whoever changes it sets person.named_by to 0 in a migration.
const namedBy = 2

// part is a piece of a name that people are found by.
type part struct {
	kind partKind
	text string
}

type partKind string

const (
	wholeName partKind = "whole" // the folded name
	soundName partKind = "sound" // a reading, or the letters of a Latin name, first and last word in both orders
	pairName  partKind = "pair"  // two characters that follow each other
	wordName  partKind = "word"  // a word of a name that is not Chinese
)

// weight says how much of a name a part is.
var weight = map[partKind]int{wholeName: 100, soundName: 40, wordName: 20, pairName: 15}

// partsOf gives what a person of that name is found by. A surname alone, single letters and initials are no parts: many people
// share them, so they would tell who asks little and who reads the table much.
func partsOf(name string) []part { return parts(foldName(name), 3) }

// askedParts gives what a typed name is looked for by: two characters may be a part of a longer name.
func askedParts(text string) []part { return parts(foldName(text), 2) }

func parts(f folded, shortest int) (list []part) {
	whole := f.whole()
	runes := []rune(whole)
	if len(runes) < 2 {
		return nil
	}
	add := func(p part) {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	add(part{wholeName, whole})
	if f.han() {
		for _, s := range readings(whole) {
			add(part{soundName, s})
		}
		for i := 0; len(runes) >= shortest && i+1 < len(runes); i++ {
			add(part{pairName, string(runes[i : i+2])})
		}
		return list
	}
	if f.latin() {
		add(part{soundName, foldReading(whole)})
		if n := len(f); n > 1 {
			add(part{soundName, foldReading(f[n-1] + strings.Join(f[:n-1], ""))})
			add(part{soundName, foldReading(strings.Join(f[1:], "") + f[0])})
		}
	}
	for _, w := range f {
		if len([]rune(w)) > 1 {
			add(part{wordName, w})
		}
	}
	return list
}

// salt makes a digest of a part good for one area alone.
func (p part) salt(area outbreak.AreaID) string {
	return "name " + string(p.kind) + " " + strconv.FormatInt(int64(area), 10)
}

// nameParts are the digests of a name in an area, under the newest key.
func (b blind) nameParts(area outbreak.AreaID, name string) []uint32 {
	parts := partsOf(name)
	digests := make([]uint32, len(parts))
	for i, p := range parts {
		digests[i] = b.keys[len(b.keys)-1].short(p.salt(area), p.text)
	}
	return digests
}

// askedDigests are all forms a part may be filed under.
func (b blind) askedDigests(p part, area outbreak.AreaID) (forms []uint32) {
	for n := b.oldest; n <= b.newest(); n++ {
		forms = append(forms, b.keys[n-1].short(p.salt(area), p.text))
	}
	return forms
}
