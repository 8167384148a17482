package web

import (
	"net/http"
	"strconv"

	"breakwater/internal/view/linelist"
)

// caseQualityPage is what the rules found in the cases of a query.
type caseQualityPage struct {
	caseFrame
	linelist.Quality
	Rules []ruleFound
	Clean int // rules that found nothing
}

// ruleFound is what one rule found, with the way to the rows of each figure.
type ruleFound struct {
	linelist.Finding
	Href    string
	Areas   []foundIn
	Sources []foundIn
}

type foundIn struct {
	Text  string
	Cases int
	Href  string
}

func (s *Server) readCaseQuality(c *call) (any, error) {
	f, err := s.caseFrame(c)
	if err != nil {
		return nil, err
	}
	p := caseQualityPage{caseFrame: f}
	if p.Quality, err = s.House.LineList.Quality(c.ctx, c.by, f.At.Query); err != nil {
		return nil, err
	}
	c.view.Head = p.Seq
	for _, found := range p.Findings {
		if found.Cases == 0 {
			p.Clean++
			continue
		}
		at := f.At.Of(found.Query)
		x := ruleFound{Finding: found, Href: at.rows()}
		for _, n := range found.ByArea {
			x.Areas = append(x.Areas, foundIn{c.view.FieldValue("area", n.Value), n.Cases, at.rows(linelist.ValueOf("area", n.Value, ""))})
		}
		for _, n := range found.BySource {
			x.Sources = append(x.Sources, foundIn{c.view.FieldValue("via", n.Value), n.Cases, at.rows(linelist.ValueOf("via", n.Value, ""))})
		}
		p.Rules = append(p.Rules, x)
	}
	return p, nil
}

// giveCaseQuality sends the figures as a file.
func (s *Server) giveCaseQuality(w http.ResponseWriter, _ *http.Request, c *call) error {
	a, err := caseAddressOf("/cases/quality", c.query)
	if err != nil {
		return err
	}
	q, err := s.House.LineList.Quality(c.ctx, c.by, a.Query)
	if err != nil {
		return err
	}
	rows := [][]string{{"check", "by", "value", "cases"}}
	for _, f := range q.Findings {
		rows = append(rows, []string{f.Check, "", "", strconv.Itoa(f.Cases)})
		for _, n := range f.ByArea {
			rows = append(rows, []string{f.Check, "area", n.Value, strconv.Itoa(n.Cases)})
		}
		for _, n := range f.BySource {
			rows = append(rows, []string{f.Check, "via", n.Value, strconv.Itoa(n.Cases)})
		}
	}
	return giveRows(w, c, "quality", rows, a, q.Seq)
}
