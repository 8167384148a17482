package worklist

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

const mostNumber = 60 // characters of a number in a party's list

// numbersIn are the pieces of a line that may be the number of a case in a party's list. Digits alone are one when they are all the
// line says: else they are a seat, a floor, an age.
func numbersIn(line string) (numbers []string) {
	take := func(s string) {
		s = strings.TrimSpace(s)
		if strings.ContainsFunc(s, unicode.IsDigit) && utf8.RuneCountInString(s) <= mostNumber && !slices.Contains(numbers, s) {
			numbers = append(numbers, s)
		}
	}
	take(line)
	rest := withoutOrdinal(line)
	take(rest)
	for _, piece := range strings.FieldsFunc(rest, parts) {
		for _, s := range append([]string{piece}, strings.Fields(piece)...) {
			if s = strings.Trim(s, ".。#*—"); digitsOf(s) != s {
				take(s)
			}
		}
	}
	return numbers
}

// byNumber finds for each line whom parties know by a number that stands in it, among those whose identities the actor may open.
func (s *Service) byNumber(tx *store.Tx, by outbreak.Actor, l List, lines []string) ([][]outbreak.PersonID, error) {
	said := make([][]string, len(lines))
	var all []string
	for i, line := range lines {
		said[i] = numbersIn(line)
		all = append(all, said[i]...)
	}
	slices.Sort(all)
	called, err := s.cases.PeopleCalled(tx, l.Outbreak, slices.Compact(all))
	if err != nil {
		return nil, err
	}
	var ids []outbreak.PersonID
	for _, people := range called {
		ids = append(ids, people...)
	}
	slices.Sort(ids)
	known, err := registry.PeopleByID(tx, slices.Compact(ids))
	found := make([][]outbreak.PersonID, len(lines))
	for i := range lines {
		leads := map[outbreak.PersonID]bool{} // of codes that were merged one is enough
		for _, number := range said[i] {
			for _, id := range called[number] {
				p, is := known[id]
				lead := p.ID
				if p.MergedInto != 0 {
					lead = p.MergedInto
				}
				if is && !leads[lead] && access.Can(by, access.PersonIdentity, outbreak.Scope{Area: p.Area, Outbreak: l.Outbreak}) {
					leads[lead] = true
					found[i] = append(found[i], p.ID)
				}
			}
		}
	}
	return found, err
}

// meant joins whom a line may mean by a number with whom it may mean by all else: who is among both, or all of them, and a person chooses.
func meant(numbered, others []outbreak.PersonID) (all []outbreak.PersonID) {
	for _, id := range others {
		if slices.Contains(numbered, id) {
			all = append(all, id)
		}
	}
	if len(all) > 0 {
		return all
	}
	return append(slices.Clone(numbered), others...)
}
