package linkage

import "strings"

func compare(a, b *ready) (p Pattern) {
	p[FieldName] = compareNames(a, b)
	p[FieldBirth] = compareBirths(a.Birth, b.Birth)
	p[FieldSex] = compareSexes(a.Sex, b.Sex)
	p[FieldPhone] = comparePhones(a.Phone, b.Phone)
	p[FieldDocument] = compareDocuments(a, b)
	p[FieldPlace] = comparePlaces(a, b)
	return p
}

func compareBirths(a, b Date) Level {
	if a.Year == 0 || b.Year == 0 {
		return Missing
	}
	apart := max(a.Year-b.Year, b.Year-a.Year)
	if !a.whole() || !b.whole() {
		switch {
		case apart == 0 && (a.Month == b.Month || a.Month == 0 || b.Month == 0):
			return BirthYear
		case apart <= 1:
			return BirthNear
		}
		return BirthDifferent
	}
	parts := 0
	for _, same := range []bool{a.Year == b.Year, a.Month == b.Month, a.Day == b.Day} {
		if same {
			parts++
		}
	}
	switch {
	case parts == 3:
		return BirthSame
	case apart == 0 && a.Month == b.Day && a.Day == b.Month:
		return BirthSwapped
	case parts == 2:
		return BirthOnePart
	case apart == 0:
		return BirthNear
	}
	return BirthDifferent
}

func compareSexes(a, b string) Level {
	switch {
	case a == "" || b == "":
		return Missing
	case a == b:
		return SexSame
	}
	return SexDifferent
}

const (
	fullPhone = 7 // digits of a number that rings somewhere
	seenPhone = 4 // digits of a number that lists show
)

func comparePhones(a, b string) Level {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < seenPhone {
		return Missing
	}
	switch {
	case strings.HasSuffix(b, a) && len(a) >= fullPhone: // with and without the country's code
		return NumberSame
	case strings.HasSuffix(b, a):
		return NumberTail
	case len(a) >= fullPhone && slip([]rune(a), []rune(b)):
		return NumberSlip
	}
	return NumberDifferent
}

// compareDocuments compares documents of one kind: a passport says nothing against an identity card.
func compareDocuments(a, b *ready) Level {
	s, t := a.Document, b.Document
	if min(len(s), len(t)) < 5 || a.DocumentKind != b.DocumentKind {
		return Missing
	}
	r, q := []rune(s), []rune(t)
	switch {
	case strings.ContainsRune(s, '*') || strings.ContainsRune(t, '*'):
		return hidden(r, q)
	case s == t:
		return NumberSame
	case slip(r, q):
		return NumberSlip
	}
	return NumberDifferent
}

// hidden compares documents of which stars stand for some signs.
func hidden(a, b []rune) Level {
	if len(a) != len(b) {
		return Missing
	}
	seen := 0
	for i, c := range a {
		if c == '*' || b[i] == '*' {
			continue
		}
		if seen++; c != b[i] {
			return NumberDifferent
		}
	}
	if seen < 4 {
		return Missing
	}
	return NumberTail
}

func comparePlaces(a, b *ready) Level {
	switch {
	case a.Area == "" || b.Area == "":
		return Missing
	case a.Area == b.Area:
		if a.Household != "" && a.Household == b.Household {
			return PlaceHousehold
		}
		return PlaceArea
	case above(a.Area) != "" && above(a.Area) == above(b.Area):
		return PlaceNear
	}
	return PlaceFar
}

// above is the area above one, by its path; empty for the topmost.
func above(path string) string {
	path = strings.TrimSuffix(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return ""
	}
	return path[:i+1]
}
