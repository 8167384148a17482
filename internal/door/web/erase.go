package web

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// erasePage is what goes and what stays when a person's identity is destroyed, and the two steps to it.
type erasePage struct {
	Person  registry.Person
	Codes   []registry.Person // all codes of the person: they go together
	Reasons []string
	Ask     *erasing // the first step is taken: it is shown once more and has to be confirmed
}

// erasing is what the first step said.
type erasing struct{ Reason, Basis string }

func (s *Server) readErase(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return nil, err
	}
	switch _, err := s.Registry.FindErasure(c.ctx, c.by, id); {
	case err == nil:
		return nil, goTo("/people/" + id.String() + "/erasure")
	case outbreak.KindOf(err) != outbreak.NotFound:
		return nil, err
	}
	p := erasePage{Reasons: registry.Reasons}
	if p.Person, err = s.Registry.FindPersonByID(c.ctx, c.by, id); err != nil {
		return nil, err
	}
	together, err := s.Registry.FindTogether(c.ctx, c.by, id)
	p.Codes = together.Codes
	p.Ask, _ = c.remind.(*erasing)
	return p, err
}

// erasePerson is both steps: the first is answered with what was said and asks for the person's code, the second does it.
func (s *Server) erasePerson(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return "", err
	}
	said := erasing{Reason: c.form.Get("reason"), Basis: strings.TrimSpace(c.form.Get("basis"))}
	if !slices.Contains(registry.Reasons, said.Reason) {
		return "", refuseField("reason", "registry.erase_reason", "reasons", strings.Join(registry.Reasons, ", "))
	}
	if said.Basis == "" {
		return "", refuseField("basis", "registry.erase_basis", "most", 200)
	}
	typed := strings.TrimSpace(c.form.Get("code"))
	if typed == "" && c.form.Get("sure") == "" {
		c.remind = &said
		return "", nil
	}
	if code, err := outbreak.ParseID[outbreak.PersonID](typed); err != nil || code != id {
		c.remind = &said
		return "", refuseField("code", "web.erase.code_wrong")
	}
	_, err = s.Registry.ErasePerson(c.ctx, c.by, registry.ErasePerson{Key: c.key(), Person: id, Reason: said.Reason, Basis: said.Basis})
	return "/people/" + id.String() + "/erasure?done=erased", err
}

// erasurePage is the receipt of an erasure.
type erasurePage struct{ registry.Receipt }

func (s *Server) readErasure(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return nil, err
	}
	r, err := s.Registry.FindErasure(c.ctx, c.by, id)
	return erasurePage{r}, err
}

// giveErasure gives the receipt as a file, which is kept and printed.
func (s *Server) giveErasure(w http.ResponseWriter, _ *http.Request, c *call) error {
	id, err := outbreak.ParseID[outbreak.PersonID](c.path("id"))
	if err != nil {
		return err
	}
	r, err := s.Registry.FindErasure(c.ctx, c.by, id)
	if err != nil {
		return err
	}
	attachment(w, "erasure-"+id.String()+".txt")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, r.Text()) // who left needs no answer
	return nil
}
