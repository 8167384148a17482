package exchange

import "strings"

// Field is something a row can say, by the name the API uses too.
type Field uint8

// The fields of all kinds of file.
const (
	fieldNone Field = iota
	fieldCode
	fieldParent
	fieldName
	fieldNameEn
	fieldLevel
	fieldCodeKind
	fieldTimeZone
	fieldPopulation
	fieldArea
	fieldHousehold
	fieldBuilding
	fieldDoor
	fieldAddress
	fieldDocumentKind
	fieldDocument
	fieldSex
	fieldBirth
	fieldAge
	fieldPhone
	fieldRound
	fieldTube
	fieldBooth
	fieldTaken
	fieldPerson
	fieldRollNo
	fieldLab
	fieldResult
	fieldRanAt
	fieldMessage
	fieldKind
	fieldAliases
	fieldLat
	fieldLon
	fieldCoordinates
	fieldPlace
	fieldFrom
	fieldFromPrecision
	fieldTo
	fieldToPrecision
	fieldSource
	fieldPurpose
	fieldUntil
	fieldOutbreak
	fieldStore
	fieldItem
	fieldHow
	fieldQuantity
	fieldLot
	fieldExpires
	fieldAt
	fieldNote
	fieldCount
)

var fieldNames = [fieldCount]string{"", "code", "parent", "name", "name_en", "level", "code_kind", "time_zone", "population", "area",
	"household", "building", "door", "address", "document_kind", "document", "sex", "birth", "age", "phone", "round", "tube", "booth",
	"taken", "person", "roll_no", "lab", "result", "ran_at", "message",
	"kind", "aliases", "lat", "lon", "coordinates", "place", "from", "from_precision", "to", "to_precision", "source", "purpose", "until", "outbreak",
	"store", "item", "how", "quantity", "lot", "expires", "at", "note"}

func (f Field) String() string { return fieldNames[f] }

// fieldByName finds a field; false when there is none of that name.
func fieldByName(name string) (Field, bool) {
	for f := fieldCode; f < fieldCount; f++ {
		if fieldNames[f] == name {
			return f, true
		}
	}
	return fieldNone, false
}

// private fields tell who somebody is; of them a report shows just enough to find the row again.
var private = [fieldCount]bool{fieldDocument: true, fieldPhone: true, fieldAddress: true, fieldDoor: true, fieldBirth: true}

// mask hides what a report must not tell: private cells, and any long run of digits, for numbers stand in wrong columns too.
func mask(kind Kind, f Field, value string) string {
	r := []rune(value)
	if len(r) > 40 {
		r = append(r[:39:39], '…')
	}
	if private[f] && !(kind == Places && f == fieldAddress) || kind == Roster && f == fieldName || kind == Tubes && f == fieldDocument {
		return maskRunes(r)
	}
	for from := 0; from < len(r); {
		to := from
		for to < len(r) && isDigit(r[to]) {
			to++
		}
		if to-from >= 11 && f != fieldTube && f != fieldRollNo && f != fieldMessage {
			copy(r[from+4:to-2], []rune(strings.Repeat("*", to-from-6)))
		}
		from = max(to, from+1)
	}
	return string(r)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

func maskRunes(r []rune) string {
	first, last := min(1, len(r)), 0
	if len(r) >= 11 {
		first, last = 4, 2
	}
	return string(r[:first]) + strings.Repeat("*", max(len(r)-first-last, 0)) + string(r[len(r)-last:])
}
