package linelist

import (
	"slices"
	"strings"

	"breakwater/internal/engine/columns"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
)

// Kind says what a field holds.
type Kind string

// The kinds of fields.
const (
	Day    Kind = "day"    // an ISO date
	Word   Kind = "word"   // one of some words
	Text   Kind = "text"   // any text
	Number Kind = "number" // a decimal number: an age in years
	Area   Kind = "area"   // the path of an area, which stands for what lies below it too
	ID     Kind = "id"     // an identifier
)

// Column is one field of the list.
type Column struct {
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	Words   []string `json:"words,omitempty"` // in the order they are shown in
	Derived bool     `json:"derived"`         // worked out from other fields
	Usual   bool     `json:"usual"`           // shown unless somebody chooses otherwise
}

// ExtraPrefix begins the names of fields that came with files and are none of ours.
const ExtraPrefix = "x:"

// The places of the columns in memory.
const (
	colOutbreak = iota
	colArea
	colClassification
	colSeverity
	colState
	colVia
	colSex
	colOccupation
	colHospital
	colOrigin
	colCluster
	colOutcome
	colBatch
	colFollowed
	colAgeGroup
	colDatedBy
	colAge
	colOnset
	colSampled
	colPositive
	colReported
	colDiagnosed
	colHospitalised
	colIsolated
	colOutcomeAt
	colRecorded
	colDated
	colPerson
	colRecordedAt // to the millisecond
	colsOfOurs
)

// Dated by what: the first of these that is known.
const (
	ByOnset    = "onset"
	BySample   = "sample"
	ByPositive = "positive"
)

// ageGroups are tens of years.
var ageGroups = []string{"0-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+"}

// fields are what a list shows, in the order of a chooser, each with its column in memory.
var fields = []struct {
	Column
	col int
}{
	{Column{Name: "outbreak", Kind: ID}, colOutbreak},
	{Column{Name: "area", Kind: Area, Usual: true}, colArea},
	{Column{Name: "classification", Kind: Word, Words: texts(outbreak.Classifications), Usual: true}, colClassification},
	{Column{Name: "severity", Kind: Word, Words: texts(outbreak.Severities), Usual: true}, colSeverity},
	{Column{Name: "state", Kind: Word, Words: []string{string(cases.Open), string(cases.InQuestion), string(cases.Discarded)}, Usual: true}, colState},
	{Column{Name: "sex", Kind: Word, Words: []string{"female", "male", "other"}, Usual: true}, colSex},
	{Column{Name: "age", Kind: Number, Usual: true}, colAge},
	{Column{Name: "age_group", Kind: Word, Words: ageGroups, Derived: true}, colAgeGroup},
	{Column{Name: "occupation", Kind: Text}, colOccupation},
	{Column{Name: "onset", Kind: Day, Usual: true}, colOnset},
	{Column{Name: "sampled", Kind: Day}, colSampled},
	{Column{Name: "positive", Kind: Day, Usual: true}, colPositive},
	{Column{Name: "diagnosed", Kind: Day}, colDiagnosed},
	{Column{Name: "reported", Kind: Day}, colReported},
	{Column{Name: "hospitalised", Kind: Day}, colHospitalised},
	{Column{Name: "isolated", Kind: Day}, colIsolated},
	{Column{Name: "hospital", Kind: Text}, colHospital},
	{Column{Name: "outcome", Kind: Word, Words: []string{"alive", "recovered", "died"}, Usual: true}, colOutcome},
	{Column{Name: "outcome_date", Kind: Day}, colOutcomeAt},
	{Column{Name: "via", Kind: Word, Words: texts(outbreak.FoundVias)}, colVia},
	{Column{Name: "origin", Kind: Word, Words: []string{"local", "imported"}}, colOrigin},
	{Column{Name: "cluster", Kind: Text}, colCluster},
	{Column{Name: "dated", Kind: Day, Derived: true}, colDated},
	{Column{Name: "dated_by", Kind: Word, Words: []string{ByOnset, BySample, ByPositive}, Derived: true}, colDatedBy},
	{Column{Name: "recorded", Kind: Day, Usual: true}, colRecorded},
	{Column{Name: "followed", Kind: Word, Words: []string{"yes", "no"}}, colFollowed},
	{Column{Name: "batch", Kind: ID}, colBatch},
	{Column{Name: "person", Kind: ID}, colPerson},
	{Column{Name: "case", Kind: ID}, colCase},
	{Column{Name: "quality", Kind: Word, Words: checkNames(), Derived: true}, colQuality},
}

// What is no column of the memory.
const (
	colCase    = -1 // the identifier of the row
	colQuality = -2 // found when it is asked for
)

func texts[T ~string](words []T) (list []string) {
	for _, w := range words {
		list = append(list, string(w))
	}
	return list
}

// Columns lists the fields every list has, in the order of a chooser.
func Columns() (list []Column) {
	for _, f := range fields {
		list = append(list, f.Column)
	}
	return list
}

// columnOf finds a field of ours; an extra field is a text of any name.
func columnOf(name string) (Column, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f.Column, true
		}
	}
	if strings.HasPrefix(name, ExtraPrefix) && len(name) > len(ExtraPrefix) {
		return Column{Name: name, Kind: Text}, true
	}
	return Column{}, false
}

// place finds a field in a table of the memory.
func place(t *columns.Table, name string) (col int, ok bool) {
	for _, f := range fields {
		if f.Name == name {
			return f.col, true
		}
	}
	col = t.Column(name)
	return col, col >= colsOfOurs
}

// specs are the columns of an empty memory.
func specs() []columns.Spec {
	list := make([]columns.Spec, colsOfOurs)
	for _, f := range fields {
		if f.col >= 0 {
			list[f.col] = columns.Spec{Name: f.Name, Kind: columns.Word, Words: f.Words}
		}
	}
	for col := colAge; col < colPerson; col++ {
		list[col].Kind, list[col].Words = columns.Number, nil
	}
	list[colPerson].Kind = columns.Long
	list[colRecordedAt] = columns.Spec{Name: "recorded_ms", Kind: columns.Long}
	return list
}

// known makes nothing of the word for what is not known, which some fields have.
func known(word string) string {
	if word == "unknown" {
		return ""
	}
	return word
}

// unknowns are the fields in which the word unknown stands for nothing.
var unknowns = []string{"sex", "origin", "outcome"}

func folded(field, word string) string {
	if slices.Contains(unknowns, field) {
		return known(word)
	}
	return word
}

func ageGroup(months int32) string {
	if months == columns.Missing || months < 0 {
		return ""
	}
	return ageGroups[min(int(months)/120, len(ageGroups)-1)]
}
