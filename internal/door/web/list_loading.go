package web

import (
	"context"
	"fmt"
	"time"

	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
)

// listPatience is how long a list may be loaded.
const listPatience = 6 * time.Hour

// loadList loads a list while the page shows how far it is; who closes the page stops nothing.
func (s *Server) loadList(c *call, w *listWork) error {
	back, err := newScratch()
	if err != nil {
		w.give()
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(c.ctx), listPatience)
	o := s.listOptions(c, w)
	o.Rejected = back
	o.Progress = func(r exchange.Report) { w.tell(listLoading, r, nil) }
	w.mu.Lock()
	w.state, w.report, w.failed, w.stop = listLoading, exchange.Report{}, nil, stop
	if w.hasBack {
		w.back.done()
		w.hasBack = false
	}
	w.mu.Unlock()
	by := c.by
	s.work.Go(func() {
		defer stop()
		defer w.give()
		report, err := s.importList(ctx, by, w, o)
		state := listLoaded
		if err != nil {
			state = listStopped
			if ctx.Err() == nil && outbreak.KindOf(err) == outbreak.Internal {
				s.House.Log.ErrorContext(ctx, "loading a list broke off", "error", err)
			}
			if ctx.Err() != nil {
				err = outbreak.Refuse(outbreak.Conflict, "lists.stopped")
			}
		}
		w.tell(state, report, err)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.back, w.hasBack = back, err == nil && (report.Rejected > 0 || report.Links != nil && report.Links.Rejected > 0); !w.hasBack {
			back.done()
		}
	})
	return nil
}

// importList is ImportList of which a panic is an error: it runs beside every request.
func (s *Server) importList(ctx context.Context, by outbreak.Actor, w *listWork, o exchange.ListOptions) (r exchange.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("loading a list: %v", p)
		}
	}()
	return s.House.Exchange.ImportList(ctx, by, w.kind, w.source, o)
}

// stopList ends the loading; what was loaded stays, and the list loaded again goes on from there.
func (s *Server) stopList(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	w.cancel()
	return "/files/lists/" + w.id, nil
}

// dropList deletes what is kept of a list.
func (s *Server) dropList(c *call) (string, error) {
	w, err := s.lists.get(c.by.User, c.path("id"))
	if err != nil {
		return "", err
	}
	return "/files/" + string(w.kind) + "?done=list_dropped", s.lists.drop(w)
}
