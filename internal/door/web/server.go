package web

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/ledger/access"
	"breakwater/internal/words"
)

// Server answers browsers.
type Server struct {
	Rooms
	gate    *door.Gate
	reports *door.Reports
	pages   pages
	assets  *assets
	live    *hub
	peopled atomic.Bool // there is a user
	areas   areaBook
	names   nameBook
	shelf   shelf
	lists   workbench
	work    sync.WaitGroup // lists that are being loaded
}

// New makes the door over the rooms of the house.
func New(rooms Rooms) (*Server, error) {
	s := &Server{Rooms: rooms, gate: rooms.House.NewGate(), reports: rooms.House.NewReports()}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, err
	}
	s.live = newHub(rooms.House.Journal.Wait, time.Second, 15*time.Second)
	return s, nil
}

// Close ends the live streams and drops what was kept for a while; a server that shuts down calls it first (http.Server.RegisterOnShutdown), or waits for ever.
func (s *Server) Close() {
	s.live.close()
	s.shelf.close()
	s.lists.close()
}

// Wait waits until lists that were being loaded have ended and said how far they came.
func (s *Server) Wait() { s.work.Wait() }

// Broken tells how often browsers reported that a page broke the content security policy.
func (s *Server) Broken() int64 { return s.reports.Count() }

// Handler answers every address of the web door, behind the chain of the house.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range Routes {
		mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, req *http.Request) {
			if !r.file {
				req.Body = http.MaxBytesReader(w, req.Body, door.Body)
			}
			s.serve(w, req, r)
		})
	}
	mux.Handle("GET /static/", s.assets)
	mux.HandleFunc("GET /offline-worker.js", s.giveWorker("offline-worker.js", "/"))
	mux.HandleFunc("GET /booth-worker.js", s.giveWorker("booth-worker.js", "/booth"))
	mux.HandleFunc("GET /live", s.stream)
	mux.Handle("POST /csp", s.reports)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, s.assets.named["favicon.svg"], http.StatusMovedPermanently)
	})
	mux.HandleFunc("/", s.nowhere)
	return s.House.Wrap(door.Chain{Door: "web", Browser: true, Body: mostFile + 1, Stream: "/live", Refuse: s.refuseStranger, Lang: func(r *http.Request) words.Lang { return languageOf(r, access.Session{}) }}, mux)
}

// refuseStranger answers a request that the chain did not let in, before anybody asked who it is from.
func (s *Server) refuseStranger(w http.ResponseWriter, r *http.Request, err error) {
	c := &call{ctx: r.Context(), query: r.URL.Query(), path: r.PathValue, route: Route{Title: "web.error.title.refused", Open: true}}
	s.view(c, r)
	s.refuse(w, r, c, err)
}
