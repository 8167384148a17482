package lab

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// within writes a condition that cuts rows of laboratories to the areas the actor reaches. A laboratory works for every
// outbreak, so that a grant for one of them reaches its rows.
func within(by outbreak.Actor, may access.Permission, column string, args []any) (string, []any) {
	var areas []outbreak.Path
	for _, s := range access.Reach(by, may) {
		areas = append(areas, s.Area)
	}
	return below(areas, column, args)
}

// ofLab narrows a condition to what is of one laboratory; 0: of all.
func ofLab(id outbreak.LabID) func(where string, args []any) (string, []any) {
	return func(where string, args []any) (string, []any) {
		if id == 0 {
			return where, args
		}
		args = append(args, id)
		return where + fmt.Sprintf(" and lab = $%d", len(args)), args
	}
}

// below writes a condition that cuts rows to areas and what lies below them.
func below(areas []outbreak.Path, column string, args []any) (string, []any) {
	var any []string
	for _, a := range areas {
		args = append(args, a, a.Upto())
		any = append(any, fmt.Sprintf("(%[1]s >= $%[2]d and %[1]s < $%[3]d)", column, len(args)-1, len(args)))
	}
	if any == nil {
		return "1 = 0", args
	}
	return "(" + strings.Join(any, " or ") + ")", args
}

// longestNote is how many characters a note, a signature or a name may have.
const longestNote = 500

// noteOf tidies what somebody wrote.
func noteOf(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > longestNote {
		return "", outbreak.Refuse(outbreak.Invalid, "lab.note_long", "most", longestNote)
	}
	return text, nil
}

// momentOf takes the time of a fact: 0 is now, and nothing happened in the future.
func momentOf(at, now outbreak.Instant) (outbreak.Instant, error) {
	if at == 0 {
		return now, nil
	}
	if at > now.Add(outbreak.Drift) {
		return 0, outbreak.Refuse(outbreak.Invalid, "lab.at_in_future")
	}
	return at, nil
}
