package door

import (
	"encoding/json"
	"io"
	"net/http"
	"sync/atomic"
)

// Reports takes what browsers report of broken content security policies, at POST /csp. Of a report the directive is
// logged; the addresses in it may name people.
type Reports struct {
	house House
	count atomic.Int64
}

// NewReports makes the place where browsers report.
func (h House) NewReports() *Reports { return &Reports{house: h} }

// Count tells how many reports came in. Any but 0 is a fault in a page, or somebody trying one.
func (r *Reports) Count() int64 { return r.count.Load() }

// ServeHTTP takes one report.
func (r *Reports) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.count.Add(1)
	var report struct {
		CSP struct {
			Directive string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
		} `json:"csp-report"`
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 16<<10))
	if err == nil && json.Unmarshal(body, &report) == nil {
		r.house.Log.WarnContext(req.Context(), "a page broke the content security policy", "directive", short(report.CSP.Directive), "violated", short(report.CSP.Violated))
	}
	w.WriteHeader(http.StatusNoContent)
}

func short(s string) string { return s[:min(len(s), 60)] }
