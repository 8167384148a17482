package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/view/exchange"
)

// missingPage is whom a round still looks for: by building where the area is small enough, and one by one.
type missingPage struct {
	Round     screening.Round
	Areas     []areaChoice
	Buildings []screening.MissingBuilding
	TooMany   string // why buildings are not counted
	People    []screening.Missing
	Outcomes  []outbreak.Outcome
	Purposes  []outbreak.Purpose // of taking the list out
	In        outbreak.Path
	Building  string
	Unhoused  bool
	More      string
}

// Unsheeted tells whether somebody is missing who is on no sheet that is out.
func (p missingPage) Unsheeted() bool {
	return slices.ContainsFunc(p.Buildings, func(b screening.MissingBuilding) bool { return b.OnSheets < b.People })
}

func (s *Server) readMissing(c *call) (any, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return nil, err
	}
	home, err := outbreak.ParseID[outbreak.HouseholdID](c.query.Get("household"))
	if err != nil {
		return nil, err
	}
	p := missingPage{In: outbreak.Path(c.query.Get("in")), Building: c.query.Get("building"), Unhoused: c.query.Get("unhoused") != "", Outcomes: screening.MissingOutcomes(), Purposes: outbreak.Purposes}
	st, err := s.House.Screening.FindRound(c.ctx, c.by, id, p.In)
	if err != nil {
		return nil, err
	}
	p.Round, c.view.Head = st.Round, st.AsOf
	if p.Areas, err = s.areasOf(c, st.Round); err != nil {
		return nil, err
	}
	if p.Building == "" && !p.Unhoused && home == 0 {
		p.Buildings, err = s.House.Screening.ListMissingBuildings(c.ctx, c.by, id, p.In)
		if outbreak.KindOf(err) == outbreak.Invalid {
			p.TooMany, err = s.House.Sentence(c.view.Lang, err), nil
		}
		if err != nil {
			return nil, err
		}
	}
	after, _ := strconv.ParseInt(c.query.Get("after"), 10, 64) // a number that is none means the first page
	p.People, err = s.House.Screening.ListMissing(c.ctx, c.by, id, screening.MissingFilter{Below: p.In, Building: p.Building, Unhoused: p.Unhoused, Household: home,
		Outcome: outbreak.Outcome(c.query.Get("outcome")), After: after, Most: rowsPerPage + 1})
	if len(p.People) > rowsPerPage {
		p.People = p.People[:rowsPerPage]
		p.More = c.view.With("after", p.People[rowsPerPage-1].No)
	}
	return p, err
}

// areasOf lists the areas of a round in which the reader may record, the inner ones set in.
func (s *Server) areasOf(c *call, r screening.Round) ([]areaChoice, error) {
	all, err := s.namedAreas(c, access.OutcomeRecord)
	var list []areaChoice
	for _, a := range all {
		for _, of := range r.Areas {
			if of.Contains(a.Path) {
				list = append(list, a)
				break
			}
		}
	}
	return list, err
}

// giveMissing takes the list out for a stated purpose.
func (s *Server) giveMissing(w http.ResponseWriter, r *http.Request, c *call) error {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return err
	}
	f := screening.MissingFilter{Below: outbreak.Path(c.form.Get("in")), Building: c.form.Get("building"), Unhoused: c.form.Get("unhoused") != "", Outcome: outbreak.Outcome(c.form.Get("outcome"))}
	return s.give(w, r, c, "missing.csv", func(ctx context.Context, by outbreak.Actor, w io.Writer) (exchange.Exported, error) {
		return s.House.Exchange.ExportMissing(ctx, by, id, f, w)
	})
}

// printDoors makes door sheets and gives the page that is printed.
func (s *Server) printDoors(c *call) (string, error) {
	id, err := outbreak.ParseID[outbreak.RoundID](c.path("id"))
	if err != nil {
		return "", err
	}
	out, err := s.House.Screening.PrintDoorSheets(c.ctx, c.by, screening.PrintDoorSheets{Key: c.key(), Round: id, Below: outbreak.Path(c.form.Get("in")),
		Building: c.form.Get("building"), Unhoused: c.form.Get("unhoused") != ""})
	if err != nil {
		return "", err
	}
	return "/doors/print?" + numbersOf(out.Sheets), nil
}

func numbersOf(sheets []screening.DoorNumber) string {
	names := make([]string, len(sheets))
	for i, n := range sheets {
		names[i] = string(n)
	}
	return url.Values{"sheets": {strings.Join(names, ",")}}.Encode()
}
