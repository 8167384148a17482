package exchange

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"breakwater/internal/engine/table"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// listLink is what a row of a line list says of somebody else: who infected the case, or whom the case exposed.
type listLink struct {
	Infector bool
	Number   string // in the party's lists
	Nth      int    // which of several infectors, or of contacts of whom the row says the very same
	Person   registry.NewPerson
	Values   map[string]string // of the exposure
	Extra    []listExtra
	column   int         // the first that says something of it
	cells    []listExtra // as the list has them
}

// ofLink are the fields of an exposure.
var ofLink = []string{"exposure", "setting", "relation", "exposed_from", "exposed_to"}

// readGrouped takes a cell of one of a row's contacts.
func (r *reading) readGrouped(x *listRow, groups map[int]*listLink, i int, v string) {
	c := &r.columns[i]
	l := groups[c.group]
	if l == nil {
		l = &listLink{Values: map[string]string{}, column: i}
		groups[c.group] = l
	}
	l.cells = append(l.cells, listExtra{c.name, v, c.open})
	who := &l.Person.Identity
	switch c.field.Name {
	case "contact_number":
		l.Number = v
	case "contact_name":
		who.Name = strings.Join(strings.Fields(v), " ")
		if strings.ContainsAny(v, ";；、\n") || utf8.RuneCountInString(v) > 100 {
			x.fault(i, "name", invalid("exchange.several_people"))
		}
	case "contact_phone":
		who.Phone = v
		if err := phoneWrong(v); err != nil {
			x.fault(i, "phone", err)
		}
	case "contact_address":
		who.Address = v
	case "contact_sex":
		ours, err := c.word(v)
		if err != nil {
			x.fault(i, "word", err)
		}
		l.Person.Sex = ours
	case "contact_birth":
		r.readContactBirth(x, l, i, v)
	case "contact_age":
		r.readContactAge(x, l, i, v)
	case otherOfContact:
		l.Extra = append(l.Extra, listExtra{c.name, v, c.open})
	default:
		r.readExposure(x, l, i, v)
	}
}

// readExposure takes a cell of the exposure of a contact.
func (r *reading) readExposure(x *listRow, l *listLink, i int, v string) {
	c := &r.columns[i]
	if c.field.holds != holdsDay {
		l.Values[c.field.link] = v
		return
	}
	day, err := c.day(v, r.now)
	if err == nil && r.now != 0 && outbreak.At(day) > r.now.Add(14*time.Hour) {
		err = invalid("lists.day_future")
	}
	if err != nil {
		x.fault(i, "day", err)
		return
	}
	l.Values[c.field.link] = day.Format(time.DateOnly)
}

func (r *reading) readContactBirth(x *listRow, l *listLink, i int, v string) {
	day, year, err := r.columns[i].birth(v, r.now)
	if err != nil {
		x.fault(i, "birth", err)
	}
	l.Person.Identity.Birth, l.Person.BirthYear = day, year
	if day == "" && year == 0 && err == nil {
		l.Extra = append(l.Extra, listExtra{r.columns[i].name, v, false})
	}
}

// readContactAge keeps the age of somebody who has no line of his own to keep it.
func (r *reading) readContactAge(x *listRow, l *listLink, i int, v string) {
	c := &r.columns[i]
	unit := c.unit
	if unit == "" {
		unit = unitOfName(c.name)
	}
	switch months, exact, err := c.months(v, unit); {
	case err != nil:
		x.fault(i, "age", err)
	case exact:
		l.Extra = append(l.Extra, listExtra{"age", strconv.FormatFloat(float64(months)/12, 'f', -1, 64), c.open})
	default:
		l.Extra = append(l.Extra, listExtra{c.name, v, c.open})
	}
}

// readContacts gives a row its contacts. Cells that say nothing of who it is stay with the case, as the list has them.
func (r *reading) readContacts(x *listRow, groups map[int]*listLink) {
	seen := map[string]int{}
	order := make([]int, 0, len(groups))
	for g := range groups {
		order = append(order, g)
	}
	slices.Sort(order)
	for _, g := range order {
		l := groups[g]
		who := l.Person.Identity
		if l.Number == "" && who.Name == "" && who.Phone == "" {
			x.extra = append(x.extra, l.cells...)
			continue
		}
		l.Person.Area, l.Person.Identity.DocumentKind = x.person.Area, registry.NoDocument
		l.Nth = seen[l.who()]
		seen[l.who()]++
		x.links = append(x.links, *l)
		if l.Number != "" && l.Number == x.number {
			x.fault(l.column, "link", invalid("contacts.same_person"))
		}
		r.rightOrder(x, l)
	}
}

// who is what tells the contacts of a row apart.
func (l *listLink) who() string {
	if l.Number != "" {
		return "no " + l.Number
	}
	i := l.Person.Identity
	return strings.Join([]string{i.Name, i.Phone, i.Birth, i.Address}, "\x00")
}

// readInfector reads who infected the case: numbers of the same party's list. What is no number is kept under the column's own name.
func (r *reading) readInfector(x *listRow, said map[string]string) {
	if r.kind != LineList {
		return
	}
	v, i := said["infected_by"], r.at["infected_by"]
	values := map[string]string{}
	for _, name := range ofLink {
		if said[name] != "" {
			values[name] = said[name]
		}
	}
	numbers := numbersOf(v)
	if len(numbers) == 0 {
		if v != "" {
			x.noNumber = true
			x.extra = append(x.extra, listExtra{r.columns[i].name, v, r.columns[i].open})
		}
		for _, name := range ofLink {
			if c, is := r.at[name]; is && values[name] != "" {
				x.extra = append(x.extra, listExtra{r.columns[c].name, values[name], r.columns[c].open})
			}
		}
		return
	}
	for k, number := range numbers {
		l := listLink{Infector: true, Number: number, Nth: k, Values: values, column: i}
		if x.links = append(x.links, l); number == x.number {
			x.fault(i, "link", invalid("contacts.same_person"))
		}
		r.rightOrder(x, &l)
	}
}

// rightOrder refuses an exposure that ends before it begins.
func (r *reading) rightOrder(x *listRow, l *listLink) {
	if from, to := l.Values["exposed_from"], l.Values["exposed_to"]; from != "" && to != "" && to < from {
		x.fault(l.column, "link", invalid("contacts.last_before_first"))
	}
}

const mostNumber = 40 // letters of a number in a list

// numbersOf are the numbers of a list a cell names; nil when it says something in words.
func numbersOf(v string) (numbers []string) {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(";；、，,|\n", r) }) {
		part = strings.TrimSpace(part)
		if part == "" || table.Nothing(part) {
			continue
		}
		if strings.IndexFunc(part, unicode.IsDigit) < 0 || utf8.RuneCountInString(part) > mostNumber || strings.Count(part, " ") > 1 {
			return nil
		}
		if !slices.Contains(numbers, part) {
			numbers = append(numbers, part)
		}
	}
	return numbers
}
