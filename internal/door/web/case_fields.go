package web

import (
	"errors"
	"maps"
	"net/url"
	"slices"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/words"
)

// caseField is one field of a form about cases.
type caseField struct {
	cases.Field
	Value string      // shown in the form
	Was   string      // what the case said when the form was made
	On    bool        // chosen, in a form for many cases
	Owned cases.Owned // whose it is, when it is not changed here
}

// Choices are the words of the field that a form offers: what is no case is decided with a reason.
func (f caseField) Choices() []string {
	if f.Name != "classification" {
		return f.Words
	}
	return slices.DeleteFunc(slices.Clone(f.Words), func(w string) bool { return w == string(outbreak.NotACase) && f.Value != w })
}

// Empty tells whether the field may be left without a word.
func (f caseField) Empty() bool { return f.Value == "" }

const (
	fieldWas = "was." // before the name of what a case said
	fieldSet = "set." // before the name of a field that is to be set in many cases
)

// editable are the fields of a form, as a case says them or as they were typed.
func editable(says cases.Values, typed url.Values) (list []caseField) {
	for _, f := range cases.Fields() {
		if !f.Editable {
			continue
		}
		x := caseField{Field: f, Value: says[f.Name], Was: says[f.Name], On: typed.Has(fieldSet + f.Name)}
		if typed.Has(f.Name) {
			x.Value = typed.Get(f.Name)
		}
		if typed.Has(fieldWas + f.Name) {
			x.Was = typed.Get(fieldWas + f.Name)
		}
		list = append(list, x)
	}
	return list
}

// ownedBy marks the fields that come from somebody else's system.
func ownedBy(list []caseField, owned map[string]cases.Owned) []caseField {
	for i := range list {
		list[i].Owned = owned[list[i].Name]
	}
	return list
}

// Shut tells that the field is somebody else's in every case of the form.
func (f caseField) Shut() bool { return f.Owned.Party != "" && f.Owned.All }

// Why says a reason that is kept as a key of the catalogue.
func (v *View) Why(key string, slots map[string]any) string {
	told := map[string]any{}
	for name, value := range slots {
		told[name] = value
		if field, is := value.(string); is && name == "field" && words.Has(v.Lang, "caselist.field."+field) {
			told[name] = v.FieldName(field)
		}
	}
	return words.Text(v.Lang, key, told)
}

// inWords names the field a refusal is about as a reader knows it.
func (v *View) inWords(err error) error {
	refusal, is := errors.AsType[*outbreak.Error](err)
	if !is {
		return err
	}
	field, named := refusal.Slots["field"].(string)
	if !named || !words.Has(v.Lang, "caselist.field."+field) {
		return err
	}
	said := *refusal
	said.Slots = maps.Clone(refusal.Slots)
	said.Slots["field"] = v.FieldName(field)
	return &said
}
