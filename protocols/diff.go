package protocols

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// How a value of one rule book stands in another.
type How string

const (
	Added   How = "added"   // only the second has it
	Removed How = "removed" // only the first has it
	Changed How = "changed" // both have it, and it differs
)

// Change is one difference between two rule books. Was is empty of an added value, Now of a removed one.
type Change struct {
	Key  string
	How  How
	Was  outbreak.Value
	Now  outbreak.Value
	What []string // of a changed value what differs: value, unit, status, source, superseded, valid_from, applies, note
}

// Weighs tells whether the change alters what is done: a value, its unit or to what it applies, or whether it is known at all.
// Other changes are about how sure a value is and how it is told.
func (c Change) Weighs() bool {
	return c.How != Changed || c.Was.Known() != c.Now.Known() ||
		slices.ContainsFunc(c.What, func(w string) bool { return w == "value" || w == "unit" || w == "applies" })
}

// Diff tells what differs between two rule books, by key: what b adds to a, takes away and changes.
func Diff(a, b outbreak.Protocol) []Change {
	all := maps.Clone(a.Values)
	if all == nil {
		all = map[string]outbreak.Value{}
	}
	maps.Copy(all, b.Values)
	var list []Change
	for _, key := range slices.Sorted(maps.Keys(all)) {
		was, before := a.Values[key]
		now, after := b.Values[key]
		c := Change{Key: key, Was: was, Now: now}
		switch {
		case !before:
			c.How = Added
		case !after:
			c.How = Removed
		default:
			if c.How, c.What = Changed, differing(was, now); len(c.What) == 0 {
				continue
			}
		}
		list = append(list, c)
	}
	return list
}

// differing names what two values of one key differ in; where they stand in their files is no difference.
func differing(a, b outbreak.Value) []string {
	var what []string
	note := func(word string, same bool) {
		if !same {
			what = append(what, word)
		}
	}
	note("value", a.Known() == b.Known() && a.Number == b.Number && a.Text == b.Text && a.Texts["zh"] == b.Texts["zh"] && slices.Equal(a.Days, b.Days) && slices.Equal(a.List, b.List))
	note("unit", a.Unit == b.Unit)
	note("status", a.Status == b.Status)
	note("source", a.Source == b.Source)
	note("superseded", a.Superseded == b.Superseded)
	note("valid_from", a.ValidFrom == b.ValidFrom)
	note("applies", a.Applies == b.Applies)
	note("note", maps.Equal(a.Notes, b.Notes))
	return what
}

// Plain writes a value without its unit, words of lists as they stand in the file. It is empty for a value that was not
// verified, and for an empty list.
func Plain(v outbreak.Value, lang string) string {
	if !v.Known() {
		return ""
	}
	switch v.Type {
	case "number", "duration":
		return strconv.FormatFloat(v.Number, 'f', -1, 64)
	case "days":
		all := make([]string, len(v.Days))
		for i, d := range v.Days {
			all[i] = strconv.Itoa(d)
		}
		return strings.Join(all, ", ")
	case "list":
		return strings.Join(v.List, ", ")
	}
	return v.In(lang)
}

// Units lists every unit a value may have, for those who write it in words.
func Units() []string {
	var all []string
	for _, k := range Keys {
		for _, u := range k.Units {
			if !slices.Contains(all, u) {
				all = append(all, u)
			}
		}
	}
	slices.Sort(all)
	return all
}

// UnitWord is the catalogue key of a unit's word.
func UnitWord(unit string) string {
	return "protocols.unit." + strings.NewReplacer(" ", "_", "/", "_per_", "%", "percent").Replace(unit)
}
