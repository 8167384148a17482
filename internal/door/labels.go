package door

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/label"
	"breakwater/internal/words"
)

// MostPeopleLabels is how many personal codes are printed at once: a hundred sheets of 24.
const MostPeopleLabels = 2400

// PeopleLabels draws the personal codes of people, door by door: who reads a label learns the code, the door, sex and year of
// birth, and no name. It gives the number after which the next part begins; 0 when everybody is there.
func (h House) PeopleLabels(ctx context.Context, by outbreak.Actor, c registry.GiveCodes, format string, lang words.Lang) (d label.Document, next int64, err error) {
	f, err := label.FormatOf(label.Person, format)
	if err != nil {
		return d, 0, err
	}
	c.Most = MostPeopleLabels
	list, err := h.Registry.GiveCodes(ctx, by, c)
	if err != nil {
		return d, 0, err
	}
	if len(list) == 0 {
		return d, 0, outbreak.Refuse(outbreak.NotFound, "labels.nobody")
	}
	d.Hint = words.Text(lang, "labels.people_hint", map[string]any{"n": len(list), "pages": pagesOf(f, len(list))})
	if len(list) == MostPeopleLabels {
		next = list[len(list)-1].No
		d.Hint += " " + words.Text(lang, "labels.people_more", map[string]any{"no": next})
	}
	slices.SortStableFunc(list, func(a, b registry.PersonalCode) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), label.Natural(a.Building, b.Building), label.Natural(a.Door, b.Door))
	})
	labels := make([]label.Label, len(list))
	for i, p := range list {
		labels[i] = PersonLabel(p, lang)
	}
	d.Title = words.Text(lang, "labels.people", nil)
	d.Lang = langTag(lang)
	d.Sheets, err = label.Sheets(f, labels)
	return d, next, err
}

// PersonLabel says what one person's label says.
func PersonLabel(p registry.PersonalCode, lang words.Lang) label.Label {
	var lines []string
	if at := strings.TrimSpace(p.Building + " " + p.Door); at != "" {
		lines = append(lines, at)
	}
	if p.BirthYear != 0 {
		lines = append(lines, words.Text(lang, "labels.person_who", map[string]any{"sex": words.Text(lang, "web.sex."+cmp.Or(p.Sex, "unknown"), nil), "year": p.BirthYear}))
	}
	return label.Label{Kind: label.Person, Code: p.Code, Lines: append(lines, words.Text(lang, "labels.person_no", map[string]any{"no": p.No}))}
}

// SerialLabels draws the serials of a run: one label for each tube, or one for the box that holds them.
func (h House) SerialLabels(ctx context.Context, by outbreak.Actor, kind string, first, last outbreak.TubeCode, format string, lang words.Lang) (d label.Document, err error) {
	list, err := h.Registry.Serials(ctx, by, first, last)
	if err != nil {
		return d, err
	}
	return SerialDocument(kind, list, format, lang)
}

// SerialDocument draws serials that follow each other.
func SerialDocument(kind string, list []outbreak.TubeCode, format string, lang words.Lang) (d label.Document, err error) {
	if kind != label.Tube && kind != label.Box {
		return d, outbreak.Refuse(outbreak.Invalid, "labels.no_format")
	}
	f, err := label.FormatOf(kind, format)
	if err != nil {
		return d, err
	}
	var labels []label.Label
	if kind == label.Box {
		last := list[len(list)-1]
		labels = []label.Label{{Kind: kind, Code: string(list[0]), Lines: []string{
			words.Text(lang, "labels.box_of", map[string]any{"n": len(list)}), string(list[0] + " – " + last)}}}
	} else {
		for _, code := range list {
			labels = append(labels, label.Label{Kind: kind, Code: string(code)})
		}
	}
	d.Title = words.Text(lang, "labels."+kind+"_title", map[string]any{"first": list[0], "last": list[len(list)-1]})
	d.Hint = words.Text(lang, "labels.serials_hint", map[string]any{"n": len(labels), "pages": pagesOf(f, len(labels)), "size": f.Size()})
	d.Lang = langTag(lang)
	d.Sheets, err = label.Sheets(f, labels)
	return d, err
}

func pagesOf(f label.Format, n int) int { return (n + f.PerPage() - 1) / f.PerPage() }

func langTag(lang words.Lang) string {
	if lang == words.Chinese {
		return "zh-CN"
	}
	return string(lang)
}
