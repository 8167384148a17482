package web

import (
	"context"
	"fmt"
	"io"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

const (
	// listPatience is how long a list may be loaded.
	listPatience = 6 * time.Hour
	// listBeat is how often a load says how far it is.
	listBeat = 2 * time.Second
)

// loadList loads a list while the page shows how far it is; who closes the page stops nothing.
func (s *Server) loadList(c *call, w *listWork) error {
	back, err := newScratch()
	if err != nil {
		w.give()
		return err
	}
	k, err := s.House.Exchange.BeginKept(c.ctx, c.by, w.id)
	if err != nil {
		back.done()
		w.give()
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.ctx), listPatience)
	o := s.listOptions(c, w)
	o.Rejected = back
	o.Progress = w.progress
	w.mu.Lock()
	w.kept, w.stop = k, stop
	w.mu.Unlock()
	l := &listLoad{Server: s, by: c.by, w: w, back: back}
	s.work.Go(func() {
		defer w.give()
		defer back.done()
		beats := make(chan struct{})
		go l.beat(ctx, stop, beats)
		report, err := l.run(ctx, o)
		over := ctx.Err() != nil
		stop()
		<-beats // or it would say that the load still runs
		l.end(report, err, over)
	})
	return nil
}

// listLoad is a list being loaded.
type listLoad struct {
	*Server
	by   outbreak.Actor
	w    *listWork
	back scratch
}

// progress notes how far a load is.
func (w *listWork) progress(r exchange.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept.Report = &r
}

// beat keeps saying how far a load is, and stops it when its sender says so.
func (l *listLoad) beat(ctx context.Context, stop context.CancelFunc, done chan struct{}) {
	defer close(done)
	turn := time.NewTicker(listBeat)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		var r exchange.Report
		if k := l.w.now(); k.Report != nil {
			r = *k.Report
		}
		asked, err := l.House.Exchange.BeatKept(ctx, l.by, l.w.id, r)
		if err != nil && ctx.Err() == nil {
			l.House.Log.ErrorContext(ctx, "how far a list is could not be kept", "error", err)
		}
		if asked {
			stop()
		}
	}
}

// run is ImportList of which a panic is an error: it runs beside every request.
func (l *listLoad) run(ctx context.Context, o exchange.ListOptions) (r exchange.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loading a list: %v", p)
		}
	}()
	return l.House.Exchange.ImportList(ctx, l.by, l.w.kind, l.w.source, o)
}

// end keeps what a load came to. over: it was stopped from outside.
func (l *listLoad) end(r exchange.Report, err error, over bool) {
	ctx := context.Background()
	switch {
	case err == nil:
	case over && l.lists.isClosed():
		err = outbreak.Refuse(outbreak.Conflict, "lists.broken_off", "rows", r.Accepted+r.Repeated+r.Rejected)
	case over:
		err = outbreak.Refuse(outbreak.Conflict, "lists.stopped")
	case outbreak.KindOf(err) == outbreak.Internal:
		l.House.Log.ErrorContext(ctx, "loading a list broke off", "error", err)
	}
	var back io.Reader
	if err == nil && (r.Rejected > 0 || r.Links != nil && r.Links.Rejected > 0) {
		if _, failed := l.back.Seek(0, io.SeekStart); failed == nil {
			back = l.back
		}
	}
	k, failed := l.House.Exchange.EndKept(ctx, l.by, l.w.id, r, err, back)
	if failed != nil {
		l.House.Log.ErrorContext(ctx, "what a list came to could not be kept", "error", failed)
	}
	l.w.tell(k)
}

// stopList ends the loading; what was loaded stays, and the list loaded again goes on from there.
func (s *Server) stopList(c *call) (string, error) {
	w, err := s.list(c)
	if err != nil {
		return "", err
	}
	w.cancel()
	return "/files/lists/" + w.id, s.House.Exchange.StopKept(c.ctx, c.by, w.id)
}

// dropList wipes what is kept of a list.
func (s *Server) dropList(c *call) (string, error) {
	w, err := s.list(c)
	if err != nil {
		return "", err
	}
	if !w.idle() {
		return "", outbreak.Refuse(outbreak.Conflict, "lists.busy")
	}
	if err := s.House.Exchange.DropKept(c.ctx, c.by, w.id); err != nil {
		return "", err
	}
	s.lists.forget(w.id)
	return "/files/" + string(w.kind) + "?done=list_dropped", nil
}
