package outbreak

import (
	"slices"
	"time"
)

// Protocol is the rule book of one disease in one edition: values by key, each with unit, source and status.
// The files are in the room protocols; here is only what every slice may ask of them.
type Protocol struct {
	ID        string            // "cn-covid-2021"
	Disease   string            // "covid-19"
	Name      map[string]string // the disease's name, by language
	Title     map[string]string // the rule book's title, by language
	Edition   string
	ValidFrom string // ISO date from which the edition is in force
	Extends   string // the rule book this one differs from; empty for none
	Values    map[string]Value
}

// Value is one entry of a protocol. Exactly one of Number, List, Days or Text is meant, as Type says.
type Value struct {
	Key    string
	Type   string // "number", "duration", "days", "list", "text"
	Number float64
	Unit   string // "h", "min", "days", "swabs per tube", ...
	Days   []int
	List   []string
	Text   string
	Note   string
	Source string
	Status Status
	Line   int // where it stands in its file

	Texts   map[string]string // a text value by language, where the file gives it in more than English; Text is the English one
	Notes   map[string]string // the meaning, by language; Note is the English one
	Applies Applies           // to what was begun before the edition came into force

	Superseded string // what replaced the value, where it is kept as the last one seen; empty while it is in force
	ValidFrom  string // ISO date from which the value is in force, when later than its edition; else empty
	File       string // the file the value stands in: of an inherited one, the file of the older edition
}

// In gives a text value in a language; the English one where the file has no other.
func (v Value) In(lang string) string {
	if t := v.Texts[lang]; t != "" {
		return t
	}
	return v.Text
}

// Known tells whether the value was seen or planned; one that was not verified is none.
func (v Value) Known() bool { return v.Status != StatusNotVerified }

// Status says how sure a value is.
type Status string

const (
	StatusOfficial    Status = "official"     // seen in the official text
	StatusSecondary   Status = "secondary"    // seen in the press or a reprint
	StatusLocal       Status = "local"        // one local rule seen
	StatusDerived     Status = "derived"      // by arithmetic from others
	StatusPlanning    Status = "planning"     // our own assumption until the site decides
	StatusNotVerified Status = "not_verified" // known to exist, no value seen: it has none here
)

// Statuses lists them from the surest.
var Statuses = []Status{StatusOfficial, StatusSecondary, StatusLocal, StatusDerived, StatusPlanning, StatusNotVerified}

// Duration gives a duration value; false when the protocol names none (the clock then has no limit, and screens say so).
func (p Protocol) Duration(key string) (time.Duration, bool) {
	v, ok := p.Values[key]
	if !ok || v.Type != "duration" || v.Status == StatusNotVerified {
		return 0, false
	}
	unit := map[string]time.Duration{"min": time.Minute, "h": time.Hour, "days": 24 * time.Hour}[v.Unit]
	return time.Duration(v.Number * float64(unit)), true
}

// Deadline starts the clock named key at an event.
func (p Protocol) Deadline(key string, from Instant) Deadline {
	if d, ok := p.Duration(key); ok {
		return Deadline{From: from, Due: from.Add(d)}
	}
	return Deadline{From: from}
}

// Applies says to what a value of a new edition applies.
type Applies string

const (
	AppliesNew     Applies = "new"     // to what begins under the edition; what runs keeps the value it began under
	AppliesRunning Applies = "running" // to what runs as well, where that makes it shorter; never longer by itself
)

// Turn says what a new edition does to a clock that runs.
type Turn string

const (
	Unturned Turn = "unturned" // it goes on as it was
	Sooner   Turn = "sooner"   // it ends sooner, at once
	Kept     Turn = "kept"     // it would end later: it goes on as it was until a person decides
	Decided  Turn = "decided"  // a person let it end later
)

// Rerun gives a clock that runs its end under this edition. A shorter value applies at once when it is marked so, a longer
// one never does by itself: nobody is held longer without a person who decided it. An end that would lie before now is now:
// nobody was told of it in time.
func (p Protocol) Rerun(key string, clock Deadline, at Instant) (Deadline, Turn) {
	if p.Values[key].Applies != AppliesRunning {
		return clock, Unturned
	}
	now := p.Deadline(key, clock.From)
	switch {
	case now.Due == clock.Due:
		return clock, Unturned
	case now.Due == 0 || clock.Due != 0 && now.Due > clock.Due:
		return clock, Kept
	}
	now.Due = max(now.Due, at)
	if clock.Due != 0 && now.Due >= clock.Due {
		return clock, Unturned // it has run out, or is about to
	}
	return now, Sooner
}

// Number gives a plain number.
func (p Protocol) Number(key string) (float64, bool) {
	v, ok := p.Values[key]
	return v.Number, ok && v.Type == "number" && v.Status != StatusNotVerified
}

// Counts gives a list of whole numbers: test days, tube sizes. Nil when the protocol names none.
func (p Protocol) Counts(key string) []int {
	if v := p.Values[key]; v.Type == "days" && v.Status != StatusNotVerified {
		return v.Days
	}
	return nil
}

// List gives a list of words.
func (p Protocol) List(key string) []string { return p.Values[key].List }

// Has tells whether the list under key holds word.
func (p Protocol) Has(key, word string) bool { return slices.Contains(p.Values[key].List, word) }

// Protocols finds the rule book an outbreak runs under, and lists those installed.
type Protocols interface {
	Find(id string) (Protocol, bool)
	List() []Protocol
}
