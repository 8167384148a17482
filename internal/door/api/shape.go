package api

import (
	"path"
	"reflect"
	"strings"
	"unicode"

	"breakwater/internal/outbreak"
)

// reply is an answer with one thing in it.
type reply[T any] struct{ Body T }

// page is an answer with a part of a list in it.
type page[T any] struct{ Body pageOf[T] }

type pageOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"Give it as after to read on; empty at the end"`
}

// Limit is embedded in the input of a list.
type Limit struct {
	Most int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most"`
}

// Below is embedded in the input of a list that can be cut to an area.
type Below struct {
	Below outbreak.Path `query:"below" maxLength:"200" pattern:"^((/[0-9A-Za-z._-]+)+/)?$" doc:"The path of an area; empty for all one may see"`
}

// paged makes a page of at most most things; next is what to read on after.
func paged[T any](list []T, most int, next func(T) string) *page[T] {
	p := whole(list)
	if len(list) > 0 && len(list) >= most {
		p.Body.Next = next(list[len(list)-1])
	}
	return p
}

// whole makes a page of a list that was read to its end.
func whole[T any](list []T) *page[T] {
	return &page[T]{pageOf[T]{Items: some(list)}}
}

// some makes an empty list of none, which is what the description promises.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// schemaName names a type in the description: by room and name, because two rooms may each have a Result.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return joined(hint)
	}
	if room := path.Base(t.PkgPath()); !strings.Contains(name, "[") && room != "api" && room != "outbreak" {
		name = room + " " + name
	}
	return joined(name)
}

// joined joins the words of a Go name without its punctuation and paths: "pageOf[x/lab.Lab]" becomes "PageOfLabLab".
func joined(name string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("[]*, ", r) }) {
		for _, w := range strings.FieldsFunc(path.Base(part), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// made is the identifier of something new.
type made struct {
	ID string `json:"id"`
}

// counted is how many things a command touched.
type counted struct {
	Count int `json:"count"`
}
