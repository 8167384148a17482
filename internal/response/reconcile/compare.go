package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"breakwater/internal/engine/match"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// Outcomes of a row of their list.
const (
	Matched   = "matched"
	Differing = "differing"
	Again     = "again"   // says something about a case that another row is
	Unclear   = "unclear" // may be several of our cases
)

// theirs is a row of their list as it was kept.
type theirs struct {
	No     int
	Number string
	Traits registry.Traits
	Values map[string]string
}

// outcome is what became of a row.
type outcome struct {
	No      int
	Case    outbreak.CaseID
	FoundBy string
	What    string
}

// Counts are what a comparison came to. Matched, Differing, Again, Unclear and OnlyThere sum to Theirs.
type Counts struct {
	Ours      int `json:"ours"`
	Theirs    int `json:"theirs"`
	Matched   int `json:"matched"` // and nothing differs
	Differing int `json:"differing"`
	OnlyHere  int `json:"only_here"`
	OnlyThere int `json:"only_there"`
	Again     int `json:"again"`
	Unclear   int `json:"unclear"`
}

// comparison is two lists side by side.
type comparison struct {
	party  Party
	fields []Field
	at     outbreak.Instant // of their list
	Counts
	rows     []outcome
	found    []Difference
	numbers  map[string]outbreak.CaseID // of theirs that we did not know yet
	compared map[string]bool            // marks
}

// compare pairs the rows of two lists and finds what differs. at is when theirs came; traits are the digests of our people.
func compare(p Party, fields []Field, at outbreak.Instant, ours []Ours, traits map[outbreak.PersonID]registry.Traits, list []theirs) *comparison {
	c := &comparison{party: p, fields: fields, at: at, numbers: map[string]outbreak.CaseID{}, compared: map[string]bool{}}
	here, there := make([]match.Row, len(ours)), make([]match.Row, len(list))
	for i, o := range ours {
		here[i] = rowOf(o.Numbers, traits[o.Person])
	}
	for i, t := range list {
		there[i] = rowOf([]string{t.Number}, t.Traits)
	}
	paired := make([]bool, len(ours))
	for i, f := range match.Pairs(here, there, len(Ways), sureWays) {
		if f.Here == match.None {
			c.unpaired(list[i], f.Rivals)
			continue
		}
		paired[f.Here] = true
		c.pair(ours[f.Here], list[i], f)
	}
	for i, o := range ours {
		if !paired[i] {
			c.OnlyHere++
			c.note(Difference{What: OnlyHere, Case: o.Case, Area: o.Area, Number: o.Number(), mark: OnlyHere + "|" + o.Case.String()})
		}
	}
	c.Ours, c.Theirs = len(ours), len(list)
	return c
}

// pair compares a case with the row that is it. What they leave empty is no difference; what we do not know is one.
func (c *comparison) pair(o Ours, t theirs, f match.Found) {
	way := Ways[f.Level]
	if t.Number != "" && o.Number() == "" && !f.Again {
		c.numbers[t.Number] = o.Case
	}
	if f.Again {
		c.Again++
		c.rows = append(c.rows, outcome{t.No, o.Case, way, Again})
		return
	}
	what := Matched
	for i, field := range c.fields {
		said := t.says(field.Name, o.Values[i])
		if said == "" || said == o.Values[i] || field.Name == age && o.Values[i] != "" && sameAge(o.Values[i], said, o.AgeAt, c.at) {
			continue
		}
		what = Differing
		c.note(Difference{What: Differs, Field: field.Name, Ours: o.Values[i], Theirs: said, Case: o.Case, Area: o.Area, Number: t.Number, Row: t.No, FoundBy: way,
			mark: Differs + "|" + field.Name + "|" + o.Case.String()})
	}
	if what == Matched {
		c.Matched++
	} else {
		c.Differing++
	}
	c.rows = append(c.rows, outcome{t.No, o.Case, way, what})
}

// says is what a row says of a field. A date of birth says an age where we know one to compare it with.
func (t theirs) says(field, ours string) string {
	if said := t.Values[field]; said != "" || field != age || ours == "" {
		return said
	}
	return t.Values[bornAge]
}

// unpaired tells of a row that is no case of ours. Two of them that are called the same are one, said twice.
func (c *comparison) unpaired(t theirs, rivals int) {
	mark := OnlyThere + "|" + t.name()
	if c.compared[mark] {
		c.Again++
		c.rows = append(c.rows, outcome{t.No, 0, "", Again})
		return
	}
	what := OnlyThere
	if rivals > 0 {
		what = Unclear
		c.Unclear++
	} else {
		c.OnlyThere++
	}
	c.rows = append(c.rows, outcome{t.No, 0, "", what})
	c.note(Difference{What: OnlyThere, Number: t.Number, Row: t.No, Rivals: rivals, Area: c.party.Area, mark: mark})
}

// name is what a row of theirs is called from one day to the next: its number, else the digest of what it knows of the person.
func (t theirs) name() string {
	if t.Number != "" {
		return "n:" + t.Number
	}
	sum := sha256.Sum256(pack(t.Traits))
	return "k:" + hex.EncodeToString(sum[:16])
}

// note keeps a difference; two rows of theirs about the same thing are one.
func (c *comparison) note(d Difference) {
	if c.compared[d.mark] {
		return
	}
	c.compared[d.mark] = true
	d.Party, d.Outbreak = c.party.Code, c.party.Outbreak
	c.found = append(c.found, d)
}

// balanced makes sure that every row of theirs went somewhere.
func (c *comparison) balanced() error {
	if sum := c.Matched + c.Differing + c.Again + c.Unclear + c.OnlyThere; sum != c.Theirs {
		return fmt.Errorf("of %d rows of a list %d were accounted for", c.Theirs, sum)
	}
	return nil
}

// remembered is what has to be written after a comparison.
type remembered struct {
	fresh  []Difference // new
	moved  []Difference // changed, opened again or gone
	opened int
	gone   int
	open   int // waiting for somebody afterwards
}

// remember lays what was found over what is known.
func (c *comparison) remember(known map[string]Difference, id func() DifferenceID, now outbreak.Instant) (r remembered) {
	for _, d := range c.found {
		old, is := known[d.mark]
		if !is {
			r.fresh = append(r.fresh, d.first(id(), c.party.Owner, now))
			r.opened++
			r.open++
			continue
		}
		next, opened := old.again(d, now)
		if opened {
			r.opened++
		}
		if next.State == Open {
			r.open++
		}
		if next.LastSeen = old.LastSeen; !slices.Equal(next.row(), old.row()) { // when it was seen last is written for all at once
			next.LastSeen = now
			r.moved = append(r.moved, next)
		}
	}
	for mark, old := range known {
		if !old.Present || c.compared[mark] {
			continue
		}
		r.moved = append(r.moved, old.gone(now))
		r.gone++
	}
	return r
}
