package web

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/words"
)

// View is what every template may ask: the reader's language, his rights, the time zone and the moment of reading. Its
// methods are the whole vocabulary of the templates.
type View struct {
	Lang  words.Lang
	Actor outbreak.Actor
	Name  string           // who is signed in; empty at the door
	Now   outbreak.Instant // the outbreak's clock when the page was read
	Zone  *time.Location   // of the times shown
	Head  int64            // the journal's head when the page was read
	Path  string
	Query url.Values
	Title string // words key of the page
	Group string // navigation group the page belongs to
	Live  string // the stream this page listens to; empty for a page that stands still
	Next  string // where to go after signing in

	Notice string     // words key of what has just been done
	Fault  *Fault     // what was wrong with the form just sent
	Form   url.Values // what was typed into it
	Nav    []navGroup // what this reader may open
	named  func(string) string
	area   func(words.Lang, outbreak.Path) string
	who    func(id string) string
	called func(kind, id string) string
	wall   outbreak.Instant
}

// Fault is a refused form: its sentence and, when it is about one field, which.
type Fault struct {
	Sentence string
	Field    string
}

// page is what a template is executed with: the view, and the data of the page or of a part in D.
type page struct {
	*View
	D any
}

// T gives the sentence under a key; slots come as name, value, name, value.
func (v *View) T(key string, slots ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(slots); i += 2 {
		m[fmt.Sprint(slots[i])] = slots[i+1]
	}
	return words.Text(v.Lang, key, m)
}

// Word gives the word of a vocabulary: "severity", "mild".
func (v *View) Word(vocabulary string, value any) string {
	s := fmt.Sprint(value)
	if s == "" {
		return ""
	}
	key := "web." + vocabulary + "." + s
	if !words.Has(v.Lang, key) {
		return s
	}
	return words.Text(v.Lang, key, nil)
}

// Area gives the name of an area.
func (v *View) Area(path outbreak.Path) string { return v.area(v.Lang, path) }

// AreaNamed is Area for a path that came as text.
func (v *View) AreaNamed(path string) string { return v.Area(outbreak.Path(path)) }

// N writes a whole number.
func (v *View) N(n any) string { return words.Number(v.Lang, whole(n)) }

// Percent writes a part of a whole.
func (v *View) Percent(part, of any) string { return words.Percent(v.Lang, whole(part), whole(of)) }

// At writes a moment as short as the reading day allows.
func (v *View) At(i outbreak.Instant) string { return words.Moment(v.Lang, i, v.Now, v.Zone) }

// AtDay writes a moment with its day, today's too: one end of a span.
func (v *View) AtDay(i outbreak.Instant) string { return words.DayMoment(v.Lang, i, v.Now, v.Zone) }

// DayShort writes a day of the reading year without the year.
func (v *View) DayShort(i outbreak.Instant) string { return words.DayShort(v.Lang, i, v.Now, v.Zone) }

// WallAt writes a moment of the wall clock, which sessions and keys run on.
func (v *View) WallAt(i outbreak.Instant) string { return words.Moment(v.Lang, i, v.wall, v.Zone) }

// Clock writes the time of day to the second.
func (v *View) Clock(i outbreak.Instant) string { return words.Second(v.Lang, i, v.Zone) }

// Day writes a whole date.
func (v *View) Day(i outbreak.Instant) string { return words.Day(v.Lang, i, v.Zone) }

// ISO writes the machine's form for a time element.
func (v *View) ISO(i outbreak.Instant) string { return i.String() }

// Since writes how long ago something was, or how long it is until it.
func (v *View) Since(i outbreak.Instant) string { return words.Duration(v.Lang, v.Now.Sub(i)) }

// Ago writes how long something took.
func (v *View) Ago(d time.Duration) string { return words.Duration(v.Lang, d) }

// Late tells whether a deadline is over.
func (v *View) Late(due outbreak.Instant) bool { return due != 0 && v.Now > due }

// Soon tells whether a deadline is over within the hour.
func (v *View) Soon(due outbreak.Instant) bool {
	return due != 0 && !v.Late(due) && due.Sub(v.Now) < time.Hour
}

// May tells whether the reader holds a permission somewhere.
func (v *View) May(p string) bool { return access.Anywhere(v.Actor, access.Permission(p)) }

// Can tells whether the reader holds a permission where a thing belongs.
func (v *View) Can(p string, where outbreak.Scope) bool {
	return access.Can(v.Actor, access.Permission(p), where)
}

// Called gives the name of a round, site, laboratory, vehicle, sampling point, outbreak or user; the identifier when it has
// none that the reader may know.
func (v *View) Called(kind string, id any) string {
	text := fmt.Sprint(id)
	if name := v.called(kind, text); name != "" {
		return name
	}
	return text
}

// Asset gives the hashed path of a file.
func (v *View) Asset(name string) string { return v.named(name) }

// HTMLLang is the language attribute of the page.
func (v *View) HTMLLang() string { return htmlLang(v.Lang) }

// Typed gives what was typed into a field of a refused form.
func (v *View) Typed(field string) string { return v.Form.Get(field) }

// TypedAt gives what was typed into the i-th of several fields of one name in a refused form.
func (v *View) TypedAt(field string, i int) string {
	if i >= len(v.Form[field]) {
		return ""
	}
	return v.Form[field][i]
}

// TypedAmong tells whether a value was among those chosen in a field of a refused form.
func (v *View) TypedAmong(field, value string) bool { return slices.Contains(v.Form[field], value) }

// Lines counts the lines of a form that has n alike.
func (v *View) Lines(n int) []struct{} { return make([]struct{}, n) }

// Mega writes bytes as whole megabytes.
func (v *View) Mega(bytes int) string { return v.N(bytes >> 20) }

// Wrong tells whether the refused form was refused for this field.
func (v *View) Wrong(field string) bool { return v.Fault != nil && v.Fault.Field == field }

// Q gives a value of the address.
func (v *View) Q(name string) string { return v.Query.Get(name) }

// Wall tells whether the page is for a wall screen.
func (v *View) Wall() bool { return v.Query.Get("wall") != "" }

// With is the page's address with some values of its query changed; an empty value takes the name out.
func (v *View) With(pairs ...any) string {
	q := url.Values{}
	for k, list := range v.Query {
		q[k] = list
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, val := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if val == "" {
			q.Del(k)
		} else {
			q.Set(k, val)
		}
	}
	if len(q) == 0 {
		return v.Path
	}
	return v.Path + "?" + q.Encode()
}

// Part hands values to a template: name, value, name, value, found in it as .D.name.
func (v *View) Part(pairs ...any) page {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return page{View: v, D: m}
}

// Of hands one value to a template: it is .D there.
func (v *View) Of(d any) page { return page{View: v, D: d} }

// Langs lists the other languages the page can be read in.
func (v *View) Langs() []words.Lang {
	var other []words.Lang
	for _, l := range words.Langs {
		if l != v.Lang {
			other = append(other, l)
		}
	}
	return other
}

// whole makes any whole number an int64; a template hands over whatever a slice counts in.
func whole(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case int32:
		return int64(n)
	default:
		panic(fmt.Sprintf("%T is not a whole number", n))
	}
}
