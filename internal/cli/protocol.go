package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"breakwater/internal/outbreak"
	"breakwater/internal/words"
	"breakwater/protocols"
)

type protocolCmd struct {
	List protocolListCmd `cmd:"" help:"The rule books installed, by disease."`
	Show protocolShowCmd `cmd:"" help:"A rule book with every value, its unit, its source and how sure it is."`
	Diff protocolDiffCmd `cmd:"" help:"What differs between two rule books."`
}

// books says where a site's own rule books are. No database is opened: a new file is judged before any site takes it.
type books struct {
	Protocols string `help:"Folder with the site's own rule books." placeholder:"DIR"`
	JSON      bool   `name:"json" help:"One JSON object on standard output."`
}

func (b books) load() (*protocols.Set, error) {
	if b.Protocols == "" {
		return protocols.Embedded()
	}
	if _, err := os.Stat(b.Protocols); err != nil {
		return nil, fmt.Errorf("looking for protocol files: %w", err)
	}
	return protocols.Load(os.DirFS(b.Protocols))
}

func (b books) find(id string) (*protocols.Set, outbreak.Protocol, error) {
	set, err := b.load()
	if err != nil {
		return nil, outbreak.Protocol{}, err
	}
	p, ok := set.Find(id)
	if !ok {
		return set, p, noProtocol(set, id)
	}
	return set, p, nil
}

// noProtocol says which rule books there are when one is asked for that is not.
func noProtocol(set *protocols.Set, id string) error {
	var ids []string
	for _, p := range set.List() {
		ids = append(ids, p.ID)
	}
	return outbreak.Refuse(outbreak.Invalid, "protocols.none", "id", id, "ids", strings.Join(ids, ", "))
}

// bookHead is the head of a rule book as --json prints it.
type bookHead struct {
	ID          string `json:"id"`
	Disease     string `json:"disease"`
	Name        string `json:"name"`
	Title       string `json:"title"`
	Edition     string `json:"edition"`
	ValidFrom   string `json:"valid_from"`
	Extends     string `json:"extends"`
	Values      int    `json:"values"`
	NotVerified int    `json:"not_verified"`
}

func headOf(p outbreak.Protocol, lang words.Lang) bookHead {
	h := bookHead{ID: p.ID, Disease: p.Disease, Name: p.Name[string(lang)], Title: p.Title[string(lang)], Edition: p.Edition, ValidFrom: p.ValidFrom,
		Extends: p.Extends, Values: len(p.Values)}
	for _, v := range p.Values {
		if !v.Known() {
			h.NotVerified++
		}
	}
	return h
}

type protocolListCmd struct{ books }

// Run prints the heads of all rule books.
func (c protocolListCmd) Run(r *run) error {
	set, err := c.load()
	if err != nil {
		return err
	}
	heads := []bookHead{}
	for _, p := range set.List() {
		heads = append(heads, headOf(p, r.lang))
	}
	if c.JSON {
		return r.print(map[string]any{"protocols": heads})
	}
	w := tabwriter.NewWriter(r.streams.Out, 0, 0, 2, ' ', 0)
	for _, h := range heads {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", h.ID, h.Name, cmp.Or(h.ValidFrom, "-"), r.sentence("protocols.counted", "values", h.Values, "not_verified", h.NotVerified))
	}
	return w.Flush()
}

// bookValue is a value as --json prints it.
type bookValue struct {
	Key        string           `json:"key"`
	Value      any              `json:"value"` // a number, whole numbers, words or a text; null when it was not verified
	Unit       string           `json:"unit"`
	Status     outbreak.Status  `json:"status"`
	Source     string           `json:"source"`
	Superseded string           `json:"superseded"`
	ValidFrom  string           `json:"valid_from"`
	Applies    outbreak.Applies `json:"applies"`
	Note       string           `json:"note"`
	File       string           `json:"file"`
	Line       int              `json:"line"`
}

func valueOf(v outbreak.Value, lang words.Lang) *bookValue {
	if v.Key == "" {
		return nil
	}
	out := &bookValue{Key: v.Key, Unit: v.Unit, Status: v.Status, Source: v.Source, Superseded: v.Superseded, ValidFrom: v.ValidFrom, Applies: v.Applies,
		Note: v.Notes[string(lang)], File: v.File, Line: v.Line}
	switch {
	case !v.Known():
	case v.Type == "number" || v.Type == "duration":
		out.Value = v.Number
	case v.Type == "days":
		out.Value = v.Days
	case v.Type == "list":
		out.Value = append([]string{}, v.List...)
	default:
		out.Value = v.In(string(lang))
	}
	return out
}

type protocolShowCmd struct {
	books
	ID string `arg:"" help:"Rule book, as protocol list names it."`
}

// Run prints one rule book.
func (c protocolShowCmd) Run(r *run) error {
	_, p, err := c.find(c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		values := []*bookValue{}
		for _, key := range slices.Sorted(maps.Keys(p.Values)) {
			values = append(values, valueOf(p.Values[key], r.lang))
		}
		return r.print(struct {
			bookHead
			Rules []*bookValue `json:"rules"`
		}{headOf(p, r.lang), values})
	}
	fmt.Fprintf(r.streams.Out, "%s (%s), %s\n", p.Title[string(r.lang)], p.ID, p.Edition)
	printValues(r, p)
	return nil
}

type protocolDiffCmd struct {
	books
	A string `arg:"" help:"Rule book to compare from."`
	B string `arg:"" help:"Rule book to compare with."`
}

// bookChange is a difference as --json prints it.
type bookChange struct {
	Key  string        `json:"key"`
	How  protocols.How `json:"how"`
	What []string      `json:"what"`
	Was  *bookValue    `json:"was"`
	Now  *bookValue    `json:"now"`
}

// Run prints what differs between two rule books.
func (c protocolDiffCmd) Run(r *run) error {
	set, a, err := c.find(c.A)
	if err != nil {
		return err
	}
	b, ok := set.Find(c.B)
	if !ok {
		return noProtocol(set, c.B)
	}
	changes := protocols.Diff(a, b)
	if c.JSON {
		list := []bookChange{}
		for _, d := range changes {
			list = append(list, bookChange{d.Key, d.How, append([]string{}, d.What...), valueOf(d.Was, r.lang), valueOf(d.Now, r.lang)})
		}
		return r.print(map[string]any{"from": headOf(a, r.lang), "to": headOf(b, r.lang), "changes": list})
	}
	if len(changes) == 0 {
		r.say("protocols.no_difference", "a", a.ID, "b", b.ID)
		return nil
	}
	printChanges(r, changes)
	return nil
}

// printChanges prints two lines of each change: what it was, what it is.
func printChanges(r *run, changes []protocols.Change) {
	for _, d := range changes {
		fmt.Fprintf(r.streams.Out, "%s  %s", r.sentence("protocols.how."+string(d.How)), d.Key)
		if d.How == protocols.Changed {
			var what []string
			for _, w := range d.What {
				what = append(what, r.sentence("protocols.what."+w))
			}
			fmt.Fprintf(r.streams.Out, ": %s", strings.Join(what, r.sentence("protocols.comma")))
		}
		fmt.Fprintln(r.streams.Out)
		printSide(r, r.streams.Out, "-", d.Was)
		printSide(r, r.streams.Out, "+", d.Now)
	}
}

func printSide(r *run, w io.Writer, sign string, v outbreak.Value) {
	if v.Key == "" {
		return
	}
	fmt.Fprintf(w, "  %s %s  [%s]  %s\n", sign, valueText(v, r.lang), r.sentence("protocols.status."+string(v.Status)), v.Source)
	if v.Superseded != "" {
		fmt.Fprintf(w, "    %s\n", r.sentence("protocols.superseded", "by", v.Superseded))
	}
}

// printValues prints what a rule book says: key, value with unit, how sure it is, and where it is from.
func printValues(r *run, p outbreak.Protocol) {
	w := tabwriter.NewWriter(r.streams.Out, 0, 0, 2, ' ', 0)
	for _, key := range slices.Sorted(maps.Keys(p.Values)) {
		v := p.Values[key]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", key, valueText(v, r.lang), v.Status, v.Source)
	}
	_ = w.Flush()
}

// valueText writes a value with its unit; a dash for one that is known to exist and was not seen, or an empty list.
func valueText(v outbreak.Value, lang words.Lang) string {
	text := protocols.Plain(v, string(lang))
	if text == "" {
		return "-"
	}
	if v.Unit == "" {
		return text
	}
	return text + " " + words.Text(lang, protocols.UnitWord(v.Unit), nil)
}

// sentence gives a sentence of the catalogue; slots come as name, value, name, value.
func (r *run) sentence(key string, slots ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(slots); i += 2 {
		m[fmt.Sprint(slots[i])] = slots[i+1]
	}
	return words.Text(r.lang, key, m)
}
