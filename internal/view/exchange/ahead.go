package exchange

import (
	"time"

	"breakwater/internal/outbreak"
)

// A roll is long: while the room writes one batch the next is read from the file. There is never more than one on its way, so
// that little is in memory and what was done until a fault is a beginning of the file.

// writing is a batch on its way.
type writing struct {
	batch []*row
	done  chan struct{}
	tally tally
	err   error
	panic any // what the room panicked with
	took  time.Duration
}

// A batch is as large as can be written without keeping other writers waiting long: they come in between two.
const (
	fewestAhead = 500
	mostAhead   = 8000
	quickAhead  = 60 * time.Millisecond  // a batch that took less lets the next be twice as large
	slowAhead   = 150 * time.Millisecond // and one that took longer, half as large
)

// start sends a batch off as soon as the one before has arrived.
func (s *scan) start(batch []*row) error {
	if err := s.settle(); err != nil || len(batch) == 0 {
		return err
	}
	w := &writing{batch: batch, done: make(chan struct{})}
	s.waits = w
	go func() {
		defer close(w.done)
		defer func() { w.panic = recover() }()
		took := outbreak.Stopwatch()
		w.tally, w.err = s.apply(batch)
		w.took = took()
	}()
	return nil
}

// settle waits for the batch that is on its way and takes its totals over.
func (s *scan) settle() error {
	w := s.waits
	if w == nil {
		return nil
	}
	s.waits = nil
	<-w.done
	if w.panic != nil {
		panic(w.panic) // where somebody may catch it
	}
	switch {
	case w.took < quickAhead && len(w.batch) >= s.most:
		s.most = min(2*s.most, mostAhead)
	case w.took > slowAhead:
		s.most = max(s.most/2, fewestAhead)
	}
	return s.count(w.batch, w.tally, w.err)
}

// finish sends the last batch and waits for it.
func (s *scan) finish() error {
	if err := s.send(); err != nil {
		return err
	}
	return s.settle()
}
