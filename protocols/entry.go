package protocols

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"

	"breakwater/internal/outbreak"
)

var (
	headFields  = []string{"id", "disease", "edition", "title_zh", "title_en", "disease_zh", "disease_en"}
	headOptions = []string{"valid_from", "extends", "drop"}
	entryFields = []string{"value", "value_zh", "unit", "status", "source", "note_zh", "note_en", "valid_from", "applies", "applies_source", "superseded"}
)

// book is a file that was read: its head and its own entries, before anything is taken from the edition it extends.
type book struct {
	protocol outbreak.Protocol
	drop     []string
	dropAt   place
	at       place
	extendAt place
	doc      *document
}

// readBook checks everything that can be judged from the file alone.
func readBook(file string, data []byte) *book {
	b := &book{doc: readDocument(file, data)}
	if len(b.doc.faults) == 1 && b.doc.faults[0].Fault.Msg == "protocols.syntax" {
		return b
	}
	b.readHead()
	b.protocol.Values = map[string]outbreak.Value{}
	for _, t := range b.doc.tables {
		b.readEntry(t)
	}
	if len(b.doc.faults) == 0 {
		if at, detail, bad := wellFormed(data); bad {
			b.doc.fault(at, "protocols.syntax", "detail", detail)
		}
	}
	return b
}

func (b *book) readHead() {
	d, h := b.doc, b.doc.head
	for _, name := range slices.Sorted(maps.Keys(h.fields)) {
		if !slices.Contains(headFields, name) && !slices.Contains(headOptions, name) {
			d.fault(h.fields[name].at, "protocols.field_unknown", "field", name, "fields", strings.Join(slices.Concat(headFields, headOptions), ", "))
		}
	}
	text := map[string]string{}
	for _, name := range headFields {
		if f, ok := h.fields[name]; !ok {
			d.fault(h.at, "protocols.head_missing", "field", name)
		} else {
			text[name] = d.text(name, f)
		}
	}
	b.at, b.extendAt, b.dropAt = h.fields["id"].at, h.fields["extends"].at, h.fields["drop"].at
	if b.at.line == 0 {
		b.at = h.at
	}
	b.protocol = outbreak.Protocol{ID: text["id"], Disease: text["disease"], Edition: text["edition"], ValidFrom: d.date(h),
		Name:  map[string]string{"zh": text["disease_zh"], "en": text["disease_en"]},
		Title: map[string]string{"zh": text["title_zh"], "en": text["title_en"]}}
	if strings.Trim(text["id"], "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		d.fault(b.at, "protocols.id_wrong", "id", text["id"])
	}
	if f, ok := h.fields["extends"]; ok {
		b.protocol.Extends = d.text("extends", f)
	}
	if f, ok := h.fields["drop"]; ok {
		b.drop = d.words("drop", f)
	}
}

// readEntry turns one table into one value.
func (b *book) readEntry(t table) {
	d := b.doc
	key, known := Keys[t.name]
	if !known {
		d.fault(t.at, "protocols.key_unknown", "key", t.name)
		return
	}
	if first, twice := b.protocol.Values[t.name]; twice {
		d.fault(t.at, "protocols.key_twice", "key", t.name, "line", first.Line)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(t.fields)) {
		if !slices.Contains(entryFields, name) {
			d.fault(t.fields[name].at, "protocols.field_unknown", "field", name, "fields", strings.Join(entryFields, ", "))
		}
	}
	v := outbreak.Value{Key: t.name, Type: key.Type, Line: t.at.line, File: d.file, ValidFrom: d.date(t)}
	v.Notes = map[string]string{"zh": d.needed(t, "note_zh"), "en": d.needed(t, "note_en")}
	v.Note = v.Notes["en"]
	v.Status = d.status(t)
	if f, ok := t.fields["source"]; ok {
		v.Source = d.text("source", f)
	} else if seen(v.Status) {
		d.fault(t.at, "protocols.source_missing", "key", t.name, "status", string(v.Status))
	}
	v.Applies = d.applies(t, key)
	if f, ok := t.fields["superseded"]; ok {
		v.Superseded = d.text("superseded", f)
	}
	b.readValue(t, key, &v)
	b.protocol.Values[t.name] = v
}

// seen tells whether the status claims that somebody read the rule somewhere: then it has to say where.
func seen(s outbreak.Status) bool {
	return s == outbreak.StatusOfficial || s == outbreak.StatusSecondary || s == outbreak.StatusLocal
}

func (b *book) readValue(t table, key Key, v *outbreak.Value) {
	d := b.doc
	f, ok := t.fields["value"]
	switch {
	case !ok && v.Status == outbreak.StatusNotVerified:
		if _, given := t.fields["unit"]; given {
			d.unit(t, key, v)
		}
		return
	case !ok:
		d.fault(t.at, "protocols.value_missing", "key", t.name)
		return
	case v.Status == outbreak.StatusNotVerified:
		d.fault(f.at, "protocols.value_unverified", "key", t.name)
		return
	}
	d.unit(t, key, v)
	switch key.Type {
	case "number", "duration":
		if f.kind != unstable.Integer && f.kind != unstable.Float {
			d.fault(f.at, "protocols.value_not_number", "key", t.name)
		} else if f.num < 0 || f.num > 1e6 {
			d.fault(f.at, "protocols.value_range", "key", t.name)
		}
		v.Number = f.num
	case "days":
		v.Days = d.counts(t.name, f)
	case "list":
		if key.Empty && f.kind == unstable.Array && len(f.list) == 0 {
			return
		}
		v.List = d.words(t.name, f)
		for i, w := range v.List {
			if len(key.Words) > 0 && !slices.Contains(key.Words, w) {
				d.fault(f.list[i].at, "protocols.word_unknown", "key", t.name, "word", w, "words", strings.Join(key.Words, ", "))
			}
		}
	case "text":
		v.Text = d.text(t.name, f)
		v.Texts = map[string]string{"en": v.Text}
		if zh, ok := t.fields["value_zh"]; ok {
			v.Texts["zh"] = d.text("value_zh", zh)
		}
	}
	if zh, ok := t.fields["value_zh"]; ok && key.Type != "text" {
		d.fault(zh.at, "protocols.value_zh_unwanted", "key", t.name)
	}
}

// applies says to what the value applies when an outbreak changes to this edition: as the file says, with a source, or else
// as is due to the key.
func (d *document) applies(t table, key Key) outbreak.Applies {
	f, ok := t.fields["applies"]
	source, sourced := t.fields["applies_source"]
	if sourced {
		d.text("applies_source", source)
	}
	switch a := outbreak.Applies(f.text); {
	case !ok && sourced:
		d.fault(source.at, "protocols.applies_missing", "key", t.name)
	case ok && a != outbreak.AppliesNew && a != outbreak.AppliesRunning:
		d.fault(f.at, "protocols.applies_unknown", "key", t.name)
	case a == outbreak.AppliesRunning && !key.Followed && !key.Restricts:
		d.fault(f.at, "protocols.applies_unfollowed", "key", t.name)
	case ok && !sourced:
		d.fault(f.at, "protocols.applies_source_missing", "key", t.name)
	case ok:
		return a
	}
	if key.Restricts {
		return outbreak.AppliesRunning
	}
	return outbreak.AppliesNew
}

func (d *document) unit(t table, key Key, v *outbreak.Value) {
	f, ok := t.fields["unit"]
	if ok {
		v.Unit = d.text("unit", f)
	}
	switch {
	case !ok && len(key.Units) > 0:
		d.fault(t.at, "protocols.unit_missing", "key", t.name, "units", strings.Join(key.Units, ", "))
	case ok && len(key.Units) == 0:
		d.fault(f.at, "protocols.unit_unwanted", "key", t.name)
	case ok && !slices.Contains(key.Units, v.Unit):
		d.fault(f.at, "protocols.unit_wrong", "key", t.name, "unit", v.Unit, "units", strings.Join(key.Units, ", "))
	}
}

func (d *document) status(t table) outbreak.Status {
	f, ok := t.fields["status"]
	all := make([]string, len(outbreak.Statuses))
	for i, s := range outbreak.Statuses {
		all[i] = string(s)
	}
	if !ok {
		d.fault(t.at, "protocols.status_missing", "key", t.name, "statuses", strings.Join(all, ", "))
		return ""
	}
	if !slices.Contains(all, f.text) {
		d.fault(f.at, "protocols.status_unknown", "key", t.name, "status", f.text, "statuses", strings.Join(all, ", "))
		return ""
	}
	return outbreak.Status(f.text)
}

func (d *document) needed(t table, name string) string {
	f, ok := t.fields[name]
	if !ok {
		d.fault(t.at, "protocols.field_missing", "key", t.name, "field", name)
		return ""
	}
	return d.text(name, f)
}

// text wants a string with something in it.
func (d *document) text(name string, f field) string {
	if f.kind != unstable.String || strings.TrimSpace(f.text) == "" {
		d.fault(f.at, "protocols.not_text", "field", name)
		return ""
	}
	return f.text
}

func (d *document) date(t table) string {
	f, ok := t.fields["valid_from"]
	if !ok {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, f.text); err != nil {
		d.fault(f.at, "protocols.date_wrong", "field", "valid_from")
		return ""
	}
	return f.text
}

func (d *document) words(name string, f field) []string {
	var list []string
	for _, e := range f.list {
		if e.kind == unstable.String && e.text != "" && !slices.Contains(list, e.text) {
			list = append(list, e.text)
		}
	}
	if f.kind != unstable.Array || len(f.list) == 0 || len(list) != len(f.list) {
		d.fault(f.at, "protocols.value_not_words", "field", name)
		return nil
	}
	return list
}

// counts wants whole numbers, each larger than the one before.
func (d *document) counts(name string, f field) []int {
	var list []int
	for _, e := range f.list {
		n := int(math.Min(e.num, 1e6))
		if e.kind == unstable.Integer && n >= 0 && (len(list) == 0 || n > list[len(list)-1]) {
			list = append(list, n)
		}
	}
	if f.kind != unstable.Array || len(f.list) == 0 || len(list) != len(f.list) {
		d.fault(f.at, "protocols.value_not_counts", "key", name)
		return nil
	}
	return list
}
