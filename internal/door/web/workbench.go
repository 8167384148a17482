package web

import (
	"context"
	"slices"
	"sync"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// workbench has the lists open that people are working on. What they are is kept by the house, so that they outlast the program; here is
// what was read from them, and who loads them.
type workbench struct {
	mu     sync.Mutex
	open   []*listWork // the one used last is the last
	closed bool
}

// mostOpen is how many lists are held open; others are read again when somebody asks for them.
const mostOpen = 24

// listWork is a list somebody is working on.
type listWork struct {
	id   string
	kind exchange.Kind

	mu     sync.Mutex // of what follows
	kept   exchange.Kept
	source *exchange.Source
	found  *exchange.Found
	saved  []exchange.SavedPlan // for its headers
	busy   bool                 // it is read by a request or loaded here
	stop   context.CancelFunc
}

// bring takes up what is kept of a list, and lets go of those nobody used for long.
func (b *workbench) bring(k exchange.Kept) *listWork {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.open, func(w *listWork) bool { return w.id == k.ID })
	w := &listWork{id: k.ID, kind: k.Kind, kept: k}
	if i >= 0 {
		w = b.open[i]
		w.renew(k)
		b.open = slices.Delete(b.open, i, i+1)
	}
	b.open = append(b.open, w)
	for i := 0; i < len(b.open) && len(b.open) > mostOpen; {
		if b.open[i].idle() {
			b.open = slices.Delete(b.open, i, i+1)
		} else {
			i++
		}
	}
	return w
}

// renew takes over what is kept of a list, which another program may have changed.
func (w *listWork) renew(k exchange.Kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy && w.kept.State == exchange.KeptLoading { // what is known here is newer
		return
	}
	if !sameLook(w.kept.Plan, k.Plan) {
		w.found = nil
	}
	w.kept = k
}

// sameLook tells that two plans find the same columns in a file.
func sameLook(a, b exchange.Plan) bool {
	return a.Sheet == b.Sheet && a.HeaderRow == b.HeaderRow && a.HeaderRows == b.HeaderRows && a.Encoding == b.Encoding && a.Separator == b.Separator
}

func (w *listWork) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.busy
}

// forget lets go of a list.
func (b *workbench) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = slices.DeleteFunc(b.open, func(w *listWork) bool { return w.id == id })
}

// close stops what is being loaded; what was loaded until then stays, and so do the lists.
func (b *workbench) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, w := range b.open {
		w.cancel()
	}
}

func (b *workbench) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (w *listWork) cancel() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		w.stop()
	}
}

// take makes a list one's own until give; a list that is being read is refused.
func (w *listWork) take() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		return outbreak.Refuse(outbreak.Conflict, "lists.busy")
	}
	w.busy = true
	return nil
}

func (w *listWork) give() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
}

// now is what is kept of a list.
func (w *listWork) now() exchange.Kept {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kept
}

// tell notes what is kept of a list now.
func (w *listWork) tell(k exchange.Kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = k
}
