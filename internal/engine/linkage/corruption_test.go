package linkage_test

import (
	"fmt"
	"strings"
)

// badly writes somebody down as others do: from hearing, from a form read wrong, in letters, after a move, in haste.
func (t *town) badly(c citizen) citizen {
	if c.foreign {
		t.badLatin(&c)
	} else {
		t.badHan(&c)
	}
	t.badBirth(&c)
	switch {
	case t.wrong(.04):
		c.sex = ""
	case t.wrong(.01):
		c.sex = map[string]string{"f": "m", "m": "f"}[c.sex]
	}
	switch {
	case t.wrong(.15):
		c.phone = ""
	case t.wrong(.08):
		c.phone = "1" + t.digits(10)
	case t.wrong(.02):
		c.phone = t.mistyped(c.phone, "0123456789")
	case t.wrong(.1):
		c.phone = "+86 " + c.phone[:3] + "-" + c.phone[3:7] + "-" + c.phone[7:]
	}
	switch {
	case t.wrong(.35):
		c.kind, c.document = "", ""
	case t.wrong(.02):
		c.document = t.mistyped(c.document, "0123456789")
	case t.wrong(.05):
		c.kind, c.document = "permit", t.digits(9)
	case t.wrong(.04):
		c.document = c.document[:4] + strings.Repeat("*", len(c.document)-8) + c.document[len(c.document)-4:]
	}
	switch {
	case t.wrong(.04):
		c.placeless = true
	case t.wrong(.08): // moved
		c.city, c.county, c.town, c.home = 1+t.chance.IntN(3), 1+t.chance.IntN(4), 1+t.chance.IntN(12), c.home+2_000_000
	case t.wrong(.15):
		c.home = 0
	}
	return c
}

func (t *town) badHan(c *citizen) {
	given := []rune(c.given)
	switch i := t.chance.IntN(len(given)); {
	case t.wrong(.05): // another character that sounds the same, when there is one
		for _, s := range t.given {
			if s.said == t.said[string(given[i])] && s.text != string(given[i]) {
				given[i] = []rune(s.text)[0]
				break
			}
		}
		c.given = string(given)
	case t.wrong(.02):
		given[i] = []rune(t.character())[0]
		c.given = string(given)
	case t.wrong(.01) && len(given) == 2:
		c.given = string(given[i : i+1])
	case t.wrong(.08): // in letters
		said := ""
		for _, g := range given {
			said += t.said[string(g)]
		}
		family := t.said[c.family]
		c.written = family + " " + said
		if t.wrong(.4) {
			c.written = said + " " + family
		}
		if t.wrong(.1) {
			c.written = t.mistyped(c.written, "aeioungh")
		}
	case t.wrong(.02):
		c.written = c.given + " " + c.family
	}
}

func (t *town) badLatin(c *citizen) {
	switch {
	case t.wrong(.06):
		c.family = t.mistyped(c.family, "aeiorstnl")
	case t.wrong(.04):
		c.given = t.mistyped(c.given, "aeiorstnl")
	case t.wrong(.03):
		c.family = strings.NewReplacer("ph", "f", "ck", "k", "th", "t", "y", "i", "z", "s", "mm", "m", "ss", "s").Replace(c.family)
	}
	if t.wrong(.5) {
		c.middle = ""
	}
	if c.middle != "" && t.wrong(.2) {
		c.middle = c.middle[:1]
	}
	if t.wrong(.1) {
		c.written = strings.Join(strings.Fields(c.family+" "+c.given+" "+c.middle), " ")
	}
}

func (t *town) badBirth(c *citizen) {
	switch {
	case t.wrong(.05):
		c.year, c.month, c.day = 0, 0, 0
	case t.wrong(.05):
		c.month, c.day = 0, 0
	case t.wrong(.02) && c.day <= 12:
		c.month, c.day = c.day, c.month
	case t.wrong(.015):
		c.day = 1 + t.chance.IntN(28)
	case t.wrong(.01):
		c.month = 1 + t.chance.IntN(12)
	case t.wrong(.015):
		c.year += []int{-10, -1, 1, 10}[t.chance.IntN(4)]
	}
}

// mistyped changes, drops, doubles or exchanges a sign.
func (t *town) mistyped(s, with string) string {
	r := []byte(s)
	if len(r) < 3 {
		return s
	}
	i := 1 + t.chance.IntN(len(r)-2)
	switch t.chance.IntN(4) {
	case 0:
		r[i] = with[t.chance.IntN(len(with))]
	case 1:
		return s[:i] + s[i+1:]
	case 2:
		return s[:i] + s[i:i+1] + s[i:]
	default:
		r[i], r[i+1] = r[i+1], r[i]
	}
	return string(r)
}

// name is the name as the list writes it.
func (c citizen) name() string {
	switch {
	case c.written != "":
		return c.written
	case c.foreign:
		return strings.Join(strings.Fields(c.given+" "+c.middle+" "+c.family), " ")
	}
	return c.family + c.given
}

func (c citizen) area() string {
	if c.placeless {
		return ""
	}
	return fmt.Sprintf("/22/22%02d/22%02d%02d/%02d/", c.city, c.city, c.county, c.town)
}
