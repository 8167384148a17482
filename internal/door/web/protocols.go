package web

import (
	"maps"
	"slices"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/words"
	"breakwater/protocols"
)

// bookLine is one rule book in the list of all.
type bookLine struct {
	outbreak.Protocol
	Unknown int // values nobody verified
}

// protocolsPage lists the rule books and lets two be chosen for comparing.
type protocolsPage struct {
	Books  []bookLine
	Before string // the pair offered first: an edition and the one that extends it
	After  string
}

func (s *Server) readProtocols(*call) (any, error) {
	var p protocolsPage
	for _, b := range s.House.Protocols.List() {
		l := bookLine{Protocol: b}
		for _, v := range b.Values {
			if !v.Known() {
				l.Unknown++
			}
		}
		p.Books = append(p.Books, l)
		if b.Extends != "" && p.Before == "" {
			p.Before, p.After = b.Extends, b.ID
		}
	}
	return p, nil
}

// ruleGroup is the values whose keys begin with the same word.
type ruleGroup struct {
	Name  string
	Rules []outbreak.Value
}

type protocolPage struct {
	Book   outbreak.Protocol
	Groups []ruleGroup
}

func (s *Server) readProtocol(c *call) (any, error) {
	b, err := s.book(c.path("id"))
	if err != nil {
		return nil, err
	}
	p := protocolPage{Book: b}
	for _, key := range slices.Sorted(maps.Keys(b.Values)) {
		name, _, _ := strings.Cut(key, ".")
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Name != name {
			p.Groups = append(p.Groups, ruleGroup{Name: name})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rules = append(g.Rules, b.Values[key])
	}
	return p, nil
}

func (s *Server) book(id string) (outbreak.Protocol, error) {
	b, ok := s.House.Protocols.Find(id)
	if !ok {
		return b, outbreak.Refuse(outbreak.NotFound, "registry.no_protocol", "protocol", id)
	}
	return b, nil
}

// comparePage is two rule books side by side.
type comparePage struct {
	A, B    outbreak.Protocol
	Books   []outbreak.Protocol
	Chosen  bool
	Weighty []protocols.Change // change what is done
	Light   []protocols.Change // change how sure a value is, or how it is told
}

func (s *Server) readCompare(c *call) (any, error) {
	p := comparePage{Books: s.House.Protocols.List()}
	a, b := c.query.Get("a"), c.query.Get("b")
	if a == "" || b == "" {
		return p, nil
	}
	var err error
	if p.A, err = s.book(a); err != nil {
		return nil, err
	}
	if p.B, err = s.book(b); err != nil {
		return nil, err
	}
	p.Chosen = true
	for _, d := range protocols.Diff(p.A, p.B) {
		if d.Weighs() {
			p.Weighty = append(p.Weighty, d)
		} else {
			p.Light = append(p.Light, d)
		}
	}
	return p, nil
}

// Rule writes a value with its unit in the reader's language; empty for one that was not verified.
func (v *View) Rule(r outbreak.Value) string {
	if r.Type == "list" && r.Known() {
		return v.ruleWords(r)
	}
	text := protocols.Plain(r, string(v.Lang))
	if text == "" || r.Unit == "" {
		return text
	}
	return text + " " + words.Text(v.Lang, protocols.UnitWord(r.Unit), nil)
}

// ruleWords writes a list of beds, results, kinds of sampling points or steps of a laboratory in words.
func (v *View) ruleWords(r outbreak.Value) string {
	if len(r.List) == 0 {
		return v.T("web.protocol.no_bed")
	}
	vocabulary := "bed"
	switch {
	case r.Key == "pool.never_at":
		vocabulary = "booth_kind"
	case r.Key == "lab.retest":
		vocabulary = "lab_step"
	case strings.HasPrefix(r.Key, "pool."):
		vocabulary = "result"
	}
	all := make([]string, len(r.List))
	for i, w := range r.List {
		all[i] = v.Word(vocabulary, w)
	}
	return strings.Join(all, v.T("web.list.comma"))
}

// outbreakPage is one outbreak: the rule book it runs under, how that changed, and the form to change it.
type outbreakPage struct {
	Outbreak  registry.Outbreak
	Book      outbreak.Protocol
	Installed bool
	Changes   []registry.Edition
	Kept      []cases.RunningStep
	MayChange bool
	Choices   []outbreak.Protocol // the other rule books of the disease
	Planned   bool
}

func (s *Server) readOutbreak(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.OutbreakID](c.path("id"))
	if err != nil {
		return nil, err
	}
	var p outbreakPage
	if p.Outbreak, p.Changes, err = s.Registry.FindOutbreak(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.Book, p.Installed = s.House.Protocols.Find(p.Outbreak.Protocol)
	p.MayChange = p.Installed && p.Outbreak.EndedAt == 0 && access.RequireThroughout(c.by, access.OutbreakManage, outbreak.Scope{Area: p.Outbreak.Area, Outbreak: id}) == nil
	for _, e := range p.Changes {
		p.Planned = p.Planned || e.State == registry.EditionPlanned
	}
	for _, b := range s.House.Protocols.List() {
		if b.Disease == p.Book.Disease && (b.ID != p.Book.ID || p.Planned) {
			p.Choices = append(p.Choices, b)
		}
	}
	if p.Installed && access.Anywhere(c.by, access.CaseRead) {
		p.Kept, err = s.House.Cases.ListKept(c.ctx, c.by, id)
	}
	return p, err
}

func (s *Server) changeProtocol(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.OutbreakID](c.path("id"))
	if err != nil {
		return "", err
	}
	from, err := c.moment("from")
	if err != nil {
		return "", err
	}
	e, err := s.Registry.ChangeProtocol(c.ctx, c.by, registry.ChangeProtocol{Key: c.key(), Outbreak: id, Protocol: c.form.Get("protocol"), From: from, Reason: c.form.Get("reason")})
	return "/outbreaks/" + id.String() + "?done=protocol_" + string(e.State), err
}

func (s *Server) extendClock(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.path("id"))
	if err != nil {
		return "", err
	}
	k, err := outbreak.ParseID[outbreak.CaseID](c.path("case"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Cases.ExtendClock(c.ctx, c.by, cases.ExtendClock{Key: c.key(), Case: k, Step: c.path("step"), Reason: c.form.Get("reason")})
	return "/outbreaks/" + ob.String() + "?done=clock_extended", err
}
