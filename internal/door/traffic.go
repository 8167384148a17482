package door

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// NewTraffic makes the figures of answered requests: how many there were and how long they took, by door, method, route and
// class of status. A route is the pattern of an address, never the address, which can name people.
func NewTraffic() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "breakwater_answer_seconds", Help: "Time from a request to its answer.",
		Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"door", "method", "route", "status"})
}

// count counts an answer. A method that no route knows is not a label: whoever asks could make as many as he likes.
func (h House) count(door string, r *http.Request, status int, took time.Duration) {
	if h.Traffic == nil {
		return
	}
	method := r.Method
	if r.Pattern == "" {
		method = "other"
	}
	h.Traffic.WithLabelValues(door, method, r.Pattern, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}
