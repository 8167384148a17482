package exchange

import (
	"errors"
	"time"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// documentKinds are the words for a kind of document, folded like headers.
var documentKinds = map[string]string{
	"cnid": registry.CitizenID, "idcard": registry.CitizenID, "residentid": registry.CitizenID, "nationalid": registry.CitizenID,
	"身份证": registry.CitizenID, "居民身份证": registry.CitizenID, "二代身份证": registry.CitizenID, "中国居民身份证": registry.CitizenID, "01": registry.CitizenID,
	"passport": registry.Passport, "护照": registry.Passport, "外国护照": registry.Passport,
	"other": registry.OtherID, "其他": registry.OtherID, "其它": registry.OtherID, "户口簿": registry.OtherID, "军官证": registry.OtherID, "驾驶证": registry.OtherID,
	"港澳居民来往内地通行证": registry.OtherID, "港澳通行证": registry.OtherID, "台湾居民来往大陆通行证": registry.OtherID, "台胞证": registry.OtherID,
	"出生医学证明": registry.OtherID, "外国人永久居留证": registry.OtherID, "birthcertificate": registry.OtherID,
}

// identityCheck finds numbers of documents whose digits do not agree with each other or with the birth date. Nobody needs a
// document: an empty number is right.
var identityCheck = check{
	name:  "identity",
	kinds: []Kind{Roster, Tubes, Visits},
	sentences: []string{"exchange.document_kind", "exchange.birth_differs", "registry.document_kind", "registry.document_number",
		"registry.citizen_length", "registry.citizen_character", "registry.citizen_check", "registry.citizen_birth",
		"registry.passport_check", "registry.passport_length"},
	find: func(r *row) (Field, *outbreak.Error) {
		number := r.cells[fieldDocument]
		if number == "" {
			r.cells[fieldDocumentKind] = registry.NoDocument
			return fieldNone, nil
		}
		if r.faulty(fieldDocument) {
			return fieldNone, nil
		}
		kind, known := documentKinds[foldHeader(r.cells[fieldDocumentKind])]
		switch {
		case known:
		case r.cells[fieldDocumentKind] != "":
			return fieldDocumentKind, invalid("exchange.document_kind")
		default:
			kind = kindOfNumber(number)
		}
		canonical, birth, err := registry.CheckDocument(kind, number)
		if err != nil {
			if told, ok := errors.AsType[*outbreak.Error](err); ok {
				return fieldDocument, told
			}
			return fieldDocument, invalid("registry.document_number")
		}
		r.cells[fieldDocumentKind], r.cells[fieldDocument] = kind, canonical
		if b := r.cells[fieldBirth]; !birth.IsZero() && b != "" && !r.faulty(fieldBirth) && b != birth.Format(time.DateOnly) {
			return fieldBirth, invalid("exchange.birth_differs")
		}
		return fieldNone, nil
	},
}

// kindOfNumber takes a number without a kind for a citizen's when it is made of about as many digits, so that a digit lost or
// doubled is found; everything else is some other document.
func kindOfNumber(number string) string {
	n := 0
	for i := range len(number) {
		switch c := number[i]; {
		case c >= '0' && c <= '9':
			n++
		case c == ' ', c == '-', i == len(number)-1 && (c == 'X' || c == 'x'):
		default:
			return registry.OtherID
		}
	}
	if n >= 15 && n <= 20 {
		return registry.CitizenID
	}
	return registry.OtherID
}
