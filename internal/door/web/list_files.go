package web

import (
	"encoding/json"
	"io"
	"net/http"

	"breakwater/internal/outbreak"
)

// giveBack gives the rows that came back as a workbook.
func (s *Server) giveBack(w http.ResponseWriter, _ *http.Request, c *call) error {
	l, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return err
	}
	if err := l.take(); err != nil {
		return err
	}
	defer l.give()
	if !l.hasBack {
		return outbreak.Refuse(outbreak.NotFound, "web.files.rejected_gone")
	}
	info, err := l.back.Stat()
	if err != nil {
		return err
	}
	s.patiently(w)
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="rejected.xlsx"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, io.NewSectionReader(l.back, 0, info.Size())) // who left needs no answer
	return nil
}

// giveMap gives the mapping as the command line takes it.
func (s *Server) giveMap(w http.ResponseWriter, _ *http.Request, c *call) error {
	l, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return err
	}
	l.mu.Lock()
	text, err := json.MarshalIndent(l.plan, "", "  ")
	l.mu.Unlock()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="map.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
	return nil
}
