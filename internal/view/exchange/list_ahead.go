package exchange

import (
	"fmt"

	"breakwater/internal/outbreak"
)

// A list is long: while the room writes one batch the next is read and made ready. Batches are written in the order of the list, so
// that what was done until a fault is a beginning of it.

// listWriting is a batch of a list on its way.
type listWriting struct {
	batch  []*listRow
	before *listWriting // nil: nothing is
	done   chan struct{}
	tally  tally
	err    error
	panic  any
}

// listAhead sends batches off; apply gets one ready before its turn, for which it waits.
type listAhead struct {
	scan  *listScan
	apply func(batch []*listRow, turn func() error) (tally, error)
	waits []*listWriting
}

func (a *listAhead) start(batch []*listRow) error {
	if len(a.waits) >= mostOnTheWay {
		if err := a.settle(); err != nil {
			return err
		}
	}
	w := &listWriting{batch: batch, done: make(chan struct{})}
	if n := len(a.waits); n > 0 {
		w.before = a.waits[n-1]
	}
	a.waits = append(a.waits, w)
	go w.write(a.apply)
	return nil
}

func (w *listWriting) write(apply func([]*listRow, func() error) (tally, error)) {
	defer close(w.done)
	defer func() { w.panic = recover() }()
	w.tally, w.err = apply(w.batch, func() error {
		if w.before != nil {
			<-w.before.done
			if w.before.err != nil || w.before.panic != nil {
				return errBefore
			}
			w.before = nil
		}
		return nil
	})
}

// settle waits for the first batch on its way and takes its totals over.
func (a *listAhead) settle() error {
	w := a.waits[0]
	a.waits = a.waits[1:]
	<-w.done
	if w.panic != nil {
		panic(w.panic) // where somebody may catch it
	}
	if w.err != nil {
		return w.err
	}
	return a.scan.count(w.batch, w.tally)
}

// settleAll waits for everything on its way and gives the first fault.
func (a *listAhead) settleAll() (first error) {
	for len(a.waits) > 0 {
		if err := a.settle(); first == nil {
			first = err
		}
	}
	return first
}

// count takes the totals of a batch over and gives back the rows its room refused.
func (s *listScan) count(batch []*listRow, t tally) error {
	if t.accepted+t.repeated+len(t.rejected) != len(batch) {
		return fmt.Errorf("of a batch of %d rows %d were accepted, %d repeated and %d rejected", len(batch), t.accepted, t.repeated, len(t.rejected))
	}
	s.report.Accepted += t.accepted
	s.report.Changed += t.changed
	s.report.Repeated += t.repeated
	for i, x := range batch {
		if err := t.rejected[i]; err != nil {
			x.told = []listFault{{column: s.blame(err), check: "room", err: err}}
			if err := s.reject(x); err != nil {
				return err
			}
		}
	}
	if t.edit != 0 {
		s.report.Edit = t.edit
	}
	if err := s.countLinks(t.links); err != nil {
		return err
	}
	if s.progress != nil {
		so := *s.report
		so.Received = so.Accepted + so.Repeated + so.Rejected // rows that were read ahead are dealt with later
		s.progress(so)
	}
	return nil
}

// blamed are the columns to show for what a room refuses.
var blamed = map[string]string{"registry.no_area": "area", "registry.birth_date": "birth", "registry.birth_year": "birth", "contacts.number_unknown": "from", "contacts.same_person": "to", "contacts.last_before_first": "exposed_to",
	"cases.severity_missing": "severity", "cases.class_word": "classification"}

func (s *listScan) blame(err *outbreak.Error) int {
	if i, is := s.at[blamed[err.Msg]]; is {
		return i
	}
	return -1
}
