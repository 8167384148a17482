package web

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// workbench keeps the lists people are working on: sent, mapped, tried, loaded. Each is its sender's alone, for some hours.
type workbench struct {
	mu   sync.Mutex
	kept []*listWork
}

const (
	listFor       = 3 * time.Hour
	mostLists     = 24
	mostListsEach = 3 // of one person
)

// listWork is a list somebody is working on.
type listWork struct {
	id       string
	user     outbreak.UserID
	kind     exchange.Kind
	name     string // of the file
	at       outbreak.Instant
	file     *sealed
	source   *exchange.Source
	outbreak outbreak.OutbreakID
	party    string
	followed bool

	mu      sync.Mutex // of what follows
	found   *exchange.Found
	plan    exchange.Plan
	saved   []exchange.SavedPlan // for its headers
	busy    bool                 // it is read by a request or loaded
	state   listState
	report  exchange.Report // of the last try, of the load so far, or in the end
	failed  error
	stop    context.CancelFunc
	back    scratch // rows that came back
	hasBack bool
}

// listState is how far a list is.
type listState string

const (
	listMapping listState = "mapping"
	listTried   listState = "tried"
	listLoading listState = "loading"
	listLoaded  listState = "loaded"
	listStopped listState = "stopped"
)

// put takes a list up, and lets go of what is too old or too much. Lists that are being loaded stay.
func (b *workbench) put(w *listWork, now outbreak.Instant) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.id, w.at, w.state = rand.Text(), now, listMapping
	mine := 0
	for i := len(b.kept) - 1; i >= 0; i-- {
		k := b.kept[i]
		if k.user == w.user {
			mine++
		}
		if (now.Sub(k.at) >= listFor || k.user == w.user && mine >= mostListsEach) && k.end() {
			b.kept = slices.Delete(b.kept, i, i+1)
		}
	}
	if len(b.kept) >= mostLists {
		return outbreak.Refuse(outbreak.Busy, "lists.too_many")
	}
	b.kept = append(b.kept, w)
	return nil
}

// get gives a list to the one who sent it.
func (b *workbench) get(user outbreak.UserID, id string) (*listWork, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.kept {
		if k.id == id && k.user == user {
			return k, nil
		}
	}
	return nil, outbreak.Refuse(outbreak.NotFound, "lists.gone")
}

// drop lets a list go.
func (b *workbench) drop(w *listWork) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !w.end() {
		return outbreak.Refuse(outbreak.Conflict, "lists.busy")
	}
	b.kept = slices.DeleteFunc(b.kept, func(k *listWork) bool { return k == w })
	return nil
}

// close stops everything and drops it.
func (b *workbench) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.kept {
		k.cancel()
		k.end()
	}
	b.kept = nil
}

// end deletes what is kept of a list; false while it is being read.
func (w *listWork) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		return false
	}
	w.file.done()
	if w.hasBack {
		w.back.done()
		w.hasBack = false
	}
	return true
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

// tell notes what became of a list so far.
func (w *listWork) tell(state listState, r exchange.Report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.report, w.failed = state, r, err
}
