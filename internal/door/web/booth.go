package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/words"
)

// boothPage is the sampling point's page. A device keeps it and works with it without a network, so it holds nothing of anybody
// and speaks every language; what it knows it was given when it enrolled.
type boothPage struct {
	Langs []words.Lang
	Keys  []string // of its words, without what they have in common
}

const boothWords = "web.booth.say."

func (s *Server) readBooth(*call) (any, error) {
	p := boothPage{Langs: words.Langs}
	for _, key := range words.Keys(words.Langs[0]) {
		if name, is := strings.CutPrefix(key, boothWords); is {
			p.Keys = append(p.Keys, name)
		}
	}
	return p, nil
}

// Raw gives a word of the sampling point's page in a language of its own, its slots as they stand: the page fills them.
func (p boothPage) Raw(lang words.Lang, name string) string {
	return words.Sentence(lang, boothWords+name)
}

// enrolDevice takes a device's one-time code. A wrong one is counted against the address it came from.
func (s *Server) enrolDevice(w http.ResponseWriter, r *http.Request, c *call) error {
	var e screening.Enrolment
	_, err := s.gate.Admit(r, func() (outbreak.Actor, error) {
		var err error
		e, err = s.House.Screening.Enrol(c.ctx, c.form.Get("code"))
		return outbreak.Actor{}, err
	})
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		refusal := s.House.Refuse(r.Context(), err)
		for name, values := range refusal.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(refusal.Status)
		return json.NewEncoder(w).Encode(map[string]string{"detail": s.House.Sentence(c.view.Lang, err)})
	}
	return json.NewEncoder(w).Encode(e)
}
