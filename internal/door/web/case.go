package web

import (
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
)

// casePage is one case with its clocks and what may be done about it.
type casePage struct {
	Case            cases.Case
	Steps           []cases.Step
	MayStep         bool
	MayClassify     bool
	Classifications []outbreak.Classification
	Severities      []outbreak.Severity
	Timeline        []outbreak.Entry
	Decisions       []cases.Decision
	Grounds         []string
	Links           []contacts.Link // who exposed this person, and whom he exposed
	MoreLinks       bool
	Waiting         []contacts.Waiting // who exposed this person by a number nobody has yet
	caseRecord
}

// mostLinks is how many links of a person a page shows.
const mostLinks = 50

func (s *Server) readCase(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.CaseID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := casePage{Classifications: outbreak.Classifications, Severities: outbreak.Severities, Grounds: cases.Grounds}
	if p.Case, p.Steps, err = s.House.Cases.FindCase(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	p.MayStep = access.Can(c.by, access.CaseStep, p.Case.Scope())
	p.MayClassify = access.Can(c.by, access.CaseClassify, p.Case.Scope())
	if p.Decisions, err = s.House.Cases.ListDecisions(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	if access.Anywhere(c.by, access.ContactRead) {
		if p.Links, err = s.House.Contacts.ListLinks(c.ctx, c.by, contacts.Filter{Person: p.Case.Person, Outbreak: p.Case.Outbreak, Most: mostLinks + 1}); err != nil {
			return nil, err
		}
		if p.Waiting, err = s.House.Contacts.ListWaiting(c.ctx, c.by, contacts.Filter{Person: p.Case.Person, Outbreak: p.Case.Outbreak, Most: mostLinks}); err != nil {
			return nil, err
		}
		p.MoreLinks = len(p.Links) > mostLinks
		p.Links = p.Links[:min(len(p.Links), mostLinks)]
	}
	if p.caseRecord, err = s.readRecord(c, p.Case); err != nil {
		return nil, err
	}
	p.Timeline, err = s.about(c, outbreak.Ref{Kind: "case", ID: id.String()}, access.CaseRead)
	return p, err
}

// aboutCase does something to the case the address names and comes back to its page.
func aboutCase(c *call, done string, do func(outbreak.CaseID) error) (string, error) {
	id, err := outbreak.ParseID[outbreak.CaseID](c.path("id"))
	if err != nil {
		return "", err
	}
	return "/cases/" + id.String() + "?done=" + done, do(id)
}

func (s *Server) completeStep(c *call) (string, error) {
	return aboutCase(c, "step_done", func(id outbreak.CaseID) error {
		_, err := s.House.Cases.CompleteStep(c.ctx, c.by, cases.CompleteStep{Key: c.key(), Case: id, Step: c.path("step")})
		return err
	})
}

func (s *Server) classifyCase(c *call) (string, error) {
	return aboutCase(c, "classified", func(id outbreak.CaseID) error {
		_, err := s.House.Cases.ClassifyCase(c.ctx, c.by, cases.ClassifyCase{Key: c.key(), Case: id,
			Classification: outbreak.Classification(c.form.Get("classification")), Severity: outbreak.Severity(c.form.Get("severity"))})
		return err
	})
}

func (s *Server) decideCase(c *call) (string, error) {
	return aboutCase(c, "decided", func(id outbreak.CaseID) error {
		_, err := s.House.Cases.DecideCase(c.ctx, c.by, cases.DecideCase{Key: c.key(), Case: id, Uphold: c.form.Get("uphold") == "1", Ground: c.form.Get("ground"), Reason: c.form.Get("reason")})
		return err
	})
}

func (s *Server) withdrawLink(c *call) (string, error) {
	return aboutCase(c, "link_withdrawn", func(outbreak.CaseID) error {
		id, err := outbreak.ParseID[outbreak.LinkID](c.path("link"))
		if err != nil {
			return err
		}
		_, err = s.House.Contacts.WithdrawLink(c.ctx, c.by, contacts.WithdrawLink{Key: c.key(), Link: id, Reason: c.form.Get("reason")})
		return err
	})
}
