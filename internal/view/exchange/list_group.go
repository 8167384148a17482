package exchange

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// A line list may name in one row whom the case exposed: contact 1 with name, telephone and relation, contact 2 with the same, side by
// side; numbered, or as blocks of the same names that repeat under one heading or none.

const (
	mostGroups     = 200
	otherOfContact = "contact_other"
)

// place is what a field is of a row: of contacts it stands there once for each.
func (f listField) place(group int) string {
	if !f.group {
		return f.Name
	}
	return f.Name + " " + strconv.Itoa(group)
}

// groupCounter gives columns of contacts whose contact nobody said one each, in their order.
type groupCounter map[string]int

func (n groupCounter) of(f listField, said int) int {
	if !f.group {
		return 0
	}
	if said == 0 {
		said = n[f.Name] + 1
	}
	n[f.Name] = max(n[f.Name], said)
	return said
}

// places are those a plan fills.
func (p Plan) places(kind Kind) map[string]bool {
	filled, nth := map[string]bool{}, groupCounter{}
	for _, c := range p.Columns {
		if f, is := fieldOf(kind, c.Field); is {
			filled[f.place(nth.of(f, c.Group))] = true
		}
	}
	return filled
}

// needsContacts refuses groups of columns that say of a contact everything but who it is.
func (r *reading) needsContacts() error {
	named := map[int]bool{}
	for _, c := range r.columns {
		named[c.group] = named[c.group] || slices.Contains(naming, c.field.Name)
	}
	for _, c := range r.columns {
		if c.field.group && !named[c.group] {
			return outbreak.Refuse(outbreak.Invalid, "lists.contact_nobody", "n", c.group, "column", c.name)
		}
	}
	return nil
}

// naming are the fields that say who a contact is.
var naming = []string{"contact_name", "contact_number", "contact_phone"}

// contactWords are the words for people who were exposed; the longer ones first.
var contactWords = strings.NewReplacer("密切接触者", " contact ", "密接者", " contact ", "密接", " contact ", "接触者", " contact ")

// restOf says what a column of a contact is, by what its name says beside the word and the number.
var restOf = func() map[string]string {
	all := map[string]string{}
	for field, names := range map[string]string{
		"contact_name": "|name|full name|fullname|names|姓名|名字", "contact_number": "id|case id|code|identifier|编号|序号|病例编号",
		"contact_phone": "phone|telephone|tel|mobile|cell|phone number|mobile number|cell phone|telephone number|电话|手机|手机号|手机号码|联系电话|电话号码|联系方式",
		"contact_sex":   "sex|gender|性别", "contact_age": "age|age years|年龄", "contact_birth": "birth|dob|date birth|birth date|birthdate|birthday|出生日期|生日",
		"contact_address": "address|home address|住址|地址|现住址|家庭住址", "contact_relation": "relation|relationship|relation to case|relationship to case|relation case|关系|与病例关系|与患者关系",
		"contact_exposure": "exposure|type|exposure type|type exposure|kind|mode|接触方式|暴露方式|接触类型|方式", "contact_setting": "setting|place|location|where|exposure setting|地点|场所|接触地点|接触场所|暴露地点",
		"contact_from": "first|date first|first date|first exposure|date first exposure|start|from|start date|exposure start|首次接触日期|接触开始日期|首次暴露日期|开始日期",
		"contact_to":   "date|last|date last|last date|last exposure|date last exposure|end|to|end date|exposure date|date exposure|接触日期|末次接触日期|最后接触日期|末次暴露日期|暴露日期|结束日期",
		numberOrPhone:  "number|no|nr|num|号|号码",
	} {
		for _, n := range strings.Split(names, "|") {
			all[n] = field
		}
	}
	return all
}()

// numberOrPhone is a column whose name says that it holds numbers, of lists or of telephones.
const numberOrPhone = "number or phone"

// contactColumn reads the name of a column as one of a contact: which contact, 0 when it has no number, and what of it; field is empty
// when nobody can tell.
func contactColumn(name string) (group int, field string, is bool) {
	var rest []string
	for _, w := range nameParts(name) {
		n, err := strconv.Atoi(w)
		switch {
		case slices.Contains([]string{"emergency", "source", "case", "traced", "tracing", "total", "history"}, w) && !is:
			return 0, "", false
		case w == "contact" || w == "contacts":
			is = true
		case err == nil && group == 0 && n > 0 && n <= mostGroups:
			group = n
		case !slices.Contains([]string{"close", "person", "of", "the", "with", "s"}, w):
			rest = append(rest, w)
		}
	}
	return group, restOf[strings.Join(rest, " ")], is
}

// nameParts parts a name into words and numbers.
func nameParts(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range contactWords.Replace(name) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before), unicode.IsDigit(r) != unicode.IsDigit(before) && before != ' ':
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.Fields(b.String())
}

// contactColumnFound is a column that may be of a contact.
type contactColumnFound struct {
	column, group int
	field         string
}

// suggestContacts finds the columns of contacts in a line list.
func (f *Found) suggestContacts(taken map[string]bool) {
	if f.Kind != LineList {
		return
	}
	var all []contactColumnFound
	members, used, nth := map[int]int{}, map[string]bool{}, map[string]int{}
	for i := range f.Columns {
		g := contactColumnFound{column: i}
		var is bool
		if g.group, g.field, is = contactColumn(f.Columns[i].Name); !is || f.Columns[i].Field != "" {
			continue
		}
		f.settle(&g)
		if g.group == 0 { // blocks that repeat without numbers
			key := g.field + "\x00" + f.Columns[i].Name
			nth[key]++
			g.group = nth[key]
		}
		for g.field != "" && g.field != otherOfContact && used[g.field+strconv.Itoa(g.group)] {
			g.group++
		}
		used[g.field+strconv.Itoa(g.group)] = true
		members[g.group]++
		all = append(all, g)
	}
	names := map[int]bool{}
	for _, g := range all {
		bare := strings.EqualFold(strings.TrimSpace(f.Columns[g.column].Name), "contact")
		names[g.group] = names[g.group] || slices.Contains(naming, g.field) && (!bare || members[g.group] > 1)
	}
	for _, g := range all {
		if c := &f.Columns[g.column]; names[g.group] && g.group <= mostGroups {
			if g.field == "" {
				g.field = otherOfContact
			}
			c.Field, c.Group, c.Score, c.Why = g.field, g.group, .9, []string{whyGroup}
		}
	}
}

// settle decides by a column's values what its name leaves open.
func (f *Found) settle(g *contactColumnFound) {
	c := f.Table.Columns[f.Columns[g.column].Index]
	long := slices.ContainsFunc(f.Columns[g.column].Samples, func(s string) bool {
		return len(strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)) >= 7
	})
	switch {
	case g.field == numberOrPhone && long:
		g.field = "contact_phone"
	case g.field == numberOrPhone, g.field == "contact_name" && c.Kind == table.KindNumber:
		g.field = "contact_number"
	}
	if !holdsSuch(g.field, c) {
		g.field = ""
	}
}

// whyGroup says that a column is one of several people's in a row.
const whyGroup = "contact_group"

// forgoExposures suggests nothing of an exposure where a line list does not say who infected whom.
func (f *Found) forgoExposures() {
	if f.Kind != LineList || slices.ContainsFunc(f.Columns, func(c FoundColumn) bool { return c.Field == "infected_by" }) {
		return
	}
	for i := range f.Columns {
		if c := &f.Columns[i]; slices.Contains(ofLink, c.Field) {
			c.Field, c.Score, c.Why = "", 0, []string{}
		}
	}
}
