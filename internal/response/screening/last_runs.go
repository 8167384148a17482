package screening

import (
	"slices"
	"sync"

	"breakwater/internal/store"
)

// lastRuns keeps the rows of the last hand-ins of this process for those who follow them, so that they are not read back from the
// table a moment after they were written. What is not in it is read.
type lastRuns struct {
	mu   sync.Mutex
	runs map[int64][]tubeRow // by the sequence of the first row
	ring [64]int64           // the order they came in
	next int
}

// keep takes over the rows of a hand-in that is on disk.
func (r *lastRuns) keep(run []tubeRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs == nil {
		r.runs = map[int64][]tubeRow{}
	}
	delete(r.runs, r.ring[r.next])
	r.ring[r.next] = run[0].seq
	r.next = (r.next + 1) % len(r.ring)
	r.runs[run[0].seq] = run
}

// of gives the rows of a hand-in while they are kept.
func (r *lastRuns) of(first, last int64) (run []tubeRow, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run = r.runs[first]
	return run, len(run) > 0 && run[len(run)-1].seq == last
}

// behind gives the rows behind from up to upto while all hand-ins they came with are kept; otherwise fewer.
func (r *lastRuns) behind(from, upto int64) (rows []tubeRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for seq := from + 1; seq <= upto; {
		at := slices.IndexFunc(r.ring[:], func(first int64) bool {
			run := r.runs[first]
			return len(run) > 0 && first <= seq && seq <= run[len(run)-1].seq
		})
		if at < 0 {
			break
		}
		run := r.runs[r.ring[at]]
		run = run[seq-run[0].seq:]
		run = run[:min(int64(len(run)), upto-seq+1)]
		rows = append(rows, run...)
		seq += int64(len(run))
	}
	return rows
}

// between gives the rows of a hand-in, which nobody changes.
func (r *lastRuns) between(tx *store.Tx, first, last int64) ([]tubeRow, error) {
	if run, kept := r.of(first, last); kept {
		return run, nil
	}
	return tubesBetween(tx, first, last)
}
