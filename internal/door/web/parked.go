package web

import (
	"context"
	"strconv"

	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
)

// parkedPage is the journal's entries that a part of the system could not work on.
type parkedPage struct{ List []task.ParkedEntry }

func (s *Server) readParked(c *call) (any, error) {
	list, err := s.House.Tasks.ListParked(c.ctx, c.by)
	return parkedPage{List: list}, err
}

// aboutParked deals with the entry the address names in one of the two ways.
func aboutParked(c *call, done string, deal func(context.Context, outbreak.Actor, task.DealWithParked) (task.ParkedEntry, error)) (string, error) {
	seq, err := strconv.ParseInt(c.path("seq"), 10, 64)
	if err != nil {
		return "", outbreak.Refuse(outbreak.NotFound, "journal.no_entry").Because(err)
	}
	_, err = deal(c.ctx, c.by, task.DealWithParked{Key: c.key(), Consumer: c.path("consumer"), Seq: seq})
	return "/parked?done=" + done, err
}

func (s *Server) retryParked(c *call) (string, error) {
	return aboutParked(c, "retried", s.House.Tasks.RetryParked)
}

func (s *Server) dismissParked(c *call) (string, error) {
	return aboutParked(c, "dismissed", s.House.Tasks.DismissParked)
}
