package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"

	"breakwater/internal/engine/table"
	"breakwater/internal/words"
)

// listScan is a list on its way through: every row is read, judged, counted, and handed on or given back.
type listScan struct {
	*reading
	source   *Source
	lang     words.Lang
	most     int // problems that are listed
	report   *Report
	rejected *rejectedBook
	shared   sharing
	seen     *sightings
	ranges   int        // ages that are ranges
	wordy    int        // rows that say in words who infected the case
	ahead    *listAhead // nil: nothing is written
	batch    []*listRow
	size     int // rows of a batch
	progress func(Report)
	finish   func(*Report) error // once every row is in; nil: nothing is left to do
}

// run reads the list to its end.
func (s *listScan) run() (Report, error) {
	last := s.found.Table.Header.First + s.found.Table.Header.Rows - 1
	_, err := s.source.read(s.found.Sheet, func(row int, cells []string) error {
		if row <= last || blank(cells) || s.found.Table.Again(cells) {
			return nil
		}
		s.report.Received++
		return s.take(row, cells)
	})
	if err == nil {
		err = s.send()
	}
	if s.ahead != nil { // what stands before a fault is good
		if failed := s.ahead.settleAll(); failed != nil && !errors.Is(failed, errBefore) {
			err = failed
		}
	}
	if err != nil {
		s.report.Received = s.report.Accepted + s.report.Repeated + s.report.Rejected
		_ = s.rejected.close()
		return *s.report, err
	}
	if s.finish != nil {
		if err := s.finish(s.report); err != nil {
			_ = s.rejected.close()
			return *s.report, err
		}
	}
	s.warn()
	s.report.Shared = s.shared.all()
	if err := s.rejected.close(); err != nil {
		return *s.report, fmt.Errorf("writing the workbook of rejected rows: %w", err)
	}
	return *s.report, s.report.balanced()
}

func (s *listScan) take(row int, cells []string) error {
	x := s.reading.take(row, cells)
	if x.ageUnknown {
		s.ranges++
	}
	if len(x.told) > 0 {
		return s.reject(x)
	}
	number, column := x.number, "number"
	if x.own != 0 {
		number, column = "case "+x.own.String(), "case"
	}
	nth, differs := s.seen.see(number, s.content(x))
	switch {
	case differs:
		x.fault(s.at[column], "repeat", invalid("exchange.repeated_differs"))
		return s.reject(x)
	case number != "" && nth > 1:
		s.report.Repeated++
		return nil
	}
	x.nth = nth - 1
	if x.noNumber {
		s.wordy++
	}
	if s.ahead == nil {
		s.report.Accepted++
		return s.countLinks(linked{LinkTotals: LinkTotals{Received: len(x.links)}})
	}
	if s.batch = append(s.batch, x); len(s.batch) >= s.size {
		return s.send()
	}
	return nil
}

// content is what a row says, as it is kept: of two people of whom a list says the very same there are two.
func (s *listScan) content(x *listRow) string {
	person, from := x.person, x.from
	if x.homed { // the list does not say it, and people move
		person.Area, from.Area = "", ""
	}
	text, err := json.Marshal([]any{x.own, person, from, x.fromNo, x.toNo, x.values, x.extra, x.links})
	if err != nil {
		return strings.Join(x.cells, "\x00")
	}
	return string(text)
}

func (s *listScan) send() error {
	if len(s.batch) == 0 {
		return nil
	}
	batch := s.batch
	s.batch = nil
	return s.ahead.start(batch)
}

// reject counts a row as one that comes back, and gives it back.
func (s *listScan) reject(x *listRow) error {
	s.report.Rejected++
	return s.giveBack(x)
}

// giveBack gives a row back with what is wrong with each of its cells.
func (s *listScan) giveBack(x *listRow) error {
	problems := make([]Problem, len(x.told))
	for i, t := range x.told {
		p := Problem{Row: x.row, Check: t.check, Reason: sentence(s.lang, t.err)}
		if t.column >= 0 && t.column < len(s.columns) {
			c := s.columns[t.column]
			p.Column = c.name
			if t.column < len(x.cells) {
				p.Value = hide(c.field, strings.TrimSpace(x.cells[t.column]))
			}
		}
		problems[i] = p
		s.report.tell(p, s.most)
	}
	s.shared.take(problems)
	return s.rejected.add(x, problems)
}

// hide shows of a cell enough to find it again.
func hide(f listField, value string) string {
	r := []rune(value)
	if len(r) > 40 {
		r = append(r[:39:39], '…')
	}
	if f.private || f.Name == "" || f.holds == holdsText {
		return maskRunes(r)
	}
	return string(r)
}

// warn tells of what may be wrong with the list as a whole.
func (s *listScan) warn() {
	t := s.found.Table
	say := func(msg string, slots ...any) {
		s.report.Warnings = append(s.report.Warnings, sentence(s.lang, invalid(msg, slots...)))
	}
	if n := s.found.Told.Rows; n == 65_536 || n == 1_048_576 {
		say("exchange.cut_at_limit", "lines", n)
	}
	if n := len(t.Header.Titles); n > 0 {
		say("lists.titles", "rows", n, "header", t.Header.First)
	}
	if n := s.found.Told.Formulas; n > 0 {
		say("lists.formulas", "cells", n)
	}
	if n := s.found.Told.Merged; n > 0 {
		say("lists.merged", "cells", n)
	}
	if s.found.Macros {
		say("lists.macros")
	}
	if l := s.found.Letters; l != nil && !l.Sure && l.Other != "" {
		say("lists.letters", "encoding", string(l.Encoding), "other", string(l.Other))
	}
	if s.ranges > 0 {
		say("lists.ranges", "rows", s.ranges)
	}
	if s.wordy > 0 {
		say("lists.infected_words", "rows", s.wordy)
	}
	if k := s.report.Links; k != nil && k.Waiting > 0 {
		say("lists.links_wait", "n", k.Waiting)
	}
	for _, o := range t.Odd {
		switch o.What {
		case table.OddHeader:
			say("lists.header_again", "rows", o.Count)
		case table.OddColumnCap:
			say("lists.column_cap", "rows", o.Count)
		}
	}
	for i, c := range s.columns {
		d := t.Columns[i].Dates
		if d == nil || !(c.field.holds == holdsDay || c.field.holds == holdsBirth) {
			continue
		}
		switch {
		case d.Order != "" && d.Order != table.Ambiguous:
			say("lists.order_"+string(c.order), "column", c.name, "day", d.DayFirst, "month", d.MonthFirst, "either", d.Either)
		case d.Order == table.Ambiguous && c.order == "":
			say("lists.order_ambiguous", "column", c.name, "either", d.Either)
		}
		if d.Serials > 0 {
			say("lists.serials", "column", c.name, "cells", d.Serials, "a", d.Readings[0].Earliest, "b", d.Readings[1].Earliest)
		}
		if d.ShortYear > 0 {
			say("lists.short_year", "column", c.name, "cells", d.ShortYear)
		}
	}
}

// sightings remember which numbers and which rows stood before.
type sightings struct {
	seed maphash.Seed
	said map[uint64]sighted
}

type sighted struct {
	content uint64
	times   int32
}

func newSightings() *sightings {
	return &sightings{seed: maphash.MakeSeed(), said: map[uint64]sighted{}}
}

// see counts a row: the how manyth it is under its number, or with its content when it has none; differs when the number stood before
// with other content.
func (s *sightings) see(number, content string) (nth int, differs bool) {
	c := maphash.String(s.seed, content)
	key := c
	if number != "" {
		key = maphash.String(s.seed, "\x00number\x00"+number)
	}
	before, again := s.said[key]
	if again && number != "" && before.content != c {
		return 0, true
	}
	s.said[key] = sighted{c, before.times + 1}
	return int(before.times) + 1, false
}

func newListReport(r *reading) *Report {
	f := r.found
	rep := &Report{Kind: r.kind, Mapping: map[string]string{}, Problems: []Problem{}, Ignored: []string{}, Warnings: []string{}, HeaderRow: f.Table.Header.First, Digest: f.Digest, Extra: []string{}}
	if f.Letters != nil {
		rep.Encoding, rep.Separator = Encoding(f.Letters.Encoding), f.Letters.Separator
	} else {
		rep.Sheet = f.Sheets[f.Sheet].Name
	}
	_, own := r.at["case"]
	for _, c := range r.columns {
		switch {
		case c.field.Name != "":
			rep.Mapping[c.name] = c.field.place(c.group)
		case own: // a list of our own that comes back changes fields of ours alone
			rep.Ignored = append(rep.Ignored, c.name)
		default:
			rep.Extra = append(rep.Extra, c.name)
		}
	}
	return rep
}
