package web

import (
	"encoding/json"
	"io"
	"net/http"
)

// giveBack gives the rows that came back as a workbook.
func (s *Server) giveBack(w http.ResponseWriter, _ *http.Request, c *call) error {
	k, err := s.House.Exchange.FindKept(c.ctx, c.by, c.path("id"))
	if err != nil {
		return err
	}
	back, err := s.House.Exchange.OpenBack(c.ctx, c.by, k)
	if err != nil {
		return err
	}
	s.patiently(w)
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="rejected.xlsx"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, io.NewSectionReader(back, 0, back.Size())) // who left needs no answer
	return nil
}

// giveMap gives the mapping as the command line takes it.
func (s *Server) giveMap(w http.ResponseWriter, _ *http.Request, c *call) error {
	k, err := s.House.Exchange.FindKept(c.ctx, c.by, c.path("id"))
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(k.Plan, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="map.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
	return nil
}
