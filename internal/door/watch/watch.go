package watch

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"breakwater/internal/door"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/store"
)

// patience is how long a look at the house takes at most.
const patience = 5 * time.Second

// behindTooFar is how many entries a consumer may be behind before a site does not count as ready: its boards and queues would
// show what was.
const behindTooFar = 20_000

// New answers /metrics, /healthz and /readyz.
func New(h door.House) http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), house{h})
	if h.Traffic != nil {
		all.MustRegister(h.Traffic)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", Alive)
	mux.HandleFunc("GET /readyz", Ready(h))
	return mux
}

// Alive answers that the program runs, and nothing else.
func Alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("alive\n")) // who asks and leaves needs no answer
}

// Ready answers whether the house takes facts in and works on them: 200, or 503 with the reasons.
func Ready(h door.House) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, done := context.WithTimeout(r.Context(), patience)
		defer done()
		reasons := Reasons(ctx, h)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if len(reasons) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(struct {
			Ready   bool     `json:"ready"`
			Reasons []string `json:"reasons"`
		}{len(reasons) == 0, reasons})
	}
}

// Reasons lists why the house is not ready to work, each one a line of docs/operate/alerts.md; empty when it is.
func Reasons(ctx context.Context, h door.House) []string {
	reasons := []string{}
	if h.DB.Fault() != nil {
		reasons = append(reasons, "disk")
	}
	_, behind, err := h.Journal.Behind(ctx)
	if err != nil {
		return append(reasons, "database")
	}
	for _, n := range behind {
		if n > behindTooFar {
			reasons = append(reasons, "consumers")
			break
		}
	}
	if err := h.DB.Read(ctx, func(tx *store.Tx) error { _, err := journal.ListParked(tx); return err }); err != nil {
		reasons = append(reasons, "database")
	}
	return reasons
}
