package web

import (
	"net/http"
	"strconv"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
)

// positivesPage is whose own positive result waits to be told.
type positivesPage struct {
	List []screening.Telling
	Full bool
}

func (s *Server) readPositives(c *call) (any, error) {
	list, err := s.House.Screening.ListTelling(c.ctx, c.by, screening.Mark{}, mostRows)
	return positivesPage{List: list, Full: len(list) == mostRows}, err
}

func (s *Server) tellPositive(c *call) (string, error) {
	person, err := outbreak.ParseID[outbreak.PersonID](c.path("person"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.TellPositive(c.ctx, c.by, screening.TellPositive{Key: c.key(), Tube: outbreak.TubeCode(c.path("tube")), Person: person})
	return "/positives?done=told", err
}

// residentsPage is what residents are shown, and what they were given.
type residentsPage struct {
	Lines     []screening.Line
	Figures   []screening.SelfTestFigures
	Owed      []screening.SelfTest
	Results   []outbreak.Result
	Outbreaks []outbreakChoice
	LineAt    []areaChoice // where the reader may set a line; nil: nowhere
	TestAt    []areaChoice
	SecretAt  []areaChoice
}

func (s *Server) readResidents(c *call) (any, error) {
	p := residentsPage{Results: screening.SelfTestResults}
	var err error
	if p.Lines, err = s.House.Screening.ListLines(c.ctx, c.by); err != nil {
		return nil, err
	}
	if p.Figures, err = s.House.Screening.CountSelfTests(c.ctx, c.by); err != nil {
		return nil, err
	}
	if access.Anywhere(c.by, access.SelfTestRecord) {
		if p.Owed, err = s.House.Screening.ListSelfTestsOwed(c.ctx, c.by, screening.Mark{}, mostRows); err != nil {
			return nil, err
		}
	}
	for may, into := range map[access.Permission]*[]areaChoice{access.RoundManage: &p.LineAt, access.SelfTestRecord: &p.TestAt, access.SecretIssue: &p.SecretAt} {
		if !access.Anywhere(c.by, may) {
			continue
		}
		if *into, err = s.namedAreas(c, may); err != nil {
			return nil, err
		}
	}
	p.Outbreaks, err = s.outbreakChoices(c)
	return p, err
}

func (s *Server) setLine(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	_, err = s.House.Screening.SetLine(c.ctx, c.by, screening.SetLine{Key: c.key(), Area: outbreak.Path(c.form.Get("area")).Code(), Outbreak: ob, Phone: c.form.Get("phone"), Place: c.form.Get("place")})
	return "/residents?done=line_set", err
}

func (s *Server) handOutKits(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	person, err := outbreak.ParseID[outbreak.PersonID](c.form.Get("person"))
	if err != nil {
		return "", refuseField("kit-person", "kernel.id_wrong")
	}
	n := screening.HandOutKits{Key: c.key(), Outbreak: ob, Area: outbreak.Path(c.form.Get("area")).Code(), Person: person, Lot: c.form.Get("lot")}
	n.Count, _ = strconv.Atoi(c.form.Get("count")) // no number is none, and refused
	_, err = s.House.Screening.HandOutKits(c.ctx, c.by, n)
	return "/residents?done=kits", err
}

func (s *Server) recordSelfTest(c *call) (string, error) {
	ob, err := outbreak.ParseID[outbreak.OutbreakID](c.form.Get("outbreak"))
	if err != nil {
		return "", err
	}
	person, err := outbreak.ParseID[outbreak.PersonID](c.form.Get("person"))
	if err != nil {
		return "", refuseField("test-person", "kernel.id_wrong")
	}
	_, err = s.House.Screening.RecordSelfTest(c.ctx, c.by, screening.RecordSelfTest{Key: c.key(), Outbreak: ob, Person: person, Result: outbreak.Result(c.form.Get("result")), Lot: c.form.Get("lot")})
	return "/residents?done=self_test", err
}

// giveSecrets sends the secrets of an area, to be printed.
func (s *Server) giveSecrets(w http.ResponseWriter, r *http.Request, c *call) error {
	s.patiently(w)
	begun := false
	err := s.House.WriteSecrets(c.ctx, c.by, outbreak.Path(c.form.Get("area")), c.form.Get("site"), w, func() {
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="result-secrets.csv"`)
		w.Header().Set("Cache-Control", "no-store")
	})
	if err != nil && begun {
		s.House.Log.ErrorContext(r.Context(), "an export broke off", "reference", door.ReferenceOf(r.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// secretPage is one person's result secret: the form, or the secret, once.
type secretPage struct {
	Person  registry.Person
	Changes []string
	Checks  []string
	Done    bool
	Secret  string
}

func (s *Server) readSecret(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return nil, err
	}
	p := secretPage{Person: registry.Person{ID: id}, Changes: registry.SecretChanges, Checks: registry.SecretChecks}
	if given, ok := c.remind.(registry.GivenSecret); ok {
		p.Done, p.Secret = true, given.Secret
	}
	return p, nil
}

// changeSecret shows the secret in its own answer: it is shown once, and is at no address.
func (s *Server) changeSecret(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	given, err := s.Registry.ChangeSecret(c.ctx, c.by, registry.ChangeSecret{Key: c.key(), Person: id, What: c.form.Get("what"), Checked: c.form.Get("checked"), Proxy: c.form.Get("proxy") != ""})
	if err != nil {
		return "", err
	}
	c.remind, c.form = given, nil
	return "", nil
}
