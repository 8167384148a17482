package exchange

import (
	"errors"
	"time"

	"breakwater/internal/outbreak"
)

// A roll is long: while the room writes one batch it gets the next ready, and the one after is read from the file. There are
// never more than two on their way and they are written in the order of the file, so that little is in memory and what was done
// until a fault is a beginning of the file.

// writing is a batch on its way.
type writing struct {
	batch  []*row
	before *writing // nil: nothing is
	done   chan struct{}
	tally  tally
	err    error
	panic  any           // what the room panicked with
	took   time.Duration // from its turn on
}

// A batch is as large as can be written without keeping other writers waiting long: they come in between two.
const (
	fewestAhead  = 500
	mostAhead    = 8000
	quickAhead   = 40 * time.Millisecond  // a batch that took less lets the next be twice as large
	slowAhead    = 100 * time.Millisecond // and one that took longer, half as large
	mostOnTheWay = 2                      // batches
)

var errBefore = errors.New("a batch before was not written")

// start sends a batch off, as soon as not too many are on their way.
func (s *scan) start(batch []*row) error {
	if len(batch) == 0 {
		return nil
	}
	if len(s.waits) >= mostOnTheWay {
		if err := s.settle(); err != nil {
			return err
		}
	}
	w := &writing{batch: batch, done: make(chan struct{})}
	if len(s.waits) > 0 {
		w.before = s.waits[len(s.waits)-1]
	}
	s.waits = append(s.waits, w)
	go w.write(s.ahead)
	return nil
}

func (w *writing) write(apply func([]*row, func() error) (tally, error)) {
	defer close(w.done)
	defer func() { w.panic = recover() }()
	took := outbreak.Stopwatch()
	w.tally, w.err = apply(w.batch, func() error {
		if w.before != nil {
			<-w.before.done
			if w.before.err != nil || w.before.panic != nil {
				return errBefore
			}
			w.before = nil
		}
		took = outbreak.Stopwatch()
		return nil
	})
	w.took = took()
}

// settle waits for the first batch on its way and takes its totals over.
func (s *scan) settle() error {
	w := s.waits[0]
	s.waits = s.waits[1:]
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

// settleAll waits for everything on its way and gives the first fault.
func (s *scan) settleAll() (first error) {
	for len(s.waits) > 0 {
		if err := s.settle(); first == nil {
			first = err
		}
	}
	return first
}

// finish sends the last batch and waits for everything.
func (s *scan) finish() error {
	if err := s.send(); err != nil {
		return err
	}
	return s.settleAll()
}
