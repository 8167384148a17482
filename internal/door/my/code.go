package my

import (
	"encoding/json"
	"net/http"
	"strings"

	"breakwater/internal/door"
	"breakwater/internal/view/label"
)

// perCode is how often one person's code is drawn: a telephone keeps what it shows.
var perCode = door.Rate{PerSecond: 0.02, Burst: 10}

// ownCode is a personal code as the page draws it. It is what a sampling point scans, and opens nothing: the secret that asked for it is
// not in it.
type ownCode struct {
	Code string `json:"code"` // in groups, as it is printed
	Path string `json:"path"` // of its QR code
	Side int    `json:"side"`
}

// code gives somebody the own code for sampling points, or that of a child or a parent whose secret he carries.
func (s *Server) code(w http.ResponseWriter, r *http.Request) error {
	secret, no, leave, err := s.admit(r)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.codes.Take(secret); err != nil {
		return err
	}
	text, err := s.house.Registry.OwnCode(no)
	if err != nil {
		return err
	}
	drawn, err := label.QR(text)
	if err != nil {
		return err
	}
	body, err := json.Marshal(ownCode{Code: strings.Join(label.Groups(text), "-"), Path: drawn.Path, Side: drawn.Side})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // who left needs no answer
	return nil
}
