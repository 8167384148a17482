package web

import (
	"slices"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// duplicatesPage is the queue of codes that may be one person, or of one household.
type duplicatesPage struct {
	List      []registry.Duplicate
	Linking   registry.Linking
	Kinds     []string
	States    []string
	Areas     []areaChoice
	Outbreaks []outbreakChoice
	More      string
}

// Kind and State are what the reader sees when the address names neither.
func (p duplicatesPage) Kind(q string) string { return among(q, registry.Kinds) }

// State is the chosen one.
func (p duplicatesPage) State(q string) string { return among(q, registry.States) }

// among gives a word of a list; the first for any other.
func among(word string, list []string) string {
	if slices.Contains(list, word) {
		return word
	}
	return list[0]
}

func (s *Server) readDuplicates(c *call) (any, error) {
	p := duplicatesPage{Kinds: registry.Kinds, States: registry.States}
	id, err := outbreak.ParseID[outbreak.OutbreakID](c.query.Get("outbreak"))
	if err != nil {
		return nil, err
	}
	found, err := s.Registry.ListDuplicates(c.ctx, c.by, registry.DuplicatesFilter{Below: outbreak.Path(c.query.Get("in")), Outbreak: id,
		Kind: p.Kind(c.query.Get("kind")), State: p.State(c.query.Get("state")), Sure: c.query.Get("sure") != "", After: c.query.Get("after"), Most: rowsPerPage})
	if err != nil {
		return nil, err
	}
	p.List = found.List
	if found.Next != "" {
		p.More = c.view.With("after", found.Next)
	}
	if p.Linking, err = s.Registry.FindLinking(c.ctx, c.by); err != nil {
		return nil, err
	}
	if p.Outbreaks, err = s.outbreakChoices(c); err != nil {
		return nil, err
	}
	p.Areas, err = s.areaChoices(c, access.PersonMerge)
	return p, err
}

// duplicatePage is two codes side by side. Names are there only in the answer to the form that named a purpose.
type duplicatePage struct {
	registry.Duplicate
	Fields   []duplicateField
	Opened   bool
	Purpose  outbreak.Purpose
	Purposes []outbreak.Purpose
	MayOpen  bool
	Merge    *registry.Merge // the decision that made them one, if it stands
}

// duplicateField is one line: what each code says, how well it agrees, and what that weighs.
type duplicateField struct {
	Name     string
	One      string // shown when it was opened, or is not sealed
	Other    string
	Sealed   bool
	Word     string // vocabulary of the two values; empty: they are shown as they are
	Level    string
	Weight   float64
	Weighed  bool
	Choose   bool // whose word leads may be chosen
	evidence string
}

// openedPair are the identities of two codes, and why they were opened.
type openedPair struct {
	one, other registry.Identity
	purpose    outbreak.Purpose
}

func (s *Server) readDuplicate(c *call) (any, error) {
	id, err := outbreak.ParseID[registry.DuplicateID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := duplicatePage{Purposes: outbreak.Purposes}
	if p.Duplicate, err = s.Registry.FindDuplicate(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	may := func(who registry.Person) bool {
		return access.Can(c.by, access.PersonIdentity, outbreak.Scope{Area: who.Area})
	}
	p.MayOpen = may(p.One) && may(p.Other)
	o, opened := c.remind.(openedPair)
	p.Opened, p.Purpose = opened, o.purpose
	p.Fields = p.lines(o, opened)
	if p.State != registry.StateMerged {
		return p, nil
	}
	together, err := s.Registry.FindTogether(c.ctx, c.by, p.One.ID)
	for _, m := range together.Merges {
		if m.UndoneAt == 0 && min(m.One, m.Other) == p.One.ID && max(m.One, m.Other) == p.Other.ID {
			p.Merge = &m
		}
	}
	return p, err
}

// lines lays the fields of two codes side by side.
func (p duplicatePage) lines(o openedPair, opened bool) []duplicateField {
	sealed := func(name, evidence, one, other string) duplicateField {
		return duplicateField{Name: name, One: one, Other: other, Sealed: !opened, evidence: evidence, Choose: true}
	}
	document := func(i registry.Identity) string { return i.Document }
	list := []duplicateField{
		sealed(registry.FieldName, "name", o.one.Name, o.other.Name),
		sealed(registry.FieldBirth, "birth", o.one.Birth, o.other.Birth),
		{Name: registry.FieldSex, One: p.One.Sex, Other: p.Other.Sex, Word: "sex", evidence: "sex", Choose: true},
		sealed(registry.FieldDocument, "document", document(o.one), document(o.other)),
		sealed(registry.FieldPhone, "phone", o.one.Phone, o.other.Phone),
		sealed(registry.FieldAddress, "address", o.one.Address, o.other.Address),
		{Name: "place", One: string(p.One.Area), Other: string(p.Other.Area), Word: "area", evidence: "place"},
	}
	for i := range list {
		for _, e := range p.Evidence {
			if e.Field == list[i].evidence && e.Field != "" {
				list[i].Level, list[i].Weight, list[i].Weighed = e.Level, e.Weight, true
			}
		}
	}
	return list
}

// Kin is what was taken off because relatives agree like this too.
func (p duplicatePage) Kin() float64 {
	for _, e := range p.Evidence {
		if e.Field == "kin" {
			return e.Weight
		}
	}
	return 0
}

// openDuplicate shows both identities in this one answer; each leaves its entry in the journal.
func (s *Server) openDuplicate(c *call) (string, error) {
	id, err := outbreak.ParseID[registry.DuplicateID](c.path("id"))
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	d, err := s.Registry.FindDuplicate(c.ctx, c.by, id)
	if err != nil {
		return "", err
	}
	key := func(side string) string {
		if c.key() == "" {
			return ""
		}
		return c.key() + side
	}
	o := openedPair{purpose: by.Purpose}
	if o.one, err = s.Registry.ReadIdentity(c.ctx, by, d.One.ID, key(" one")); err != nil {
		return "", err
	}
	if o.other, err = s.Registry.ReadIdentity(c.ctx, by, d.Other.ID, key(" other")); err != nil {
		return "", err
	}
	c.remind = o
	return "", nil
}

// decideDuplicate merges two codes, keeps them apart, puts them into one household, or puts the pair back.
func (s *Server) decideDuplicate(c *call) (string, error) {
	id, err := outbreak.ParseID[registry.DuplicateID](c.path("id"))
	if err != nil {
		return "", err
	}
	d, err := s.Registry.FindDuplicate(c.ctx, c.by, id)
	if err != nil {
		return "", err
	}
	queue := "/people/duplicates?kind=" + d.Kind
	switch c.form.Get("how") {
	case "merge":
		choices := registry.Choices{}
		for _, field := range registry.ChosenFields {
			switch c.form.Get("lead-" + field) {
			case "one":
				choices[field] = d.One.ID
			case "other":
				choices[field] = d.Other.ID
			}
		}
		_, err = s.Registry.MergePeople(c.ctx, c.by, registry.MergePeople{Key: c.key(), One: d.One.ID, Other: d.Other.ID, Reason: c.form.Get("reason"), Choices: choices})
		return queue + "&done=merged", err
	case "apart":
		_, err = s.Registry.KeepApart(c.ctx, c.by, registry.KeepApart{Key: c.key(), One: d.One.ID, Other: d.Other.ID, Reason: c.form.Get("reason")})
		return queue + "&done=apart", err
	case "join":
		_, err = s.Registry.JoinHousehold(c.ctx, c.by, registry.JoinHousehold{Key: c.key(), ID: id})
		return queue + "&done=joined", err
	case "part":
		m, err := outbreak.ParseID[registry.MergeID](c.form.Get("merge"))
		if err != nil {
			return "", err
		}
		_, err = s.Registry.UnmergePeople(c.ctx, c.by, registry.UnmergePeople{Key: c.key(), Merge: m, Reason: c.form.Get("reason")})
		return "/duplicates/" + id.String() + "?done=unmerged", err
	case "back":
		_, err = s.Registry.PutBack(c.ctx, c.by, registry.PutBack{Key: c.key(), ID: id})
		return "/duplicates/" + id.String() + "?done=put_back", err
	}
	return "", refuseField("how", "duplicates.how_missing")
}
