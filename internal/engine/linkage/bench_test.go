package linkage_test

import (
	"testing"
	"time"

	"breakwater/internal/engine/linkage"
)

// BenchmarkLinkage links a list of 50,000 with a corrupted copy, and beside it compares all pairs of a part of them, as one would
// without keys; ratio is how many times longer all pairs of the whole lists would take at that pace.
func BenchmarkLinkage(b *testing.B) {
	first, second := newTown(1).lists(50_000)
	x, y := records(first), records(second)
	var r *linkage.Result
	for b.Loop() {
		began := time.Now()
		r = linkage.Link(x, y, linkage.Options{})
		took := time.Since(began)
		const part = 300
		began = time.Now()
		pairs := 0
		for i := range part {
			for j := range part {
				r.Model.Compare(x[i], y[j])
				pairs++
			}
		}
		naive := time.Since(began).Seconds() / float64(pairs) * float64(len(x)) * float64(len(y))
		m := measure(r, first, second)
		b.ReportMetric(m.precision, "precision")
		b.ReportMetric(m.recall, "recall")
		b.ReportMetric(float64(r.Compared)/took.Seconds(), "pairs/s")
		b.ReportMetric(float64(len(x)+len(y))/took.Seconds(), "records/s")
		b.ReportMetric(naive/took.Seconds(), "ratio-to-all-pairs")
	}
}

// BenchmarkOneRecord is what a record costs when it is written: its keys, and ten candidates that share one.
func BenchmarkOneRecord(b *testing.B) {
	first, second := newTown(1).lists(2000)
	x, y := records(first), records(second)
	m := linkage.Link(x, y, linkage.Options{}).Model
	i := 0
	for b.Loop() {
		i++
		linkage.Keys(x[i%len(x)])
		for j := range 10 {
			m.Compare(x[i%len(x)], y[(i+j)%len(y)])
		}
	}
}
