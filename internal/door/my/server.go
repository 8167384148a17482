package my

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/outbreak"
)

// Routes are the addresses of the door, for the entrance of residents.
var Routes = []string{"GET /my", "GET /my/{file}", "GET /my/result", "POST /my/result", "POST /my/self-tests", "POST /my/code"}

const (
	atOnce   = 128 // look-ups worked on at a time: each takes microseconds
	mostBody = 4 << 10
	patience = 5 * time.Second
)

// Limits besides those of the entrance. Everybody behind one address shares the second, so that it counts wrong secrets alone:
// whoever has a right one is answered however many wrong ones come from next door.
var (
	perSecret = door.Rate{PerSecond: 0.2, Burst: 20}
	perWrong  = door.Rate{PerSecond: 0.1, Burst: 30}
	perReport = door.Rate{PerSecond: 0.01, Burst: 6}
)

// Server answers residents.
type Server struct {
	house   door.House
	turns   chan struct{}
	secrets *door.Limiter
	wrong   *door.Limiter
	reports *door.Limiter
	codes   *door.Limiter
	shell   shell
}

// New makes the door.
func New(h door.House) (*Server, error) {
	s := &Server{house: h, turns: make(chan struct{}, atOnce), secrets: door.NewLimiter(perSecret, h.Wall), wrong: door.NewLimiter(perWrong, h.Wall), reports: door.NewLimiter(perReport, h.Wall),
		codes: door.NewLimiter(perCode, h.Wall)}
	var err error
	s.shell, err = loadShell()
	return s, err
}

// Handler answers every address under /my.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /my", s.shell.page)
	mux.HandleFunc("GET /my/{file}", s.file)
	mux.HandleFunc("GET /my/result", s.told(s.result))
	mux.HandleFunc("POST /my/result", s.told(s.result))
	mux.HandleFunc("POST /my/self-tests", s.told(s.selfTest))
	mux.HandleFunc("POST /my/code", s.told(s.code))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, outbreak.Refuse(outbreak.NotFound, "door.not_here"))
	})
	return s.house.Wrap(door.Chain{Door: "my", Browser: true, Body: mostBody, Patience: patience, Refuse: s.refuse}, mux)
}

// told lets a handler return its error.
func (s *Server) told(do func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			s.refuse(w, r, err)
		}
	}
}

// refused is a refusal as the page reads it.
type refused struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	no := s.house.Refuse(r.Context(), err)
	maps.Copy(w.Header(), no.Header)
	body, err := json.Marshal(refused{no.Key, no.Sentence})
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(no.Status)
	_, _ = w.Write(body) // who left needs no answer
}

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	if !s.shell.file(w, r) {
		s.refuse(w, r, outbreak.Refuse(outbreak.NotFound, "door.not_here"))
	}
}
