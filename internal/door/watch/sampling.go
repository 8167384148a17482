package watch

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"breakwater/internal/outbreak"
	"breakwater/internal/response/screening"
	"breakwater/internal/store"
)

var (
	intakeWaiting = figure("intake_waiting", "Operations of sampling points that wait to be written.")
	intakeBytes   = figure("intake_waiting_bytes", "Bytes of requests of sampling points that were let in and not answered.")
	intakeStored  = figure("intake_stored_total", "Operations of sampling points that were stored.")
	intakeAgain   = figure("intake_already_total", "Operations that were stored already when they came: retries.")
	intakeShed    = figure("intake_shed_total", "Requests of sampling points sent away because the queue was full.")
	intakeSize    = figure("intake_commit_operations", "Operations of sampling points that shared a commit.")
	intakeTook    = figure("intake_commit_seconds", "Time from taking waiting operations to having them on disk.")
	openRounds    = figure("rounds_open", "Testing rounds that are open.")
	silent        = figure("booths_silent", "Sampling points of which nothing is heard in the hours of a round.")
	unsynced      = figure("booths_unsynced", "Sampling points with a device that holds tubes.")
	held          = figure("device_operations_held", "Operations on devices that are not on disk, as far as the devices told.")
	orphans       = figure("tubes_orphaned", "Tubes at a laboratory that no sampling point handed in, unsettled.")
	neverCame     = figure("tubes_never_came", "Tubes handed in that are not at a laboratory in time.")
	stockLow      = figure("stocks_low", "Items of stores that will not last as long as the rule book wants.")
	stockBelow    = figure("stocks_below_zero", "Items of stores of which more left than came in.")
	stockOdd      = figure("stock_counts_unexplained", "Counts of supplies that differ from the book, unexplained.")
	searches      = figure("pool_searches_open", "Positive pools without a positive member that nobody has explained.")
)

// intake gives what the intake of sampling points did since the start. It is memory: it can always be told.
func (h house) intake(out chan<- prometheus.Metric) {
	f := h.Screening.Intake().Figures()
	gauge := func(d *prometheus.Desc, kind prometheus.ValueType, v int64) {
		out <- prometheus.MustNewConstMetric(d, kind, float64(v))
	}
	gauge(intakeWaiting, prometheus.GaugeValue, f.Waiting)
	gauge(intakeBytes, prometheus.GaugeValue, f.Bytes)
	gauge(intakeStored, prometheus.CounterValue, f.Stored)
	gauge(intakeAgain, prometheus.CounterValue, f.Already)
	gauge(intakeShed, prometheus.CounterValue, f.Shed)
	sizes, within := map[float64]uint64{}, map[float64]uint64{}
	for i, most := range screening.SizeBounds {
		sizes[float64(most)] = uint64(f.Classes.Sizes[i])
	}
	for i, most := range store.Bounds {
		within[most.Seconds()] = uint64(f.Classes.Within[i])
	}
	out <- prometheus.MustNewConstHistogram(intakeSize, uint64(f.Commits), float64(f.Stored+f.Already), sizes)
	out <- prometheus.MustNewConstHistogram(intakeTook, uint64(f.Commits), f.Classes.Busy.Seconds(), within)
}

// sampling gives what of sampling somebody has to look after; false when it could not be read.
func (h house) sampling(ctx context.Context, by outbreak.Actor, out chan<- prometheus.Metric) bool {
	w, err := h.Screening.CountWatched(ctx, by)
	if err != nil {
		return false
	}
	stocks, err := h.Supplies.CountWatched(ctx, by)
	if err != nil {
		return false
	}
	for d, n := range map[*prometheus.Desc]int64{openRounds: int64(w.Rounds), silent: int64(w.Silent), unsynced: int64(w.Unsynced), held: w.Held,
		stockLow: int64(stocks.Low), stockBelow: int64(stocks.Below), stockOdd: int64(stocks.Differs), orphans: int64(w.Orphans), neverCame: int64(w.NeverCame), searches: int64(w.Searches)} {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
	}
	return true
}
