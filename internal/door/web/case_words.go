package web

import (
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
	"breakwater/internal/words"
)

// vocabularies of fields whose words other rooms wrote.
var fieldWords = map[string]string{"classification": "web.classification.", "severity": "web.severity.", "state": "web.case_state.", "via": "web.via.", "quality": "linelist.check."}

// FieldName gives the name of a field of the line list.
func (v *View) FieldName(field string) string {
	if name, is := strings.CutPrefix(field, linelist.ExtraPrefix); is {
		return name
	}
	return v.T("caselist.field." + field)
}

// FieldValue writes a value of a field as a reader reads it; an empty one is what is not known.
func (v *View) FieldValue(field, value string) string {
	switch {
	case value == "":
		return v.T("caselist.not_known")
	case value == linelist.Others:
		return v.T("caselist.others")
	case field == "area":
		return v.CaseArea(value)
	case field == "outbreak":
		return v.Called("outbreak", value)
	}
	if key := fieldKey(field, value); words.Has(v.Lang, key) {
		return v.T(key)
	}
	return value
}

// fieldKey is the key of a field's word in the catalogue.
func fieldKey(field, word string) string {
	if room := fieldWords[field]; room != "" {
		return room + word
	}
	return "caselist." + field + "." + word
}

// CaseArea names an area of a count; one that stands for itself alone says so.
func (v *View) CaseArea(path string) string {
	if inner, is := strings.CutSuffix(path, "./"); is {
		return v.T("caselist.area_itself", "area", v.Area(outbreak.Path(inner)))
	}
	return v.Area(outbreak.Path(path))
}
