package placement

import (
	"slices"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Consumer follows cases and trips.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "placement", Kinds: []string{"CaseOpened", "CaseClassified", "CaseDiscarded", "TripEnded", "PeopleMerged", "PeopleUnmerged"}, Follow: s.follow}
}

func (s *Service) follow(tx *store.Tx, by outbreak.Actor, e outbreak.Entry) error {
	switch e.Kind {
	case "CaseOpened":
		return outbreak.On(e, func(c outbreak.CaseOpened) error {
			return s.want(tx, by, c.Scope, c.Person, c.Case, c.Severity, c.At)
		})
	case "CaseClassified":
		return outbreak.On(e, func(c outbreak.CaseClassified) error { return s.followClassified(tx, by, c) })
	case "CaseDiscarded":
		return outbreak.On(e, func(c outbreak.CaseDiscarded) error { return s.followDiscarded(tx, by, c) })
	case "PeopleMerged":
		return outbreak.On(e, func(m outbreak.PeopleMerged) error { return s.followMerged(tx, by, m) })
	case "PeopleUnmerged":
		return outbreak.On(e, func(m outbreak.PeopleUnmerged) error { return s.followUnmerged(tx, by, m) })
	case "TripEnded":
		return outbreak.On(e, func(t outbreak.TripEnded) error { return s.followTrip(tx, by, t, e.Cause) })
	}
	return nil
}

// want puts somebody into the queue for a bed; one place in the queue each.
func (s *Service) want(tx *store.Tx, by outbreak.Actor, scope outbreak.Scope, person outbreak.PersonID, c outbreak.CaseID, sev outbreak.Severity, at outbreak.Instant) error {
	if has, err := liveNeeds(tx, scope.Outbreak, person); err != nil || len(has) > 0 {
		return err
	}
	p, err := s.registry.ProtocolOf(tx, scope.Outbreak)
	if err != nil {
		return err
	}
	n, bed := needOf(p, sev, at)
	n.ID, n.Outbreak, n.Area, n.Person, n.Case = outbreak.New[outbreak.NeedID](s.ids), scope.Outbreak, scope.Area, person, c
	if err := insertNeed(tx, n); err != nil {
		return err
	}
	if !bed {
		return moveNeed(tx, n, "ended") // kept without kinds: the rule book looks for no bed
	}
	return s.waitAgain(tx, by, n)
}

// followClassified gives the queue the new severity, and moves somebody whose bed does not fit it any more.
func (s *Service) followClassified(tx *store.Tx, by outbreak.Actor, c outbreak.CaseClassified) error {
	needs, err := liveNeeds(tx, c.Outbreak, c.Person)
	if err != nil {
		return err
	}
	n, waits := needOfCase(needs, c.Case, c.Person)
	if waits && n.Severity == c.Severity {
		return nil
	}
	p, err := s.registry.ProtocolOf(tx, c.Outbreak)
	if err != nil {
		return err
	}
	if waits && n.State == "reserved" { // on the way: arrive looks whether the bed still fits
		n.Severity, n.Kinds = c.Severity, p.List("placement."+string(c.Severity))
		return saveSeverity(tx, n)
	}
	if waits {
		if err := s.endNeed(tx, by, n, "severity_changed"); err != nil {
			return err
		}
		return s.want(tx, by, c.Scope, c.Person, c.Case, c.Severity, n.Since)
	}
	kind, there, err := kindOfBed(tx, c.Person)
	if err != nil {
		return err
	}
	if !there {
		without, err := spared(tx, c.Case)
		if err != nil || !without {
			return err
		}
		return s.want(tx, by, c.Scope, c.Person, c.Case, c.Severity, c.At)
	}
	if kinds := p.List("placement." + string(c.Severity)); len(kinds) == 0 || slices.Contains(kinds, kind) {
		return nil
	}
	return s.want(tx, by, c.Scope, c.Person, c.Case, c.Severity, c.At)
}

func (s *Service) endNeed(tx *store.Tx, by outbreak.Actor, n Need, reason string) error {
	if err := moveNeed(tx, n, "ended"); err != nil {
		return err
	}
	if _, err := s.journal.Append(tx, by, outbreak.BedNeedEnded{Scope: n.Scope(), Need: n.ID, Person: n.Person, Reason: reason}); err != nil {
		return err
	}
	return s.tasks.End(tx, by, task.FindBed, n.ref(), task.Removed, tx.Now)
}

// followDiscarded takes somebody who is no case off the queue, gives the bed back, and asks a site to let go whom it holds.
func (s *Service) followDiscarded(tx *store.Tx, by outbreak.Actor, c outbreak.CaseDiscarded) error {
	needs, err := liveNeeds(tx, c.Outbreak, c.Person)
	if err != nil {
		return err
	}
	n, ok := needOfCase(needs, c.Case, c.Person)
	if ok {
		reserved, err := staysOf(tx, c.Person, "reserved")
		if err != nil {
			return err
		}
		for _, st := range reserved {
			if !st.of(c) {
				continue // of a case the person has under another code
			}
			if err := s.giveBack(tx, by, st, "not_a_case"); err != nil {
				return err
			}
		}
		if err := s.endNeed(tx, by, n, "not_a_case"); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(needs, func(other Need) bool { return other.ID != n.ID }) {
		return nil // under another code the person is a case still, and waits for a bed
	}
	there, err := staysOf(tx, c.Person, "arrived")
	if err != nil {
		return err
	}
	for _, st := range there {
		if !st.of(c) {
			continue
		}
		if err := s.tasks.Open(tx, by, task.Work{What: task.ReleasePerson, Subject: outbreak.Ref{Kind: "person", ID: c.Person.String()}, Scope: st.Scope(), Clock: outbreak.Deadline{From: c.At, Due: c.At}}); err != nil {
			return err
		}
	}
	return nil
}

// followTrip takes a trip's end for what it is at the site. An end that transfer wrote in answer to an arrival (cause), and
// that of somebody who was recorded there meanwhile, tells nothing new: who has left since must not arrive a second time.
func (s *Service) followTrip(tx *store.Tx, by outbreak.Actor, t outbreak.TripEnded, cause int64) error {
	if t.How != "arrived" || cause != 0 {
		return nil // of another end transfer gave the bed back in its own transaction
	}
	if st, ok, err := stayByID(tx, t.Stay); err != nil || ok && (st.State == "arrived" || st.State == "discharged") {
		return err
	}
	site, ok, err := siteByID(tx, t.Site)
	if err != nil || !ok {
		return err
	}
	_, err = s.arrive(tx, by, t.Outbreak, t.Person, site, named{}, t.At)
	return err
}
