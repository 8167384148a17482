package exchange

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// listRow is a row of a list as our fields have it.
type listRow struct {
	row    int
	cells  []string           // as the file writes them, for the workbook of rows that come back
	person registry.NewPerson // the case, or who was exposed
	own    outbreak.CaseID    // of a list of our own that comes back: the case
	number string             // in the list of the party it comes from
	nth    int                // without a number: how many rows before it say the very same
	values map[string]string  // of the case or of the exposure, by field
	extra  []listExtra
	links  []listLink // of a line list: who infected the case, and whom it exposed
	told   []listFault

	from       registry.NewPerson // of a list of contacts: who exposed
	fromNo     string
	toNo       string
	homed      bool // the area is where whoever was exposed lives
	ageUnknown bool // a range: kept as it is written
	noNumber   bool // who infected the case is said in words: kept as it is written
}

// listExtra is what a column says that is no field of ours.
type listExtra struct {
	Name, Value string
	Open        bool
}

// listFault is what is wrong with a cell; column -1: with the row.
type listFault struct {
	column int
	check  string
	err    *outbreak.Error
}

const (
	mostText  = 500    // letters of a field
	mostShort = 120    // of a text of the line list
	mostExtra = 32_767 // of a column that is kept: as many as a spreadsheet's cell holds
)

// take reads a row by the columns that were chosen.
func (r *reading) take(row int, cells []string) *listRow {
	x := &listRow{row: row, cells: cells, values: map[string]string{}}
	for i, c := range cells {
		if i >= len(r.columns) && i >= r.found.own+len(added) && strings.TrimSpace(c) != "" {
			x.fault(-1, "row", invalid("exchange.row_fields", "have", len(cells), "want", len(r.columns)))
			return x
		}
	}
	said := map[string]string{}
	groups := map[int]*listLink{}
	for i := range r.columns {
		c := &r.columns[i]
		if i >= len(cells) {
			break
		}
		v, err := c.value(cells[i])
		if err != nil {
			x.fault(i, "cell", err)
			continue
		}
		if v == "" {
			continue
		}
		if c.field.Name == "" {
			if utf8.RuneCountInString(v) > mostExtra {
				x.fault(i, "cell", invalid("exchange.name_long", "column", c.name))
			}
			x.extra = append(x.extra, listExtra{c.name, v, c.open})
			continue
		}
		if len(v) > mostText && utf8.RuneCountInString(v) > mostText || c.field.value != "" && len(v) > mostShort && utf8.RuneCountInString(v) > mostShort {
			x.fault(i, "cell", invalid("exchange.name_long", "column", c.name))
			continue
		}
		if c.field.group {
			r.readGrouped(x, groups, i, v)
			continue
		}
		said[c.field.Name] = v
	}
	r.read(x, said)
	r.readInfector(x, said)
	r.readContacts(x, groups)
	slices.SortStableFunc(x.told, func(a, b listFault) int { return a.column - b.column })
	return x
}

func (x *listRow) fault(column int, check string, err *outbreak.Error) {
	x.told = append(x.told, listFault{column, check, err})
}

// read gives the cells their meaning: first those that stand for themselves, then those that hang on others.
func (r *reading) read(x *listRow, said map[string]string) {
	days := map[string]time.Time{}
	for name, i := range r.at {
		v, c := said[name], &r.columns[i]
		if v == "" {
			continue
		}
		switch c.field.holds {
		case holdsDay:
			if day, err := c.day(v, r.now); err != nil {
				x.fault(i, "day", err)
			} else if r.now != 0 && outbreak.At(day) > r.now.Add(14*time.Hour) {
				x.fault(i, "day", invalid("lists.day_future"))
			} else {
				days[name] = day
				if to := c.field.value; to != "" {
					x.values[to] = day.Format(time.DateOnly)
				} else if name != "died" {
					said[name] = day.Format(time.DateOnly)
				}
			}
		case holdsWord:
			if ours, err := c.word(v); err != nil {
				x.fault(i, "word", err)
			} else if ours != "" {
				x.values[c.field.value] = ours
			}
		case holdsText:
			if to := c.field.value; to != "" {
				x.values[to] = v
			}
		}
	}
	x.number, x.fromNo, x.toNo = said["number"], said["from"], said["to"]
	if r.kind == Contacts {
		for _, name := range ofLink {
			if v := said[name]; v != "" {
				x.values[name] = v
			}
		}
	}
	r.readPerson(x, said)
	if r.readOwn(x, said["case"]); x.own == 0 {
		r.readArea(x, said["area"])
	}
	r.readAge(x, said, days)
	r.readOutcome(x, days)
}

// readOwn reads which of our own cases a row is about.
func (r *reading) readOwn(x *listRow, v string) {
	if v == "" {
		return
	}
	var err error
	if x.own, err = outbreak.ParseID[outbreak.CaseID](v); err != nil || x.own == 0 {
		x.fault(r.at["case"], "case", invalid("lists.case_wrong"))
	}
}

func (r *reading) readPerson(x *listRow, said map[string]string) {
	p := &x.person
	p.Sex, p.Household = x.values["sex"], said["household"]
	p.Identity = registry.Identity{Name: wholeName(said), Phone: said["phone"], Address: said["address"]}
	x.from.Identity = registry.Identity{Name: said["from_name"], Phone: said["from_phone"]}
	for name, phone := range map[string]string{"phone": p.Identity.Phone, "from_phone": x.from.Identity.Phone} {
		if err := phoneWrong(phone); err != nil {
			x.fault(r.at[name], "phone", err)
		}
	}
	for _, name := range []string{"name", "from_name"} {
		if v := said[name]; v != "" && (strings.ContainsAny(v, ";；、\n") || utf8.RuneCountInString(v) > 100) {
			x.fault(r.at[name], "name", invalid("exchange.several_people"))
		}
	}
	r.readBirth(x, said["birth"])
	r.readDocument(x, said)
}

// wholeName joins the parts of a name: the family's first where it is written in characters.
func wholeName(said map[string]string) string {
	family, given := said["family_name"], said["given_name"]
	switch {
	case said["name"] != "":
		return strings.Join(strings.Fields(said["name"]), " ")
	case strings.IndexFunc(family+given, func(c rune) bool { return unicode.Is(unicode.Han, c) }) >= 0:
		return family + given
	}
	return strings.TrimSpace(given + " " + family)
}

// phoneWrong finds phone numbers nobody could call.
func phoneWrong(text string) *outbreak.Error {
	n := 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			n++
		case c == '+' && i == 0, strings.ContainsRune(" -().", c):
		default:
			return invalid("exchange.phone_wrong")
		}
	}
	if text != "" && (n < 5 || n > 15) {
		return invalid("exchange.phone_wrong")
	}
	return nil
}

func (r *reading) readBirth(x *listRow, v string) {
	if v == "" {
		return
	}
	i := r.at["birth"]
	day, year, err := r.columns[i].birth(v, r.now)
	if err != nil {
		x.fault(i, "birth", err)
		return
	}
	if day == "" && year == 0 { // of a list of former times: nobody's identity hangs on it
		x.extra = append(x.extra, listExtra{r.columns[i].name, v, false})
	}
	x.person.Identity.Birth, x.person.BirthYear = day, year
}

// birth reads a cell as a day or a year of birth; neither of days that are too long ago.
func (c *readColumn) birth(v string, now outbreak.Instant) (day string, year int, err *outbreak.Error) {
	if len(v) == 4 && digits(v) && v >= "1880" && v <= "2100" {
		return "", int(v[0]-'0')*1000 + int(v[1]-'0')*100 + int(v[2]-'0')*10 + int(v[3]-'0'), nil
	}
	t, err := c.day(v, now)
	switch {
	case err != nil:
		return "", 0, err
	case now != 0 && outbreak.At(t) > now.Add(14*time.Hour):
		return "", 0, invalid("exchange.birth_range")
	case t.Year() < 1880:
		return "", 0, nil
	}
	return t.Format(time.DateOnly), 0, nil
}

func (r *reading) readDocument(x *listRow, said map[string]string) {
	number := said["document"]
	if number == "" {
		x.person.Identity.DocumentKind = registry.NoDocument
		return
	}
	kind, known := documentKinds[foldHeader(said["document_kind"])]
	if !known && said["document_kind"] != "" {
		x.fault(r.at["document_kind"], "identity", invalid("exchange.document_kind"))
		return
	}
	if !known {
		kind = kindOfNumber(number)
	}
	canonical, birth, err := registry.CheckDocument(kind, number)
	if err != nil {
		told, ok := errors.AsType[*outbreak.Error](err)
		if !ok {
			told = invalid("registry.document_number")
		}
		x.fault(r.at["document"], "identity", told)
		return
	}
	i := &x.person.Identity
	i.DocumentKind, i.Document = kind, canonical
	if !birth.IsZero() {
		if i.Birth != "" && i.Birth != birth.Format(time.DateOnly) {
			x.fault(r.at["birth"], "identity", invalid("exchange.birth_differs"))
		}
		i.Birth = birth.Format(time.DateOnly)
	}
}

// readArea finds where a row belongs: the area it names, or that of the whole list or of whom it is about, beside which the name is kept.
func (r *reading) readArea(x *listRow, v string) {
	home := r.home(x)
	x.person.Area, x.homed = home, home != r.plan.Area
	i, there := r.at["area"]
	switch {
	case v == "" && home == "" && r.known != nil:
		if !there {
			i = -1
		}
		x.fault(i, "area", invalid("lists.area_missing"))
	case v == "":
	case r.known == nil:
		x.person.Area = v
	default:
		if code, is := r.known(v); is {
			x.person.Area, x.homed = code, false
		} else if home == "" {
			x.fault(i, "area", invalid("exchange.area_unknown", "code", v))
		} else {
			x.extra = append(x.extra, listExtra{r.columns[i].name, v, r.columns[i].open})
		}
	}
	x.from.Area = x.person.Area
}

// readAge reads the age and, where no birth date is known, the year somebody was born in: at onset, or the nearest day to it.
func (r *reading) readAge(x *listRow, said map[string]string, days map[string]time.Time) {
	v := said["age"]
	if v == "" {
		return
	}
	i := r.at["age"]
	c := &r.columns[i]
	unit := c.unit
	if w := said["age_unit"]; w != "" {
		unit = unitWord(w)
	} else if unit == "" {
		unit = unitOfName(c.name)
	}
	months, exact, err := c.months(v, unit)
	if err != nil {
		x.fault(i, "age", err)
		return
	}
	if !exact {
		x.ageUnknown = true
		x.extra = append(x.extra, listExtra{c.name, v, c.open})
		return
	}
	x.values["age"] = strconv.FormatFloat(float64(months)/12, 'f', -1, 64)
	if x.person.Identity.Birth != "" || x.person.BirthYear != 0 {
		return
	}
	for _, name := range []string{"onset", "diagnosed", "reported", "sampled", "hospitalised", "exposed_to", "exposed_from"} {
		if day, is := days[name]; is && day.Year() > 2000-120 {
			x.person.BirthYear = day.AddDate(0, -months, 0).Year()
			return
		}
	}
}

// readOutcome reads the day of a death, which is an outcome by itself.
func (r *reading) readOutcome(x *listRow, days map[string]time.Time) {
	died, is := days["died"]
	if !is {
		return
	}
	switch x.values["outcome"] {
	case "alive", "recovered":
		x.fault(r.at["died"], "outcome", invalid("lists.outcome_differs"))
		return
	}
	x.values["outcome"] = "died"
	if x.values["outcome_date"] == "" {
		x.values["outcome_date"] = died.Format(time.DateOnly)
	}
}
