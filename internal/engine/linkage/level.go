package linkage

// Field is one thing two records are compared by.
type Field uint8

// The fields. Household and area are one field, for people of one household live in one area.
const (
	FieldName Field = iota
	FieldBirth
	FieldSex
	FieldPhone
	FieldDocument
	FieldPlace
	fields
)

// Level is how well two records agree in a field; the higher the better.
type Level int8

// Missing says that one of the two does not say it.
const Missing Level = -1

// Levels of names.
const (
	NameDifferent Level = iota
	NamePart            // one word, the family's or the given one
	NameAlike           // written rather alike, or sounding alike
	NameCharacter       // one Chinese character of three or more differs
	NameShorter         // words left out or cut to their first letter
	NameTypo            // a slip of the pen
	NameSound           // read the same way
	NameOrder           // the same words or characters in another order
	NameSame
)

// Levels of birth dates.
const (
	BirthDifferent Level = iota
	BirthNear            // the same year otherwise, or, where one says a year alone, a year apart
	BirthYear            // the same year, and one says no more
	BirthOnePart         // the day, the month or the year differs
	BirthSwapped         // day and month exchanged
	BirthSame
)

// Levels of telephones and documents.
const (
	NumberDifferent Level = iota
	NumberTail            // what can be seen of both is the same
	NumberSlip            // one sign wrong, left out or added, or two exchanged
	NumberSame
)

// Levels of sex.
const (
	SexDifferent Level = iota
	SexSame
)

// Levels of places.
const (
	PlaceFar  Level = iota
	PlaceNear       // areas with the same area above them
	PlaceArea
	PlaceHousehold
)

// scale describes a field: its name and its levels, and what is thought of them before anything was seen.
type scale struct {
	name   string
	levels []string
	one    []float64 // among records of one person
	kin    []float64 // among relatives
	twin   []float64 // among twins
}

var scales = [fields]scale{
	FieldName: {"name", []string{"different", "part", "alike", "character", "shorter", "typo", "sound", "order", "same"},
		[]float64{.005, .005, .01, .01, .01, .03, .05, .03, .85}, []float64{.35, .48, .01, .13, .005, .005, .005, .005, .01},
		[]float64{.05, .5, .03, .39, .005, .01, .005, .005, .005}},
	FieldBirth: {"birth", []string{"different", "near", "year", "one_part", "swapped", "same"},
		[]float64{.01, .02, .05, .05, .02, .85}, []float64{.88, .06, .02, .01, .005, .025}, []float64{.01, .01, .03, .01, .005, .935}},
	FieldSex:      {"sex", []string{"different", "same"}, []float64{.01, .99}, []float64{.55, .45}, []float64{.4, .6}},
	FieldPhone:    {"phone", []string{"different", "tail", "slip", "same"}, []float64{.15, .01, .02, .82}, []float64{.6, .01, .01, .38}, []float64{.3, .01, .01, .68}},
	FieldDocument: {"document", []string{"different", "tail", "slip", "same"}, []float64{.02, .01, .02, .95}, []float64{.97, .01, .01, .01}, []float64{.97, .01, .01, .01}},
	FieldPlace:    {"place", []string{"far", "near", "area", "household"}, []float64{.05, .05, .1, .8}, []float64{.05, .05, .1, .8}, []float64{.03, .03, .04, .9}},
}

// String is the field's name, as data and pages call it.
func (f Field) String() string { return scales[f].name }

// MarshalText writes the field's name.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// LevelName is what a level of the field is called; "missing" when one of the two does not say it.
func (f Field) LevelName(l Level) string {
	if l < 0 || int(l) >= len(scales[f].levels) {
		return "missing"
	}
	return scales[f].levels[l]
}

func (f Field) best() Level { return Level(len(scales[f].levels) - 1) }

// Fields lists all fields in their order.
func Fields() []Field {
	all := make([]Field, fields)
	for i := range all {
		all[i] = Field(i)
	}
	return all
}

// Pattern is how two records agree, by field.
type Pattern [fields]Level

// packed is a pattern as a number: patterns are counted by it.
func (p Pattern) packed() (n uint32) {
	for _, l := range p {
		n = n<<4 | uint32(l+1)
	}
	return n
}

func unpacked(n uint32) (p Pattern) {
	for f := int(fields) - 1; f >= 0; f-- {
		p[f] = Level(n&15) - 1
		n >>= 4
	}
	return p
}
