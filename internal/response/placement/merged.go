package placement

import (
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// followMerged asks a person when somebody who turned out to be one person has two beds, or two places in the queue. Both stay
// as they are until then: who lies in which bed is a fact, and a bed is given back by somebody.
func (s *Service) followMerged(tx *store.Tx, by outbreak.Actor, m outbreak.PeopleMerged) error {
	where, twice, err := bedsOf(tx, m.People)
	if err != nil || !twice {
		return err
	}
	subject := outbreak.Ref{Kind: "person", ID: m.People[0].String()}
	if open, err := task.OpenAbout(tx, task.MergedBeds, subject); err != nil || len(open) > 0 {
		return err
	}
	return s.tasks.Open(tx, by, task.Work{What: task.MergedBeds, Subject: subject, Scope: where, Clock: outbreak.Deadline{From: tx.Now}})
}

// followUnmerged takes the question back, and asks it anew on a side that still has two.
func (s *Service) followUnmerged(tx *store.Tx, by outbreak.Actor, m outbreak.PeopleUnmerged) error {
	for _, id := range m.People {
		if err := s.tasks.End(tx, by, task.MergedBeds, outbreak.Ref{Kind: "person", ID: id.String()}, task.Removed, tx.Now); err != nil {
			return err
		}
	}
	for _, side := range []outbreak.PersonID{m.One, m.Other} {
		codes, err := registry.CodesOf(tx, side)
		if err != nil {
			return err
		}
		if err := s.followMerged(tx, by, outbreak.PeopleMerged{Scope: m.Scope, People: codes}); err != nil {
			return err
		}
	}
	return nil
}

// bedsOf tells whether codes of one person have two beds (reserved or taken), or two places in the queue of an outbreak, and
// where the newest of them is.
func bedsOf(tx *store.Tx, codes []outbreak.PersonID) (where outbreak.Scope, twice bool, err error) {
	in, args := store.In(nil, codes)
	stays, err := store.List(tx, scanStay, "select "+stayColumns+" from stay where state in ('reserved', 'arrived') and person in ("+in+") order by id", args...)
	if err != nil {
		return where, false, err
	}
	needs, err := store.List(tx, scanNeed, "select "+needColumns+" from need where live = 1 and person in ("+in+") order by id", args...)
	if err != nil {
		return where, false, err
	}
	if n := len(stays); n > 1 {
		return stays[n-1].Scope(), true, nil
	}
	queued := map[outbreak.OutbreakID]bool{}
	for _, n := range needs {
		if queued[n.Outbreak] {
			return n.Scope(), true, nil
		}
		queued[n.Outbreak] = true
	}
	return where, false, nil
}

// of tells whether a stay hangs on a case that was discarded: it is that case's, or the same code's.
func (s Stay) of(c outbreak.CaseDiscarded) bool { return s.Case == c.Case || s.Person == c.Person }

// kindOfBed gives the kind of the bed a person lies in, under whatever code; false when there is none.
func kindOfBed(tx *store.Tx, person outbreak.PersonID) (string, bool, error) {
	codes, err := registry.CodesOf(tx, person)
	if err != nil {
		return "", false, err
	}
	in, args := store.In(nil, codes)
	return store.One(tx, store.Value[string], "select b.kind from stay s join bed b on b.id = s.bed where s.state = 'arrived' and s.person in ("+in+") order by s.id", args...)
}
