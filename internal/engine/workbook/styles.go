package workbook

import (
	"io"
	"strconv"
	"strings"
)

// shown is what a number format makes of a number.
type shown byte

const (
	asNumber shown = iota
	asDay
	asMoment // a day with a time
	asTime
)

// styles are what each style of a cell shows.
type styles []shown

func (s styles) of(i int) shown {
	if i < 0 || i >= len(s) {
		return asNumber
	}
	return s[i]
}

// readStyles reads which styles show dates.
func (b *Book) readStyles() error {
	targets, err := b.targets(b.workbookPart())
	if err != nil {
		return err
	}
	part := targets["styles"]
	if part == "" || b.parts[strings.ToLower(part)] == nil {
		return nil
	}
	s, err := b.open(part)
	if err != nil {
		return err
	}
	defer s.close()
	own, cells := map[int]shown{}, false
	for {
		t, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t {
		case begins:
			switch string(s.name) {
			case "numFmt":
				if id, err := strconv.Atoi(s.said("numFmtId")); err == nil && len(own) < 10_000 {
					own[id] = shownBy(s.said("formatCode"))
				}
			case "cellXfs":
				cells = true
			case "xf":
				if cells && len(b.styles) < 100_000 {
					id, _ := strconv.Atoi(s.said("numFmtId"))
					as, named := own[id]
					if !named {
						as = builtIn(id)
					}
					b.styles = append(b.styles, as)
				}
			}
		case ends:
			if string(s.name) == "cellXfs" {
				cells = false
			}
		}
	}
}

// builtIn are the formats every spreadsheet has, those of East Asia with them.
func builtIn(id int) shown {
	switch {
	case id == 22:
		return asMoment
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return asDay
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return asTime
	}
	return asNumber
}

// shownBy reads a format's code: letters for days and times outside quotes, brackets and escapes.
func shownBy(code string) shown {
	code, _, _ = strings.Cut(code, ";") // positive numbers
	day, clock, month := false, false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			for i++; i < len(code) && code[i] != '"'; i++ {
			}
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return asNumber
			}
			if w := strings.ToLower(code[i+1 : i+end]); w != "" && (strings.Trim(w, "h") == "" || strings.Trim(w, "m") == "" || strings.Trim(w, "s") == "") {
				clock = true // hours beyond a day
			}
			i += end
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case c == 'y' || c == 'd' || code[i] == 'e' && i+1 < len(code) && code[i+1] != '+' && code[i+1] != '-':
			day = true
		case c == 'h' || c == 's':
			clock = true
		case c == 'm':
			month = true
		case code[i] == 'E' || code[i] == '#' || code[i] == '?':
			return asNumber
		case c == 'g' && len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general"):
			return asNumber
		}
	}
	switch {
	case day && clock:
		return asMoment
	case day, month && !clock:
		return asDay
	case clock:
		return asTime
	}
	return asNumber
}
