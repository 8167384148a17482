package cases

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// FieldKind is what a field of the line list holds.
type FieldKind string

const (
	Day    FieldKind = "day"    // an ISO date in the area's time zone
	Word   FieldKind = "word"   // one of the field's words
	Text   FieldKind = "text"   // anything short that tells nothing about who it is
	Number FieldKind = "number" // decimal
)

// Field is a field of the line list.
type Field struct {
	Name     string    `json:"name"`
	Kind     FieldKind `json:"kind"`
	Words    []string  `json:"words,omitempty"`
	Editable bool      `json:"editable"`
}

// Values are what is said of a case: a field's name and its text. An empty text means that it is not known.
type Values map[string]string

// field reads and sets one field of a case as text.
type field struct {
	Field
	text func(*Case, *time.Location) string
	set  func(*Case, string, *time.Location) error
}

// Words of fields that the kernel does not name.
var (
	Origins  = []string{"local", "imported", "unknown"}
	Outcomes = []string{"alive", "recovered", "died", "unknown"}
)

// fields are all fields of the line list, in the order of a form.
var fields = []field{
	worded("classification", true, outbreak.Classifications, func(c *Case) *outbreak.Classification { return &c.Classification }, ""),
	maybe(worded("severity", true, outbreak.Severities, func(c *Case) *outbreak.Severity { return &c.Severity }, "")),
	day("onset", func(c *Case) *outbreak.Instant { return &c.OnsetAt }),
	day("sampled", func(c *Case) *outbreak.Instant { return &c.SampledAt }),
	read(day("positive", func(c *Case) *outbreak.Instant { return &c.PositiveAt })),
	day("diagnosed", func(c *Case) *outbreak.Instant { return &c.DiagnosedAt }),
	day("reported", func(c *Case) *outbreak.Instant { return &c.ReportedAt }),
	day("hospitalised", func(c *Case) *outbreak.Instant { return &c.HospitalisedAt }),
	day("isolated", func(c *Case) *outbreak.Instant { return &c.IsolatedAt }),
	worded("outcome", true, Outcomes, func(c *Case) *string { return &c.Outcome }, "unknown"),
	day("outcome_date", func(c *Case) *outbreak.Instant { return &c.OutcomeAt }),
	worded("sex", true, registry.Sexes, func(c *Case) *string { return &c.Sex }, "unknown"),
	{Field{Name: "age", Kind: Number, Editable: true}, ageText, setAge},
	text("occupation", func(c *Case) *string { return &c.Occupation }),
	text("hospital", func(c *Case) *string { return &c.Hospital }),
	text("cluster", func(c *Case) *string { return &c.Cluster }),
	worded("origin", true, Origins, func(c *Case) *string { return &c.Origin }, "unknown"),
	worded("via", true, outbreak.FoundVias, func(c *Case) *outbreak.FoundVia { return &c.Via }, outbreak.FoundUnknown),
	worded("state", false, []State{Open, InQuestion, Discarded}, func(c *Case) *State { return &c.State }, ""),
}

// Fields lists the fields of the line list, in the order of a form.
func Fields() []Field {
	all := make([]Field, len(fields))
	for i, f := range fields {
		all[i] = f.Field
	}
	return all
}

func fieldCalled(name string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.Name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// ValuesOf gives what the line list says of a case, with days of its area's time zone.
func ValuesOf(c Case, zone *time.Location) Values {
	all := make(Values, len(fields))
	for _, f := range fields {
		all[f.Name] = f.text(&c, zone)
	}
	return all
}

func read(f field) field {
	f.Editable = false
	return f
}

// worded is a field of few words; none is the word for nothing known, empty when there is always one.
func worded[W ~string](name string, editable bool, words []W, of func(*Case) *W, none W) field {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return field{Field{Name: name, Kind: Word, Words: list, Editable: editable},
		func(c *Case, _ *time.Location) string { return string(*of(c)) },
		func(c *Case, said string, _ *time.Location) error {
			if said == "" && none != "" {
				said = string(none)
			}
			if !slices.Contains(list, said) {
				return outbreak.Refuse(outbreak.Invalid, "cases.field_word", "field", name, "value", said, "words", strings.Join(list, ", "))
			}
			*of(c) = W(said)
			return nil
		}}
}

// day is a field that holds a day.
func day(name string, of func(*Case) *outbreak.Instant) field {
	return field{Field{Name: name, Kind: Day, Editable: true},
		func(c *Case, zone *time.Location) string {
			if *of(c) == 0 {
				return ""
			}
			return of(c).Time().In(zone).Format(time.DateOnly)
		},
		func(c *Case, said string, zone *time.Location) error {
			if said == "" {
				*of(c) = 0
				return nil
			}
			t, err := time.ParseInLocation(time.DateOnly, said, zone)
			if err != nil || t.Year() < 1800 || t.Year() > 2200 {
				return outbreak.Refuse(outbreak.Invalid, "cases.field_day", "field", name, "value", said)
			}
			*of(c) = outbreak.At(t)
			return nil
		}}
}

// maybe lets a field of words be empty in a case that is there for the record alone: a list that does not say how ill somebody was
// is not made to.
func maybe(f field) field {
	set := f.set
	f.set = func(c *Case, said string, zone *time.Location) error {
		if said == "" && !c.Followed {
			c.Severity = ""
			return nil
		}
		return set(c, said, zone)
	}
	return f
}

// mostText is how many characters a short text may have.
const mostText = 120

func text(name string, of func(*Case) *string) field {
	return field{Field{Name: name, Kind: Text, Editable: true},
		func(c *Case, _ *time.Location) string { return *of(c) },
		func(c *Case, said string, _ *time.Location) error {
			said = strings.Join(strings.Fields(said), " ")
			if utf8.RuneCountInString(said) > mostText || !utf8.ValidString(said) {
				return outbreak.Refuse(outbreak.Invalid, "cases.field_text", "field", name, "most", mostText)
			}
			*of(c) = said
			return nil
		}}
}

const oldest = 130 // years

// ageText gives an age in years: whole ones from two years on, else with the months as a fraction.
func ageText(c *Case, _ *time.Location) string {
	if c.AgeMonths < 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(float64(c.AgeMonths)/12*100)/100, 'f', -1, 64)
}

func setAge(c *Case, said string, _ *time.Location) error {
	if said == "" {
		c.AgeMonths = -1
		return nil
	}
	years, err := strconv.ParseFloat(said, 64)
	if err != nil || !(years >= 0 && years <= oldest) {
		return outbreak.Refuse(outbreak.Invalid, "cases.field_age", "value", said, "most", oldest)
	}
	c.AgeMonths = int(math.Round(years * 12))
	return nil
}

// unknownText tells whether a field's text says that nothing is known.
func unknownText(name, said string) bool {
	return said == "" || said == "unknown" || name == "classification" && said == string(outbreak.NotClassified)
}
