package web

import (
	"io"
	"net/http"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/linelist"
)

// exportedList is a list that was just taken out: its control total, and where it is fetched.
type exportedList struct {
	linelist.Exported
	Format string
	File   string
}

// exportCases writes what the list shows into a file and shows its control total beside the way to the file.
func (s *Server) exportCases(c *call) (string, error) {
	a, err := caseAddressOf("/cases", c.query)
	if err != nil {
		return "", err
	}
	by, err := forPurpose(c)
	if err != nil {
		return "", err
	}
	e := linelist.Export{Query: a.Query, Columns: strings.FieldsFunc(c.form.Get("take"), func(r rune) bool { return r == ',' }), Format: c.form.Get("format")}
	if c.form.Get("names") != "" {
		e.Columns = append(e.Columns, linelist.NameColumn)
	}
	file, err := newScratch()
	if err != nil {
		return "", err
	}
	done, err := s.House.LineList.Export(c.ctx, by, e, file)
	if err != nil {
		file.done()
		return "", err
	}
	c.remind = &exportedList{Exported: done, Format: e.Format, File: s.shelf.put(c.by.User, file, s.House.Wall.Now())}
	return "", nil
}

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// giveCases gives a list that was taken out to the one who took it.
func (s *Server) giveCases(w http.ResponseWriter, _ *http.Request, c *call) error {
	file, err := s.shelf.get(c.by.User, c.path("id"), s.House.Wall.Now())
	if err != nil {
		return outbreak.Refuse(outbreak.NotFound, "caselist.export.gone")
	}
	s.patiently(w)
	if c.query.Get("format") == linelist.XLSX {
		attachment(w, "cases.xlsx")
		w.Header().Set("Content-Type", workbookType)
	} else {
		attachment(w, "cases.csv")
	}
	_, _ = io.Copy(w, file) // who left needs no answer
	return nil
}
