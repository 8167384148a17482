package web

import (
	"slices"
	"strconv"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// journalPage is the record of what happened, the newest first.
type journalPage struct {
	Entries []outbreak.Entry
	More    string
}

func (s *Server) readJournal(c *call) (any, error) {
	before, _ := strconv.ParseInt(c.query.Get("before"), 10, 64) // a number that is none means the head
	var p journalPage
	err := s.House.DB.Read(c.ctx, func(tx *store.Tx) error {
		list, err := recent(tx, access.Reach(c.by, access.JournalRead), before)
		p.Entries = list
		return err
	})
	if len(p.Entries) > rowsPerPage {
		p.Entries = p.Entries[:rowsPerPage]
		p.More = c.view.With("before", p.Entries[rowsPerPage-1].Seq)
	}
	return p, err
}

// recent merges the newest entries of every scope a reader reaches.
func recent(tx *store.Tx, reach []outbreak.Scope, before int64) ([]outbreak.Entry, error) {
	var all []outbreak.Entry
	for _, scope := range reach {
		list, err := journal.ListRecent(tx, scope, before, rowsPerPage+1)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b outbreak.Entry) int { return int(b.Seq - a.Seq) })
	return slices.CompactFunc(all, func(a, b outbreak.Entry) bool { return a.Seq == b.Seq }), nil
}
